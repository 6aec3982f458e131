/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Refused: which callers were refused lately, so that a caller who hammers
 * fills neither the ledger nor the memory: one record a minute for each uid,
 * with the number of those in between; and no more than there are places, for
 * a user namespace gives a caller thousands of uids.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define REFUSED_UIDS 64

struct refused {
	struct refused_one {
		bool used;
		uid_t uid;
		int64_t recorded_us;
		uint64_t n_since;
	} uids[REFUSED_UIDS];
};

/*
 * Whether this refusal is to be recorded; *ret_n_before then counts those of
 * this uid that were not. now_us on the monotonic clock.
 */
bool refused_note(struct refused *refused, uid_t uid, int64_t now_us,
		  uint64_t *ret_n_before);
