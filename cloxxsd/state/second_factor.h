/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Second factor: by which ways a user gets a code, and when he is asked for one
 * wherever he logs in. Addresses and seeds stand sealed; recovery codes as
 * digests. What was used up, and how many codes were sent, is written before it
 * counts. It changes through state/change.h, and goes with its user.
 */

#include <stdint.h>

#include "base/scope.h"
#include "base/secret.h"
#include "cloxxsd/state/seal.h"
#include "cloxxsd/state/store.h"

#define FACTOR_CODE_MAX 4096 /* as policy/code.h writes it */
/* E.164: a plus and 15 digits; RFC 5321, 4.5.3.1.3 without the brackets. */
#define FACTOR_PHONE_MAX 16
#define FACTOR_MAIL_MAX 254
/* RFC 6238: of SHA-1, 6 digits, 30 seconds; RFC 4226, 4: at least 128 bits. */
#define FACTOR_SEED_BYTES 20
#define FACTOR_SEED_TEXT 33 /* in base32, and the NUL */

#define RECOVERY_CODES 10
/* 120 random bits: RFC 4648 base32 in four groups of six, and the NUL. */
#define RECOVERY_CODE_LETTERS 24
#define RECOVERY_CODE_TEXT (RECOVERY_CODE_LETTERS + 3 + 1)
#define RECOVERY_DIGEST_BYTES 32

/* The sealed values, each in the column of that name. */
enum factor_value {
	FACTOR_PHONE,
	FACTOR_MAIL,
	FACTOR_TOTP,         /* the seed in force, in base32 */
	FACTOR_TOTP_PENDING, /* one that he has not shown to have */
	_FACTOR_VALUE_N,
};

/* All zero: none. */
struct second_factor {
	char code[FACTOR_CODE_MAX]; /* when, wherever he is; "": never */
	struct sealed values[_FACTOR_VALUE_N];
	/* The last time step (RFC 6238, 4.2) whose value was used. */
	int64_t totp_step;
	uint32_t n_recovery; /* codes that are left; read only */
};

/* Where a value of uid stands. */
struct seal_place factor_place(enum factor_value value, uint32_t uid);
const char *factor_value_name(enum factor_value value);

/* What uid has; all zero where there is no row. -EBADMSG: one that cannot be
 * true. */
must_check int second_factor_find(struct store *store, uint32_t uid,
				  struct second_factor *ret_factor);
/* Only when he is asked, of size FACTOR_CODE_MAX. */
must_check int second_factor_code(struct store *store, uint32_t uid,
				  char ret_code[FACTOR_CODE_MAX]);

/* How many users have what, and are asked wherever they log in. */
struct second_factor_counts {
	uint32_t asked, app, phone, mail, recovery;
};
must_check int second_factor_count(struct store *store,
				   struct second_factor_counts *ret_counts);

/* How many codes were sent after since, to uid and to all. */
must_check int second_factor_sent(struct store *store, uint32_t uid,
				  int64_t since, uint32_t *ret_user,
				  uint32_t *ret_all);

/* Digits and letters of a recovery code, however it is grouped and written, as
 * the digest under which it is kept; false where it is none. */
bool recovery_code_digest(uint32_t uid, const char *typed,
			  uint8_t ret_digest[RECOVERY_DIGEST_BYTES]);
/* A fresh one. */
void recovery_code_make(char ret_text[RECOVERY_CODE_TEXT]);
/* Whether uid has it, and its number; ret_n is for CHANGE_RECOVERY_USED. */
must_check int recovery_code_find(struct store *store, uint32_t uid,
				  const uint8_t digest[RECOVERY_DIGEST_BYTES],
				  int64_t *ret_n, bool *ret_found);

struct recovery_codes {
	size_t n;
	uint8_t digests[RECOVERY_CODES][RECOVERY_DIGEST_BYTES];
};

/* For state/change.c, within its transaction. */
must_check int second_factor_write(struct store *store, uint32_t uid,
				   const struct second_factor *factor);
must_check int second_factor_used(struct store *store, uint32_t uid,
				  int64_t totp_step);
must_check int recovery_codes_write(struct store *store, uint32_t uid,
				    const struct recovery_codes *codes);
must_check int recovery_code_used(struct store *store, uint32_t uid, int64_t n);
must_check int second_factor_send(struct store *store, uint32_t uid,
				  int64_t at);
must_check int second_factor_unsend(struct store *store, uint32_t uid,
				    int64_t at);
