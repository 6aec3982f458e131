/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key: the installation's root key in locked, guarded memory, and the keys
 * made from it, one for each use (libsodium's crypto_kdf, BLAKE2b). The root
 * key never leaves this file's functions and is never written.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

#define KEY_BYTES 32
#define KEY_ID_BYTES 8

enum key_use {
	KEY_USE_SEAL = 1,   /* stored secrets */
	KEY_USE_LEDGER = 2, /* the audit's chain */
	KEY_USE_ID = 3,     /* which key it is, told openly */
};

enum key_error {
	_KEY_E_OK,
	KEY_E_MISSING, /* no file */
	KEY_E_EXPOSED, /* others may read it, or it is no plain file of ours */
	KEY_E_MALFORMED, /* not exactly KEY_BYTES bytes */
};

struct key;

/*
 * Reads the key file: KEY_BYTES raw bytes, a regular file that only its owner
 * (root or we) may read. KEY_E_* or -errno.
 */
must_check int key_load(const char *path, struct key **ret_key);
struct key *key_free(struct key *key);

/* The key for one use; lives as long as key. */
const uint8_t *key_get(const struct key *key, enum key_use use);
/* KEY_ID_BYTES that name this key in what it sealed. */
const uint8_t *key_id(const struct key *key);
