/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/grant_ends.h"

#include <stdio.h>
#include <syslog.h>

#include "base/clock.h"
#include "cloxxsd/daemon/log.h"
#include "cloxxsd/service/holder.h"

/* So many in one turn of the loop: each is a transaction. */
#define TURN 16
/* Until it is tried again where the store could not be read or written. */
#define AGAIN_US UINT64_C(10000000)

static int end_one(struct grant_ends *ends, const struct grant *grant)
{
	char holder[HOLDER_TEXT_MAX] = "", project[NAME_PROJECT_MAX + 1] = "";
	struct store *store = ends->state->store;
	struct change_set set = { 0 };
	char details[160];

	/* Who it was is told as far as it is known. */
	(void)!holder_write(store, grant->holder, holder);
	(void)!holder_write_project(store, grant->project, project);
	(void)snprintf(details, sizeof(details), "project=%s right=%s->none",
		       project, grant_rights_name(grant->rights));
	change_set_add(&set, (struct change){ .type = CHANGE_GRANT_REMOVE,
					      .grant = grant });
	change_set_record(&set, (struct record){ .at_us = clock_realtime_us(),
						 .event = EVENT_GRANT_ENDED,
						 .result = RECORD_DONE,
						 .reason = REASON_NONE,
						 .user = record_text(holder),
						 .actor = "cloxxsd",
						 .service = grant->service,
						 .details = details });
	return state_apply(ends->state, &set);
}

/* Arms the timer for at_us of the clock of the day. */
static int arm(struct grant_ends *ends, uint64_t at_us)
{
	int r = sd_event_source_set_time(ends->timer, at_us);

	return r < 0 ? r
		     : sd_event_source_set_enabled(ends->timer,
						   SD_EVENT_ONESHOT);
}

static int end_what_is_over(struct grant_ends *ends)
{
	int64_t latest = state_moment(ends->state, 0).latest;
	struct grant grant;
	int r = 0;

	for (int i = 0; i < TURN; i++) {
		r = grant_next_end(ends->state->store, &grant);
		if (r == GRANT_E_UNKNOWN)
			return sd_event_source_set_enabled(ends->timer,
							   SD_EVENT_OFF);
		if (r == 0 && !grant_is_ended(&grant, latest))
			return arm(ends, (uint64_t)grant.until * 1000000);
		if (r == 0)
			r = end_one(ends, &grant);
		if (r != 0)
			break;
	}
	if (r == 0)
		return arm(ends, 0);
	log_line(LOG_ERR, "grants whose time is over could not be taken away; "
			  "it is tried again");
	return arm(ends, (uint64_t)clock_realtime_us() + AGAIN_US);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	return end_what_is_over(userdata);
}

int grant_ends_init(struct grant_ends *ends, sd_event *event,
		    struct state *state)
{
	int r;

	*ends = (struct grant_ends){ .state = state };
	r = sd_event_add_time(event, &ends->timer, CLOCK_REALTIME, 0, 100000,
			      on_timer, ends);
	return r < 0 ? r : 0;
}

void grant_ends_deinit(struct grant_ends *ends)
{
	ends->timer = sd_event_source_disable_unref(ends->timer);
}

void grant_ends_committed(struct grant_ends *ends, const struct change_set *set)
{
	bool any = false;

	for (size_t i = 0; i < set->n_changes; i++)
		any = any || set->changes[i].type == CHANGE_GRANT_SET ||
		      set->changes[i].type == CHANGE_GRANTS;
	if (any)
		(void)!arm(ends, 0);
}
