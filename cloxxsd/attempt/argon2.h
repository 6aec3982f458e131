/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Argon2: a password's hash, as libsodium writes it, and what a stored one
 * would cost before anything is spent on it. Only argon2id version 1.3 with
 * one lane (RFC 9106); other algorithms, and costs above the caller's maxima,
 * are refused without an allocation. It knows no users and no store, and it
 * blocks for as long as the hash takes: for a worker's thread, never the loop.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/secret.h"

/* libsodium's crypto_pwhash_STRBYTES, NUL included. */
#define ARGON2_STORED_SIZE 128

struct argon2_cost {
	uint64_t memory;     /* bytes; a multiple of 1024 */
	uint32_t operations; /* passes over it */
};

enum argon2_error {
	_ARGON2_E_OK,
	ARGON2_E_WRONG,   /* another password */
	ARGON2_E_REFUSED, /* no hash of ours, or dearer than allowed */
};

/*
 * Reads the cost out of stored, "$argon2id$v=19$m=KIB,t=N,p=1$SALT$HASH", of
 * which each part must be exactly as libsodium writes it. ARGON2_E_REFUSED.
 */
must_check int argon2_inspect(const char *stored,
			      const struct argon2_cost *maximum,
			      struct argon2_cost *ret_cost);

/*
 * Hashes with a new random salt. normal is in the form of
 * password_normalise(). -ENOMEM where cost's memory cannot be had, -EINVAL for
 * a cost that argon2 does not know.
 */
must_check int argon2_hash(const struct secret *normal,
			   const struct argon2_cost *cost,
			   char ret_stored[ARGON2_STORED_SIZE]);

/*
 * 0 where normal is the password; ARGON2_E_WRONG, ARGON2_E_REFUSED. -ENOMEM
 * where the memory cannot be had: that is no wrong answer.
 */
must_check int argon2_verify(const char *stored, const struct secret *normal,
			     const struct argon2_cost *maximum);

/*
 * Whether stored is cheaper than asked in either; *ret_cost is then what to
 * hash with: the higher of each, so that neither ever goes down.
 */
bool argon2_needs_rehash(const struct argon2_cost *stored,
			 const struct argon2_cost *asked,
			 struct argon2_cost *ret_cost);
