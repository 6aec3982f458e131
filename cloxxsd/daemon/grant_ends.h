/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Grant ends: takes grants away whose time is over, and records that. Readers
 * compare the end themselves already; this makes it last: a clock that is set
 * back gives nobody a right again.
 */

#include "cloxxsd/daemon/day_timer.h"
#include "cloxxsd/state/state.h"

struct grant_ends {
	struct state *state;
	struct day_timer timer;
};

/* Takes away what is over already, and goes on with the rest. */
must_check int grant_ends_init(struct grant_ends *ends, sd_event *event,
			       struct state *state);
void grant_ends_deinit(struct grant_ends *ends);
/* After a commit. */
void grant_ends_committed(struct grant_ends *ends,
			  const struct change_set *set);
