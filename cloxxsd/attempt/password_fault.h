/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password fault: the catalogue of why something cannot become a password: one
 * row each, its name for records and tests, its sentence for the user. Rules
 * name faults here and nowhere else. A sentence stands whole, with at most one
 * place in it, so that it can be said in another language.
 */

#include <stdint.h>

#include "base/language.h"
#include "base/scope.h"
#include "base/text.h"

enum password_error {
	_PASSWORD_E_OK,
	PASSWORD_E_TOO_SHORT, /* n: characters asked */
	PASSWORD_E_TOO_LONG,  /* over SECRET_MAX bytes, before or after NFC */
	PASSWORD_E_NOT_TEXT,  /* not UTF-8, or a control character within */
	PASSWORD_E_SAME,      /* as the present one */
	PASSWORD_E_NAME,      /* holds the user's name, also backwards */
	PASSWORD_E_WORD,      /* word stands within, also backwards */
	PASSWORD_E_REPEATS,   /* a piece again and again */
	PASSWORD_E_RUNS,      /* neighbours: abc, 321, qwerty */
	PASSWORD_E_PALINDROME,
	PASSWORD_E_CASE_ONLY, /* the present one in other case */
	PASSWORD_E_SIMILAR,   /* hardly differs from the present one */
	PASSWORD_E_ROTATED,   /* the present one turned */
	PASSWORD_E_FEW_DIGITS,
	PASSWORD_E_FEW_CAPITALS,
	PASSWORD_E_FEW_SMALL,
	PASSWORD_E_FEW_OTHERS,
	PASSWORD_E_FEW_CLASSES,
	PASSWORD_E_SAME_IN_A_ROW,
	PASSWORD_E_CLASS_IN_A_ROW,
	PASSWORD_E_SEQUENCE,
	PASSWORD_E_FEW_DIFFERENT, /* characters */
	PASSWORD_E_DICTIONARY,
	PASSWORD_E_NO_DICTIONARY, /* cannot be judged: refused */
	PASSWORD_E_BREACHED,
	PASSWORD_E_NO_BREACHED_LIST, /* the same */
	PASSWORD_E_USED_BEFORE,
	PASSWORD_E_TWO_DIFFER, /* typed otherwise the second time */
	PASSWORD_E_WEAK,       /* what libpwquality finds beside all that */
	_PASSWORD_E_N,
};

struct password_fault {
	enum password_error error;
	uint32_t n;
	char word[64];
};

/* The reason's name: "too-short" and so on; never NULL. */
const char *password_error_name(int error);
/* The sentence in English, with %u for n and %s for word; never NULL. */
const char *password_error_text(int error);
/* The sentence in that language, with its place filled. */
void password_fault_write(const struct password_fault *fault,
			  enum language language, struct text *text);
