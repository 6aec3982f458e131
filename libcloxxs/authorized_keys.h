/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Authorized keys: the client of AuthorizedKeys in nl.cloxxs.Login: the SSH
 * keys that sshd may try for a user. It keeps time and decides nothing: of
 * whom no keys may be told there are none.
 */

#include <stdint.h>

#include "libcloxxs/login.h"

/* More than any key has, and more keys than any user. */
#define AUTHORIZED_KEY_MAX 4096
#define AUTHORIZED_KEYS_MAX 128

struct authorized_keys_args {
	const char *socket;
	const char *user, *service;
	const char *address;       /* NULL: not told */
	const int64_t *system_uid; /* NULL: not told */
	uint32_t timeout_ms;       /* in all */
};

/*
 * Asks for them, and calls each for every one: printable ASCII without a line
 * feed, valid until it returns; what it returns other than 0 ends it. LOGIN_E_*
 * or -errno: what was told till then is not all, and so none.
 */
must_check int authorized_keys_ask(const struct authorized_keys_args *args,
				   int (*each)(const char *key, void *userdata),
				   void *userdata);
