/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/report_section.h"

#include <string.h>

#include "cloxxsctl/audit/catalogue.h"

static const struct report_column by_day[] = {
	{ "day", WORD_REPORT_DAY, REPORT_TEXT, 0, 0 },
	{ "logins", WORD_REPORT_LOGINS, REPORT_BAR, REPORT_DAY_LOGINS, 0 },
	{ "refusals", WORD_REPORT_REFUSALS, REPORT_COUNT, REPORT_DAY_REFUSALS,
	  0 },
	{ 0 },
};
static const struct report_column by_user[] = {
	{ "user", WORD_REPORT_USER, REPORT_TEXT, 0, WORD_REPORT_NOT_KNOWN },
	{ "logins", WORD_REPORT_LOGINS, REPORT_BAR, REPORT_USER_LOGINS, 0 },
	{ "without_password", WORD_REPORT_UNASKED, REPORT_COUNT,
	  REPORT_USER_UNASKED, 0 },
	{ "actions", WORD_REPORT_ACTIONS, REPORT_COUNT, REPORT_USER_ACTIONS,
	  0 },
	{ "last", WORD_REPORT_LAST_LOGIN, REPORT_TIME, 0, 0 },
	{ 0 },
};
static const struct report_column by_reason[] = {
	{ "reason", WORD_REPORT_REASON, REPORT_REASON, 0,
	  WORD_REPORT_NOT_KNOWN },
	{ "refusals", WORD_REPORT_REFUSALS, REPORT_BAR, 0, 0 },
	{ "last", WORD_REPORT_LAST, REPORT_TIME, 0, 0 },
	{ 0 },
};
static const struct report_column by_country[] = {
	{ "country", WORD_REPORT_COUNTRY, REPORT_TEXT, 0,
	  WORD_REPORT_NOT_KNOWN },
	{ "refusals", WORD_REPORT_REFUSALS, REPORT_BAR, 0, 0 },
	{ "last", WORD_REPORT_LAST, REPORT_TIME, 0, 0 },
	{ 0 },
};
static const struct report_column by_name[] = {
	{ "user", WORD_REPORT_NAME, REPORT_TEXT, 0, WORD_REPORT_UNKNOWN_NAMES },
	{ "refusals", WORD_REPORT_REFUSALS, REPORT_BAR, 0, 0 },
	{ "last", WORD_REPORT_LAST, REPORT_TIME, 0, 0 },
	{ 0 },
};
static const struct report_column locks[] = {
	{ "at", WORD_REPORT_WHEN, REPORT_TIME, 0, 0 },
	{ "event", WORD_REPORT_WHAT, REPORT_EVENT, INCIDENT_EVENT, 0 },
	{ "user", WORD_REPORT_USER, REPORT_TEXT, INCIDENT_USER, 0 },
	{ "actor", WORD_REPORT_BY, REPORT_TEXT, INCIDENT_ACTOR, 0 },
	{ "address", WORD_REPORT_ADDRESS, REPORT_TEXT, INCIDENT_ADDRESS, 0 },
	{ "reason", WORD_REPORT_WHY, REPORT_WHY, INCIDENT_REASON, 0 },
	{ "details", 0, REPORT_SCRIPT, INCIDENT_DETAILS, 0 },
	{ "service", 0, REPORT_SCRIPT, INCIDENT_SERVICE, 0 },
	{ 0 },
};
static const struct report_column rights[] = {
	{ "at", WORD_REPORT_WHEN, REPORT_TIME, 0, 0 },
	{ "event", WORD_REPORT_WHAT, REPORT_EVENT, INCIDENT_EVENT, 0 },
	{ "user", WORD_REPORT_WHOM, REPORT_TEXT, INCIDENT_USER, 0 },
	{ "place", WORD_REPORT_WHERE, REPORT_TEXT, INCIDENT_PLACE, 0 },
	{ "change", WORD_REPORT_CHANGE, REPORT_LONG, INCIDENT_CHANGE, 0 },
	{ "details", 0, REPORT_SCRIPT, INCIDENT_DETAILS, 0 },
	{ "service", 0, REPORT_SCRIPT, INCIDENT_SERVICE, 0 },
	{ "actor", WORD_REPORT_BY, REPORT_TEXT, INCIDENT_ACTOR, 0 },
	{ 0 },
};
static const struct report_column acts[] = {
	{ "actor", WORD_REPORT_WHO, REPORT_TEXT, 0, 0 },
	{ "event", WORD_REPORT_WHAT, REPORT_EVENT, 1, 0 },
	{ "number", WORD_REPORT_NUMBER, REPORT_BAR, 0, 0 },
	{ "last", WORD_REPORT_LAST, REPORT_TIME, 0, 0 },
	{ 0 },
};
static const struct report_column actions[] = {
	{ "project", WORD_REPORT_PROJECT, REPORT_TEXT, 0,
	  WORD_REPORT_NO_PROJECT },
	{ "service", WORD_REPORT_APPLICATION, REPORT_TEXT, 1, 0 },
	{ "action", WORD_REPORT_ACTION, REPORT_TEXT, 2, 0 },
	{ "number", WORD_REPORT_NUMBER, REPORT_BAR, REPORT_ACTION_ALL, 0 },
	{ "failed", WORD_REPORT_BAD, REPORT_COUNT, REPORT_ACTION_BAD, 0 },
	{ "last", WORD_REPORT_LAST, REPORT_TIME, 0, 0 },
	{ 0 },
};

const struct report_section report_sections[] = {
	{ .member = "days",
	  .title = WORD_REPORT_DAYS_TITLE,
	  .which = REPORT_DAYS,
	  .is_by_day = true,
	  .columns = by_day },
	{ .member = "users",
	  .title = WORD_REPORT_BY_USER,
	  .note = WORD_REPORT_BY_USER_NOTE,
	  .which = REPORT_USERS,
	  .is_ranked = true,
	  .columns = by_user },
	{ .member = "reasons",
	  .title = WORD_REPORT_BY_REASON,
	  .which = REPORT_REASONS,
	  .is_ranked = true,
	  .columns = by_reason },
	{ .member = "countries",
	  .title = WORD_REPORT_BY_COUNTRY,
	  .note = WORD_REPORT_BY_COUNTRY_NOTE,
	  .which = REPORT_COUNTRIES,
	  .is_ranked = true,
	  .columns = by_country },
	{ .member = "refused",
	  .title = WORD_REPORT_BY_NAME,
	  .which = REPORT_REFUSED,
	  .is_ranked = true,
	  .columns = by_name },
	{ .member = "locks",
	  .title = WORD_REPORT_LOCKS_TITLE,
	  .is_list = true,
	  .which = REPORT_LOCKS,
	  .columns = locks },
	{ .member = "rights",
	  .title = WORD_REPORT_RIGHTS_TITLE,
	  .is_list = true,
	  .which = REPORT_RIGHTS,
	  .columns = rights },
	{ .member = "acts",
	  .title = WORD_REPORT_ACTS_TITLE,
	  .note = WORD_REPORT_ACTS_NOTE,
	  .which = REPORT_ACTS,
	  .columns = acts },
	{ .member = "actions",
	  .title = WORD_REPORT_ACTIONS_TITLE,
	  .note = WORD_REPORT_ACTIONS_NOTE,
	  .which = REPORT_ACTIONS,
	  .columns = actions },
	{ 0 },
};

static const struct tally_row *row_of(const struct report_view *view, size_t i)
{
	if (i == view->n)
		return &view->tally->others;
	return view->ranked ? view->ranked[i] : view->tally->rows[i];
}

/* What the longest bar stands for. */
static int64_t most_of(const struct report_view *view)
{
	const struct report_column *column = view->section->columns;
	int64_t most = 0;

	while (column->member && column->kind != REPORT_BAR)
		column++;
	if (!column->member)
		return 0;
	for (size_t i = 0; i < view->n + view->has_others; i++) {
		int64_t count = row_of(view, i)->counts[column->index];

		if (count > most)
			most = count;
	}
	return most;
}

int report_view_open(struct report_view *view,
		     const struct audit_report *report,
		     const struct report_section *section,
		     enum language language)
{
	*view = (struct report_view){ .section = section,
				      .language = language };
	if (section->is_list) {
		view->list = &report->lists[section->which];
		view->n = view->list->n_rows;
		view->n_left_out = view->list->n_more;
		return 0;
	}
	view->tally = &report->tallies[section->which];
	view->n = view->tally->n_rows;
	view->has_others = view->tally->n_others > 0;
	view->most = most_of(view);
	return section->is_ranked ? tally_rank(view->tally, 0, &view->ranked)
				  : 0;
}

void report_view_close(struct report_view *view)
{
	free(view->ranked);
	*view = (struct report_view){ 0 };
}

static const char *translate(const struct report_view *view,
			     enum report_kind kind, const char *name)
{
	switch (kind) {
	case REPORT_EVENT:
		return catalogue_event_text(name, view->language);
	case REPORT_REASON:
	case REPORT_WHY:
		return catalogue_reason_text(name, view->language);
	case REPORT_TEXT:
	case REPORT_LONG:
	case REPORT_SCRIPT:
	case REPORT_COUNT:
	case REPORT_BAR:
	case REPORT_TIME:
		break;
	}
	return name;
}

static void set_text(const struct report_view *view,
		     const struct report_column *column, const char *name,
		     const char *details, struct report_cell *cell)
{
	const char *shown = translate(view, column->kind, name);
	struct text text;

	if (!*name && column->empty)
		shown = report_word(column->empty, view->language);
	text_init(&text, cell->text, sizeof(cell->text));
	text_add(&text,
		 column->kind == REPORT_WHY && *details ? details : shown);
	cell->name = name;
	cell->is_known = *name != '\0';
}

static void set_time(int64_t at_us, struct report_cell *cell)
{
	struct text text;

	text_init(&text, cell->text, sizeof(cell->text));
	if (at_us > 0)
		output_add_time(&text, at_us / 1000000);
	cell->number = at_us;
	cell->is_known = at_us > 0;
}

static void set_count(int64_t number, struct report_cell *cell)
{
	struct text text;

	text_init(&text, cell->text, sizeof(cell->text));
	text_add_format(&text, "%lld", (long long)number);
	cell->number = number;
	cell->is_known = true;
}

void report_view_cell(const struct report_view *view, size_t i,
		      const struct report_column *column,
		      struct report_cell *ret_cell)
{
	const struct incident *incident =
		view->list ? view->list->rows[i] : NULL;
	const struct tally_row *row = incident ? NULL : row_of(view, i);

	*ret_cell = (struct report_cell){ .name = "" };
	switch (column->kind) {
	case REPORT_TEXT:
	case REPORT_LONG:
	case REPORT_SCRIPT:
	case REPORT_EVENT:
	case REPORT_REASON:
	case REPORT_WHY:
		if (incident)
			set_text(view, column, incident->texts[column->index],
				 incident->texts[INCIDENT_DETAILS], ret_cell);
		else if (row->parts[column->index])
			set_text(view, column, row->parts[column->index], "",
				 ret_cell);
		else if (column == view->section->columns)
			(void)snprintf(ret_cell->text, sizeof(ret_cell->text),
				       "%s",
				       report_word(WORD_REPORT_OTHERS,
						   view->language));
		return;
	case REPORT_COUNT:
	case REPORT_BAR:
		set_count(row->counts[column->index], ret_cell);
		return;
	case REPORT_TIME:
		set_time(incident ? incident->at_us : row->last_us, ret_cell);
		return;
	}
}
