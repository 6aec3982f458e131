/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/local.h"

#include "config.h"

#include "cloxxsctl/program.h"

static int run_cloxxsd(struct ctl *ctl, const struct command *command,
		       const char *const *argv)
{
	int r = program_run(ctl->cloxxsd, argv);

	if (r >= 0)
		return r;
	/* Its own absence is no "not found" of what was asked for. */
	(void)ctl_fail_errno(ctl, command, ctl->cloxxsd, r);
	return STATUS_FAILURE;
}

int local_run_config_check(struct ctl *ctl, const struct command *command)
{
	const char *file = command->operands[0];
	const char *const argv[] = {
		"cloxxsd", "--check-config", file ? "--config" : NULL, file,
		NULL,
	};
	int status;

	/* The daemon does with no file; one that was named must be there. */
	if (file && access(file, F_OK) < 0)
		return ctl_fail_errno(ctl, command, file, -errno);
	status = run_cloxxsd(ctl, command, argv);
	if (status == STATUS_OK)
		fputs("The configuration is valid.\n", ctl->output->stream);
	return status;
}

int local_run_config_dump(struct ctl *ctl, const struct command *command)
{
	const char *const argv[] = {
		"cloxxsd",
		"--dump-config",
		command_has(command, OPTION_JSON) ? "--json" : NULL,
		NULL,
	};

	return run_cloxxsd(ctl, command, argv);
}

int local_run_version(struct ctl *ctl, const struct command *command)
{
	FILE *stream = ctl->output->stream;

	if (command_has(command, OPTION_JSON))
		fputs("{\n  \"version\": \"" PACKAGE_VERSION "\"\n}\n", stream);
	else
		fputs("cloxxsctl " PACKAGE_VERSION "\n", stream);
	return STATUS_OK;
}
