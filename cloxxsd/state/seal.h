/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Seal: secrets as they stand in the store: XChaCha20-Poly1305 (libsodium),
 * bound to their place, so that a value copied to another row, column or table
 * does not open.
 *
 *     version (1) | data key id (8) | nonce (24) | ciphertext | tag (16)
 */

#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/state/key.h"

#define SEAL_OVERHEAD (1 + KEY_ID_BYTES + 24 + 16)
#define SEAL_PLAIN_MAX 256

struct sealed {
	size_t n; /* 0: nothing */
	uint8_t bytes[SEAL_PLAIN_MAX + SEAL_OVERHEAD];
};

/* Where the value stands. */
struct seal_place {
	const char *table, *column;
	uint64_t row;
};

enum seal_error {
	_SEAL_E_OK,
	SEAL_E_TOO_LARGE,
	SEAL_E_OTHER_KEY, /* sealed with a key that is not in the ring */
	SEAL_E_DAMAGED,   /* not what we sealed, or not here */
};

/* Seals with the newest seal key of the ring. */
must_check int seal_close(const struct key *key, const struct seal_place *place,
			  const void *plain, size_t n,
			  struct sealed *ret_sealed);
/* The id of the data key that sealed it; NULL: it is not sealed at all. */
const uint8_t *seal_key_id(const struct sealed *sealed);
/* Opens with the key that sealed it. ret_plain has room for size bytes; nothing
 * is written there on failure. */
must_check int seal_open(const struct key *key, const struct seal_place *place,
			 const struct sealed *sealed, void *ret_plain,
			 size_t size, size_t *ret_n);
