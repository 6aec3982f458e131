/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clock was set back, and was wrong before: what was known to be later is
 * forgotten. Root alone says so: it may let in who was kept out.
 */
#include "cloxxsd/service/admin.h"

#include "base/clock.h"
#include "base/timestamp.h"

/* So far ahead it may be without anybody having to say anything. */
#define SLACK_S 60

int admin_accept_clock(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	struct service *service = userdata;
	struct user_moment moment = service_moment(service);
	struct record record = { .at_us = clock_realtime_us(),
				 .event = EVENT_CLOCK_ACCEPTED,
				 .result = RECORD_DONE,
				 .reason = REASON_BY_ADMINISTRATOR };
	char reason[USER_REASON_MAX], details[384];
	struct actor actor;
	struct text text;

	if (!admin_read_reason(call, parameters, true, reason))
		return 0;
	if (moment.latest <= moment.now + SLACK_S)
		return admin_conflict(call, "The clock is not behind the "
					    "latest time that is known.");
	service_find_actor(service, varlink_call_peer(call), &actor);
	text_init(&text, details, sizeof(details));
	text_add(&text, "was ");
	timestamp_write(moment.latest, &text);
	text_add_format(&text, ": %s", reason);
	actor_sign(&actor, &record);
	record.details = details;
	if (state_accept_clock(service->state, &record) != 0)
		return admin_unavailable(call, ADMIN_NOT_WRITTEN);
	return varlink_call_reply_empty(call);
}
