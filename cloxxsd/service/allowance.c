/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/allowance.h"

/* The place of uid, or the one that is spent first, with what is owed there:
 * a crowd gains nothing by taking turns. */
static struct allowance_one *place_of(struct allowance *allowance, uid_t uid)
{
	struct allowance_one *first = &allowance->uids[0];

	for (unsigned int i = 0; i < ALLOWANCE_UIDS; i++) {
		struct allowance_one *one = &allowance->uids[i];

		if (one->until_us != 0 && one->uid == uid)
			return one;
		if (one->until_us < first->until_us)
			first = one;
	}
	first->uid = uid;
	return first;
}

bool allowance_take(struct allowance *allowance, uid_t uid, int64_t now_us)
{
	struct allowance_one *one = place_of(allowance, uid);

	if (one->until_us < now_us)
		one->until_us = now_us;
	if (one->until_us - now_us >= ALLOWANCE_BURST * ALLOWANCE_PAUSE_US)
		return false;
	one->until_us += ALLOWANCE_PAUSE_US;
	return true;
}
