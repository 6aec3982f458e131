/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/ctl.h"

#include <string.h>

int ctl_fail(const struct ctl *ctl, const struct command *command,
	     enum failure_status status, const char *sentence)
{
	failure_print(ctl->errors, command, sentence);
	return (int)status;
}

int ctl_fail_errno(const struct ctl *ctl, const struct command *command,
		   const char *place, int error)
{
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status;
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	text_add_escaped(&text, place, strnlen(place, 120));
	text_add(&text, ": ");
	status = failure_of_errno(&text, error);
	return ctl_fail(ctl, command, status, sentence);
}

/* A password that was made but not shown is lost: the next step is another. */
static int output_failed(const struct ctl *ctl, const struct command *command,
			 int error)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	text_add(&text, "standard output: ");
	(void)failure_of_errno(&text, error);
	if (command_expects_password(command))
		text_add(&text, "; the change was made, but the temporary "
				"password was not shown: see \"cloxxsctl help "
				"user reset-password\"");
	return ctl_fail(ctl, command, STATUS_FAILURE, sentence);
}

int ctl_run(struct ctl *ctl, const struct command *command)
{
	int status, r;

	status = command->row->run(ctl, command);
	r = output_finish(ctl->output);
	if (r < 0 && status == STATUS_OK)
		status = output_failed(ctl, command, r);
	return status;
}
