/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Hold: records that stay whatever their keep time says, and as they are, until
 * it is released: of a user (about him, by him, or naming him in details or
 * object), of a class, of a time, or of all of these. It
 * finds and matches; what is kept or not is retention's (state/retention.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/name.h"
#include "base/scope.h"
#include "cloxxsd/audit/event.h"
#include "cloxxsd/state/ledger.h"
#include "cloxxsd/state/store.h"

#define HOLD_REASON_MAX 256
#define HOLD_ACTOR_MAX 72
/* So many at once: each record is compared with all. */
#define HOLDS_MAX 256

struct hold {
	int64_t id;
	char user[NAME_USER_MAX + 1]; /* "" for all */
	enum event_class class;       /* _EVENT_CLASS_N for all */
	int64_t since_us, until_us;   /* INT64_MAX: without an end */
	int64_t made;                 /* in seconds */
	char reason[HOLD_REASON_MAX]; /* why */
	char actor[HOLD_ACTOR_MAX];   /* who made it */
};

struct holds {
	struct hold all[HOLDS_MAX];
	size_t n;
};

enum hold_error {
	_HOLD_E_OK,
	HOLD_E_UNKNOWN, /* none of that id */
	HOLD_E_DAMAGED, /* a row that cannot have been written by us */
	HOLD_E_FULL,    /* there are HOLDS_MAX */
};

/* All of them, the oldest first; ret_holds must not be on a small stack. */
must_check int holds_load(struct store *store, struct holds *ret_holds);
must_check int hold_find(struct store *store, int64_t id,
			 struct hold *ret_hold);
/* Within the caller's transaction; ret_id is the new one's. */
must_check int hold_add(struct store *store, const struct hold *hold,
			int64_t *ret_id);
must_check int hold_remove(struct store *store, int64_t id);

/* Whether any of them is about the record. */
bool holds_match(const struct holds *holds, const struct ledger_row *row);
