/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Keys are printed when all of them are known, or not at all.
 *  2. It ends in time, whatever the daemon does: somebody waits at sshd.
 *  3. It takes nothing from its surroundings but its arguments.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "authorized_keys/question.h"
#include "libcloxxs/authorized_keys.h"

#define SOCKET CLOXXS_RUNDIR "/cloxxsd.sock"
/* As sshd's PAM service is called. */
#define SERVICE "sshd"

enum status {
	STATUS_OK,
	STATUS_FAILURE, /* sshd takes none of what was printed */
	STATUS_USAGE,
};

struct keys {
	char *bytes;
	size_t n;
};

static void keys_deinit(struct keys *keys)
{
	free(keys->bytes);
}

static int add(const char *key, void *userdata)
{
	struct keys *keys = userdata;
	size_t n = strlen(key);
	char *larger = realloc(keys->bytes, keys->n + n + 1);

	if (!larger)
		return -ENOMEM;
	memcpy(larger + keys->n, key, n);
	larger[keys->n + n] = '\n';
	keys->bytes = larger;
	keys->n += n + 1;
	return 0;
}

static int print(const struct keys *keys)
{
	size_t done = 0;

	while (done < keys->n) {
		ssize_t n = write(STDOUT_FILENO, keys->bytes + done,
				  keys->n - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static const char *reason_of(int r)
{
	switch ((enum login_error)r) {
	case LOGIN_E_UNREACHABLE:
		return "cloxxsd is not there";
	case LOGIN_E_IMPOSTOR:
		return "the socket of cloxxsd is somebody else's";
	case LOGIN_E_TIMEOUT:
		return "cloxxsd does not answer in time";
	case LOGIN_E_REFUSED:
	case LOGIN_E_BUSY:
		return "cloxxsd refuses: is this "
		       "AuthorizedKeysCommandUser " CLOXXS_KEYS_USER "?";
	case LOGIN_E_BROKEN:
	case LOGIN_E_UNFIT:
	case _LOGIN_E_OK:
		break;
	}
	return r < 0 ? strerror(-r) : "cloxxsd gave an answer that is none";
}

static int ask(const struct question *question)
{
	const struct authorized_keys_args args = {
		.socket = SOCKET,
		.user = question->user,
		.service = SERVICE,
		.address = question->has_address ? question->address : NULL,
		.system_uid = question->has_uid ? &question->uid : NULL,
		.timeout_ms = LOGIN_SILENCE_MS,
	};
	scope(keys_deinit) struct keys keys = { 0 };
	int r = authorized_keys_ask(&args, add, &keys);

	if (r == 0)
		r = print(&keys);
	if (r == 0)
		return STATUS_OK;
	(void)fprintf(stderr, "cloxxs-authorized-keys: %s\n", reason_of(r));
	return STATUS_FAILURE;
}

int main(int argc, char **argv)
{
	struct question question;

	switch ((enum question_error)question_read(argc, argv, &question)) {
	case _QUESTION_E_OK:
		return ask(&question);
	case QUESTION_E_NOT_OURS:
		return STATUS_OK;
	case QUESTION_E_USAGE:
		break;
	}
	(void)fputs("usage: cloxxs-authorized-keys USER [UID [CONNECTION]]\n"
		    "sshd runs it, as AuthorizedKeysCommand\n",
		    stderr);
	return STATUS_USAGE;
}
