/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Going on: what comes behind a proof: the next question, or the end. Which,
 * the rules say; this is the one place where their verdict becomes a step.
 */

#include "cloxxsd/attempt/attempt.h"

/*
 * facts hold what was proved; set what is written with it, which a denial
 * leaves out. A claim that is held is settled by it. Answers the attempt's
 * call, now or when more was done. -errno: nothing was written, and it is still
 * to be answered.
 */
must_check int going_on(struct attempt *attempt,
			const struct login_facts *facts,
			struct change_set *set);
/* Takes the claim back: the verification ended otherwise than wrong. */
void going_on_release(const struct attempt *attempt, struct change_set *set);
