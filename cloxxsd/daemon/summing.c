/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/summing.h"

#include <stdio.h>
#include <syslog.h>

#include "base/clock.h"
#include "cloxxsd/daemon/log.h"

#define TICK_US UINT64_C(5000000)

static int tell(struct summing *summing, const struct refusal *refusal,
		int64_t now_us)
{
	enum reason reason = REASON_UNDECIDED;
	struct change_set set = { 0 };
	char details[120];

	(void)reason_find(refusal->reason, &reason);
	(void)snprintf(details, sizeof(details), "n=%lld first=%lld last=%lld",
		       (long long)refusal->n, (long long)refusal->first_us,
		       (long long)refusal->last_us);
	change_set_add(&set, (struct change){ .type = CHANGE_REFUSAL_TOLD,
					      .refusal = refusal });
	change_set_record(&set,
			  (struct record){ .at_us = now_us,
					   .event = EVENT_REFUSALS_COUNTED,
					   .result = RECORD_DENIED,
					   .reason = reason,
					   .user = record_text(refusal->user),
					   .actor = "cloxxsd",
					   .service = refusal->service,
					   .address = refusal->address,
					   .reference = refusal->reference,
					   .details = details });
	return state_apply(summing->attempts->state, &set);
}

/* Tells of one row that is due; REFUSAL_E_NONE where none is. */
static int tell_next(struct summing *summing)
{
	int64_t window_us =
		(int64_t)summing->attempts->settings->throttle_window_s *
		1000000;
	int64_t now_us = clock_realtime_us();
	struct refusal refusal;
	int r;

	r = refusal_next(summing->attempts->state->store, now_us - window_us,
			 now_us, &refusal);
	return r != 0 ? r : tell(summing, &refusal, now_us);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct summing *summing = userdata;
	int r = tell_next(summing);

	(void)usec;
	if (r != 0 && r != REFUSAL_E_NONE)
		log_line(LOG_ERR, "counted refusals could not be recorded; it "
				  "is tried again");
	if (r == REFUSAL_E_NONE &&
	    refusal_any(summing->attempts->state->store) == REFUSAL_E_NONE) {
		summing->runs = false;
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	return sd_event_source_set_time_relative(source, r == 0 ? 0 : TICK_US);
}

int summing_init(struct summing *summing, struct attempts *attempts)
{
	int r;

	*summing = (struct summing){ .attempts = attempts, .runs = true };
	r = sd_event_add_time_relative(attempts->event, &summing->timer,
				       CLOCK_MONOTONIC, 0, 0, on_timer,
				       summing);
	if (r >= 0)
		r = sd_event_source_set_enabled(summing->timer, SD_EVENT_ON);
	return r < 0 ? r : 0;
}

void summing_deinit(struct summing *summing)
{
	summing->timer = sd_event_source_disable_unref(summing->timer);
}

void summing_committed(struct summing *summing, const struct change_set *set)
{
	for (size_t i = 0; i < set->n_changes && !summing->runs; i++) {
		if (set->changes[i].type != CHANGE_REFUSAL)
			continue;
		summing->runs = true;
		(void)!sd_event_source_set_time_relative(summing->timer,
							 TICK_US);
		(void)!sd_event_source_set_enabled(summing->timer, SD_EVENT_ON);
	}
}
