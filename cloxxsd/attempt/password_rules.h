/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password rules: may this become somebody's password? Pure but for the
 * dictionary and the list of breached passwords. Length is counted in code
 * points after NFC, and nothing is cut; there are no composition rules but
 * those that the policy asks for (NIST SP 800-63B-4 section 3.1.1.2, OWASP ASVS
 * 5.0 6.2.1 to 6.2.12).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/secret.h"
#include "base/text.h"
#include "cloxxsd/attempt/password_context.h"
#include "cloxxsd/attempt/password_fault.h"
#include "policy/password.h"

struct password_rules {
	struct password_policy policy;
	unsigned int n_factors;
	const char *const *words; /* must not stand within; ended by NULL */
	const struct password_context *context; /* neither those; or NULL */
	const char
		*dictionary; /* cracklib's, without .pwd; NULL: the system's */
};

/* In the order in which they are asked. */
enum password_rule {
	PASSWORD_RULE_TEXT,
	PASSWORD_RULE_LENGTH,
	PASSWORD_RULE_PRESENT,
	PASSWORD_RULE_NAME,
	PASSWORD_RULE_WORDS,
	PASSWORD_RULE_REPETITION,
	PASSWORD_RULE_RUNS,
	PASSWORD_RULE_CLASSES,
	PASSWORD_RULE_PATTERN,
	PASSWORD_RULE_DICTIONARY,
	/* These two take a disk and a hash: the hasher asks them. */
	PASSWORD_RULE_BREACHED,
	PASSWORD_RULE_HISTORY,
	_PASSWORD_RULE_N,
};

/* What is judged: both in normal form; current NULL where it is not at hand. */
struct password_candidate {
	const char *user; /* NULL: nobody's */
	const struct secret *current;
	const struct secret *wanted;
};

/*
 * The form in which passwords are hashed and compared: NFC, where the bytes
 * are UTF-8, else the bytes as they are (they cannot match any hash then).
 * PASSWORD_E_TOO_LONG leaves ret_normal empty; -errno. Two objects, please.
 */
must_check int password_normalise(const struct secret *typed,
				  struct secret *ret_normal);

/*
 * Asks the rules up to the dictionary's, until one is broken. Reads the
 * dictionary (a few ms); from any thread; looks no name up. On PASSWORD_E_*
 * ret_fault says what it was, without the password.
 */
must_check int password_check(const struct password_rules *rules,
			      const struct password_candidate *candidate,
			      struct password_fault *ret_fault);
/* The same of one rule, for who shows them all. Rules behind that of the text
 * may be asked of text only. The hasher's two always pass here. */
must_check int password_ask(enum password_rule rule,
			    const struct password_rules *rules,
			    const struct password_candidate *candidate,
			    struct password_fault *ret_fault);
const char *password_rule_name(enum password_rule rule);
/* What it asks, as a sentence. */
const char *password_rule_text(enum password_rule rule);

/*
 * A temporary password: n_groups groups of four letters and digits that cannot
 * be taken for one another, joined by '-', each letter uniform. 100 bits at
 * least: PASSWORD_TEMPORARY_GROUPS.
 */
#define PASSWORD_TEMPORARY_GROUPS 6
must_check int password_generate(struct secret *ret_password);
/* Makes every other letter of such a one, by chance, a capital one. */
void password_capitalise(struct secret *password);
