/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Latest: the latest time that a store has known of, so that a clock which is
 * set back lengthens nothing: not the life of an account, nor of a temporary
 * password. It is what the clock showed when the store was opened, or what the
 * store knew before where that is later, and goes on from there with the steady
 * clock, which nobody sets. So it never falls; it does not stand still, or what
 * is given out while the clock is behind would never end; and a clock that
 * jumps ahead while the daemon runs does not take it along, for when that is
 * mended everybody would be found to have ended.
 */

#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/state/store.h"

struct latest {
	int64_t begun_s; /* what it was when the steady clock showed begun_us */
	int64_t begun_us;
	int64_t kept_s; /* what the store has of it */
};

/* Reads what the store knows; now_s is what the clock shows. */
must_check int latest_init(struct latest *latest, struct store *store,
			   int64_t now_s);
/* Not before now_s. */
int64_t latest_get(const struct latest *latest, int64_t now_s);
/*
 * Within the caller's transaction: keeps it where the store is a minute behind.
 * When that is rolled back the caller puts the former struct back.
 */
must_check int latest_keep(struct latest *latest, struct store *store);
/* The time that was known to be later was wrong: it goes on from now_s. The
 * store is told by a change (CHANGE_CLOCK). */
void latest_accept(struct latest *latest, int64_t now_s);
