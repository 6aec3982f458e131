/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/user_import.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cloxxsctl/fault_list.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/progress.h"
#include "cloxxsctl/user_file.h"
#include "cloxxsctl/word_list.h"
#include "varlink/client.h"

/* The daemon takes 64 KiB and 500 users a message. */
#define BATCH_BYTES_MAX (48 * 1024)
#define BATCH_USERS_MAX 400
/* The daemon answers when all is done. */
#define TIMEOUT_MS 600000
#define ADMIN "nl.cloxxs.Admin."

struct importing {
	const struct ctl *ctl;
	const struct command *command;
	struct varlink_client *client;
	json_t *services; /* of who names none, or NULL */
	json_t *batch;
	size_t n_bytes;
	struct fault_list faults;
	int status; /* of what ended it */
	struct progress progress;
	int64_t n_sent;
};

static void own_fault(int64_t line, const char *sentence, void *userdata)
{
	struct importing *importing = userdata;

	fault_list_add(&importing->faults, line, sentence);
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
		status = failure_of_client(&text, importing->ctl->socket,
					   FAILURE_CHANGE_ASKED, r);
	else if (error)
		status = failure_of_reply(&text, importing->command, error,
					  reply);
	return status == STATUS_OK
		       ? STATUS_OK
		       : ctl_fail(importing->ctl, importing->command, status,
				  sentence);
}

/* Calls the method and gives its reply; a status, told, where there is none. */
static int ask(struct importing *importing, const char *method,
	       json_t *parameters, json_t **ret_reply)
{
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	int r;

	r = varlink_client_call(importing->client, method, parameters, &reply,
				&error);
	r = judge(importing, r, error, reply);
	if (r == STATUS_OK)
		*ret_reply = scope_take_ptr(reply);
	return r;
}

static int send_batch(struct importing *importing)
{
	scope(json_decrefp) json_t *reply = NULL;
	json_t *parameters;

	if (json_array_size(importing->batch) == 0)
		return STATUS_OK;
	importing->n_sent += (int64_t)json_array_size(importing->batch);
	parameters = json_pack("{s:o}", "users", importing->batch);
	importing->batch = json_array();
	importing->n_bytes = 0;
	importing->status =
		ask(importing, ADMIN "ImportUsers", parameters, &reply);
	if (importing->status != STATUS_OK)
		return importing->status;
	fault_list_take(&importing->faults, reply);
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
	n = json_dumpb(user, NULL, 0, JSON_COMPACT) + 1;
	if (n > BATCH_BYTES_MAX) {
		int64_t line = 0;

		(void)output_member_int(user, "line", &line);
		own_fault(line, "this is too long for a user", importing);
		json_decref(user);
		return 0;
	}
	if (importing->n_bytes + n > BATCH_BYTES_MAX ||
	    json_array_size(importing->batch) == BATCH_USERS_MAX) {
		int status = send_batch(importing);

		if (status != STATUS_OK) {
			json_decref(user);
			return status;
		}
	}
	importing->n_bytes += n;
	return json_array_append_new(importing->batch, user) < 0 ? -ENOMEM : 0;
}

static void tell_outcome(const struct importing *importing, const json_t *reply)
{
	FILE *stream = importing->ctl->output->stream;
	int64_t added = 0, changed = 0, unchanged = 0;
	bool done = json_is_true(json_object_get(reply, "done"));

	if (command_has(importing->command, OPTION_JSON)) {
		(void)!json_dumpf(reply, stream, JSON_INDENT(2));
		fputc('\n', stream);
		return;
	}
	(void)output_member_int(reply, "added", &added);
	(void)output_member_int(reply, "changed", &changed);
	(void)output_member_int(reply, "unchanged", &unchanged);
	fprintf(stream, "%lld %s, %lld %s, %lld as they %s already.%s\n",
		(long long)added, done ? "added" : "to be added",
		(long long)changed, done ? "changed" : "to be changed",
		(long long)unchanged, done ? "were" : "are",
		done ? "" : " Nothing was changed.");
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

	r = varlink_client_stream(importing->client, ADMIN "ImportCommit",
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
	bool dry_run = command_has(importing->command, OPTION_DRY_RUN) ||
		       importing->faults.n_own > 0;
	scope(json_decrefp) json_t *reply = NULL;
	int status;

	status = ask_commit(importing, dry_run, &reply);
	progress_end(&importing->progress);
	if (status != STATUS_OK)
		return status;
	fault_list_take(&importing->faults, reply);
	if (fault_list_any(&importing->faults))
		return fault_list_tell(&importing->faults, importing->ctl,
				       importing->command);
	if (!dry_run && !json_is_true(json_object_get(reply, "done")))
		return ctl_fail(importing->ctl, importing->command,
				STATUS_FAILURE,
				"the daemon does not say that it was done; is "
				"it of another version?");
	tell_outcome(importing, reply);
	return STATUS_OK;
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
		return ctl_fail_errno(importing->ctl, importing->command,
				      importing->faults.file, r);
	return r > 0 ? r : send_batch(importing);
}

static int import_all(struct importing *importing, const char *format,
		      const struct user_file_args *args)
{
	const struct command *command = importing->command;
	const struct ctl *ctl = importing->ctl;
	scope(json_decrefp) json_t *reply = NULL;
	char sentence[FAILURE_LINE_MAX];
	struct text text;
	int r;

	text_init(&text, sentence, sizeof(sentence));
	r = varlink_client_new(ctl->socket, TIMEOUT_MS, &importing->client);
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
	const struct command *command = importing->command;
	const char *shadow = command->values[OPTION_SHADOW];
	int r;

	r = user_bytes_read(importing->faults.file, &args->users);
	if (r < 0)
		return ctl_fail_errno(importing->ctl, command,
				      importing->faults.file, r);
	if (command_has(command, OPTION_SHADOW))
		r = user_bytes_read(shadow, &args->shadow);
	if (r < 0)
		return ctl_fail_errno(importing->ctl, command, shadow, r);
	if (command_has(command, OPTION_SERVICES))
		importing->services =
			word_list_json(command->values[OPTION_SERVICES]);
	if (command_has(command, OPTION_SERVICES) && !importing->services)
		return ctl_fail(importing->ctl, command, STATUS_USAGE,
				"--services: it is not valid UTF-8");
	importing->batch = json_array();
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
	importing->ctl = ctl;
	importing->command = command;
	importing->progress = progress_begin(ctl);
	importing->faults.file = command->operands[0];
	args.user = take_user;
	args.fault = own_fault;
	args.userdata = importing;
	status = run(importing, format, &args);
	user_bytes_deinit(&args.users);
	user_bytes_deinit(&args.shadow);
	json_decref(importing->batch);
	json_decref(importing->services);
	varlink_client_free(importing->client);
	free(importing);
	return status;
}
