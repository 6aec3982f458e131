/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Retention: what is taken out of the ledger, and how that is proved. A record
 * whose class is kept no longer loses its texts and keeps its place in the
 * chain (state/ledger_chain.h); where all up to some record are gone they are
 * removed, and a signed cut-off stands for them. Records that are on hold
 * (state/hold.h), the last one, and those that are not as they were written,
 * stay. What was done is recorded in the same transaction.
 *
 * A clock that jumps ahead must not empty the ledger: with each pass records of
 * RETENTION_PACE_US go at most.
 */

#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/audit/event.h"
#include "cloxxsd/state/hold.h"
#include "cloxxsd/state/state.h"

/* Passes are RETENTION_PASS_US apart, on the steady clock. */
#define RETENTION_PASS_US INT64_C(3600000000)
#define RETENTION_PACE_US (2 * RETENTION_PASS_US)

struct retention_pass {
	enum event_class class;           /* that is looked at now */
	int64_t until_us[_EVENT_CLASS_N]; /* what is older goes */
	int64_t n_purged[_EVENT_CLASS_N];
	struct holds holds;
};

enum retention_error {
	_RETENTION_E_OK,
	RETENTION_E_MORE,   /* step again */
	RETENTION_E_BROKEN, /* a record is not as it was written */
};

/* keep_us: how long each class is kept. */
must_check int retention_begin(struct state *state,
			       const int64_t keep_us[_EVENT_CLASS_N],
			       int64_t now_us, struct retention_pass *ret_pass);
/*
 * Looks at n records more, as one transaction. 0: the pass is at its end.
 * RETENTION_E_BROKEN: it is, for *ret_seq is not as it was written: nothing
 * from there on goes until that is mended.
 */
must_check int retention_step(struct state *state, struct retention_pass *pass,
			      int64_t n, int64_t now_us, int64_t *ret_seq);

/* Applies the making or the end of a hold, with its record, which is told the
 * number of the new one. HOLD_E_*. */
must_check int retention_hold(struct state *state, struct hold *hold,
			      const struct record *record);
must_check int retention_release(struct state *state, int64_t id,
				 const struct record *record);
