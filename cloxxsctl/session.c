/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/session.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"
#include "cloxxsctl/processes.h"
#include "cloxxsctl/request.h"
#include "cloxxsctl/table.h"
#include "varlink/client.h"

/* What is shown of an id: enough to name it by. */
#define ID_SHOWN 12

/* list */

static int take_session(json_t *reply, void *userdata)
{
	json_t *session = json_object_get(reply, "session");

	/* Where there are none. */
	if (!json_is_object(session))
		return 0;
	return json_array_append(userdata, session) < 0 ? -ENOMEM : 0;
}

static int add_row(struct table *table, const json_t *session)
{
	const char *whole = output_member(session, "session", "?");
	char id[ID_SHOWN + 1], stamp[64];
	const char *cells[] = {
		id,
		output_member(session, "user", "?"),
		output_member(session, "service", "?"),
		output_member(session, "address", "-"),
		output_member(session, "terminal", "-"),
		stamp,
	};
	struct text text;
	int64_t opened = 0;
	int r = 0;

	text_init(&text, id, sizeof(id));
	text_add_bytes(&text, whole,
		       strlen(whole) < ID_SHOWN ? strlen(whole) : ID_SHOWN);
	text_init(&text, stamp, sizeof(stamp));
	if (output_member_int(session, "opened", &opened))
		output_add_time(&text, opened);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(cells); i++)
		r = table_add(table, i == 1 ? TONE_BOLD : TONE_PLAIN, cells[i]);
	return r;
}

static int show_table(struct output *output, const json_t *sessions)
{
	static const char *const heads[] = { "SESSION", "USER",     "SERVICE",
					     "FROM",    "TERMINAL", "SINCE" };
	scope(table_freep) struct table *table = NULL;
	const json_t *session;
	size_t i;
	int r;

	if (json_array_size(sessions) == 0) {
		fputs("There are no sessions.\n", output->stream);
		return 0;
	}
	r = table_new(heads, ARRAY_SIZE(heads), "", &table);
	json_array_foreach((json_t *)sessions, i, session)
	{
		if (r == 0)
			r = add_row(table, session);
	}
	if (r == 0)
		table_flush(table, output);
	return r;
}

/* By user, then by when. */
static int compare(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int64_t x_opened = 0, y_opened = 0;
	int r = strcmp(output_member(x, "user", ""),
		       output_member(y, "user", ""));

	(void)output_member_int(x, "opened", &x_opened);
	(void)output_member_int(y, "opened", &y_opened);
	if (r == 0)
		r = (x_opened > y_opened) - (x_opened < y_opened);
	return r;
}

/* NULL: there is no memory. */
static json_t *sorted(const json_t *sessions)
{
	size_t n = json_array_size(sessions);
	scope(json_decrefp) json_t *list = json_array();
	json_t **rows = calloc(n + 1, sizeof(json_t *));

	for (size_t i = 0; rows && i < n; i++)
		rows[i] = json_array_get(sessions, i);
	if (rows)
		qsort(rows, n, sizeof(json_t *), compare);
	for (size_t i = 0; rows && i < n; i++)
		(void)!json_array_append(list, rows[i]);
	free(rows);
	return json_array_size(list) == n ? scope_take_ptr(list) : NULL;
}

int session_run_list(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *sessions = json_array();
	scope(json_decrefp) json_t *list = NULL;
	int r;

	r = request_stream(ctl, command, NULL, take_session, sessions);
	if (r != STATUS_OK)
		return r;
	list = sorted(sessions);
	if (!list)
		return ctl_fail_errno(ctl, command, "showing the answer",
				      -ENOMEM);
	if (ctl->output->form == &output_json_form)
		r = ctl->output->form->show(ctl->output, command, list);
	else
		r = show_table(ctl->output, list);
	return r < 0 ? ctl_fail_errno(ctl, command, "showing the answer", r)
		     : STATUS_OK;
}

/* end */

static int needs_root(const struct ctl *ctl, const struct command *command)
{
	if (geteuid() == 0)
		return STATUS_OK;
	return ctl_fail(ctl, command, STATUS_DENIED,
			"only root ends sessions that run; nothing was "
			"changed");
}

int session_may_end(const struct ctl *ctl, const struct command *command)
{
	return command_has(command, OPTION_END_SESSIONS)
		       ? needs_root(ctl, command)
		       : STATUS_OK;
}

/* Of how many of sessions pid is the opener. */
static size_t count_of(const json_t *sessions, int64_t pid)
{
	const json_t *session;
	int64_t one;
	size_t i, n = 0;

	json_array_foreach((json_t *)sessions, i, session) n +=
		output_member_int(session, "pid", &one) && one == pid;
	return n;
}

/*
 * The openers of sessions. One that opened others of those that run besides
 * (all) is a program that holds the sessions of many: it is left alone, and
 * counted.
 */
static int choose_openers(const json_t *sessions, const json_t *all,
			  struct processes_wanted *wanted, size_t *ret_n_shared)
{
	const json_t *session;
	size_t i;

	wanted->openers =
		calloc(json_array_size(sessions) + 1, sizeof(*wanted->openers));
	if (!wanted->openers)
		return -ENOMEM;
	json_array_foreach((json_t *)sessions, i, session)
	{
		struct processes_opener *opener =
			&wanted->openers[wanted->n_openers];
		int64_t pid = 0, opened_us = 0;

		(void)output_member_int(session, "opened_us", &opened_us);
		if (!output_member_int(session, "pid", &pid))
			continue;
		if (count_of(all, pid) > count_of(sessions, pid)) {
			(*ret_n_shared)++;
			continue;
		}
		opener->pid = (pid_t)pid;
		opener->opened_us = opened_us;
		wanted->n_openers++;
	}
	return 0;
}

/* Who ended without a word is closed by us, so that it is told. */
static void close_sessions(const struct ctl *ctl, const json_t *sessions)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	const json_t *session;
	size_t i;

	if (varlink_client_new(ctl->socket, ctl->timeout_ms, &client) != 0)
		return;
	json_array_foreach((json_t *)sessions, i, session)
	{
		scope(json_decrefp) json_t *reply = NULL;
		const char *error;

		/* The next list looks whether it runs: no harm is done. */
		(void)!varlink_client_call(
			client, "nl.cloxxs.Login.CloseSession",
			json_pack("{s:O}", "session",
				  json_object_get(session, "session")),
			&reply, &error);
	}
}

static void free_openers(struct processes_wanted *wanted)
{
	free(wanted->openers);
}

static int tell_outcome(const struct ctl *ctl, const struct command *command,
			size_t n_shared, size_t n_left)
{
	if (n_left > 0)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"some processes did not end; see ps(1)");
	if (n_shared > 0)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"a program holds this session and those of "
				"others in one process: it was left alone; end "
				"the session there");
	return STATUS_OK;
}

/* Ends sessions, and with uid every process of his; an exit status. */
static int end(const struct ctl *ctl, const struct command *command,
	       const json_t *reply, const json_t *all, bool of_user)
{
	const json_t *sessions = json_object_get(reply, "sessions");
	scope(free_openers) struct processes_wanted wanted = { 0 };
	struct processes_ended ended = { 0 };
	size_t n_shared = 0;
	int64_t uid;
	int r;

	/* Whoever answers: no process of the system's ends. */
	if (!output_member_int(reply, "uid", &uid) || uid > UINT32_MAX ||
	    !name_is_our_uid((uint32_t)uid) || !json_is_array(sessions))
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"the daemon's answer lacks something; is it "
				"of another version?");
	r = choose_openers(sessions, all, &wanted, &n_shared);
	wanted.of_user = of_user;
	wanted.uid = (uid_t)uid;
	/* Our own terminal may be among what ends. */
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	if (r == 0)
		r = processes_end(&wanted, &ended);
	if (r != 0)
		return ctl_fail_errno(ctl, command, "/proc", r);
	if (ended.n_left == 0 && n_shared == 0)
		close_sessions(ctl, sessions);
	return tell_outcome(ctl, command, n_shared, ended.n_left);
}

/* All that run, to tell a program that holds several. */
static int list_all(struct ctl *ctl, json_t **ret_all)
{
	const struct command list = {
		.row = grammar_find(ctl->verbs, "session", "list"),
	};
	scope(json_decrefp) json_t *all = json_array();
	int r = request_stream(ctl, &list, NULL, take_session, all);

	if (r == STATUS_OK)
		*ret_all = scope_take_ptr(all);
	return r;
}

int session_end_all(const struct ctl *ctl, const struct command *command,
		    const json_t *reply)
{
	scope(json_decrefp) json_t *all = NULL;
	struct ctl others = *ctl;
	int r;

	if (!command_has(command, OPTION_END_SESSIONS))
		return STATUS_OK;
	r = list_all(&others, &all);
	return r == STATUS_OK ? end(ctl, command, reply, all, true) : r;
}

int session_run_end(struct ctl *ctl, const struct command *command)
{
	bool of_user = command_has(command, OPTION_USER);
	scope(json_decrefp) json_t *reply = NULL;
	scope(json_decrefp) json_t *all = NULL;
	struct grammar_verb row = *command->row;
	struct command call = *command;
	int r;

	if (of_user == (command->operands[0] != NULL))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"either the id of a session, or --user NAME");
	r = needs_root(ctl, command);
	if (r == STATUS_OK)
		r = list_all(ctl, &all);
	if (r != STATUS_OK)
		return r;
	row.parameter = of_user ? NULL : "session";
	call.row = &row;
	r = request_fetch(ctl, &call, &reply);
	if (r == STATUS_OK)
		r = end(ctl, command, reply, all, of_user);
	return r == STATUS_OK ? request_show(ctl, command, reply) : r;
}
