/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Day timer: calls once when a time of the clock of the day has come, for who
 * has such times in the store. It does not say what is over by then: who is
 * called asks the state for the moment.
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/scope.h"

struct day_timer {
	sd_event_source *source;
	/* Below 0: the loop calls no more. */
	int (*call)(void *userdata);
	void *userdata;
};

/* Armed for the first turn of the loop. The timer stays where it is until
 * _deinit(), which takes one that is zero too. */
must_check int day_timer_init(struct day_timer *timer, sd_event *event,
			      int (*call)(void *userdata), void *userdata);
void day_timer_deinit(struct day_timer *timer);
/* For at, in seconds since 1970, in the place of what it was armed for; one
 * that is past, as 0: in the next turn. */
must_check int day_timer_arm(struct day_timer *timer, int64_t at);
/* For in a while: what was to be done could not be. */
must_check int day_timer_arm_again(struct day_timer *timer);
must_check int day_timer_disarm(struct day_timer *timer);
