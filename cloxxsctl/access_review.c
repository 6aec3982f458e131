/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/access_review.h"

#include <string.h>

#include "cloxxsctl/grant.h"
#include "cloxxsctl/listing.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/request.h"
#include "cloxxsctl/time_value.h"

#define ADMIN "nl.cloxxs.Admin."

static const struct listing_column by_project_columns[] = {
	{ "project", "PROJECT", LISTING_TEXT },
	{ "service", "SERVICE", LISTING_TEXT },
	{ "user", "USER", LISTING_TEXT },
	{ "rights", "RIGHTS", LISTING_RIGHTS },
	{ "grants", "BY", LISTING_TEXT },
	{ 0 },
};
static const struct listing_column by_user_columns[] = {
	{ "user", "USER", LISTING_TEXT },
	{ "project", "PROJECT", LISTING_TEXT },
	{ "service", "SERVICE", LISTING_TEXT },
	{ "rights", "RIGHTS", LISTING_RIGHTS },
	{ "grants", "BY", LISTING_TEXT },
	{ 0 },
};
static const struct listing_column change_columns[] = {
	{ "at", "WHEN", LISTING_TIME },
	{ "event", "EVENT", LISTING_TEXT },
	{ "user", "WHOM", LISTING_TEXT },
	{ "actor", "BY", LISTING_TEXT },
	{ "service", "SERVICE", LISTING_TEXT },
	{ "details", "DETAILS", LISTING_TEXT },
	{ 0 },
};
/* Both in one table: what a line is stands in its first field. */
static const struct listing_column csv_columns[] = {
	{ "line", NULL, LISTING_TEXT },
	{ "project", NULL, LISTING_TEXT },
	{ "service", NULL, LISTING_TEXT },
	{ "user", NULL, LISTING_TEXT },
	{ "rights", NULL, LISTING_RIGHTS },
	{ "grants", NULL, LISTING_TEXT },
	{ "at", NULL, LISTING_TIME },
	{ "event", NULL, LISTING_TEXT },
	{ "actor", NULL, LISTING_TEXT },
	{ "details", NULL, LISTING_TEXT },
	{ 0 },
};

static const struct listing_kind by_project = {
	.member = "project",
	.none = "Nobody can do anything in any project.",
	.columns = by_project_columns,
};
static const struct listing_kind by_user = {
	.member = "project",
	.none = "Nobody can do anything in any project.",
	.columns = by_user_columns,
};
static const struct listing_kind changes = {
	.member = "event",
	.none = "Nothing changed.",
	.columns = change_columns,
};
static const struct listing_kind csv = {
	.member = "line",
	.none = "",
	.columns = csv_columns,
};

struct review {
	struct ctl *ctl;
	const struct command *command;
	struct listing listing; /* of what comes now */
	bool has_since, is_by_user;
	const char *line; /* what its lines are, where both are in one table */
};

static int take(json_t *reply, void *userdata)
{
	struct review *review = userdata;

	/* What is no entry has no first member. */
	if (review->listing.kind == &csv &&
	    (json_is_string(json_object_get(reply, "project")) ||
	     json_is_string(json_object_get(reply, "event"))) &&
	    json_object_set_new(reply, "line", json_string(review->line)) < 0)
		return -ENOMEM;
	return listing_take(reply, &review->listing);
}

/* The method, with what the command names that it takes. */
static int stream(struct review *review, const char *method, grammar_options_t options,
		  json_t *more)
{
	struct grammar_verb row = *review->command->row;
	struct command call = *review->command;

	row.method = method;
	call.row = &row;
	call.given &= options;
	return request_stream(review->ctl, &call, more, take, review);
}

#define OF_USER OPTION_BIT(OPTION_USER)
#define OF_PROJECT OPTION_BIT(OPTION_PROJECT)
#define OF_SERVICE OPTION_BIT(OPTION_SERVICE)

static int take_name(json_t *reply, void *userdata)
{
	json_t *name = json_object_get(json_object_get(reply, "user"), "name");

	/* Where there are none. */
	if (!json_is_string(name))
		return 0;
	return json_array_append(userdata, name) < 0 ? -ENOMEM : 0;
}

/* One user after the other: no list of all of it ever stands in memory. */
static int stream_by_user(struct review *review)
{
	struct grammar_verb row = *review->command->row;
	scope(json_decrefp) json_t *names = json_array();
	struct command call = *review->command;
	const json_t *name;
	size_t i;
	int r;

	row.method = ADMIN "ListUsers";
	call.row = &row;
	call.given = 0;
	r = request_stream(review->ctl, &call, NULL, take_name, names);
	json_array_foreach(names, i, name)
	{
		if (r == STATUS_OK)
			r = stream(review, ADMIN "ListRights",
				   OF_PROJECT | OF_SERVICE,
				   json_pack("{s:O}", "user", name));
	}
	return r;
}

static int stream_rights(struct review *review)
{
	review->line = "right";
	if (review->is_by_user && !command_has(review->command, OPTION_USER))
		return stream_by_user(review);
	return stream(review, ADMIN "ListRights",
		      OF_USER | OF_PROJECT | OF_SERVICE, NULL);
}

/* Whether value stands in details behind before, as a whole. */
static bool tells(const char *details, const char *before, const char *value)
{
	size_t n_before = strlen(before), n = strlen(value);

	while ((details = strstr(details, before))) {
		details += n_before;
		if (strncmp(details, value, n) == 0 &&
		    (details[n] == ' ' || details[n] == '\0'))
			return true;
	}
	return false;
}

/* A change that names another project is not wanted; one that names none may
 * mean any, and so may a former name. */
static bool is_of_project(const char *details, const char *project)
{
	return !strstr(details, "project=") ||
	       tells(details, "project=", project) ||
	       tells(details, "project=", "every-project") ||
	       tells(details, "->", project);
}

static bool is_wanted(const json_t *entry, void *userdata)
{
	const struct review *review = userdata;
	const char *const *values = review->command->values;
	const char *user = output_member(entry, "user", "@");
	const char *of = output_member(entry, "service", NULL);

	/* What is about a group, or nobody, may be about him. */
	if (command_has(review->command, OPTION_USER) && *user != '@' &&
	    strcmp(user, values[OPTION_USER]) != 0)
		return false;
	if (command_has(review->command, OPTION_SERVICE) && of &&
	    strcmp(of, values[OPTION_SERVICE]) != 0)
		return false;
	return !command_has(review->command, OPTION_PROJECT) ||
	       is_of_project(output_member(entry, "details", ""),
			     values[OPTION_PROJECT]);
}

static int stream_changes(struct review *review)
{
	int64_t since = 0;

	(void)time_value_read_since(review->command->values[OPTION_SINCE],
				    &since);
	review->line = "change";
	review->listing.wanted = is_wanted;
	review->listing.userdata = review;
	return stream(review, ADMIN "ListRightChanges", 0,
		      json_pack("{s:I}", "since", (json_int_t)since));
}

/* One part of a table or of JSON, of its own kind. */
static int show_part(struct review *review, const struct listing_kind *kind,
		     int (*fill)(struct review *review))
{
	int r;

	review->listing.kind = kind;
	review->listing.n = 0;
	r = listing_begin(&review->listing);
	if (r == 0)
		r = fill(review);
	if (r == 0)
		r = listing_end(&review->listing);
	listing_deinit(&review->listing);
	return r < 0 ? ctl_fail_errno(review->ctl, review->command,
				      "showing the answer", r)
		     : r;
}

static int fill_both(struct review *review)
{
	int r = stream_rights(review);

	return r == STATUS_OK ? stream_changes(review) : r;
}

static int show_table(struct review *review)
{
	struct output *output = review->ctl->output;
	int r;

	r = show_part(review, review->is_by_user ? &by_user : &by_project,
		      stream_rights);
	if (r != STATUS_OK || !review->has_since)
		return r;
	fputs("\nChanged since ", output->stream);
	output_foreign(output, review->command->values[OPTION_SINCE]);
	fputs(":\n", output->stream);
	review->listing.indent = "  ";
	return show_part(review, &changes, stream_changes);
}

/* The object is closed only when all came. */
static int show_json(struct review *review)
{
	FILE *stream = review->ctl->output->stream;
	int r;

	fputs("{\"rights\": ", stream);
	r = show_part(review, &by_project, stream_rights);
	if (r == STATUS_OK && review->has_since) {
		fputs(",\n\"changes\": ", stream);
		r = show_part(review, &changes, stream_changes);
	}
	if (r == STATUS_OK)
		fputs("}\n", stream);
	return r;
}

int access_review_run(struct ctl *ctl, const struct command *command)
{
	const char *by = command->values[OPTION_BY];
	struct review review = {
		.ctl = ctl,
		.command = command,
		.has_since = command_has(command, OPTION_SINCE),
		.is_by_user = command_has(command, OPTION_BY) &&
			      strcmp(by, "user") == 0,
		.listing = { .output = ctl->output,
			     .form = listing_form_of(command) },
	};
	int r = grant_refuse_group(ctl, command, command->values[OPTION_USER]);

	if (r != STATUS_OK)
		return r;
	switch (review.listing.form) {
	case LISTING_TABLE:
		return show_table(&review);
	case LISTING_JSON:
		return show_json(&review);
	case LISTING_CSV:
		if (review.has_since)
			return show_part(&review, &csv, fill_both);
		return show_part(&review,
				 review.is_by_user ? &by_user : &by_project,
				 stream_rights);
	}
	return STATUS_FAILURE;
}
