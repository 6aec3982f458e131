/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/validity_edges.h"

#include <syslog.h>

#include "base/clock.h"
#include "cloxxsd/daemon/log.h"

/* So many users in one turn of the loop. */
#define TURN 64
#define AGAIN_US UINT64_C(10000000)

static int arm(struct validity_edges *edges, uint64_t at_us)
{
	int r = sd_event_source_set_time(edges->timer, at_us);

	return r < 0 ? r
		     : sd_event_source_set_enabled(edges->timer,
						   SD_EVENT_ONESHOT);
}

/* As if something about him had been changed: it has, by itself. */
static int tell(struct validity_edges *edges, uint32_t uid)
{
	struct change_set set = { 0 };

	change_set_add(&set,
		       (struct change){ .type = CHANGE_USER_SET, .uid = uid });
	access_maps_committed(edges->maps, &set);
	return unix_groups_committed(edges->groups, &set);
}

static int pass(struct validity_edges *edges)
{
	int64_t latest = state_moment(edges->state, 0).latest;
	struct user_edge edge;
	int r = 0;

	for (int i = 0; i < TURN; i++) {
		r = user_next_edge(edges->state->store, &edges->last, &edge);
		if (r == USER_E_UNKNOWN)
			return sd_event_source_set_enabled(edges->timer,
							   SD_EVENT_OFF);
		if (r == 0 && edge.at > latest)
			return arm(edges, (uint64_t)edge.at * 1000000);
		if (r == 0)
			r = tell(edges, edge.uid);
		if (r != 0)
			break;
		edges->last = edge;
	}
	if (r == 0)
		return arm(edges, 0);
	log_line(LOG_ERR, "users whose time is over could not be told of; it "
			  "is tried again");
	return arm(edges, (uint64_t)clock_realtime_us() + AGAIN_US);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	return pass(userdata);
}

int validity_edges_init(struct validity_edges *edges, sd_event *event,
			struct state *state, struct access_maps *maps,
			struct unix_groups *groups)
{
	int r;

	*edges = (struct validity_edges){
		.state = state,
		.maps = maps,
		.groups = groups,
		/* What was before then was seen when they were filled. */
		.last = { .at = state_moment(state, 0).latest,
			  .uid = UINT32_MAX },
	};
	r = sd_event_add_time(event, &edges->timer, CLOCK_REALTIME, 0, 100000,
			      on_timer, edges);
	return r < 0 ? r : 0;
}

void validity_edges_deinit(struct validity_edges *edges)
{
	edges->timer = sd_event_source_disable_unref(edges->timer);
}

void validity_edges_committed(struct validity_edges *edges,
			      const struct change_set *set)
{
	bool any = false;

	for (size_t i = 0; edges->timer && i < set->n_changes; i++)
		any = any || change_is_profile(&set->changes[i]);
	if (any)
		(void)!arm(edges, 0);
}
