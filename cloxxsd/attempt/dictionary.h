/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Dictionary: cracklib's, and what cracklib makes of a password: too few
 * different characters, the user's name, a word or a word in disguise. It looks
 * no name up, and it refuses to judge sequences such as "abc": password_rules.h
 * does that.
 */

#include "base/scope.h"
#include "base/secret.h"

enum dictionary_error {
	_DICTIONARY_E_OK,
	DICTIONARY_E_FOUND, /* a word, or one in disguise */
	DICTIONARY_E_NAME,  /* the user's name */
	DICTIONARY_E_FEW,   /* too few different characters */
	DICTIONARY_E_UNREADABLE,
};

/*
 * path is cracklib's, without .pwd; NULL: the system's. user may be "".
 * Reads files (a few ms); from any thread. DICTIONARY_E_*, or -errno.
 */
must_check int dictionary_check(const char *path, const char *user,
				const struct secret *password);
