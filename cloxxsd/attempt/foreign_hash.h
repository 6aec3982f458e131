/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Foreign hash: a password's hash that another system made and an import
 * brought: yescrypt, sha512crypt or bcrypt, as in shadow(5). It is verified
 * through libcrypt, and none is ever made: the next good login replaces it by
 * one of ours. What it would cost is read out of it first; dearer ones and
 * other forms are refused before any work. It blocks for as long as the hash
 * takes: for a worker's thread, never the loop.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/secret.h"

/* The longest form and its NUL. */
#define FOREIGN_HASH_SIZE 160

enum foreign_hash_error {
	_FOREIGN_HASH_E_OK,
	FOREIGN_HASH_E_WRONG,   /* another password */
	FOREIGN_HASH_E_REFUSED, /* no form that is taken, or too dear */
};

/* Whether stored claims to be one of the three, by its first bytes alone. */
bool foreign_hash_is(const char *stored);

/*
 * Reads all of stored and tells what memory, in bytes, its verification takes.
 * FOREIGN_HASH_E_REFUSED.
 */
must_check int foreign_hash_inspect(const char *stored, uint64_t *ret_memory);

/*
 * 0 where normal, in the form of password_normalise(), is the password;
 * FOREIGN_HASH_E_*. -ENOMEM where the memory cannot be had: that is no wrong
 * answer. A password beyond ASCII that the other system took in another normal
 * form than NFC is wrong.
 */
must_check int foreign_hash_verify(const char *stored,
				   const struct secret *normal);
