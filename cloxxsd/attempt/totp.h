/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * TOTP: the codes of an authenticator app (RFC 6238): HMAC-SHA-1, six digits,
 * steps of 30 seconds, which is what every app can do. One step before and one
 * behind the present one are taken, for clocks differ (5.2); none twice.
 */

#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/state/second_factor.h"

#define TOTP_DIGITS 6
#define TOTP_STEP_S 30

enum totp_error {
	_TOTP_E_OK,
	TOTP_E_WRONG,
};

/* A fresh seed in base32 (RFC 4648), to be wiped by the caller. */
void totp_seed_make(char ret_seed[FACTOR_SEED_TEXT]);
/*
 * Whether typed is the code of a step about now_s behind after_step, the last
 * that was used; *ret_step is it then. TOTP_E_WRONG, or -errno where the seed
 * is none.
 */
must_check int totp_check(const char *seed, const char *typed, int64_t now_s,
			  int64_t after_step, int64_t *ret_step);
