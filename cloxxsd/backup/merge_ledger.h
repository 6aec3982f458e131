/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Merge ledger: whether the ledger of a restored store goes on where that of
 * the present one is, which is attached to it as "present", or ends earlier.
 */

#include "cloxxsd/backup/merge.h"

/* Within the caller's transaction. present_is_good: its chain was proved. */
must_check int merge_ledger(struct state *restored, bool present_is_good,
			    enum merge_ledger *ret_ledger);
