/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Purging: takes from the ledger, once an hour of the steady clock, what the
 * settings in force keep no longer; some records in each turn of the loop, so
 * that nobody waits. What goes and how is retention's (state/retention.h).
 */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "cloxxsd/attempt/attempt.h"
#include "cloxxsd/state/retention.h"

struct purging {
	struct attempts *attempts; /* whose settings and state */
	struct retention_pass *pass;
	sd_event_source *timer;
	int64_t broken_seq; /* that was told of; 0: none */
	bool is_in_pass;
};

must_check int purging_init(struct purging *purging, struct attempts *attempts);
void purging_deinit(struct purging *purging);
