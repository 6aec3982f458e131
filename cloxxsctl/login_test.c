/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/login_test.h"

#include <string.h>

#include "cloxxsctl/explain_view.h"
#include "cloxxsctl/request.h"
#include "cloxxsctl/typed.h"
#include "varlink/client.h"

#define ADMIN "nl.cloxxs.Admin."

/* One step of the conversation, and all that were seen before. */
struct testing {
	struct ctl *ctl;
	const struct command *command;
	struct varlink_client *client;
	json_t *step;
	json_t *seen;
};

static void testing_deinit(struct testing *testing)
{
	varlink_client_freep(&testing->client);
	json_decref(testing->step);
	json_decref(testing->seen);
}

static bool is_at(const struct testing *testing, const char *step)
{
	return strcmp(output_member(testing->step, "step", ""), step) == 0;
}

static int lacks(const struct testing *testing)
{
	return ctl_fail(testing->ctl, testing->command, STATUS_FAILURE,
			"the daemon's answer lacks something; is it of another "
			"version?");
}

/* Answers the step; an exit status. */
static int answer(struct testing *testing)
{
	scope(secret_deinit) struct secret line = { 0 };
	bool echo = json_is_true(json_object_get(testing->step, "echo"));
	const char *prompt = output_member(testing->step, "prompt", NULL);
	json_t *parameters;
	int r;

	if (!prompt)
		return lacks(testing);
	r = typed_read(testing->ctl, prompt, echo, &line);
	if (r == TYPED_E_END)
		return ctl_fail(testing->ctl, testing->command, STATUS_FAILURE,
				"no answer came; the test was given up");
	if (r == TYPED_E_TOO_LONG)
		return ctl_fail(testing->ctl, testing->command, STATUS_USAGE,
				"the answer is longer than 1,024 bytes, or has "
				"a NUL in it; the test was given up");
	if (r < 0)
		return ctl_fail_errno(testing->ctl, testing->command,
				      "standard input", r);
	parameters = json_pack("{s:s}", "answer", line.bytes);
	if (!parameters)
		return ctl_fail(testing->ctl, testing->command, STATUS_USAGE,
				"the answer is not valid UTF-8; the test was "
				"given up");
	if (json_array_append(testing->seen, testing->step) < 0)
		return STATUS_FAILURE;
	json_decref(testing->step);
	testing->step = NULL;
	return request_ask(testing->ctl, testing->command, testing->client,
			   ADMIN "TestAnswer", parameters, &testing->step);
}

static int begin(struct testing *testing)
{
	const struct command *command = testing->command;
	json_t *parameters;
	int r;

	r = request_prepare(testing->ctl, command, &parameters,
			    &testing->client);
	if (r != STATUS_OK)
		return r;
	if (!command_has(command, OPTION_SERVICE))
		(void)!json_object_set_new(parameters, "service",
					   json_string("sshd"));
	return request_ask(testing->ctl, command, testing->client,
			   command->row->method, parameters, &testing->step);
}

/* The end of it, with the steps on the way to it. */
static int show(struct testing *testing)
{
	const json_t *login = json_object_get(testing->step, "login");
	const json_t *account = json_object_get(testing->step, "account");
	int r;

	if (!json_is_object(login) ||
	    json_object_set(testing->step, "steps", testing->seen) < 0)
		return lacks(testing);
	r = request_show(testing->ctl, testing->command, testing->step);
	if (r != STATUS_OK)
		return r;
	return explain_is_allowed(login) && explain_is_allowed(account)
		       ? STATUS_OK
		       : STATUS_REFUSED;
}

int login_test_run(struct ctl *ctl, const struct command *command)
{
	scope(testing_deinit) struct testing testing = {
		.ctl = ctl,
		.command = command,
		.seen = json_array(),
	};
	int r;

	if (!typed_has_terminal(ctl) && !command_has(command, OPTION_STDIN))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"there is no terminal to ask on; say --stdin "
				"to read the answers from standard input");
	r = begin(&testing);
	while (r == STATUS_OK && !is_at(&testing, "done"))
		r = answer(&testing);
	return r == STATUS_OK ? show(&testing) : r;
}
