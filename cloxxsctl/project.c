/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/project.h"

#include <string.h>

#include "cloxxsctl/grant.h"
#include "cloxxsctl/listing.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/request.h"

#define ADMIN "nl.cloxxs.Admin."

static const struct listing_column project_columns[] = {
	{ "name", "NAME", LISTING_TEXT },
	{ "service", "SERVICE", LISTING_TEXT },
	{ "created", "CREATED", LISTING_DAY },
	{ "archived_at", "ARCHIVED", LISTING_DAY },
	{ "readers_group", "READERS", LISTING_TEXT },
	{ "writers_group", "WRITERS", LISTING_TEXT },
	{ 0 },
};
static const struct listing_kind projects = {
	.member = "project",
	.none = "There are no projects.",
	.columns = project_columns,
};

static const struct listing_column who_columns[] = {
	{ "user", "USER", LISTING_TEXT },
	{ "rights", "RIGHTS", LISTING_RIGHTS },
	{ "grants", "BY", LISTING_TEXT },
	{ 0 },
};
static const struct listing_kind who = {
	.member = "project",
	.none = "Nobody can do anything there.",
	.columns = who_columns,
};

static const struct listing_column of_user_columns[] = {
	{ "project", "PROJECT", LISTING_TEXT },
	{ "service", "SERVICE", LISTING_TEXT },
	{ "rights", "RIGHTS", LISTING_RIGHTS },
	{ "grants", "BY", LISTING_TEXT },
	{ 0 },
};
static const struct listing_kind of_user = {
	.member = "project",
	.none = "There is no project in which he can do anything.",
	.columns = of_user_columns,
};

int project_run_list(struct ctl *ctl, const struct command *command)
{
	return listing_run(ctl, command, &projects, NULL);
}

/* The list; true where it is empty, and somebody looks at it. */
static bool run_for_eyes(struct ctl *ctl, const struct command *command,
			 const struct listing_kind *kind, int *ret_status)
{
	uint64_t n = 0;

	*ret_status = listing_run_counting(ctl, command, kind, NULL, &n);
	return *ret_status == STATUS_OK && n == 0 &&
	       listing_form_of(command) == LISTING_TABLE;
}

static void print_text(struct output *output, const char *label,
		       const json_t *project, const char *member)
{
	if (!output_member(project, member, NULL))
		return;
	output_label(output, label);
	output_foreign(output, output_member(project, member, ""));
	fputc('\n', output->stream);
}

static void print_state(struct output *output, const json_t *project)
{
	int64_t at;

	output_label(output, "State");
	if (!output_member_int(project, "archived_at", &at)) {
		fprintf(output->stream, "%s%s open%s\n",
			output_tone(output, TONE_GOOD),
			output_mark(output, MARK_YES), output_plain(output));
		return;
	}
	fprintf(output->stream, "%s%s archived since ",
		output_tone(output, TONE_WARN), output_mark(output, MARK_NO));
	output_time(output, at);
	fputs(": nobody writes in it", output->stream);
	if (*output_member(project, "archived_because", "")) {
		fputs("; ", output->stream);
		output_foreign(output,
			       output_member(project, "archived_because", ""));
	}
	fprintf(output->stream, "%s\n", output_plain(output));
}

static void print_page(struct output *output, const json_t *project)
{
	int64_t at;

	print_text(output, "Project", project, "name");
	print_text(output, "Service", project, "service");
	print_state(output, project);
	if (output_member_int(project, "created", &at)) {
		output_label(output, "Created");
		output_time(output, at);
		fputc('\n', output->stream);
	}
	print_text(output, "Readers", project, "readers_group");
	print_text(output, "Writers", project, "writers_group");
}

/* Those in the project, then those in every project of its service. */
static int gather_grants(struct ctl *ctl, const struct command *command,
			 const json_t *project, json_t *grants)
{
	int r = grant_gather(
		ctl, command,
		json_pack("{s:O}", "project", json_object_get(project, "name")),
		grants);

	if (r == STATUS_OK)
		r = grant_gather(ctl, command,
				 json_pack("{s:s, s:O}", "project",
					   "every-project", "service",
					   json_object_get(project, "service")),
				 grants);
	return r;
}

/* Grants that give nothing are there, most often for want of the service. */
static void hint_at_grants(struct ctl *ctl, const struct command *command)
{
	const char *project = command->operands[0];
	scope(json_decrefp) json_t *grants = json_array();
	scope(json_decrefp) json_t *reply = NULL;
	FILE *stream = ctl->output->stream;

	reply = request_try(ctl, ADMIN "GetProject",
			    json_pack("{s:s}", "name", project));
	if (!reply ||
	    gather_grants(ctl, command, json_object_get(reply, "project"),
			  grants) != STATUS_OK ||
	    json_array_size(grants) == 0)
		return;
	fputs("There are grants that give nothing now: see \"cloxxsctl project "
	      "show ",
	      stream);
	output_foreign(ctl->output, project);
	fputs("\", and\n\"cloxxsctl explain --user NAME --project ", stream);
	output_foreign(ctl->output, project);
	fputs(" --right read\".\n", stream);
}

int project_run_who(struct ctl *ctl, const struct command *command)
{
	int status;

	if (run_for_eyes(ctl, command, &who, &status))
		hint_at_grants(ctl, command);
	return status;
}

/* The same of a user's own grants, and of his groups'. */
static void hint_at_grants_of(struct ctl *ctl, const char *user)
{
	scope(json_decrefp) json_t *reply = NULL;
	int64_t own = 0, of_groups = 0;

	reply = request_try(ctl, ADMIN "GetUser",
			    json_pack("{s:s}", "name", user));
	(void)output_member_int(reply, "grants", &own);
	(void)output_member_int(reply, "group_grants", &of_groups);
	if (own + of_groups == 0)
		return;
	fputs("He or his groups hold grants that give nothing now: see "
	      "\"cloxxsctl user show ",
	      ctl->output->stream);
	output_foreign(ctl->output, user);
	fputs("\", and\n\"cloxxsctl explain --user ", ctl->output->stream);
	output_foreign(ctl->output, user);
	fputs(" --project NAME --right read\".\n", ctl->output->stream);
}

int project_run_of_user(struct ctl *ctl, const struct command *command)
{
	int status = grant_refuse_group(ctl, command, command->operands[0]);

	if (status != STATUS_OK)
		return status;
	/* Of one service they may be another's. */
	if (run_for_eyes(ctl, command, &of_user, &status) &&
	    !command_has(command, OPTION_SERVICE))
		hint_at_grants_of(ctl, command->operands[0]);
	return status;
}

int project_run_show(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *grants = json_array();
	scope(json_decrefp) json_t *reply = NULL;
	const json_t *project;
	int r;

	r = request_fetch(ctl, command, &reply);
	if (r != STATUS_OK)
		return r;
	project = json_object_get(reply, "project");
	if (!json_is_object(project))
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"the daemon's answer lacks something; is it "
				"of another version?");
	r = gather_grants(ctl, command, project, grants);
	if (r == STATUS_OK &&
	    json_object_set_new(reply, "grants", json_incref(grants)) < 0)
		r = ctl_fail_errno(ctl, command, "memory", -ENOMEM);
	if (r != STATUS_OK)
		return r;
	if (command_has(command, OPTION_JSON))
		return request_show(ctl, command, reply);
	print_page(ctl->output, project);
	r = grant_show_table(ctl->output, grants);
	return r < 0 ? ctl_fail_errno(ctl, command, "showing the answer", r)
		     : STATUS_OK;
}

void project_warn_added(struct ctl *ctl, const struct command *command,
			const json_t *reply)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	if (!json_is_false(json_object_get(reply, "bound")))
		return;
	text_init(&text, sentence, sizeof(sentence));
	text_add(&text, "warning: no account speaks for the service ");
	output_add_foreign(&text, command->values[OPTION_SERVICE],
			   strnlen(command->values[OPTION_SERVICE], 100));
	text_add(&text, " yet, so no application can ask for rights in it; "
			"see [service NAME] in cloxxsd.conf(5)");
	failure_print(ctl->errors, command, sentence);
}

int project_view_changed(struct output *output, const struct command *command,
			 const json_t *reply)
{
	const json_t *project = json_object_get(reply, "project");

	fputs("Project ", output->stream);
	output_foreign(output, command->operands[0]);
	fprintf(output->stream, ": %s.\n", command->row->done);
	if (output_member(project, "readers_group", NULL) &&
	    strcmp(command->row->method, "nl.cloxxs.Admin.DeleteProject") !=
		    0) {
		fputs("Groups of the system: ", output->stream);
		output_foreign(output,
			       output_member(project, "readers_group", "?"));
		fputs(", ", output->stream);
		output_foreign(output,
			       output_member(project, "writers_group", "?"));
		fputc('\n', output->stream);
	}
	return 0;
}
