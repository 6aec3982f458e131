/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Head: the end of the ledger as an anchor (base/anchor.h), and whether the
 * ledger holds one that was made before.
 */

#include <stdbool.h>

#include "base/anchor.h"
#include "cloxxsd/state/state.h"

/* LEDGER_E_UNKNOWN: nothing was recorded yet. */
must_check int head_find(struct state *state, struct anchor *ret_anchor);
/*
 * Whether the record of the anchor stands there with that chain, and the
 * installation is the same. One of before the cut-off cannot be told, and
 * holds. It proves that record only as far as it is proved itself.
 */
must_check int head_holds(struct state *state, const struct anchor *anchor,
			  bool *ret_holds);
