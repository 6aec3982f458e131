/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Alarm: says that many users were locked by wrong answers within a short time:
 * one record in that time, with how many they are and where from most of it
 * came. It counts in the store, so a restart forgets no lock; that an alarm was
 * raised it does forget, and raises it again at the next lock. It locks nobody
 * and unlocks nobody.
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "cloxxsd/attempt/attempt.h"

struct alarm {
	struct attempts *attempts; /* for the state and the settings */
	sd_event_source *timer;
	int64_t quiet_until_us; /* of the monotonic clock; 0: never raised */
};

must_check int alarm_init(struct alarm *alarm, struct attempts *attempts);
void alarm_deinit(struct alarm *alarm);
/* After a commit; it looks soon, not now: nobody waits for it. */
void alarm_committed(struct alarm *alarm, const struct change_set *set);
