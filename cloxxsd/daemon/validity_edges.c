/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/validity_edges.h"

#include <syslog.h>

#include "cloxxsd/daemon/log.h"

/* So many users in one turn of the loop. */
#define TURN 64

/* As if something about him had been changed: it has, by itself. */
static int tell(struct validity_edges *edges, uint32_t uid)
{
	struct change_set set = { 0 };

	change_set_add(&set,
		       (struct change){ .type = CHANGE_USER_SET, .uid = uid });
	access_maps_committed(edges->maps, &set);
	return unix_groups_committed(edges->groups, &set);
}

static int pass(void *userdata)
{
	struct validity_edges *edges = userdata;
	int64_t latest = state_moment(edges->state, 0).latest;
	struct user_edge edge;
	int r = 0;

	for (int i = 0; i < TURN; i++) {
		r = user_next_edge(edges->state->store, &edges->last, &edge);
		if (r == USER_E_UNKNOWN)
			return day_timer_disarm(&edges->timer);
		if (r == 0 && edge.at > latest)
			return day_timer_arm(&edges->timer, edge.at);
		if (r == 0)
			r = tell(edges, edge.uid);
		if (r != 0)
			break;
		edges->last = edge;
	}
	if (r == 0)
		return day_timer_arm(&edges->timer, 0);
	log_line(LOG_ERR, "users whose time is over could not be told of; it "
			  "is tried again");
	return day_timer_arm_again(&edges->timer);
}

int validity_edges_init(struct validity_edges *edges, sd_event *event,
			struct state *state, struct access_maps *maps,
			struct unix_groups *groups)
{
	*edges = (struct validity_edges){
		.state = state,
		.maps = maps,
		.groups = groups,
		/* What was before then was seen when they were filled. */
		.last = { .at = state_moment(state, 0).latest,
			  .uid = UINT32_MAX },
	};
	return day_timer_init(&edges->timer, event, pass, edges);
}

void validity_edges_deinit(struct validity_edges *edges)
{
	day_timer_deinit(&edges->timer);
}

void validity_edges_committed(struct validity_edges *edges,
			      const struct change_set *set)
{
	bool any = false;

	for (size_t i = 0; edges->timer.source && i < set->n_changes; i++)
		any = any || change_is_profile(&set->changes[i]);
	if (any)
		(void)!day_timer_arm(&edges->timer, 0);
}
