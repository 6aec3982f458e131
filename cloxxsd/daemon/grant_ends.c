/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/grant_ends.h"

#include <stdio.h>
#include <syslog.h>

#include "base/clock.h"
#include "cloxxsd/daemon/log.h"
#include "cloxxsd/service/holder.h"

/* So many in one turn of the loop: each is a transaction. */
#define TURN 16

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

static int end_what_is_over(void *userdata)
{
	struct grant_ends *ends = userdata;
	int64_t latest = state_moment(ends->state, 0).latest;
	struct grant grant;
	int r = 0;

	for (int i = 0; i < TURN; i++) {
		r = grant_next_end(ends->state->store, &grant);
		if (r == GRANT_E_UNKNOWN)
			return day_timer_disarm(&ends->timer);
		if (r == 0 && !grant_is_ended(&grant, latest))
			return day_timer_arm(&ends->timer, grant.until);
		if (r == 0)
			r = end_one(ends, &grant);
		if (r != 0)
			break;
	}
	if (r == 0)
		return day_timer_arm(&ends->timer, 0);
	log_line(LOG_ERR, "grants whose time is over could not be taken away; "
			  "it is tried again");
	return day_timer_arm_again(&ends->timer);
}

int grant_ends_init(struct grant_ends *ends, sd_event *event,
		    struct state *state)
{
	*ends = (struct grant_ends){ .state = state };
	return day_timer_init(&ends->timer, event, end_what_is_over, ends);
}

void grant_ends_deinit(struct grant_ends *ends)
{
	day_timer_deinit(&ends->timer);
}

void grant_ends_committed(struct grant_ends *ends, const struct change_set *set)
{
	bool any = false;

	for (size_t i = 0; i < set->n_changes; i++)
		any = any || set->changes[i].type == CHANGE_GRANT_SET ||
		      set->changes[i].type == CHANGE_GRANTS;
	if (any)
		(void)!day_timer_arm(&ends->timer, 0);
}
