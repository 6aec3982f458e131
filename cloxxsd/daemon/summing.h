/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Summing: brings refusals that were counted (state/refusal.h) into the ledger,
 * each row of them as one record, once the throttle's window has passed since
 * its first one. One row at a time, so that it holds no login up.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "cloxxsd/attempt/attempt.h"

struct summing {
	struct attempts *attempts; /* for the state and the settings */
	sd_event_source *timer;
	bool runs;
};

/* Goes on with what a former daemon left. */
must_check int summing_init(struct summing *summing, struct attempts *attempts);
void summing_deinit(struct summing *summing);
/* After a commit. */
void summing_committed(struct summing *summing, const struct change_set *set);
