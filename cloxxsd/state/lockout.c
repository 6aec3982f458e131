/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/lockout.h"

void lockout_count(struct change_set *set, const struct user *user,
		   const struct user_failure *failure, uint32_t failures_max,
		   int64_t now_us)
{
	const enum reason reason = REASON_TOO_MANY_FAILURES;

	change_set_add(set, (struct change){ .type = CHANGE_FAILURE,
					     .uid = user->uid,
					     .failure = failure });
	if (user->failures + 1 < failures_max || user_is_locked(user))
		return;
	change_set_add(set, (struct change){ .type = CHANGE_USER_LOCK,
					     .uid = user->uid,
					     .at = now_us / 1000000,
					     .text = reason_name(reason) });
	change_set_record(
		set,
		(struct record){ .at_us = now_us,
				 .event = EVENT_USER_LOCKED,
				 .result = RECORD_DONE,
				 .reason = reason,
				 .user = user->name,
				 .actor = "cloxxsd",
				 .service = record_text(failure->service),
				 .address = record_text(failure->address) });
}
