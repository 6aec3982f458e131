/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/grant.h"

#include <string.h>

#include "cloxxsctl/listing.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/request.h"

static const struct listing_column columns[] = {
	{ "holder", "HOLDER", LISTING_TEXT },
	{ "project", "PROJECT", LISTING_TEXT },
	{ "service", "SERVICE", LISTING_TEXT },
	{ "right", "RIGHT", LISTING_TEXT },
	{ "until", "UNTIL", LISTING_TIME },
	{ "granted_at", "GIVEN", LISTING_DAY },
	{ "granted_by", "BY", LISTING_TEXT },
	{ 0 },
};
static const struct listing_kind grants_kind = {
	.member = "grant",
	.none = "There are no grants.",
	.columns = columns,
};

int grant_run_list(struct ctl *ctl, const struct command *command)
{
	return listing_run(ctl, command, &grants_kind, NULL);
}

static int take(json_t *reply, void *userdata)
{
	json_t *grant = json_object_get(reply, "grant");

	/* Where there are none. */
	if (!json_is_object(grant))
		return 0;
	return json_array_append(userdata, grant) < 0 ? -ENOMEM : 0;
}

int grant_gather(struct ctl *ctl, const struct command *command,
		 json_t *parameters, json_t *grants)
{
	struct grammar_verb row = *command->row;
	struct command call = *command;

	row.method = "nl.cloxxs.Admin.ListGrants";
	row.parameter = NULL;
	call.row = &row;
	return request_stream(ctl, &call, parameters, take, grants);
}

int grant_show_table(struct output *output, const json_t *grants)
{
	scope(listing_deinit) struct listing listing = {
		.kind = &grants_kind,
		.output = output,
		.form = LISTING_TABLE,
		.indent = "  ",
	};
	json_t *grant;
	size_t i;
	int r;

	fputs("\nGrants:\n", output->stream);
	r = listing_begin(&listing);
	json_array_foreach((json_t *)grants, i, grant)
	{
		scope(json_decrefp) json_t *reply =
			json_pack("{s:O}", "grant", grant);

		if (r == 0)
			r = listing_take(reply, &listing);
	}
	return r == 0 ? listing_end(&listing) : r;
}

int grant_refuse_group(const struct ctl *ctl, const struct command *command,
		       const char *user)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	if (!user || *user != '@')
		return STATUS_OK;
	text_init(&text, sentence, sizeof(sentence));
	text_add(&text, "a user is asked for, and ");
	output_add_foreign(&text, user, strnlen(user, 100));
	text_add(&text, " is none; what it holds tells \"cloxxsctl grant "
			"list --user ");
	output_add_foreign(&text, user, strnlen(user, 100));
	text_add(&text, "\"");
	return ctl_fail(ctl, command, STATUS_USAGE, sentence);
}

bool grant_add_lacking(struct text *text, const char *user, const json_t *reply)
{
	const json_t *services = json_object_get(reply, "lacks_services");
	const json_t *service;
	size_t i;

	if (json_array_size(services) == 0)
		return false;
	text_add(text, "warning: ");
	output_add_foreign(text, user, strnlen(user, 100));
	text_add(text, " may not use the service ");
	json_array_foreach((json_t *)services, i, service)
	{
		const char *name = json_string_value(service);

		text_add(text, i > 0 ? ", " : "");
		output_add_foreign(text, name ? name : "?",
				   name ? strnlen(name, 100) : 1);
	}
	return true;
}

void grant_warn_added(struct ctl *ctl, const struct command *command,
		      const json_t *reply)
{
	const char *const *words = command->operands;
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	if (strcmp(words[2], "deny") == 0 ||
	    !grant_add_lacking(&text, words[0], reply))
		return;
	text_add(&text, ", so it gives nothing yet; see \"cloxxsctl ");
	/* There is no explaining all projects at once. */
	if (strcmp(words[1], "every-project") == 0) {
		text_add_format(&text, "user show %.64s\"", words[0]);
	} else {
		text_add_format(&text, "explain --user %.64s --project ",
				words[0]);
		text_add_format(&text, "%.64s --right %s\"", words[1],
				strcmp(words[2], "read") == 0 ? "read"
							      : "write");
	}
	failure_print(ctl->errors, command, sentence);
}

int grant_view_changed(struct output *output, const struct command *command,
		       const json_t *reply)
{
	const json_t *grant = json_object_get(reply, "grant");
	static const char *const members[] = { "holder", "right", "project",
					       "service" };
	static const char *const before[] = { "Grant ", ": ", " in ", " of " };
	int64_t until;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		fputs(before[i], output->stream);
		if (i == 1)
			fprintf(output->stream, "%s ", command->row->done);
		output_foreign(output, output_member(grant, members[i], "?"));
	}
	if (output_member_int(grant, "until", &until)) {
		fputs(" until ", output->stream);
		output_time(output, until);
	}
	fputs(".\n", output->stream);
	return 0;
}
