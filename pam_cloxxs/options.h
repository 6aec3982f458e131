/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Options: the words behind the module's name in a PAM stack. One table holds
 * them all; a word that is not in it, or is malformed, is an error: an option
 * that is misspelt must not be an option that is off.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

#define OPTIONS_SOCKET_MAX 107 /* sun_path of unix(7), without the NUL */

struct options {
	bool debug;
	bool use_first_pass;
	bool try_first_pass;
	bool use_authtok;
	bool ignore_unknown_user;
	uint32_t timeout_s;
	char socket[OPTIONS_SOCKET_MAX + 1];
};

enum option_kind {
	OPTION_FLAG,
	OPTION_NUMBER,
	OPTION_PATH,
};

struct option_row {
	const char *name; /* with the '=' where a value follows */
	enum option_kind kind;
	size_t offset; /* in struct options */
	uint32_t min, max;
};

enum options_error {
	_OPTIONS_E_OK,
	OPTIONS_E_UNKNOWN,
	OPTIONS_E_VALUE,
};

/* Ended by name NULL. For tests and the check of the manual. */
const struct option_row *options_table(void);

/*
 * Reads the words into *ret_options, which is set to the defaults first (also
 * on failure); socket is the default of the build. OPTIONS_E_*, with
 * *ret_wrong the word that is wrong.
 */
must_check int options_parse(int argc, const char **argv, const char *socket,
			     struct options *ret_options,
			     const char **ret_wrong);
