/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Late records: brings the records of many grants that came at once into the
 * ledger, some in each turn of the loop, so that they hold no login up. They
 * stand in the store since their change; what a crash interrupts the next start
 * brings there.
 */

#include <systemd/sd-event.h>

#include "cloxxsd/state/state.h"

struct late_records {
	struct state *state;
	sd_event_source *timer;
};

must_check int late_records_init(struct late_records *late, sd_event *event,
				 struct state *state);
void late_records_deinit(struct late_records *late);
/* After a commit. */
void late_records_committed(struct late_records *late,
			    const struct change_set *set);
