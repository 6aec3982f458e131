/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The identity goes to the terminal or to the file that was named, and
 *     nowhere else; never to stdout, which may be a log.
 *  2. It is out before its public half comes into force: a recovery key whose
 *     identity nobody has would be worse than none.
 */
#include "cloxxsctl/key.h"

#include <fcntl.h>
#include <string.h>

#include "cloxxsctl/key_file.h"
#include "cloxxsctl/program.h"
#include "cloxxsctl/request.h"

#define PUBLIC_FILE CLOXXS_CONFDIR "/recovery.pub"

static int make_pair(const struct ctl *ctl, const struct command *command,
		     json_t **ret_pair)
{
	static const char *const argv[] = { "cloxxs-offline", "key", "recovery",
					    NULL };
	scope(program_answer_freep) struct program_answer *answer = NULL;
	scope(json_decrefp) json_t *pair = NULL;
	int r = program_ask(ctl->offline, argv, &answer);

	if (r < 0)
		return ctl_fail_errno(ctl, command, ctl->offline, r);
	pair = json_loadb(answer->bytes, answer->n, 0, NULL);
	if (r != 0 || !json_is_string(json_object_get(pair, "identity")) ||
	    !json_is_string(json_object_get(pair, "public_key")))
		return ctl_fail(ctl, command, STATUS_FAILURE,
				output_member(pair, "message",
					      "cloxxs-offline gave no answer"));
	*ret_pair = scope_take_ptr(pair);
	return STATUS_OK;
}

static int ask_daemon(struct ctl *ctl, const struct command *command,
		      const json_t *pair, bool check, json_t **ret_reply)
{
	return request_call(ctl, command,
			    json_pack("{s:s, s:b, s:b}", "public_key",
				      output_member(pair, "public_key", ""),
				      "replace",
				      (int)command_has(command, OPTION_YES),
				      "check", (int)check),
			    ret_reply);
}

static int write_all(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t k = write(fd, text, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? -errno : -EIO;
		text += k;
		n -= (size_t)k;
	}
	return 0;
}

static int show_identity(const struct ctl *ctl, const struct command *command,
			 const char *identity)
{
	scope(scope_close) int fd = -1;
	int r = -ENOTTY;

	fd = open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		r = write_all(fd, "\nThe identity of the recovery key. Write "
				  "it down, all five lines; it is not shown "
				  "again:\n\n");
	if (r == 0)
		r = write_all(fd, identity);
	if (r == 0)
		r = write_all(fd, "\n");
	if (r == 0)
		return STATUS_OK;
	return ctl_fail(ctl, command, STATUS_USAGE,
			"there is no terminal to show the identity on; say "
			"--identity FILE");
}

static int bring_out(const struct ctl *ctl, const struct command *command,
		     const json_t *pair)
{
	const char *identity = output_member(pair, "identity", "");
	const char *path = command->values[OPTION_IDENTITY];
	int r;

	if (!path)
		return show_identity(ctl, command, identity);
	r = key_file_write(path, identity, strlen(identity), 0600);
	if (r == -EEXIST)
		return ctl_fail(ctl, command, STATUS_CONFLICT,
				"something is there; an identity is never "
				"written over, choose another place");
	return r < 0 ? ctl_fail_errno(ctl, command, path, r) : STATUS_OK;
}

static int write_public(const struct ctl *ctl, const struct command *command,
			const json_t *pair)
{
	const char *line = output_member(pair, "public_key", "");
	int r;

	(void)unlink(PUBLIC_FILE ".new");
	r = key_file_write(PUBLIC_FILE ".new", line, strlen(line), 0644);
	if (r == 0 && rename(PUBLIC_FILE ".new", PUBLIC_FILE) < 0)
		r = -errno;
	return r < 0 ? ctl_fail_errno(ctl, command, PUBLIC_FILE, r) : STATUS_OK;
}

int key_run_recovery(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *pair = NULL;
	scope(json_decrefp) json_t *checked = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	int r;

	r = make_pair(ctl, command, &pair);
	if (r == STATUS_OK)
		r = ask_daemon(ctl, command, pair, true, &checked);
	if (r == STATUS_OK)
		r = bring_out(ctl, command, pair);
	if (r != STATUS_OK)
		return r;
	r = ask_daemon(ctl, command, pair, false, &reply);
	if (r != STATUS_OK) {
		(void)ctl_fail(ctl, command, STATUS_FAILURE,
			       "the identity that was shown is of no use: its "
			       "recovery key is not in force");
		return r;
	}
	r = write_public(ctl, command, pair);
	return r == STATUS_OK ? request_show(ctl, command, reply) : r;
}
