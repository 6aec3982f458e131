/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Lane: one hash at a time for each user, of a password that is verified or of
 * a new one, the others in order behind it. Conversations are not serialised,
 * so an open prompt holds nobody up.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

struct lanes;

/* In a lane, or waiting for one; part of what waits. All zero: in none. */
struct lane_place {
	/*
	 * It is this one's turn; called from lane_enter(), or from lane_leave()
	 * of the one before. It may leave at once.
	 */
	void (*turn)(struct lane_place *place);
	struct lane *lane;
	struct lane_place *next;
};

must_check int lanes_new(struct lanes **ret_lanes);
/* Nobody may stand in a lane any more. */
struct lanes *lanes_free(struct lanes *lanes);

/*
 * Takes a place in the lane of uid: turn() is called at once where it is free,
 * behind the turn() that runs where there is one.
 */
must_check int lane_enter(struct lanes *lanes, uint32_t uid,
			  struct lane_place *place);
/* Gives the place up, in turn or waiting; nothing where it has none. */
void lane_leave(struct lanes *lanes, struct lane_place *place);
