/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What is typed is not seen, also where reading it is broken off.
 *  2. The copies made here are wiped.
 */
#include "cloxxsctl/password_check.h"

#include <signal.h>
#include <string.h>
#include <termios.h>

#include "cloxxsctl/request.h"

/* More than any password may have, so that the daemon says what is too long. */
#define LINE_MAX_BYTES 4096

/* Signals wait until the terminal shows again what is typed. */
static char *read_unseen(const struct ctl *ctl, char *line, int size)
{
	int fd = fileno(ctl->questions);
	struct termios before, unseen;
	sigset_t all, former;
	char *got;

	if (tcgetattr(fd, &before) < 0)
		return fgets(line, size, ctl->questions);
	fputs("Password: ", ctl->errors);
	fflush(ctl->errors);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &former);
	unseen = before;
	unseen.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(fd, TCSAFLUSH, &unseen);
	got = fgets(line, size, ctl->questions);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	sigprocmask(SIG_SETMASK, &former, NULL);
	fputc('\n', ctl->errors);
	return got;
}

/*
 * The line without its end; what is wrong with it as a sentence, or NULL. What
 * fgets() leaves untouched stays a newline, so that a NUL that was typed is
 * told from the one that it adds.
 */
static const char *read_password(const struct ctl *ctl, char *line, int size)
{
	const char *end;
	size_t n;

	memset(line, '\n', (size_t)size);
	/* Nothing of it stays in a buffer that nobody wipes. */
	(void)setvbuf(ctl->questions, NULL, _IONBF, 0);
	if (!read_unseen(ctl, line, size))
		return "there is no password to judge";
	end = memchr(line, '\n', (size_t)size);
	if (!end)
		return "the password is longer than 1,024 bytes";
	n = (size_t)(end - line);
	/* The end of the input in the place of a newline. */
	if (n > 0 && end[1] == '\n')
		n--;
	if (memchr(line, '\0', n))
		return "the password has a NUL byte in it";
	line[n] = '\0';
	return NULL;
}

static json_t *parameters_of(const struct command *command,
			     const char *password)
{
	json_t *parameters = json_pack("{s:s}", "password", password);

	if (parameters && command_has(command, OPTION_USER) &&
	    json_object_set_new(parameters, "user",
				json_string(command->values[OPTION_USER])) <
		    0) {
		json_decref(parameters);
		return NULL;
	}
	return parameters;
}

int password_check_run(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	char line[LINE_MAX_BYTES + 2];
	const char *fault = read_password(ctl, line, LINE_MAX_BYTES);
	json_t *parameters;
	int status;

	if (fault) {
		explicit_bzero(line, sizeof(line));
		return ctl_fail(ctl, command, STATUS_FAILURE, fault);
	}
	parameters = parameters_of(command, line);
	explicit_bzero(line, sizeof(line));
	if (!parameters)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"the password, or the name, is no UTF-8");
	status = request_call(ctl, command, parameters, &reply);
	if (status == STATUS_OK)
		status = request_show(ctl, command, reply);
	if (status != STATUS_OK)
		return status;
	return strcmp(output_member(reply, "verdict", "deny"), "allow") == 0
		       ? STATUS_OK
		       : STATUS_FAILURE;
}
