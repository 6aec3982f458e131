/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/late_records.h"

#include <syslog.h>
#include <time.h>

#include "cloxxsd/daemon/log.h"
#include "cloxxsd/state/import.h"

/* So many in one turn of the loop, as one transaction. */
#define TURN 200
/* Until it is tried again where they could not be written. */
#define AGAIN_US UINT64_C(10000000)

static void arm(struct late_records *late, uint64_t after_us)
{
	(void)!sd_event_source_set_time_relative(late->timer, after_us);
	(void)!sd_event_source_set_enabled(late->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct late_records *late = userdata;
	int64_t n = 0;

	(void)source;
	(void)usec;
	if (import_record(late->state, TURN, &n) != 0) {
		log_line(LOG_ERR, "records of grants could not be written; it "
				  "is tried again");
		arm(late, AGAIN_US);
	} else if (n > 0) {
		arm(late, 0);
	}
	return 0;
}

int late_records_init(struct late_records *late, sd_event *event,
		      struct state *state)
{
	int r;

	*late = (struct late_records){ .state = state };
	r = sd_event_add_time_relative(event, &late->timer, CLOCK_MONOTONIC, 0,
				       0, on_timer, late);
	if (r >= 0)
		r = sd_event_source_set_enabled(late->timer, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

void late_records_deinit(struct late_records *late)
{
	late->timer = sd_event_source_disable_unref(late->timer);
}

void late_records_committed(struct late_records *late,
			    const struct change_set *set)
{
	for (size_t i = 0; i < set->n_changes; i++)
		if (set->changes[i].type == CHANGE_GRANTS)
			arm(late, 0);
}
