/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/unlock_all.h"

#include <jansson.h>
#include <string.h>

#include "cloxxsctl/duration.h"
#include "cloxxsctl/kernel_audit.h"
#include "cloxxsctl/request.h"
#include "varlink/client.h"

#define ADMIN "nl.cloxxs.Admin."

struct unlocking {
	struct ctl *ctl;
	const struct command *command;
	struct varlink_client *client;
	int64_t since;  /* locked before that: left */
	json_t *names;  /* to be unlocked */
	json_t *done;   /* of these */
	json_t *failed; /* name and message */
	size_t n_left;  /* locked otherwise, or before */
};

static void unlocking_deinit(struct unlocking *unlocking)
{
	varlink_client_freep(&unlocking->client);
	json_decref(unlocking->names);
	json_decref(unlocking->done);
	json_decref(unlocking->failed);
}

static int failed(const struct unlocking *unlocking, enum failure_call call,
		  int error)
{
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status;
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	status = failure_of_client(&text, unlocking->ctl->socket, call, error);
	return ctl_fail(unlocking->ctl, unlocking->command, status, sentence);
}

static int choose_user(json_t *reply, void *userdata)
{
	const json_t *user = json_object_get(reply, "user");
	struct unlocking *unlocking = userdata;
	const char *because = output_member(user, "locked_because", "");
	int64_t at = 0;

	if (!json_is_object(user))
		return 0;
	if (!output_member_int(user, "locked_at", &at) ||
	    at < unlocking->since ||
	    strcmp(because, "too-many-failures") != 0) {
		unlocking->n_left++;
		return 0;
	}
	return json_array_append(unlocking->names,
				 json_object_get(user, "name")) < 0
		       ? -ENOMEM
		       : 0;
}

/* Names who is to be unlocked; an exit status. */
static int choose(struct unlocking *unlocking)
{
	char sentence[FAILURE_LINE_MAX];
	scope(json_decrefp) json_t *reply = NULL;
	enum failure_status status;
	const char *error = NULL;
	struct text text;
	int r;

	r = varlink_client_stream(unlocking->client, ADMIN "ListUsers",
				  json_pack("{s:b}", "locked", 1), choose_user,
				  unlocking, &reply, &error);
	if (r != 0)
		return failed(unlocking, FAILURE_READ_ASKED, r);
	if (!error)
		return STATUS_OK;
	text_init(&text, sentence, sizeof(sentence));
	status = failure_of_reply(&text, unlocking->command, error, reply);
	return ctl_fail(unlocking->ctl, unlocking->command, status, sentence);
}

/* 0, also where the daemon refuses: then he stands among those who failed. */
static int unlock_one(struct unlocking *unlocking, json_t *name)
{
	const struct command *command = unlocking->command;
	char sentence[FAILURE_LINE_MAX];
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	struct text text;
	int r;

	r = varlink_client_call(unlocking->client, ADMIN "UnlockUser",
				json_pack("{s:O, s:s}", "name", name, "reason",
					  command->values[OPTION_REASON]),
				&reply, &error);
	if (r != 0)
		return r;
	if (!error) {
		kernel_audit_tell(ADMIN "UnlockUser", json_string_value(name));
		return json_array_append(unlocking->done, name) < 0 ? -ENOMEM
								    : 0;
	}
	text_init(&text, sentence, sizeof(sentence));
	(void)failure_of_reply(&text, command, error, reply);
	return json_array_append_new(unlocking->failed,
				     json_pack("{s:O, s:s}", "name", name,
					       "message", sentence)) < 0
		       ? -ENOMEM
		       : 0;
}

static void show_names(struct output *output, const json_t *names,
		       const char *what)
{
	const json_t *name;
	size_t i;

	json_array_foreach((json_t *)names, i, name)
	{
		output_foreign(output, json_string_value(name));
		fprintf(output->stream, ": %s\n", what);
	}
}

static void show_table(const struct unlocking *unlocking, bool dry_run)
{
	struct output *output = unlocking->ctl->output;
	const json_t *one;
	size_t i;

	show_names(output, dry_run ? unlocking->names : unlocking->done,
		   dry_run ? "would be unlocked" : "unlocked");
	json_array_foreach(unlocking->failed, i, one)
	{
		output_foreign(output, output_member(one, "name", "?"));
		fputs(": not unlocked: ", output->stream);
		output_foreign(output, output_member(one, "message", "?"));
		fputc('\n', output->stream);
	}
	fprintf(output->stream, "%zu %s, %zu failed, %zu left as they are.\n",
		json_array_size(dry_run ? unlocking->names : unlocking->done),
		dry_run ? "would be unlocked" : "unlocked",
		json_array_size(unlocking->failed), unlocking->n_left);
}

static int show(const struct unlocking *unlocking, bool dry_run)
{
	scope(json_decrefp) json_t *answer = NULL;

	if (unlocking->ctl->output->form != &output_json_form) {
		show_table(unlocking, dry_run);
		return STATUS_OK;
	}
	answer = json_pack("{s:b, s:O, s:O, s:I}", "dry_run", (int)dry_run,
			   dry_run ? "would_unlock" : "unlocked",
			   dry_run ? unlocking->names : unlocking->done,
			   "failed", unlocking->failed, "left",
			   (json_int_t)unlocking->n_left);
	if (!answer ||
	    unlocking->ctl->output->form->show(unlocking->ctl->output,
					       unlocking->command, answer) < 0)
		return STATUS_FAILURE;
	return STATUS_OK;
}

static int unlock(struct unlocking *unlocking)
{
	json_t *name;
	size_t i;
	int r = 0;

	json_array_foreach(unlocking->names, i, name)
	{
		r = unlock_one(unlocking, name);
		if (r != 0)
			break;
	}
	if (r != 0)
		(void)failed(unlocking, FAILURE_CHANGE_ASKED, r);
	if (show(unlocking, false) != STATUS_OK || r != 0 ||
	    json_array_size(unlocking->failed) > 0)
		return STATUS_FAILURE;
	return STATUS_OK;
}

int unlock_all_run(struct ctl *ctl, const struct command *command)
{
	scope(unlocking_deinit) struct unlocking unlocking = {
		.ctl = ctl,
		.command = command,
		.names = json_array(),
		.done = json_array(),
		.failed = json_array(),
	};
	uint32_t seconds = 0;
	int r;

	if (command_has(command, OPTION_LOCKED_SINCE) &&
	    duration_read(command->values[OPTION_LOCKED_SINCE], &seconds))
		unlocking.since = ctl->output->now - (int64_t)seconds;
	r = request_connect(ctl, ctl->timeout_ms, &unlocking.client);
	if (r != 0)
		return failed(&unlocking, FAILURE_NOT_ASKED, r);
	r = choose(&unlocking);
	if (r != STATUS_OK)
		return r;
	if (command_has(command, OPTION_DRY_RUN))
		return show(&unlocking, true);
	return unlock(&unlocking);
}
