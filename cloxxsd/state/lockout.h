/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Lockout: what a counted wrong answer does to a user: it settles his claim,
 * the count goes up, and at the limit he is locked. The one place where a lock
 * comes of itself; lifting it is an administrator's verb.
 */

#include <stdint.h>

#include "cloxxsd/state/change.h"

/*
 * Adds to set that failure of user, as he stands in the store, is counted, and
 * where it is the failures_max-th and he is not locked yet, that he is locked
 * now, with the record of that. user and failure live as long as set.
 */
void lockout_count(struct change_set *set, const struct user *user,
		   const struct user_failure *failure, uint32_t failures_max,
		   int64_t now_us);
