/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/request.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/login_number.h"
#include "cloxxsctl/duration.h"
#include "cloxxsctl/kernel_audit.h"
#include "cloxxsctl/session.h"
#include "cloxxsctl/terminal.h"
#include "cloxxsctl/time_value.h"
#include "cloxxsctl/word_list.h"
#include "varlink/client.h"

static json_t *seconds_of(const char *text)
{
	uint32_t seconds = 0;

	return duration_read(text, &seconds) ? json_integer(seconds) : NULL;
}

static json_t *time_of(const char *text, enum timestamp_side side)
{
	int64_t seconds;

	return time_value_read(text, side, &seconds)
		       ? json_integer((json_int_t)seconds)
		       : NULL;
}

static json_t *until_of(const char *text)
{
	int64_t seconds;

	return time_value_read_until(text, &seconds)
		       ? json_integer((json_int_t)seconds)
		       : NULL;
}

static json_t *moment_of(const char *text)
{
	int64_t at;

	return timestamp_read(text, TIMESTAMP_BEGIN, &at)
		       ? json_integer((json_int_t)at)
		       : NULL;
}

static json_t *value_of(enum grammar_value value, const char *text)
{
	switch (value) {
	case VALUE_NONE:
		return json_true();
	case VALUE_TEXT:
	case VALUE_WORD:
	case VALUE_PATH:
	case VALUE_ANY:
	case VALUE_SINCE: /* none goes up as it is */
		return json_string(text);
	case VALUE_TIME:
		return time_of(text, TIMESTAMP_BEGIN);
	case VALUE_TIME_END:
		return time_of(text, TIMESTAMP_END);
	case VALUE_UNTIL:
		return until_of(text);
	case VALUE_DURATION:
		return seconds_of(text);
	case VALUE_MOMENT:
		return moment_of(text);
	case VALUE_YES_NO:
		return json_boolean(strcmp(text, "yes") == 0);
	case VALUE_NUMBER:
		return json_integer((json_int_t)strtoull(text, NULL, 10));
	case VALUE_LIST:
		return word_list_json(text);
	}
	return NULL;
}

/* What the row says beside its options. */
static int add_fixed(json_t *parameters, const struct grammar_verb *row)
{
	char terminal[TERMINAL_NAME_MAX];

	if (row->always &&
	    json_object_set_new(parameters, row->always, json_true()) < 0)
		return -ENOMEM;
	if (row->tells_terminal && terminal_name(terminal) &&
	    json_object_set_new(parameters, "terminal", json_string(terminal)) <
		    0)
		return -ENOMEM;
	return 0;
}

/* NULL: some argument is not UTF-8 (or there is no memory). */
static json_t *parameters_of(const struct command *command)
{
	scope(json_decrefp) json_t *parameters = json_object();

	if (add_fixed(parameters, command->row) < 0)
		return NULL;
	if (command->row->parameter &&
	    json_object_set_new(parameters, command->row->parameter,
				json_string(command->operands[0])) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(command->row->more_parameters); i++)
		if (command->row->more_parameters[i] &&
		    json_object_set_new(
			    parameters, command->row->more_parameters[i],
			    json_string(command->operands[i + 1])) < 0)
			return NULL;
	for (int i = 0; i < _N_OPTIONS; i++) {
		const char *parameter =
			grammar_parameter(command->row, (enum grammar_option)i);
		json_t *value;

		if (!command_has(command, (enum grammar_option)i) || !parameter)
			continue;
		value = value_of(grammar_options[i].value, command->values[i]);
		if (json_object_set_new(parameters, parameter, value) < 0)
			return NULL;
	}
	return scope_take_ptr(parameters);
}

static int client_failed(const struct ctl *ctl, const struct command *command,
			 bool asked, int error)
{
	enum failure_call call = FAILURE_NOT_ASKED;
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status;
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	if (asked)
		call = command->row->done ? FAILURE_CHANGE_ASKED
					  : FAILURE_READ_ASKED;
	status = failure_of_client(&text, ctl->socket, call, error);
	return ctl_fail(ctl, command, status, sentence);
}

static int reply_failed(const struct ctl *ctl, const struct command *command,
			const char *error, const json_t *parameters)
{
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status;
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	status = failure_of_reply(&text, command, error, parameters);
	return ctl_fail(ctl, command, status, sentence);
}

/* Root alone is believed, and an answer is not needed: what is done is recorded
 * without it then. */
static void introduce(struct varlink_client *client)
{
	scope(json_decrefp) json_t *reply = NULL;
	int64_t number = login_number();
	const char *error = NULL;

	if (geteuid() != 0 || number == 0)
		return;
	(void)!varlink_client_call(
		client, "nl.cloxxs.Admin.Introduce",
		json_pack("{s:I}", "audit_session", (json_int_t)number), &reply,
		&error);
}

int request_connect(const struct ctl *ctl, uint32_t timeout_ms,
		    struct varlink_client **ret_client)
{
	int r = varlink_client_new(ctl->socket, timeout_ms, ret_client);

	if (r == 0)
		introduce(*ret_client);
	return r;
}

int request_prepare(const struct ctl *ctl, const struct command *command,
		    json_t **ret_parameters, struct varlink_client **ret_client)
{
	json_t *parameters = parameters_of(command);
	int r;

	if (!parameters)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"an argument is not valid UTF-8");
	r = request_connect(ctl, ctl->timeout_ms, ret_client);
	if (r != 0) {
		json_decref(parameters);
		return client_failed(ctl, command, false, r);
	}
	*ret_parameters = parameters;
	return STATUS_OK;
}

/* Does the reply hold what its view cannot do without? */
static bool reply_is_whole(const struct command *command, const json_t *reply)
{
	if (!json_is_object(reply))
		return false;
	if (command_expects_password(command) &&
	    !json_is_string(json_object_get(reply, "temporary_password")))
		return false;
	if (command->row->view == VIEW_ENVELOPE ||
	    command->row->view == VIEW_PASSWORD)
		return json_is_string(json_object_get(reply, "password"));
	if (command->row->view == VIEW_RIGHT)
		return json_is_boolean(json_object_get(reply, "allowed"));
	if (command->row->view == VIEW_EXPLANATION && !command->operands[0])
		return json_is_object(json_object_get(reply, "login")) &&
		       json_is_object(json_object_get(reply, "account"));
	return command->row->view != VIEW_USER ||
	       json_is_object(json_object_get(reply, "user"));
}

int request_show(const struct ctl *ctl, const struct command *command,
		 const json_t *reply)
{
	int r;

	if (!reply_is_whole(command, reply))
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"the daemon's answer lacks something; is it "
				"of another version?");
	r = ctl->output->form->show(ctl->output, command, reply);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	return STATUS_OK;
}

/* Anything but a clear yes is a no. */
static bool confirmed(const struct ctl *ctl, const char *question)
{
	char answer[16] = "";

	fprintf(ctl->errors, "%s for good? Type yes: ", question);
	fflush(ctl->errors);
	return fgets(answer, sizeof(answer), ctl->questions) &&
	       strcmp(answer, "yes\n") == 0;
}

int request_confirm(const struct ctl *ctl, const struct command *command,
		    const char *question)
{
	if (!(command->row->options & OPTION_BIT(OPTION_YES)) ||
	    command_has(command, OPTION_YES))
		return STATUS_OK;
	if (!isatty(fileno(ctl->questions)))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"there is no terminal to ask on; say --yes");
	if (!confirmed(ctl, question))
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"not confirmed; nothing was changed");
	return STATUS_OK;
}

/* Asks before what cannot be undone; an exit status. */
static int ask(const struct ctl *ctl, const struct command *command)
{
	char question[FAILURE_LINE_MAX];
	struct text text;

	text_init(&text, question, sizeof(question));
	text_add_format(&text, "Delete %s ", command->row->noun);
	if (command->operands[0])
		text_add_escaped(&text, command->operands[0],
				 strnlen(command->operands[0], 100));
	return request_confirm(ctl, command, question);
}

int request_ask(const struct ctl *ctl, const struct command *command,
		struct varlink_client *client, const char *method,
		json_t *parameters, json_t **ret_reply)
{
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	int r;

	r = varlink_client_call(client, method, parameters, &reply, &error);
	if (r != 0)
		return client_failed(ctl, command, true, r);
	if (error)
		return reply_failed(ctl, command, error, reply);
	*ret_reply = scope_take_ptr(reply);
	return STATUS_OK;
}

static int call(const struct ctl *ctl, const struct command *command,
		struct varlink_client *client, json_t *parameters,
		json_t **ret_reply)
{
	int r = request_ask(ctl, command, client, command->row->method,
			    parameters, ret_reply);

	if (r == STATUS_OK)
		kernel_audit_tell(command->row->method, command->operands[0]);
	return r;
}

int request_fetch(struct ctl *ctl, const struct command *command,
		  json_t **ret_reply)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	json_t *parameters;
	int r;

	r = request_prepare(ctl, command, &parameters, &client);
	return r == STATUS_OK
		       ? call(ctl, command, client, parameters, ret_reply)
		       : r;
}

int request_call(struct ctl *ctl, const struct command *command,
		 json_t *parameters, json_t **ret_reply)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	int r = request_connect(ctl, ctl->timeout_ms, &client);

	if (r != 0) {
		json_decref(parameters);
		return client_failed(ctl, command, false, r);
	}
	return call(ctl, command, client, parameters, ret_reply);
}

json_t *request_try(const struct ctl *ctl, const char *method,
		    json_t *parameters)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	const char *error = NULL;
	json_t *reply = NULL;

	if (varlink_client_new(ctl->socket, ctl->timeout_ms, &client) != 0) {
		json_decref(parameters);
		return NULL;
	}
	if (varlink_client_call(client, method, parameters, &reply, &error) !=
	    0)
		return NULL;
	if (!error)
		return reply;
	json_decref(reply);
	return NULL;
}

int request_run(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	int r;

	r = session_may_end(ctl, command);
	if (r == STATUS_OK)
		r = ask(ctl, command);
	if (r != STATUS_OK)
		return r;
	/* A reader that has gone must not end us before we can say so. */
	if (command_expects_password(command) ||
	    command->row->view == VIEW_ENVELOPE)
		(void)signal(SIGPIPE, SIG_IGN);
	r = request_fetch(ctl, command, &reply);
	if (r != STATUS_OK)
		return r;
	if (command->row->warn)
		command->row->warn(ctl, command, reply);
	r = request_show(ctl, command, reply);
	return r == STATUS_OK ? session_end_all(ctl, command, reply) : r;
}

int request_ask_more(const struct ctl *ctl, const struct command *command,
		     struct varlink_client *client, const char *method,
		     json_t *parameters,
		     int (*each)(json_t *reply, void *userdata), void *userdata)
{
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	int r = varlink_client_stream(client, method, parameters, each,
				      userdata, &reply, &error);

	if (r != 0)
		return client_failed(ctl, command, true, r);
	return error ? reply_failed(ctl, command, error, reply) : STATUS_OK;
}

int request_stream(struct ctl *ctl, const struct command *command, json_t *more,
		   int (*each)(json_t *reply, void *userdata), void *userdata)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *besides = more;
	json_t *parameters;
	int r;

	r = request_prepare(ctl, command, &parameters, &client);
	if (r != STATUS_OK)
		return r;
	if (besides && json_object_update(parameters, besides) < 0) {
		json_decref(parameters);
		return ctl_fail_errno(ctl, command, "memory", -ENOMEM);
	}
	return request_ask_more(ctl, command, client, command->row->method,
				parameters, each, userdata);
}

static int each_user(json_t *reply, void *userdata)
{
	struct output *output = userdata;

	return output->form->list_user(output, reply);
}

int request_run_list(struct ctl *ctl, const struct command *command)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	const struct output_form *form = ctl->output->form;
	json_t *parameters;
	const char *error = NULL;
	int r;

	r = request_prepare(ctl, command, &parameters, &client);
	if (r != STATUS_OK)
		return r;
	r = form->list_begin(ctl->output);
	if (r < 0) {
		json_decref(parameters);
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	}
	r = varlink_client_stream(client, command->row->method, parameters,
				  each_user, ctl->output, &reply, &error);
	if (r != 0)
		return client_failed(ctl, command, true, r);
	if (error)
		return reply_failed(ctl, command, error, reply);
	return form->list_end(ctl->output, command->row->none) < 0
		       ? STATUS_FAILURE
		       : STATUS_OK;
}
