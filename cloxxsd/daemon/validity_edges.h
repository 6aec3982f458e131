/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Validity edges: brings the access maps and the groups of the system up to
 * date when a user's time begins or is over. Readers of a map compare the times
 * themselves; this makes the end last, whatever is done to the clock, and lets
 * groups, which have no times, follow.
 */

#include "cloxxsd/daemon/access_maps.h"
#include "cloxxsd/daemon/day_timer.h"
#include "cloxxsd/daemon/unix_groups.h"
#include "cloxxsd/state/state.h"

struct validity_edges {
	struct state *state;
	struct access_maps *maps;
	struct unix_groups *groups;
	struct day_timer timer;
	struct user_edge last; /* that was told of */
};

/* After both were filled. */
must_check int validity_edges_init(struct validity_edges *edges,
				   sd_event *event, struct state *state,
				   struct access_maps *maps,
				   struct unix_groups *groups);
void validity_edges_deinit(struct validity_edges *edges);
/* After a commit. */
void validity_edges_committed(struct validity_edges *edges,
			      const struct change_set *set);
