/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/lane.h"

#define N_BUCKETS 256

/* The first place of a lane is the one whose turn it is; none: no lane. */
struct lane {
	uint32_t uid;
	struct lane_place *first, **end;
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
	if (lane->first == place)
		place->turn(place);
	return 0;
}

void lane_leave(struct lanes *lanes, struct lane_place *place)
{
	struct lane *lane = place->lane;
	struct lane_place **link;
	bool had_turn;

	if (!lane)
		return;
	had_turn = lane->first == place;
	for (link = &lane->first; *link != place; link = &(*link)->next)
		;
	*link = place->next;
	if (!*link)
		lane->end = link;
	place->lane = NULL;
	place->next = NULL;
	if (!lane->first) {
		struct lane **in_bucket = find(lanes, lane->uid);

		*in_bucket = lane->next;
		free(lane);
	} else if (had_turn) {
		lane->first->turn(lane->first);
	}
}
