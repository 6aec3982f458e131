/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Verification: an answer against the stored password: turn, claim, hash,
 * settle. Where a gate denies, or the user is unknown, a decoy of the same
 * cost runs in its place, counted for nobody.
 */

#include "cloxxsd/attempt/attempt.h"

/*
 * Verifies attempt->current (or tells of attempt->answer, why it cannot be
 * verified). Answers the attempt's call when settled, at once or later; the
 * attempt may be freed by then. -errno: nothing was begun.
 */
must_check int verification_begin(struct attempt *attempt);
/* For attempts->rehearsal, of an attempt: reads what settling it will read. */
void verification_rehearse(void *userdata);
