/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Lock spike: records that many users were locked by wrong answers within a
 * short time: once in that time, with how many they are and where from most of
 * it came. It counts in the store, so a restart forgets no lock; that it was
 * recorded it does forget, and does it again at the next lock. It locks nobody
 * and unlocks nobody, and tells nobody: the alarm does (cloxxsd/alarm/).
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "cloxxsd/attempt/attempt.h"

struct lock_spike {
	struct attempts *attempts; /* for the state and the settings */
	sd_event_source *timer;
	int64_t quiet_until_us; /* of the monotonic clock; 0: never raised */
};

must_check int lock_spike_init(struct lock_spike *spike,
			       struct attempts *attempts);
void lock_spike_deinit(struct lock_spike *spike);
/* After a commit; it looks soon, not now: nobody waits for it. */
void lock_spike_committed(struct lock_spike *spike,
			  const struct change_set *set);
