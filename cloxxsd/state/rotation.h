/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Rotation: how keys change while logins go on. One transaction wraps all data
 * keys under the new root key, adds new ones and tells the audit; from then on
 * everything new is sealed with the new key, and what was sealed before is
 * sealed anew, a few values a step, until the old key seals nothing and is
 * retired. A kill at any point leaves a state from which the next start goes
 * on. It reads no key file and writes none.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/state/recovery.h"
#include "cloxxsd/state/state.h"

enum rotation_error {
	_ROTATION_E_OK,
	ROTATION_E_MORE,    /* rotation_step(): there is more to do */
	ROTATION_E_FOREIGN, /* the ring lacks the root key that is in force */
};

/* Who did it, for the record. */
struct rotation_act {
	const char *actor, *address, *within; /* as of a record */
	enum reason reason;
	int64_t now_us;
};

/*
 * Makes the data keys of a new state, without a record: nothing was there that
 * the key could have changed for.
 */
must_check int rotation_found(struct state *state, int64_t now_us);

/*
 * Whether ring could take the place of the state's root keys: its first key
 * is new or the one in force, and the one in force is among the rest. 0,
 * ROTATION_E_FOREIGN.
 */
must_check int rotation_check(const struct state *state,
			      const struct key *ring);
/*
 * Brings the first root key of ring into force, with new data keys, its record
 * and, where there is a recovery key, a new copy for it. Takes what ring holds
 * and leaves it what was there before. Its record is the last under the old
 * ledger key. -errno: nothing has changed.
 */
must_check int rotation_begin(struct state *state, struct key *ring,
			      const struct rotation_act *act);

/* Whether values may wait for being sealed anew. */
bool rotation_is_open(const struct state *state);
/*
 * Looks at the next values, ROTATION_BATCH at most, and seals anew what is
 * under an old key, in one transaction; after the last one retires the old
 * keys, with a record. ROTATION_E_MORE, 0 (it is done), -errno.
 */
#define ROTATION_BATCH 200
struct rotation {
	size_t column;    /* of sealed_columns */
	uint32_t uid;     /* looked at up to this one */
	int64_t at;       /* and of him, up to this time */
	uint64_t n_found; /* in this pass: under an old key */
	uint64_t n_lost;  /* of these, that did not open */
};
must_check int rotation_step(struct state *state, struct rotation *rotation,
			     int64_t now_us);

/* How many values each data key of the ring seals, in the ring's order. */
must_check int rotation_count_values(struct state *state, uint64_t *ret_counts);

/*
 * Sets the recovery key, with its record; the one that was there is replaced.
 * -EINVAL: no public key is like that.
 */
must_check int rotation_set_recovery(struct state *state,
				     const uint8_t public_key[RECOVERY_BYTES],
				     const struct rotation_act *act);
