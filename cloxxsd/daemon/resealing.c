/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/resealing.h"

#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "cloxxsd/daemon/log.h"

/* Between two batches, in which the disk is everybody's. */
#define PAUSE_US UINT64_C(2000)
/* After one that could not be written. */
#define AGAIN_US UINT64_C(60000000)

static void arm(struct resealing *resealing, uint64_t wait_us)
{
	if (sd_event_source_set_time_relative(resealing->timer, wait_us) < 0 ||
	    sd_event_source_set_enabled(resealing->timer, SD_EVENT_ONESHOT) < 0)
		log_line(LOG_WARNING, "values wait for the next start to be "
				      "sealed with the new key");
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct resealing *resealing = userdata;
	int r;

	(void)source;
	(void)usec;
	r = rotation_step(resealing->state, &resealing->rotation,
			  clock_realtime_us());
	if (r == ROTATION_E_MORE) {
		arm(resealing, PAUSE_US);
	} else if (r == 0) {
		log_line(LOG_NOTICE, "all is sealed with the new key");
	} else {
		log_line(LOG_WARNING,
			 "values cannot be sealed with the new key: %s; tried "
			 "again in a minute",
			 strerror(-r));
		arm(resealing, AGAIN_US);
	}
	return 0;
}

int resealing_init(struct resealing *resealing, sd_event *event,
		   struct state *state)
{
	int r;

	*resealing = (struct resealing){ .state = state };
	r = sd_event_add_time(event, &resealing->timer, CLOCK_MONOTONIC, 0,
			      1000, on_timer, resealing);
	if (r >= 0)
		r = sd_event_source_set_priority(resealing->timer,
						 SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_source_set_enabled(resealing->timer, SD_EVENT_OFF);
	if (r >= 0 && rotation_is_open(state))
		arm(resealing, PAUSE_US);
	return r < 0 ? r : 0;
}

void resealing_deinit(struct resealing *resealing)
{
	resealing->timer = sd_event_source_disable_unref(resealing->timer);
}

void resealing_begin(struct resealing *resealing)
{
	resealing->rotation = (struct rotation){ 0 };
	arm(resealing, PAUSE_US);
}
