/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/user_import.h"

#include <stdlib.h>
#include <string.h>

#include "cloxxsctl/import.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/progress.h"
#include "cloxxsctl/user_file.h"
#include "cloxxsctl/word_list.h"
#include "varlink/client.h"

#define ADMIN "nl.cloxxs.Admin."

struct importing {
	struct import import;
	json_t *services; /* of who names none, or NULL */
	int status;       /* of what ended it */
	struct progress progress;
	int64_t n_sent;
};

static void own_fault(int64_t line, const char *sentence, void *userdata)
{
	struct importing *importing = userdata;

	fault_list_add(&importing->import.faults, line, sentence);
}

/* A status of what came of a call, which is told where it went wrong. */
static int judge(const struct importing *importing, int r, const char *error,
		 const json_t *reply)
{
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status = STATUS_OK;
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	if (r != 0)
		status = failure_of_client(&text, importing->import.ctl->socket,
					   FAILURE_CHANGE_ASKED, r);
	else if (error)
		status = failure_of_reply(&text, importing->import.command,
					  error, reply);
	return status == STATUS_OK
		       ? STATUS_OK
		       : ctl_fail(importing->import.ctl,
				  importing->import.command, status, sentence);
}

/* Calls the method and gives its reply; a status, told, where there is none. */
static int ask(struct importing *importing, const char *method,
	       json_t *parameters, json_t **ret_reply)
{
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	int r;

	r = varlink_client_call(importing->import.client, method, parameters,
				&reply, &error);
	r = judge(importing, r, error, reply);
	if (r == STATUS_OK)
		*ret_reply = scope_take_ptr(reply);
	return r;
}

static int send_batch(struct importing *importing)
{
	scope(json_decrefp) json_t *reply = NULL;

	if (json_array_size(importing->import.batch) == 0)
		return STATUS_OK;
	importing->n_sent += (int64_t)json_array_size(importing->import.batch);
	importing->status =
		ask(importing, ADMIN "ImportUsers",
		    import_take(&importing->import, "users"), &reply);
	if (importing->status != STATUS_OK)
		return importing->status;
	fault_list_take(&importing->import.faults, reply);
	progress_show(&importing->progress, "Handing over", importing->n_sent,
		      "users");
	return STATUS_OK;
}

static int take_user(json_t *user, void *userdata)
{
	struct importing *importing = userdata;
	size_t n;

	if (importing->services && !json_object_get(user, "services"))
		(void)!json_object_set(user, "services", importing->services);
	n = import_bytes_of(user);
	if (n > IMPORT_BYTES_MAX) {
		int64_t line = 0;

		(void)output_member_int(user, "line", &line);
		own_fault(line, "this is too long for a user", importing);
		json_decref(user);
		return 0;
	}
	if (!import_has_room(&importing->import, n)) {
		int status = send_batch(importing);

		if (status != STATUS_OK) {
			json_decref(user);
			return status;
		}
	}
	return import_add(&importing->import, user, n);
}

static void tell_outcome(const struct importing *importing, const json_t *reply)
{
	FILE *stream = importing->import.ctl->output->stream;
	bool done = json_is_true(json_object_get(reply, "done"));

	if (command_has(importing->import.command, OPTION_JSON)) {
		(void)!json_dumpf(reply, stream, JSON_INDENT(2));
		fputc('\n', stream);
		return;
	}
	import_tell(&importing->import, reply, done);
}

struct committing {
	struct importing *importing;
	json_t *reply; /* the last one */
};

static int on_progress(json_t *reply, void *userdata)
{
	static const struct {
		const char *phase, *what;
	} phases[] = {
		{ "look", "Looking at the users" },
		{ "write", "Writing" },
		{ "publish", "Publishing" },
		{ "record", "Recording" },
	};
	struct committing *committing = userdata;
	const char *phase = output_member(reply, "phase", "");
	int64_t percent = 0;

	json_decref(committing->reply);
	committing->reply = json_incref(reply);
	(void)output_member_int(reply, "percent", &percent);
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++)
		if (strcmp(phases[i].phase, phase) == 0)
			progress_show(&committing->importing->progress,
				      phases[i].what, percent, "%");
	return 0;
}

static int ask_commit(struct importing *importing, bool dry_run,
		      json_t **ret_reply)
{
	struct committing committing = { .importing = importing };
	scope(json_decrefp) json_t *failure = NULL;
	const char *error = NULL;
	int r;

	r = varlink_client_stream(importing->import.client,
				  ADMIN "ImportCommit",
				  json_pack("{s:b}", "dry_run", (int)dry_run),
				  on_progress, &committing, &failure, &error);
	r = judge(importing, r, error, failure);
	if (r == STATUS_OK)
		*ret_reply = committing.reply;
	else
		json_decref(committing.reply);
	return r;
}

static int commit(struct importing *importing)
{
	bool dry_run = command_has(importing->import.command, OPTION_DRY_RUN) ||
		       importing->import.faults.n_own > 0;
	scope(json_decrefp) json_t *reply = NULL;
	int status;

	status = ask_commit(importing, dry_run, &reply);
	progress_end(&importing->progress);
	if (status == STATUS_OK)
		status = import_judge(&importing->import, reply,
				      dry_run || json_is_true(json_object_get(
							 reply, "done")));
	if (status == STATUS_OK)
		tell_outcome(importing, reply);
	return status;
}

/* What the file's name says, or NULL. */
static const char *format_of(const struct command *command)
{
	const char *dot = strrchr(command->operands[0], '.');

	if (command_has(command, OPTION_FORMAT))
		return command->values[OPTION_FORMAT];
	if (dot && strcmp(dot, ".csv") == 0)
		return "csv";
	if (dot && (strcmp(dot, ".json") == 0 || strcmp(dot, ".jsonl") == 0))
		return "json";
	return NULL;
}

static int read_file(struct importing *importing, const char *format,
		     const struct user_file_args *args)
{
	static const struct {
		const char *format;
		int (*read)(const struct user_file_args *args);
	} formats[] = {
		{ "csv", user_file_read_csv },
		{ "json", user_file_read_json },
		{ "passwd", user_file_read_passwd },
	};
	int r = -EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i].format, format) == 0)
			r = formats[i].read(args);
	if (r < 0)
		return ctl_fail_errno(importing->import.ctl,
				      importing->import.command,
				      importing->import.faults.file, r);
	return r > 0 ? r : send_batch(importing);
}

static int import_all(struct importing *importing, const char *format,
		      const struct user_file_args *args)
{
	const struct command *command = importing->import.command;
	const struct ctl *ctl = importing->import.ctl;
	scope(json_decrefp) json_t *reply = NULL;
	char sentence[FAILURE_LINE_MAX];
	struct text text;
	int r;

	text_init(&text, sentence, sizeof(sentence));
	r = varlink_client_new(ctl->socket, IMPORT_TIMEOUT_MS,
			       &importing->import.client);
	if (r != 0) {
		enum failure_status status = failure_of_client(
			&text, ctl->socket, FAILURE_NOT_ASKED, r);

		return ctl_fail(ctl, command, status, sentence);
	}
	r = ask(importing, ADMIN "ImportBegin",
		json_pack("{s:b}", "update",
			  (int)command_has(command, OPTION_UPDATE)),
		&reply);
	if (r == STATUS_OK)
		r = read_file(importing, format, args);
	return r == STATUS_OK ? commit(importing) : r;
}

static int run(struct importing *importing, const char *format,
	       struct user_file_args *args)
{
	const struct command *command = importing->import.command;
	const char *shadow = command->values[OPTION_SHADOW];
	int r;

	r = user_bytes_read(importing->import.faults.file, &args->users);
	if (r < 0)
		return ctl_fail_errno(importing->import.ctl, command,
				      importing->import.faults.file, r);
	if (command_has(command, OPTION_SHADOW))
		r = user_bytes_read(shadow, &args->shadow);
	if (r < 0)
		return ctl_fail_errno(importing->import.ctl, command, shadow,
				      r);
	if (command_has(command, OPTION_SERVICES))
		importing->services =
			word_list_json(command->values[OPTION_SERVICES]);
	if (command_has(command, OPTION_SERVICES) && !importing->services)
		return ctl_fail(importing->import.ctl, command, STATUS_USAGE,
				"--services: it is not valid UTF-8");
	importing->import.batch = json_array();
	return import_all(importing, format, args);
}

int user_import_run(struct ctl *ctl, const struct command *command)
{
	const char *format = format_of(command);
	struct importing *importing;
	struct user_file_args args = { 0 };
	int status;

	if (!format)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"the file's name does not tell its format; say "
				"--format csv, json or passwd");
	if (command_has(command, OPTION_SHADOW) &&
	    strcmp(format, "passwd") != 0)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"--shadow belongs to --format passwd");
	importing = calloc(1, sizeof(*importing));
	if (!importing)
		return ctl_fail_errno(ctl, command, "memory", -ENOMEM);
	importing->import.ctl = ctl;
	importing->import.command = command;
	importing->progress = progress_begin(ctl);
	importing->import.faults.file = command->operands[0];
	args.user = take_user;
	args.fault = own_fault;
	args.userdata = importing;
	status = run(importing, format, &args);
	user_bytes_deinit(&args.users);
	user_bytes_deinit(&args.shadow);
	import_deinit(&importing->import);
	json_decref(importing->services);
	free(importing);
	return status;
}
