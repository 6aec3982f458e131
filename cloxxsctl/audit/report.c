/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/report.h"

#include <string.h>
#include <time.h>

#include "base/timestamp.h"
#include "cloxxsctl/audit/catalogue.h"

#define LIST_CAP 5000
/* More refusals in one record are none that were counted. */
#define SUM_MAX 1000000000

static const struct {
	size_t n_parts, cap;
} shapes[_N_REPORT_TALLIES] = {
	[REPORT_USERS] = { 1, 10000 }, [REPORT_REFUSED] = { 1, 10000 },
	[REPORT_REASONS] = { 1, 200 }, [REPORT_COUNTRIES] = { 1, 300 },
	[REPORT_ACTS] = { 2, 10000 },  [REPORT_ACTIONS] = { 3, 10000 },
	[REPORT_DAYS] = { 1, 5000 },
};

void audit_report_init(struct audit_report *report)
{
	*report = (struct audit_report){ 0 };
	for (size_t i = 0; i < _N_REPORT_TALLIES; i++)
		tally_init(&report->tallies[i], shapes[i].n_parts,
			   shapes[i].cap);
	for (size_t i = 0; i < _N_REPORT_LISTS; i++)
		report->lists[i].cap = LIST_CAP;
}

void audit_report_deinit(struct audit_report *report)
{
	for (size_t i = 0; i < _N_REPORT_TALLIES; i++)
		tally_deinit(&report->tallies[i]);
	for (size_t i = 0; i < _N_REPORT_LISTS; i++)
		incidents_deinit(&report->lists[i]);
}

/* What is looked at of an entry. */
struct seen {
	int64_t at_us;
	const char *event, *result, *reason, *user, *actor, *service, *address,
		*details, *project, *action;
};

static struct seen look(const json_t *entry)
{
	struct seen seen = {
		.event = output_member(entry, "event", ""),
		.result = output_member(entry, "result", ""),
		.reason = output_member(entry, "reason", ""),
		.user = output_member(entry, "user", ""),
		.actor = output_member(entry, "actor", ""),
		.service = output_member(entry, "service", ""),
		.address = output_member(entry, "address", ""),
		.details = output_member(entry, "details", ""),
		.project = output_member(entry, "project", ""),
		.action = output_member(entry, "action", ""),
	};

	(void)output_member_int(entry, "at", &seen.at_us);
	return seen;
}

/* The value of "name=value" as a word of details; false where there is none. */
static bool read_word(const char *details, const char *name, char *ret_value,
		      size_t size)
{
	size_t n_name = strlen(name);
	struct text text;

	for (const char *word = details; *word;) {
		size_t n = strcspn(word, " ");

		if (n > n_name && strncmp(word, name, n_name) == 0) {
			text_init(&text, ret_value, size);
			text_add_bytes(&text, word + n_name, n - n_name);
			return !text_is_cut(&text);
		}
		word += n + strspn(word + n, " ");
	}
	return false;
}

static int count(struct audit_report *report, enum report_tally which,
		 const char *part, size_t column, int64_t n, int64_t at_us)
{
	return tally_add(&report->tallies[which], &part, column, n, at_us);
}

/* Days begin when the day of this host does, which has not always 24 hours. */
static void find_day(struct report_day *day, int64_t at)
{
	time_t seconds = (time_t)at;
	struct tm tm;

	if (at >= day->begin && at < day->end)
		return;
	if (!localtime_r(&seconds, &tm) ||
	    strftime(day->name, sizeof(day->name), "%Y-%m-%d", &tm) == 0)
		day->name[0] = '\0';
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	day->begin = mktime(&tm);
	tm.tm_mday++;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	day->end = mktime(&tm);
	if (at < day->begin || at >= day->end)
		day->begin = at, day->end = at + 1;
}

static int count_day(struct audit_report *report, const struct seen *seen,
		     enum report_day_count column, int64_t n)
{
	if (seen->at_us <= 0 || seen->at_us / 1000000 > TIMESTAMP_MAX)
		return 0;
	find_day(&report->day, seen->at_us / 1000000);
	return count(report, REPORT_DAYS, report->day.name, column, n, 0);
}

static int take_login(struct audit_report *report, const struct seen *seen,
		      bool unasked)
{
	int r;

	report->totals[REPORT_TOTAL_LOGINS]++;
	r = count(report, REPORT_USERS, seen->user, REPORT_USER_LOGINS, 1,
		  seen->at_us);
	if (r == 0 && unasked) {
		report->totals[REPORT_TOTAL_UNASKED]++;
		r = count(report, REPORT_USERS, seen->user, REPORT_USER_UNASKED,
			  1, 0);
	}
	return r == 0 ? count_day(report, seen, REPORT_DAY_LOGINS, 1) : r;
}

/*
 * Whether a check of an account was that of somebody who came in: by a method
 * that needs no question, or from somewhere and by himself, for sshd tells a
 * key too late. A job, and whom root becomes, come from nowhere.
 */
static bool came_in(const struct seen *seen)
{
	char method[64];

	if (read_word(seen->details, "method=", method, sizeof(method)) &&
	    strcmp(method, "none") != 0)
		return true;
	return *seen->address &&
	       (!*seen->actor || strcmp(seen->actor, seen->user) == 0);
}

static int take_account(struct audit_report *report, const struct seen *seen)
{
	return came_in(seen) ? take_login(report, seen, true) : 0;
}

static int take_refusals(struct audit_report *report, const struct seen *seen,
			 int64_t n)
{
	char country[8] = "";
	int r;

	report->totals[REPORT_TOTAL_REFUSALS] += n;
	(void)!read_word(seen->details, "country=", country, sizeof(country));
	r = count(report, REPORT_REASONS, seen->reason, 0, n, seen->at_us);
	if (r == 0)
		r = count(report, REPORT_COUNTRIES, country, 0, n, seen->at_us);
	/* What was typed in the place of a name may be a password. */
	if (r == 0)
		r = count(report, REPORT_REFUSED,
			  strcmp(seen->reason, "unknown-user") == 0
				  ? ""
				  : seen->user,
			  0, n, seen->at_us);
	return r == 0 ? count_day(report, seen, REPORT_DAY_REFUSALS, n) : r;
}

/* How many a record of refusals tells of: one where it tells nothing. */
static int64_t sum_of(const struct seen *seen)
{
	char word[24], *end;
	long long n;

	if (!read_word(seen->details, "n=", word, sizeof(word)))
		return 1;
	errno = 0;
	n = strtoll(word, &end, 10);
	return errno == 0 && *end == '\0' && n >= 1 && n <= SUM_MAX ? n : 1;
}

/* Of "project=budget right=none->write" the place, and what became of it. */
static void split(const char *details, char *ret_place, size_t size,
		  const char **ret_change)
{
	static const char *const places[] = { "project=", "group=" };
	static const char right[] = "right=";
	const char *rest = details;

	ret_place[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (strncmp(rest, places[i], strlen(places[i])) == 0 &&
		    read_word(rest, places[i], ret_place, size)) {
			rest += strcspn(rest, " ");
			rest += strspn(rest, " ");
			break;
		}
	if (strncmp(rest, right, strlen(right)) == 0)
		rest += strlen(right);
	*ret_change = rest;
}

static int add_incident(struct audit_report *report, enum report_list which,
			const struct seen *seen)
{
	const char *change;
	char place[128];

	split(seen->details, place, sizeof(place), &change);
	return incidents_add(&report->lists[which], seen->at_us,
			     (const char *const[_N_INCIDENT_TEXTS]){
				     [INCIDENT_EVENT] = seen->event,
				     [INCIDENT_USER] = seen->user,
				     [INCIDENT_ACTOR] = seen->actor,
				     [INCIDENT_SERVICE] = seen->service,
				     [INCIDENT_ADDRESS] = seen->address,
				     [INCIDENT_REASON] = seen->reason,
				     [INCIDENT_PLACE] = place,
				     [INCIDENT_CHANGE] = change,
				     [INCIDENT_DETAILS] = seen->details,
			     });
}

/* What the daemon does by itself is nobody's act. */
static int take_act(struct audit_report *report, const struct seen *seen)
{
	if (!*seen->actor || strcmp(seen->actor, "cloxxsd") == 0)
		return 0;
	report->totals[REPORT_TOTAL_ACTS]++;
	return tally_add(&report->tallies[REPORT_ACTS],
			 (const char *const[]){ seen->actor, seen->event }, 0,
			 1, seen->at_us);
}

static int take_listed(struct audit_report *report, enum report_total total,
		       enum report_list list, const struct seen *seen)
{
	int r;

	report->totals[total]++;
	r = add_incident(report, list, seen);
	return r == 0 ? take_act(report, seen) : r;
}

static int take_action(struct audit_report *report, const struct seen *seen)
{
	const char *const parts[] = { seen->project, seen->service,
				      seen->action };
	struct tally *actions = &report->tallies[REPORT_ACTIONS];
	bool bad = strcmp(seen->result, "denied") == 0 ||
		   strcmp(seen->result, "failed") == 0;
	int r;

	report->totals[REPORT_TOTAL_ACTIONS]++;
	r = tally_add(actions, parts, REPORT_ACTION_ALL, 1, seen->at_us);
	if (r == 0 && bad)
		r = tally_add(actions, parts, REPORT_ACTION_BAD, 1, 0);
	return r == 0 ? count(report, REPORT_USERS,
			      *seen->user ? seen->user : seen->actor,
			      REPORT_USER_ACTIONS, 1, 0)
		      : r;
}

static void widen(int64_t value, int64_t *first, int64_t *last)
{
	if (value <= 0)
		return;
	if (*first == 0 || value < *first)
		*first = value;
	if (value > *last)
		*last = value;
}

static int take_part(struct audit_report *report, enum catalogue_part part,
		     const struct seen *seen)
{
	switch (part) {
	case CATALOGUE_NONE:
		return 0;
	case CATALOGUE_LOGIN:
		return take_login(report, seen, false);
	case CATALOGUE_ACCOUNT:
		return take_account(report, seen);
	case CATALOGUE_REFUSAL:
		return take_refusals(report, seen, 1);
	case CATALOGUE_REFUSALS:
		return take_refusals(report, seen, sum_of(seen));
	case CATALOGUE_LOCK:
		return take_listed(report, REPORT_TOTAL_LOCKS, REPORT_LOCKS,
				   seen);
	case CATALOGUE_UNLOCK:
		return take_listed(report, REPORT_TOTAL_UNLOCKS, REPORT_LOCKS,
				   seen);
	case CATALOGUE_RIGHT:
		return take_listed(report, REPORT_TOTAL_RIGHTS, REPORT_RIGHTS,
				   seen);
	case CATALOGUE_ACT:
		return take_act(report, seen);
	case CATALOGUE_ACTION:
		return take_action(report, seen);
	}
	return 0;
}

int audit_report_take(struct audit_report *report, const json_t *entry)
{
	const struct seen seen = look(entry);
	const struct catalogue_event *event = catalogue_find(seen.event);
	int64_t sequence = 0;

	report->totals[REPORT_TOTAL_RECORDS]++;
	if (json_is_true(json_object_get(entry, "replaced")))
		report->totals[REPORT_TOTAL_REPLACED]++;
	(void)output_member_int(entry, "sequence", &sequence);
	widen(sequence, &report->first_sequence, &report->last_sequence);
	widen(seen.at_us, &report->first_us, &report->last_us);
	return take_part(report, event ? event->part : CATALOGUE_NONE, &seen);
}
