/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Allowance: how often a user may have the daemon decide about himself. Each
 * decision is a record on the disk, and most are a hash: without a bound one
 * user fills the one and holds up everybody's other. It knows no user and no
 * rule; root, who asks for everybody, is not counted.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define ALLOWANCE_UIDS 64
/* So many at once, then one for each pause. */
#define ALLOWANCE_BURST 20
#define ALLOWANCE_PAUSE_US INT64_C(500000)

/* All zero: nobody asked yet. */
struct allowance {
	struct allowance_one {
		uid_t uid;
		int64_t until_us; /* what was taken is spent at this time */
	} uids[ALLOWANCE_UIDS];
};

/* Takes one for uid; false where none is left. now_us on the monotonic clock.
 */
bool allowance_take(struct allowance *allowance, uid_t uid, int64_t now_us);
