/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Unix groups: the readers and the writers of projects that are marked so, as
 * groups of the system in the identity map. Who is in which follows from the
 * access maps, after each commit; it decides nothing. Where a right ends by
 * itself the group follows when the grant is taken away (grant_ends.h), and for
 * processes that run already with their next login, as groups of the system do.
 */

#include <stdint.h>

#include "cloxxsd/daemon/access_maps.h"
#include "cloxxsd/daemon/publication.h"
#include "cloxxsd/state/state.h"

struct unix_groups {
	struct state *state;
	const struct access_maps *access;
	const struct publication *publication;
	/* The writer that was told of all groups: with another, all anew. */
	const struct identity_writer *told;
	struct project *projects; /* those that are marked */
	size_t n;
};

/* -errno: readers may not see all of them. */
must_check int unix_groups_init(struct unix_groups *groups, struct state *state,
				const struct access_maps *access,
				const struct publication *publication);
void unix_groups_deinit(struct unix_groups *groups);
/* After a commit, and after both maps were swung. */
must_check int unix_groups_committed(struct unix_groups *groups,
				     const struct change_set *set);
