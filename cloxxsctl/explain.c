/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/explain.h"

#include "cloxxsctl/explain_view.h"
#include "cloxxsctl/request.h"

/* What the verb is with a code in the place of options. */
static const struct grammar_verb code_row = {
	.noun = "explain",
	.method = "nl.cloxxs.Admin.Explain",
	.parameter = "reference",
	.view = VIEW_EXPLANATION,
	.missing = "there is no refusal with this code",
	.find = "it stands in the text that the user was shown",
};

#define QUESTION                                                 \
	(OPTION_BIT(OPTION_USER) | OPTION_BIT(OPTION_SERVICE) |  \
	 OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TERMINAL) | \
	 OPTION_BIT(OPTION_SYSTEM_UID) | OPTION_BIT(OPTION_AT))

static int explain_code(struct ctl *ctl, const struct command *command)
{
	struct command by_code = *command;

	by_code.row = &code_row;
	return request_run(ctl, &by_code);
}

static int explain_login(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	int r;

	r = request_fetch(ctl, command, &reply);
	if (r == STATUS_OK)
		r = request_show(ctl, command, reply);
	if (r != STATUS_OK)
		return r;
	return explain_is_allowed(json_object_get(reply, "login"))
		       ? STATUS_OK
		       : STATUS_REFUSED;
}

int explain_run(struct ctl *ctl, const struct command *command)
{
	bool has_question = (command->given & QUESTION) != 0;

	if (command->operands[0] && !has_question)
		return explain_code(ctl, command);
	if (command->operands[0])
		return ctl_fail(ctl, command, STATUS_USAGE,
				"a CODE says all: leave out the options, or "
				"the code");
	if (!command_has(command, OPTION_USER) ||
	    !command_has(command, OPTION_SERVICE))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"name a CODE, or --user and --service; for "
				"example: cloxxsctl explain --user anna "
				"--service sshd");
	return explain_login(ctl, command);
}
