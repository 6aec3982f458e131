/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/explain.h"

#include "cloxxsctl/explain_view.h"
#include "cloxxsctl/grant.h"
#include "cloxxsctl/request.h"

/* What the verb is with a code, of a login, and of a right in a project. */
static const struct grammar_verb code_row = {
	.noun = "explain",
	.method = "nl.cloxxs.Admin.Explain",
	.parameter = "reference",
	.view = VIEW_EXPLANATION,
	.missing = "there is no refusal with this code",
	.find = "it stands in the text that the user was shown",
};
static const struct grammar_verb login_row = {
	.noun = "explain",
	.method = "nl.cloxxs.Admin.ExplainLogin",
	.view = VIEW_EXPLANATION,
};
static const struct grammar_verb right_row = {
	.noun = "explain",
	.method = "nl.cloxxs.Access.Explain",
	.view = VIEW_RIGHT,
	.missing = "there is no project \"{name}\"",
	.find = "see \"cloxxsctl project list\"",
};

#define OF_LOGIN                                                 \
	(OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TERMINAL) | \
	 OPTION_BIT(OPTION_SYSTEM_UID) | OPTION_BIT(OPTION_AT))
#define OF_RIGHT (OPTION_BIT(OPTION_PROJECT) | OPTION_BIT(OPTION_RIGHT))
#define QUESTION                                                           \
	(OPTION_BIT(OPTION_USER) | OPTION_BIT(OPTION_SERVICE) | OF_LOGIN | \
	 OF_RIGHT)

static int explain_code(struct ctl *ctl, const struct command *command)
{
	struct command by_code = *command;

	by_code.row = &code_row;
	return request_run(ctl, &by_code);
}

static int explain_login(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	struct command of_login = *command;
	int r;

	of_login.row = &login_row;
	r = request_fetch(ctl, &of_login, &reply);
	if (r == STATUS_OK)
		r = request_show(ctl, &of_login, reply);
	if (r != STATUS_OK)
		return r;
	return explain_is_allowed(json_object_get(reply, "login"))
		       ? STATUS_OK
		       : STATUS_REFUSED;
}

/* The service whose the project is; an exit status. */
static int find_service(struct ctl *ctl, const struct command *command,
			json_t **ret_project)
{
	struct grammar_verb row = right_row;
	struct command call = *command;

	row.method = "nl.cloxxs.Admin.GetProject";
	call.row = &row;
	return request_call(
		ctl, &call,
		json_pack("{s:s}", "name", command->values[OPTION_PROJECT]),
		ret_project);
}

static int explain_right(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	scope(json_decrefp) json_t *found = NULL;
	struct command of_right = *command;
	int r = grant_refuse_group(ctl, command, command->values[OPTION_USER]);

	if (r != STATUS_OK)
		return r;
	of_right.row = &right_row;
	if (!command_has(command, OPTION_SERVICE)) {
		r = find_service(ctl, command, &found);
		of_right.values[OPTION_SERVICE] = output_member(
			json_object_get(found, "project"), "service", "?");
		of_right.given |= OPTION_BIT(OPTION_SERVICE);
	}
	if (r == STATUS_OK)
		r = request_fetch(ctl, &of_right, &reply);
	if (r == STATUS_OK)
		r = request_show(ctl, &of_right, reply);
	if (r != STATUS_OK)
		return r;
	return json_is_true(json_object_get(reply, "allowed")) ? STATUS_OK
							       : STATUS_REFUSED;
}

int explain_run(struct ctl *ctl, const struct command *command)
{
	const grammar_options_t right = OF_RIGHT | OPTION_BIT(OPTION_USER);

	if (command->operands[0] && !(command->given & QUESTION))
		return explain_code(ctl, command);
	if (command->operands[0])
		return ctl_fail(ctl, command, STATUS_USAGE,
				"a CODE says all: leave out the options, or "
				"the code");
	if ((command->given & OF_RIGHT) &&
	    ((command->given & right) != right || (command->given & OF_LOGIN)))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"of a right, name --user, --project and "
				"--right, and nothing of a login; for example: "
				"cloxxsctl explain --user anna --project "
				"budget-2027 --right write");
	if (command->given & OF_RIGHT)
		return explain_right(ctl, command);
	if (!command_has(command, OPTION_USER) ||
	    !command_has(command, OPTION_SERVICE))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"name a CODE, or --user and --service; for "
				"example: cloxxsctl explain --user anna "
				"--service sshd");
	return explain_login(ctl, command);
}
