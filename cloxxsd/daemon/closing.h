/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Closing: closes break-glass accounts whose time is over, and records that.
 * The rule keeps them out by the clock of the day already; this makes it last:
 * a clock that is set back opens nothing again, and while the daemon runs none
 * stays open longer than it was given.
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "cloxxsd/state/state.h"

/* So many are timed; those beyond go by the clock of the day alone. */
#define CLOSING_MAX 16

struct closing {
	struct state *state;
	sd_event_source *timer;
	struct closing_one {
		uint32_t uid;
		int64_t opened_at;
		int64_t until_us; /* by the clock that nobody sets */
	} open[CLOSING_MAX];
	size_t n;
};

/* Closes what is over already, and goes on with the rest. */
must_check int closing_init(struct closing *closing, sd_event *event,
			    struct state *state);
void closing_deinit(struct closing *closing);
/* After a commit. */
void closing_committed(struct closing *closing, const struct change_set *set);
