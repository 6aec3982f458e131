/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password rules: may this become somebody's password? Pure but for the
 * dictionary that libpwquality reads. Length is counted in code points after
 * NFC; there are no composition rules and nothing is cut (NIST SP 800-63B-4
 * section 3.1.1.2, OWASP ASVS 5.0 6.2.1 to 6.2.9).
 */

#include <stdint.h>

#include "base/scope.h"
#include "base/secret.h"
#include "base/text.h"

struct password_rules {
	uint32_t min_length;      /* code points */
	const char *const *words; /* must not stand within; ended by NULL */
	const char
		*dictionary; /* cracklib's, without .pwd; NULL: the system's */
};

enum password_rules_error {
	_PASSWORD_RULES_E_OK,
	PASSWORD_E_TOO_SHORT,
	PASSWORD_E_TOO_LONG, /* over SECRET_MAX bytes, before or after NFC */
	PASSWORD_E_NOT_TEXT, /* not UTF-8, or a control character within */
	PASSWORD_E_SAME,     /* as the current one */
	PASSWORD_E_NAME,     /* holds the user's name, also backwards */
	PASSWORD_E_WORD,     /* holds one of words, also backwards */
	PASSWORD_E_WEAK,     /* libpwquality's verdict; its text in why */
	PASSWORD_E_NO_DICTIONARY, /* cannot be judged: refused */
	_PASSWORD_RULES_E_N,
};

/*
 * The form in which passwords are hashed and compared: NFC, where the bytes
 * are UTF-8, else the bytes as they are (they cannot match any hash then).
 * PASSWORD_E_TOO_LONG leaves ret_normal empty; -errno. Two objects, please.
 */
must_check int password_normalise(const struct secret *typed,
				  struct secret *ret_normal);

/*
 * Both passwords in normal form; current may be NULL where it is not at hand.
 * Reads the dictionary (a few ms); from any thread; looks no name up.
 * On PASSWORD_E_* why holds a sentence for the user, without the password.
 */
must_check int password_check(const struct password_rules *rules,
			      const char *user, const struct secret *current,
			      const struct secret *wanted, struct text *why);

/* The reason's name as in the catalogue: "too-short" and so on; never NULL. */
const char *password_error_name(int error);

/*
 * A temporary password: n_groups groups of four letters and digits that cannot
 * be taken for one another, joined by '-', each letter uniform. 100 bits at
 * least: PASSWORD_TEMPORARY_GROUPS.
 */
#define PASSWORD_TEMPORARY_GROUPS 6
must_check int password_generate(struct secret *ret_password);
