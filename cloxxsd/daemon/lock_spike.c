/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/lock_spike.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "cloxxsd/daemon/log.h"
#include "cloxxsd/state/locks.h"

static int raise_alarm(struct lock_spike *spike, int64_t n, int64_t since_s)
{
	const struct attempts *attempts = spike->attempts;
	struct locks_origin origin;
	struct change_set set = { 0 };
	char details[160];
	int r;

	r = locks_origin(attempts->state->store, since_s, &origin);
	if (r != 0)
		return r;
	(void)snprintf(details, sizeof(details),
		       "users=%lld window=%us addresses=%lld most=%s met=%lld",
		       (long long)n, attempts->settings->alarm_window_s,
		       (long long)origin.n_addresses,
		       *origin.address ? origin.address : "local",
		       (long long)origin.n_users);
	change_set_record(
		&set, (struct record){ .at_us = clock_realtime_us(),
				       .event = EVENT_MANY_LOCKS,
				       .result = RECORD_DONE,
				       .reason = REASON_TOO_MANY_FAILURES,
				       .actor = "cloxxsd",
				       .address = record_text(origin.address),
				       .details = details });
	return state_apply(attempts->state, &set);
}

static int look(struct lock_spike *spike)
{
	const struct settings *settings = spike->attempts->settings;
	int64_t now_us = clock_monotonic_us(), since_s, n;
	int r;

	if (settings->alarm_locks == 0 || now_us < spike->quiet_until_us)
		return 0;
	since_s = clock_realtime_us() / 1000000 -
		  (int64_t)settings->alarm_window_s;
	r = locks_count(spike->attempts->state->store, since_s, &n);
	if (r != 0 || n < settings->alarm_locks)
		return r;
	r = raise_alarm(spike, n, since_s);
	if (r == 0)
		spike->quiet_until_us =
			now_us + (int64_t)settings->alarm_window_s * 1000000;
	return r;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	if (look(userdata) != 0)
		log_line(LOG_ALERT, "many users may have been locked, which "
				    "could not be recorded");
	return 0;
}

int lock_spike_init(struct lock_spike *spike, struct attempts *attempts)
{
	int r;

	*spike = (struct lock_spike){ .attempts = attempts };
	r = sd_event_add_time_relative(attempts->event, &spike->timer,
				       CLOCK_MONOTONIC, 0, 0, on_timer, spike);
	return r < 0 ? r : 0;
}

void lock_spike_deinit(struct lock_spike *spike)
{
	spike->timer = sd_event_source_disable_unref(spike->timer);
}

void lock_spike_committed(struct lock_spike *spike,
			  const struct change_set *set)
{
	const char *guessed = reason_name(REASON_TOO_MANY_FAILURES);

	for (size_t i = 0; i < set->n_changes; i++) {
		if (set->changes[i].type != CHANGE_USER_LOCK ||
		    strcmp(set->changes[i].text, guessed) != 0)
			continue;
		(void)!sd_event_source_set_time_relative(spike->timer, 0);
		(void)!sd_event_source_set_enabled(spike->timer,
						   SD_EVENT_ONESHOT);
	}
}
