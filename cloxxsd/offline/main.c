/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cloxxs-offline NOUN VERB [OPERAND] [--OPTION VALUE]...
 *
 * Run by cloxxsctl, which has read the command line of its user; what is not
 * exactly so is refused.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cloxxsd/offline/offline.h"
#include "varlink/server.h"

static const char *const option_names[_N_OFFLINE_OPTIONS] = {
	[OFFLINE_OPTION_CONFIG] = "config",
	[OFFLINE_OPTION_STATE_DIRECTORY] = "state-directory",
	[OFFLINE_OPTION_KEY] = "key",
	[OFFLINE_OPTION_KEY_FD] = "key-fd",
	[OFFLINE_OPTION_REASON] = "reason",
	[OFFLINE_OPTION_SERVICES] = "services",
	[OFFLINE_OPTION_IDENTITY] = "identity",
	[OFFLINE_OPTION_ALLOW] = "allow",
	[OFFLINE_OPTION_DRY_RUN] = "dry-run",
	[OFFLINE_OPTION_YES] = "yes",
};

#define FOR_EVERY_VERB                                 \
	(OFFLINE_BIT(OFFLINE_OPTION_CONFIG) |          \
	 OFFLINE_BIT(OFFLINE_OPTION_STATE_DIRECTORY) | \
	 OFFLINE_BIT(OFFLINE_OPTION_KEY) | OFFLINE_BIT(OFFLINE_OPTION_KEY_FD))

static bool find_verb(struct offline *offline, const char *noun,
		      const char *verb)
{
	for (const struct offline_verb *row = offline_verbs; row->noun; row++)
		if (strcmp(row->noun, noun) == 0 &&
		    strcmp(row->verb, verb) == 0) {
			offline->verb = row;
			return true;
		}
	return false;
}

static bool take_option(struct offline *offline, const char *name,
			const char *value)
{
	for (unsigned int i = 0; i < _N_OFFLINE_OPTIONS; i++)
		if (strcmp(option_names[i], name) == 0) {
			bool takes =
				((offline->verb->options | FOR_EVERY_VERB) &
				 OFFLINE_BIT(i)) != 0;

			if (!takes || !value || offline->values[i])
				return false;
			offline->values[i] = value;
			return true;
		}
	return false;
}

static bool has_required(const struct offline *offline)
{
	for (unsigned int i = 0; i < _N_OFFLINE_OPTIONS; i++)
		if ((offline->verb->required & OFFLINE_BIT(i)) &&
		    !offline->values[i])
			return false;
	return true;
}

static bool read_arguments(struct offline *offline, char **argv)
{
	if (!argv[0] || !argv[1] || !argv[2] ||
	    !find_verb(offline, argv[1], argv[2]))
		return false;
	for (argv += 3; *argv; argv++) {
		if (strncmp(*argv, "--", 2) == 0) {
			if (!take_option(offline, *argv + 2, argv[1]))
				return false;
			argv++;
		} else if (offline->verb->operand && !offline->operand) {
			offline->operand = *argv;
		} else {
			return false;
		}
	}
	return offline->verb->operand == (offline->operand != NULL) &&
	       has_required(offline);
}

/* 0, 1 and 2 are open, so that no file of ours is taken for one of them. */
static bool standard_streams_are_open(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	struct offline offline = { .stream = stdout,
				   .operand_fd = -1,
				   .identity_fd = -1 };
	/* Ours, to be wiped: a temporary password passes through it. */
	char buffer[BUFSIZ];
	enum offline_status status;

	(void)argc;
	if (!standard_streams_are_open() || sodium_init() < 0)
		return OFFLINE_FAILURE;
	varlink_wipe_json();
	(void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (read_arguments(&offline, argv))
		status = offline_run(&offline);
	else
		status = offline_fail(&offline, OFFLINE_USAGE,
				      "cloxxs-offline is run by cloxxsctl; "
				      "these arguments are none of its own");
	(void)fclose(stdout);
	explicit_bzero(buffer, sizeof(buffer));
	return (int)status;
}
