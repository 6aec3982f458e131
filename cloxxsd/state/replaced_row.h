/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Replaced row: puts other texts in the place of those of a row of the ledger,
 * with the proof that it was us. Internal to state/retention.c and
 * state/erasure.c; within their transactions.
 */

#include "cloxxsd/state/ledger.h"
#include "cloxxsd/state/ledger_chain.h"

/* LEDGER_E_BROKEN: the row is not as it was written, and stays. */
must_check int replaced_row_write(struct ledger *ledger, int64_t seq,
				  const struct ledger_texts *texts);
/* All texts go: what a purged row has. */
must_check int replaced_row_purge(struct ledger *ledger, int64_t seq);
