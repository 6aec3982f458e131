/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/closing.h"

#include <syslog.h>
#include <time.h>

#include "base/clock.h"
#include "cloxxsd/attempt/attempt.h"
#include "cloxxsd/daemon/log.h"

#define TICK_US UINT64_C(1000000)

/* Runs on through suspension, and nobody sets it. */
static int64_t steady_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void forget(struct closing *closing, size_t i)
{
	closing->open[i] = closing->open[--closing->n];
}

/* When it must be closed; remembered from the first time it is seen open. */
static int64_t until_of(struct closing *closing, const struct user *user,
			int64_t now)
{
	int64_t until_us = steady_now_us() + (user->open_until - now) * 1000000;

	for (size_t i = 0; i < closing->n; i++) {
		if (closing->open[i].uid != user->uid)
			continue;
		if (closing->open[i].opened_at == user->opened_at)
			return closing->open[i].until_us;
		forget(closing, i);
		break;
	}
	if (closing->n < CLOSING_MAX)
		closing->open[closing->n++] =
			(struct closing_one){ .uid = user->uid,
					      .opened_at = user->opened_at,
					      .until_us = until_us };
	return until_us;
}

static void close_one(struct closing *closing, const struct user *user)
{
	struct change_set set = { 0 };

	change_set_add(&set, (struct change){ .type = CHANGE_BREAK_GLASS_CLOSE,
					      .uid = user->uid });
	change_set_record(&set,
			  (struct record){ .at_us = clock_realtime_us(),
					   .event = EVENT_BREAK_GLASS_CLOSED,
					   .result = RECORD_DONE,
					   .reason = REASON_NONE,
					   .user = user->name,
					   .actor = "cloxxsd",
					   .details = "time over" });
	if (state_apply(closing->state, &set) != 0)
		log_line(LOG_ERR,
			 "the break-glass account %s could not be closed; it "
			 "is tried again",
			 user->name);
}

/* Whether any is open still. */
static bool close_what_is_over(struct closing *closing)
{
	struct user user = { 0 };
	bool left = false;
	int r;

	while ((r = user_next_open(closing->state->store, user.uid, &user)) ==
	       0) {
		int64_t now = clock_realtime_us() / 1000000;

		left = true;
		if (!user_is_open(&user, now) ||
		    steady_now_us() >= until_of(closing, &user, now))
			close_one(closing, &user);
	}
	return left || r != USER_E_UNKNOWN;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct closing *closing = userdata;

	(void)usec;
	if (!close_what_is_over(closing)) {
		closing->n = 0;
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	return sd_event_source_set_time_relative(source, TICK_US);
}

int closing_init(struct closing *closing, sd_event *event, struct state *state)
{
	int r;

	*closing = (struct closing){ .state = state };
	r = sd_event_add_time_relative(event, &closing->timer, CLOCK_MONOTONIC,
				       TICK_US, 0, on_timer, closing);
	if (r >= 0)
		r = sd_event_source_set_enabled(closing->timer, SD_EVENT_OFF);
	if (r >= 0 && close_what_is_over(closing))
		r = sd_event_source_set_enabled(closing->timer, SD_EVENT_ON);
	return r < 0 ? r : 0;
}

void closing_deinit(struct closing *closing)
{
	closing->timer = sd_event_source_disable_unref(closing->timer);
}

void closing_committed(struct closing *closing, const struct change_set *set)
{
	for (size_t i = 0; i < set->n_changes; i++) {
		if (set->changes[i].type != CHANGE_BREAK_GLASS_OPEN)
			continue;
		(void)!sd_event_source_set_time_relative(closing->timer, 0);
		(void)!sd_event_source_set_enabled(closing->timer, SD_EVENT_ON);
	}
}
