/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password: what is asked of passwords, as numbers: the presets, and the rules
 * that need nothing but numbers: length by the number of factors, and age.
 * Pure. What a password is made of is judged elsewhere.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

enum password_preset {
	PASSWORD_PRESET_MODERN, /* ASVS 5.0 6.2, NIST SP 800-63B-4 3.1.1.2 */
	PASSWORD_PRESET_BIO,    /* BIO 1.04 9.4.3 */
	PASSWORD_PRESET_CUSTOM,
	_PASSWORD_PRESET_N,
};

/* Those of libpwquality have its names and meaning (pwquality.conf(5)). */
struct password_policy {
	enum password_preset preset;
	uint32_t minlen; /* code points, with one factor */
	uint32_t difok;
	uint32_t minclass;
	/* At least so many of a class: what it writes as -N. */
	uint32_t dcredit, ucredit, lcredit, ocredit;
	uint32_t maxrepeat, maxsequence, maxclassrepeat;
	uint32_t usercheck, dictcheck;
	/* From this length on no classes are asked; 0: from none on. */
	uint32_t minclass_until;
	uint32_t history;              /* former passwords, but the present */
	uint32_t min_age_s, max_age_s; /* 0: none */
};

/* So many former passwords are kept, and compared, at most. */
#define PASSWORD_HISTORY_MAX 24

/* How a preset holds a key. */
enum password_hold {
	PASSWORD_HOLD_FREE,
	PASSWORD_HOLD_SAME,
	PASSWORD_HOLD_LEAST,   /* more is stricter */
	PASSWORD_HOLD_MOST,    /* less is stricter, and 0 is none at all */
	PASSWORD_HOLD_LEAST_0, /* more is stricter, and 0 is the most */
};

struct password_preset_row {
	const char *key;
	size_t offset; /* of a uint32_t in struct password_policy */
	struct {
		enum password_hold hold;
		uint32_t value;
	} presets[PASSWORD_PRESET_CUSTOM];
};

/* What the presets say of the keys that any of them holds. */
extern const struct password_preset_row password_preset_rows[];
extern const size_t password_preset_rows_n;

/* Sets what preset holds, and the preset itself; the rest stays. */
void password_preset_apply(enum password_preset preset,
			   struct password_policy *policy);
/* Whether value, of that row, is what preset asks, or stricter. */
bool password_preset_takes(const struct password_preset_row *row,
			   enum password_preset preset, uint32_t value);
const char *password_preset_name(enum password_preset preset);
/* False for a name that is none. */
bool password_preset_find(const char *name, enum password_preset *ret_preset);

/* Code points that are asked of a password beside which there are other
 * factors: n_factors counts all of them, the password too. */
uint32_t password_length_min(const struct password_policy *policy,
			     unsigned int n_factors);
/* Whether classes are asked of a password of that length. */
bool password_asks_classes(const struct password_policy *policy, size_t length);

/*
 * Whether a password of that age must be replaced. One that was changed in
 * times to come has a clock that was set back: beyond a day of that its age is
 * not known, and it must.
 */
bool password_is_expired(uint32_t max_age_s, int64_t changed_s, int64_t now_s);
/* Whether it is too young to be changed by his own will. */
bool password_is_too_young(uint32_t min_age_s, int64_t changed_s,
			   int64_t now_s);
