/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Question: what sshd asks, as it stands in the arguments: a name, the uid that
 * the system gives for it, and the two ends of the connection. sshd passes on
 * what somebody sent: there are no options, so that no name is one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

/* Longer than any address that can be read. */
#define QUESTION_ADDRESS_MAX 256

struct question {
	const char *user;
	bool has_uid, has_address;
	int64_t uid;
	char address[QUESTION_ADDRESS_MAX];
};

enum question_error {
	_QUESTION_E_OK,
	QUESTION_E_USAGE,
	QUESTION_E_NOT_OURS, /* a name or a uid that none of ours has */
};

/*
 * Reads USER [UID [CONNECTION]] from argv; CONNECTION is sshd's %C: address and
 * port of the client, then of the server. The question points into argv.
 */
must_check int question_read(int argc, char *const *argv,
			     struct question *ret_question);
