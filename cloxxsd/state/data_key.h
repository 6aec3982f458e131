/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Data key: the data keys as they stand in the store, wrapped, a row each, and
 * the copy of the root keys that only the recovery key opens. It reads rows
 * and writes those it is given, within the caller's transaction; when keys
 * change is decided in state/rotation.h.
 */

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/state/key.h"
#include "cloxxsd/state/recovery.h"
#include "cloxxsd/state/store.h"

struct data_key_row {
	struct key_data facts;
	uint8_t wrapped[KEY_WRAPPED_BYTES];
};

/* All of the store's, in order of their making. */
struct data_keys {
	struct data_key_row *rows;
	size_t n;
};

enum data_key_error {
	_DATA_KEY_E_OK,
	DATA_KEY_E_NONE,  /* no keys, and nothing that needs any: a new store */
	DATA_KEY_E_LOST,  /* no keys, but what they sealed or chained */
	DATA_KEY_E_WRONG, /* no root key of the ring fits; why names them */
	DATA_KEY_E_DAMAGED, /* a row that cannot be true */
};

/*
 * Unwraps the store's data keys into key, which has none yet. ret_root: which
 * root key wraps them. On an error (DATA_KEY_E_*, -errno) why gets a sentence
 * that ends with the next step, but for DATA_KEY_E_NONE; key may hold some.
 */
must_check int data_keys_load(struct store *store, struct key *key,
			      struct text *why, size_t *ret_root);
/* Every data key of key, wrapped under its newest root key. */
must_check int data_keys_wrap(const struct key *key,
			      struct data_keys *ret_keys);
void data_keys_deinit(struct data_keys *keys);
/* Puts keys in the place of those that are there. */
must_check int data_keys_write(struct store *store,
			       const struct data_keys *keys);

/* The recovery key as the store has it. */
struct recovery_row {
	uint8_t public_key[RECOVERY_BYTES];
	int64_t created;
	/* key_roots() as recovery_seal() gives it */
	uint8_t roots[RECOVERY_SEALED_MAX];
	size_t n_roots;
};

/* RECOVERY_E_NONE: there is no recovery key. -EBADMSG for a damaged row. */
must_check int recovery_row_find(struct store *store,
				 struct recovery_row *ret_row);
must_check int recovery_row_write(struct store *store,
				  const struct recovery_row *row);
