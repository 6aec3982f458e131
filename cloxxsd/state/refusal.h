/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Refusal: refusals that are counted in the store in the place of a record
 * each, because their source waits (attempt/throttle.h): one row for all of one
 * reference, reason, user and service. The count is on the disk before the
 * answer leaves, as a record would be; once its window is over the row goes
 * into the ledger as one record (daemon/summing.h), in the same transaction in
 * which it is deleted. So each refusal stands in exactly one record, whenever
 * the daemon is killed, and a storm from one address makes a few of them.
 *
 * All refusals of one wait are told one reference, whatever their reason:
 * another one for a user who exists would tell that he does. For the same
 * reason it tells users who exist from others in the store only. What was typed
 * for a name that nobody has is not kept.
 *
 * Reading only: rows change through state/change.h.
 */

#include <stdint.h>

#include "base/address.h"
#include "base/name.h"
#include "base/network.h"
#include "base/scope.h"
#include "cloxxsd/state/store.h"

#define REFUSAL_REFERENCE_MAX 16
#define REFUSAL_REASON_MAX 40

struct refusal {
	int64_t id;
	char reference[REFUSAL_REFERENCE_MAX];
	char reason[REFUSAL_REASON_MAX];
	char user[NAME_USER_MAX + 1]; /* "" for a name that nobody has */
	char service[NAME_SERVICE_MAX + 1];
	char address[NETWORK_TEXT_MAX]; /* of IPv6 its first 64 bits */
	int64_t n;
	int64_t first_us, last_us;
};

enum refusal_error {
	_REFUSAL_E_OK,
	REFUSAL_E_NONE, /* none is left */
	REFUSAL_E_DAMAGED,
};

/* The oldest row whose first one was at or before until_us, or after now_us,
 * which a clock that was set back makes it. */
must_check int refusal_next(struct store *store, int64_t until_us,
			    int64_t now_us, struct refusal *ret_refusal);
/* REFUSAL_E_NONE, or 0 where there is any. */
must_check int refusal_any(struct store *store);
