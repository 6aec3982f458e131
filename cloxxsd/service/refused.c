/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/refused.h"

#include <stddef.h>

#define INTERVAL_US INT64_C(60000000)

/* The place of uid: its own, a free one, or the one that rests longest; NULL
 * where none has rested long enough. */
static struct refused_one *place_of(struct refused *refused, uid_t uid,
				    int64_t now_us)
{
	struct refused_one *oldest = &refused->uids[0];

	for (unsigned int i = 0; i < REFUSED_UIDS; i++) {
		struct refused_one *one = &refused->uids[i];

		if (one->used && one->uid == uid)
			return one;
		if (!one->used ||
		    (oldest->used && one->recorded_us < oldest->recorded_us))
			oldest = one;
	}
	if (oldest->used && now_us - oldest->recorded_us < INTERVAL_US)
		return NULL;
	*oldest = (struct refused_one){ .uid = uid };
	return oldest;
}

bool refused_note(struct refused *refused, uid_t uid, int64_t now_us,
		  uint64_t *ret_n_before)
{
	struct refused_one *one = place_of(refused, uid, now_us);

	if (!one)
		return false;
	if (one->used && now_us - one->recorded_us < INTERVAL_US) {
		one->n_since++;
		return false;
	}
	*ret_n_before = one->n_since;
	one->used = true;
	one->recorded_us = now_us;
	one->n_since = 0;
	return true;
}
