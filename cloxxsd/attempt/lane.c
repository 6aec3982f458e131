/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/lane.h"

#define N_BUCKETS 256

/* The first place of a lane is the one whose turn it is; none: no lane. */
struct lane {
	uint32_t uid;
	struct lane_place *first, **end;
	struct lane_place *told; /* the first one, once its turn() was called */
	bool telling;            /* a turn() of this lane is on the stack */
	struct lane *next;
};

struct lanes {
	struct lane *buckets[N_BUCKETS];
};

int lanes_new(struct lanes **ret_lanes)
{
	struct lanes *lanes = calloc(1, sizeof(*lanes));

	if (!lanes)
		return -ENOMEM;
	*ret_lanes = lanes;
	return 0;
}

struct lanes *lanes_free(struct lanes *lanes)
{
	free(lanes);
	return NULL;
}

static struct lane **find(struct lanes *lanes, uint32_t uid)
{
	struct lane **lane = &lanes->buckets[uid % N_BUCKETS];

	while (*lane && (*lane)->uid != uid)
		lane = &(*lane)->next;
	return lane;
}

/*
 * Calls turn() of whoever is first, and of the next where he left at once: in
 * one loop, for a crowd that is let by must not grow the stack. An empty lane
 * is freed.
 */
static void give_turns(struct lanes *lanes, struct lane *lane)
{
	if (lane->telling)
		return;
	lane->telling = true;
	while (lane->first && lane->first != lane->told) {
		lane->told = lane->first;
		lane->first->turn(lane->first);
	}
	lane->telling = false;
	if (!lane->first) {
		*find(lanes, lane->uid) = lane->next;
		free(lane);
	}
}

int lane_enter(struct lanes *lanes, uint32_t uid, struct lane_place *place)
{
	struct lane **link = find(lanes, uid), *lane = *link;

	if (!lane) {
		lane = calloc(1, sizeof(*lane));
		if (!lane)
			return -ENOMEM;
		lane->uid = uid;
		lane->end = &lane->first;
		*link = lane;
	}
	place->lane = lane;
	place->next = NULL;
	*lane->end = place;
	lane->end = &place->next;
	give_turns(lanes, lane);
	return 0;
}

void lane_leave(struct lanes *lanes, struct lane_place *place)
{
	struct lane *lane = place->lane;
	struct lane_place **link;

	if (!lane)
		return;
	for (link = &lane->first; *link != place; link = &(*link)->next)
		;
	*link = place->next;
	if (!*link)
		lane->end = link;
	if (lane->told == place)
		lane->told = NULL;
	place->lane = NULL;
	place->next = NULL;
	give_turns(lanes, lane);
}
