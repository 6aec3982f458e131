/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Resealing: takes the steps of a rotation (state/rotation.h) while nothing
 * else waits, a batch at a time, so that no login does. It begins nothing by
 * itself; what a kill broke off it takes up at the start.
 */

#include <systemd/sd-event.h>

#include "base/scope.h"
#include "cloxxsd/state/rotation.h"

struct resealing {
	struct state *state; /* borrowed */
	sd_event_source *timer;
	struct rotation rotation;
};

must_check int resealing_init(struct resealing *resealing, sd_event *event,
			      struct state *state);
void resealing_deinit(struct resealing *resealing);
/* From the first value on: the keys have changed. */
void resealing_begin(struct resealing *resealing);
