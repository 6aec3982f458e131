/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What administrators do to users who are there. */
#include "cloxxsd/service/admin.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/service/admin_session.h"
#include "cloxxsd/service/guard.h"

/* The same, with the sessions that are to be ended; NULL: none were named. */
static int reply_ended(struct service *service, struct varlink_call *call,
		       uint32_t uid, json_t *sessions)
{
	struct user_moment moment = service_moment(service);
	struct user user;

	if (!sessions)
		return admin_reply_user(service, call, uid);
	if (user_find_uid(service->state->store, uid, &user) != 0)
		return 0;
	return varlink_call_reply(call,
				  json_pack("{s:o, s:i, s:O}", "user",
					    user_json(&user, &moment), "uid",
					    (int)uid, "sessions", sessions));
}

/* With the former services too, where others took their place. */
static int reply_set(struct service *service, struct varlink_call *call,
		     const struct user *before)
{
	struct user_moment moment = service_moment(service);
	struct user user;
	bool replaced;

	if (user_find_uid(service->state->store, before->uid, &user) != 0)
		return 0;
	replaced = strcmp(before->services, user.services) != 0;
	return varlink_call_reply(
		call, json_pack("{s:o, s:o}", "user", user_json(&user, &moment),
				"services_before",
				replaced ? user_services_json(before->services)
					 : json_null()));
}

int admin_set_user(struct varlink_call *call, json_t *parameters,
		   void *userdata)
{
	struct service *service = userdata;
	struct user before, after;
	char details[1024];
	struct text text;

	if (!admin_take_user(service, call, parameters, &before) ||
	    !guard_may_change(service, call, &before))
		return 0;
	after = before;
	if (!admin_read_profile(service, call, parameters, &after))
		return 0;
	if (!guard_may_become(service, call, &before, &after))
		return 0;
	text_init(&text, details, sizeof(details));
	admin_tell_changes(&before, &after, &text);
	if (text_is_cut(&text))
		return admin_conflict(call, "This is more than one record can "
					    "tell: change less at once.");
	if (text.n > 0 &&
	    !admin_do(service, call,
		      &(struct admin_act){ .event = EVENT_USER_CHANGED,
					   .change = { .type = CHANGE_USER_SET,
						       .uid = after.uid,
						       .user = &after },
					   .user = &after,
					   .details = details }))
		return 0;
	return reply_set(service, call, &before);
}

int admin_enable_user(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	struct service *service = userdata;
	struct user_moment moment = service_moment(service);
	struct user user;

	if (!admin_take_user(service, call, parameters, &user) ||
	    !guard_may_change(service, call, &user))
		return 0;
	/* Who was away for too long is enabled too, and may begin anew. */
	if (user.enabled && user_validity(&user, &moment) != REASON_INACTIVE)
		return admin_conflict(call, "The user is enabled already.");
	if (!admin_do(
		    service, call,
		    &(struct admin_act){ .event = EVENT_USER_ENABLED,
					 .change = { .type = CHANGE_USER_ENABLE,
						     .uid = user.uid,
						     .at = moment.now },
					 .user = &user }))
		return 0;
	return admin_reply_user(service, call, user.uid);
}

int admin_disable_user(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	scope(json_decrefp) json_t *sessions = NULL;
	struct service *service = userdata;
	char reason[USER_REASON_MAX];
	struct user user;

	if (!admin_read_reason(call, parameters, false, reason) ||
	    !admin_take_user(service, call, parameters, &user) ||
	    !guard_may_keep_out(service, call, &user))
		return 0;
	if (!user.enabled)
		return admin_conflict(call, "The user is disabled already.");
	if (!guard_may_lose(service, call, &user) ||
	    !admin_read_end_sessions(service, call, parameters, &user,
				     &sessions))
		return 0;
	if (!admin_do(service, call,
		      &(struct admin_act){
			      .event = EVENT_USER_DISABLED,
			      .change = { .type = CHANGE_USER_DISABLE,
					  .uid = user.uid,
					  .at = clock_realtime_us() / 1000000,
					  .text = reason },
			      .user = &user,
			      .details = *reason ? reason : NULL,
			      .ends_sessions = sessions != NULL }))
		return 0;
	return reply_ended(service, call, user.uid, sessions);
}

int admin_delete_user(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	scope(json_decrefp) json_t *sessions = NULL;
	struct service *service = userdata;
	struct user user;

	if (!admin_take_user(service, call, parameters, &user) ||
	    !guard_may_change(service, call, &user) ||
	    !guard_may_lose(service, call, &user) ||
	    !admin_read_end_sessions(service, call, parameters, &user,
				     &sessions))
		return 0;
	if (!admin_do(service, call,
		      &(struct admin_act){
			      .event = EVENT_USER_DELETED,
			      .change = { .type = CHANGE_USER_DELETE,
					  .uid = user.uid,
					  .at = clock_realtime_us() / 1000000 },
			      .user = &user,
			      .ends_sessions = sessions != NULL }))
		return 0;
	if (sessions)
		return varlink_call_reply(
			call, json_pack("{s:i, s:O}", "uid", (int)user.uid,
					"sessions", sessions));
	return varlink_call_reply_empty(call);
}

int admin_lock_user(struct varlink_call *call, json_t *parameters,
		    void *userdata)
{
	scope(json_decrefp) json_t *sessions = NULL;
	struct service *service = userdata;
	char reason[USER_REASON_MAX];
	struct user user;

	if (!admin_read_reason(call, parameters, true, reason) ||
	    !admin_take_user(service, call, parameters, &user) ||
	    !guard_may_keep_out(service, call, &user))
		return 0;
	if (user_is_locked(&user))
		return admin_conflict(call, "The user is locked already.");
	if (!guard_may_lose(service, call, &user) ||
	    !admin_read_end_sessions(service, call, parameters, &user,
				     &sessions))
		return 0;
	if (!admin_do(service, call,
		      &(struct admin_act){
			      .event = EVENT_USER_LOCKED,
			      .change = { .type = CHANGE_USER_LOCK,
					  .uid = user.uid,
					  .at = clock_realtime_us() / 1000000,
					  .text = reason },
			      .user = &user,
			      .details = reason,
			      .ends_sessions = sessions != NULL }))
		return 0;
	return reply_ended(service, call, user.uid, sessions);
}
