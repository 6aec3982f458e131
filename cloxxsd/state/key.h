/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key: the ring of the installation's keys, in locked, guarded memory. The
 * root keys come from the key file, newest first; they do nothing but wrap the
 * data keys, which seal stored secrets and chain the audit. What leaves this
 * ring is wrapped, but for the two functions that say otherwise. It reads one
 * file; where wrapped keys stand is no matter of it (state/data_key.h).
 *
 *     wrapped: version (1) | root key id (8) | nonce (24) | data key (32)
 *              | tag (16), XChaCha20-Poly1305, bound to the id, use and
 *              from_seq of the data key
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

#define KEY_BYTES 32
#define KEY_ID_BYTES 8
#define KEY_ID_TEXT (2 * KEY_ID_BYTES + 1)
#define KEY_ROOTS_MAX 8
#define KEY_WRAPPED_BYTES (1 + KEY_ID_BYTES + 24 + KEY_BYTES + 16)

/* Stands in the store: never another meaning for a number. */
enum key_use {
	_KEY_USE_NONE,
	KEY_USE_SEAL = 1,   /* stored secrets */
	KEY_USE_LEDGER = 2, /* the audit's chain */
	_KEY_USE_N,
};

enum key_error {
	_KEY_E_OK,
	KEY_E_MISSING, /* no file */
	KEY_E_EXPOSED, /* others may read it, or it is no plain file of ours */
	KEY_E_MALFORMED, /* not one to KEY_ROOTS_MAX keys, each another one */
	KEY_E_WRONG,     /* wrapped under a root key that is not in the ring */
	KEY_E_DAMAGED,   /* not what was wrapped, or not for this */
};

struct key;

/* What is told openly of a data key. Times in seconds since 1970. */
struct key_data {
	uint8_t id[KEY_ID_BYTES];
	enum key_use use;
	int64_t created;
	int64_t retired;  /* 0: in use */
	int64_t from_seq; /* a ledger key: its first record; else 0 */
};

/*
 * Reads the key file: one to KEY_ROOTS_MAX root keys of KEY_BYTES raw bytes,
 * newest first; a regular file that only its owner (root or we) may read.
 * KEY_E_* or -errno.
 */
must_check int key_load(const char *path, struct key **ret_key);
/* The same from the n bytes of such a file. */
must_check int key_read(const uint8_t *bytes, size_t n, struct key **ret_key);
struct key *key_free(struct key *key);
static inline void key_freep(struct key **key)
{
	*key = key_free(*key);
}
/* Gives key what other has, and other the rest; both stay what they are for
 * those who borrowed them. */
void key_swap(struct key *key, struct key *other);

size_t key_n_roots(const struct key *key);
/* KEY_ID_BYTES that name root key i, told openly. */
const uint8_t *key_root_id(const struct key *key, size_t i);
/* Which root key has that id; key_n_roots(): none. */
size_t key_find_root(const struct key *key, const uint8_t id[KEY_ID_BYTES]);
/* The bytes of a key file with these root keys, in the ring's memory: for
 * recovery, which seals them, and for writing such a file. */
const uint8_t *key_roots(const struct key *key, size_t *ret_n);

size_t key_n_data(const struct key *key);
const struct key_data *key_data_get(const struct key *key, size_t i);
/* Adds a new random data key. */
must_check int key_make(struct key *key, enum key_use use, int64_t created,
			int64_t from_seq);
void key_retire(struct key *key, size_t i, int64_t retired);
/* Another ring with the same root and data keys. */
must_check int key_copy(const struct key *key, struct key **ret_key);
/* Adds all data keys of other. */
must_check int key_copy_data(struct key *key, const struct key *other);

/* Data key i under root key root. */
void key_wrap(const struct key *key, size_t root, size_t i,
	      uint8_t ret_wrapped[KEY_WRAPPED_BYTES]);
/* Adds the data key that facts tell of. KEY_E_WRONG, KEY_E_DAMAGED, -ENOMEM. */
must_check int key_unwrap(struct key *key, const struct key_data *facts,
			  const uint8_t *wrapped, size_t n);
/* Of the root key that wrapped it. */
const uint8_t *key_wrapped_root(const uint8_t wrapped[KEY_WRAPPED_BYTES]);

/* The newest seal key, which seals; NULL: there is none. Its bytes live as
 * long as nothing is added to the ring. */
const uint8_t *key_seal_newest(const struct key *key,
			       const struct key_data **ret_facts);
/* The seal key of that id, retired or not; NULL: none. */
const uint8_t *key_seal_find(const struct key *key,
			     const uint8_t id[KEY_ID_BYTES]);
/* The ledger key that chains record seq; NULL: none. */
const uint8_t *key_ledger_find(const struct key *key, int64_t seq);

/* An id as 16 hexadecimal digits. */
void key_id_text(const uint8_t id[KEY_ID_BYTES], char ret_text[KEY_ID_TEXT]);
const char *key_use_name(enum key_use use);
