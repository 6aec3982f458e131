/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/totp.h"

#include <liboath/oath.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* 32 letters of 5 bits are 20 bytes without padding. */
void totp_seed_make(char ret_seed[FACTOR_SEED_TEXT])
{
	for (size_t i = 0; i < FACTOR_SEED_TEXT - 1; i++)
		ret_seed[i] = letters[randombytes_uniform(32)];
	ret_seed[FACTOR_SEED_TEXT - 1] = '\0';
}

static int decode(const char *seed, uint8_t ret_bytes[FACTOR_SEED_BYTES])
{
	char *bytes = NULL;
	size_t n = 0;
	int r;

	r = oath_base32_decode(seed, strlen(seed), &bytes, &n);
	if (r != OATH_OK)
		return r == OATH_MALLOC_ERROR ? -ENOMEM : -EINVAL;
	if (n == FACTOR_SEED_BYTES)
		memcpy(ret_bytes, bytes, n);
	sodium_memzero(bytes, n);
	free(bytes);
	return n == FACTOR_SEED_BYTES ? 0 : -EINVAL;
}

/* All steps are computed, whichever it is. */
static int find(const uint8_t seed[FACTOR_SEED_BYTES], const char *typed,
		int64_t now_s, int64_t after_step, int64_t *ret_step)
{
	char code[TOTP_DIGITS + 1];
	int64_t found = -1;

	for (int64_t step = now_s / TOTP_STEP_S - 1;
	     step <= now_s / TOTP_STEP_S + 1; step++) {
		if (step < 0 ||
		    oath_totp_generate((const char *)seed, FACTOR_SEED_BYTES,
				       (time_t)(step * TOTP_STEP_S),
				       TOTP_STEP_S, 0, TOTP_DIGITS,
				       code) != OATH_OK)
			return -EIO;
		if (sodium_memcmp(code, typed, TOTP_DIGITS) == 0 &&
		    step > after_step)
			found = step;
	}
	sodium_memzero(code, sizeof(code));
	if (found < 0)
		return TOTP_E_WRONG;
	*ret_step = found;
	return 0;
}

int totp_check(const char *seed, const char *typed, int64_t now_s,
	       int64_t after_step, int64_t *ret_step)
{
	uint8_t bytes[FACTOR_SEED_BYTES];
	int r;

	if (strlen(typed) != TOTP_DIGITS)
		return TOTP_E_WRONG;
	r = decode(seed, bytes);
	if (r == 0)
		r = find(bytes, typed, now_s, after_step, ret_step);
	sodium_memzero(bytes, sizeof(bytes));
	return r;
}
