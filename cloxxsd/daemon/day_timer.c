/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/day_timer.h"

#include <time.h>

#include "base/clock.h"

/* How late it may call. */
#define ACCURACY_US 100000
/* Until it is tried again. */
#define AGAIN_US UINT64_C(10000000)

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct day_timer *timer = userdata;

	(void)source;
	(void)usec;
	return timer->call(timer->userdata);
}

int day_timer_init(struct day_timer *timer, sd_event *event,
		   int (*call)(void *userdata), void *userdata)
{
	int r;

	*timer = (struct day_timer){ .call = call, .userdata = userdata };
	r = sd_event_add_time(event, &timer->source, CLOCK_REALTIME, 0,
			      ACCURACY_US, on_timer, timer);
	return r < 0 ? r : 0;
}

void day_timer_deinit(struct day_timer *timer)
{
	timer->source = sd_event_source_disable_unref(timer->source);
}

static int arm_us(struct day_timer *timer, uint64_t at_us)
{
	int r = sd_event_source_set_time(timer->source, at_us);

	return r < 0 ? r
		     : sd_event_source_set_enabled(timer->source,
						   SD_EVENT_ONESHOT);
}

int day_timer_arm(struct day_timer *timer, int64_t at)
{
	return arm_us(timer, (uint64_t)at * 1000000);
}

int day_timer_arm_again(struct day_timer *timer)
{
	return arm_us(timer, (uint64_t)clock_realtime_us() + AGAIN_US);
}

int day_timer_disarm(struct day_timer *timer)
{
	return sd_event_source_set_enabled(timer->source, SD_EVENT_OFF);
}
