/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. No session is ended before that is recorded.
 *  2. What ended without a word is not listed.
 */
#include "cloxxsd/service/admin_session.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/service/application.h"
#include "cloxxsd/service/guard.h"
#include "cloxxsd/state/session.h"

/* A mark and an address, named. */
#define WHICH_MAX 96

#define ROOT_ENDS "Only root ends sessions that have a process."

static json_t *session_json(const struct session *session,
			    const struct user *user)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:o, s:o, s:I, s:o, s:I}",
			 "session", session->id, "user", user->name, "uid",
			 (int)user->uid, "service", session->service, "address",
			 text_or_null(session->address), "terminal",
			 text_or_null(session->terminal), "opened",
			 (json_int_t)session->opened, "pid",
			 time_or_null(session->pid), "opened_us",
			 (json_int_t)session->opened_us);
}

/* Where a stream of sessions stands: behind id. */
struct listing {
	struct service *service;
	bool of_one;
	uint32_t uid;
	char id[SESSION_ID_MAX];
};

/* The next one that runs, behind the listing's; USER_E_UNKNOWN at the end. */
static int next_running(const struct listing *listing, const char *id,
			struct session *ret_session)
{
	struct store *store = listing->service->state->store;
	int r;

	*ret_session = (struct session){ 0 };
	memcpy(ret_session->id, id, strlen(id) + 1);
	do
		r = session_next(store, ret_session->id, ret_session);
	while (r == 0 &&
	       ((listing->of_one && ret_session->uid != listing->uid) ||
		!application_is_running(listing->service, ret_session)));
	return r;
}

/* Sessions of one batch of a stream. */
#define BATCH 64

static int next_sessions(struct varlink_call *call, void *data)
{
	struct listing *listing = data;
	struct session session, next;
	int r;

	r = next_running(listing, listing->id, &session);
	if (r == USER_E_UNKNOWN)
		return varlink_call_reply_empty(call);
	for (int i = 0; r == 0 && i < BATCH; i++) {
		struct user user;
		json_t *reply;
		int next_r;

		r = user_find_uid(listing->service->state->store, session.uid,
				  &user);
		if (r != 0)
			break;
		reply = json_pack("{s:o}", "session",
				  session_json(&session, &user));
		next_r = next_running(listing, session.id, &next);
		if (next_r == USER_E_UNKNOWN)
			return varlink_call_reply(call, reply);
		r = varlink_call_continue(call, reply);
		memcpy(listing->id, session.id, sizeof(session.id));
		session = next;
		if (next_r != 0)
			r = -EIO;
	}
	return r > 0 ? -EIO : r;
}

int admin_list_sessions(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	const char *name = admin_string(parameters, "user");
	struct listing *listing;
	struct user user = { 0 };

	if (name && !admin_take_named(userdata, call, name, &user))
		return 0;
	listing = calloc(1, sizeof(*listing));
	if (!listing)
		return -ENOMEM;
	listing->service = userdata;
	listing->of_one = name != NULL;
	listing->uid = user.uid;
	varlink_call_stream(call, next_sessions, listing, free);
	return 0;
}

struct record admin_ending_record(const struct user *user,
				  const struct actor *actor, const char *which,
				  const char *reason,
				  struct admin_ending *ending)
{
	struct record record = { .at_us = clock_realtime_us(),
				 .event = EVENT_SESSION_ENDED,
				 .result = RECORD_DONE,
				 .reason = REASON_BY_ADMINISTRATOR,
				 .user = user->name,
				 .details = ending->details };
	struct text text;

	text_init(&text, ending->details, sizeof(ending->details));
	text_add(&text, which);
	if (*reason)
		text_add_format(&text, ": %s", reason);
	actor_sign(actor, &record);
	return record;
}

/* A session that has no process ends here, with what is written. */
static bool write_ending(struct service *service, struct varlink_call *call,
			 struct record record, struct change change)
{
	struct change_set set = { 0 };

	change_set_record(&set, record);
	if (change.type != _CHANGE_NONE)
		change_set_add(&set, change);
	if (state_apply(service->state, &set) == 0)
		return true;
	(void)!admin_unavailable(call, ADMIN_NOT_WRITTEN);
	return false;
}

/* The session that was meant, and whose it is; false: answered. */
static bool take_session(struct service *service, struct varlink_call *call,
			 json_t *parameters, struct session *ret_session,
			 struct user *ret_user)
{
	const char *id = admin_string(parameters, "session");
	struct store *store = service->state->store;
	int r;

	r = session_find_prefix(store, id, ret_session);
	if (r == 0 && !application_is_running(service, ret_session))
		r = USER_E_UNKNOWN;
	if (r == 0)
		r = user_find_uid(store, ret_session->uid, ret_user);
	if (r == USER_E_UNKNOWN)
		(void)!admin_not_found(call, id);
	else if (r == -ENOTUNIQ)
		(void)!admin_conflict(call, "More than one session begins so.");
	else if (r != 0)
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	return r == 0;
}

/* Which session, and from where it is: the record's address is the actor's. */
static const char *tell(const struct session *session, char which[WHICH_MAX])
{
	struct text text;

	text_init(&text, which, WHICH_MAX);
	text_add_format(&text, "session=%.*s", SESSION_MARK_LENGTH,
			session->id);
	if (*session->address)
		text_add_format(&text, " from=%s", session->address);
	return which;
}

static int end_one(struct service *service, struct varlink_call *call,
		   json_t *parameters, const char *reason)
{
	struct actor actor;
	struct admin_ending ending;
	char which[WHICH_MAX];
	struct change change = { 0 };
	struct session session;
	struct record record;
	struct user user;

	if (!take_session(service, call, parameters, &session, &user))
		return 0;
	/* That of an application has no process that would have to end. */
	if (session.opener != SESSION_OPENER_APPLICATION &&
	    !guard_is_root(service, call, ROOT_ENDS))
		return 0;
	service_find_actor(service, varlink_call_peer(call), &actor);
	record = admin_ending_record(&user, &actor, tell(&session, which),
				     reason, &ending);
	record.service = session.service;
	record.terminal = record_text(session.terminal);
	if (session.opener == SESSION_OPENER_APPLICATION)
		change = (struct change){ .type = CHANGE_SESSION_CLOSE,
					  .session = session.id };
	if (!write_ending(service, call, record, change))
		return 0;
	return varlink_call_reply(
		call, json_pack("{s:i, s:[o]}", "uid", (int)user.uid,
				"sessions", session_json(&session, &user)));
}

struct collecting {
	const struct service *service;
	const struct user *user;
	json_t *sessions;
};

static int collect(const struct session *session, void *userdata)
{
	struct collecting *collecting = userdata;

	if (!application_is_running(collecting->service, session))
		return 0;
	return json_array_append_new(collecting->sessions,
				     session_json(session, collecting->user)) <
			       0
		       ? -ENOMEM
		       : 0;
}

/* Of user, that run; NULL where they cannot be read. */
static json_t *sessions_of(const struct service *service,
			   const struct user *user)
{
	struct collecting collecting = { service, user, json_array() };

	if (session_for_each_user(service->state->store, user->uid, collect,
				  &collecting) == 0)
		return collecting.sessions;
	json_decref(collecting.sessions);
	return NULL;
}

static int end_all(struct service *service, struct varlink_call *call,
		   const char *name, const char *reason)
{
	scope(json_decrefp) json_t *sessions = NULL;
	struct admin_ending ending;
	struct actor actor;
	struct user user;

	if (!guard_is_root(service, call, ROOT_ENDS) ||
	    !admin_take_named(service, call, name, &user))
		return 0;
	sessions = sessions_of(service, &user);
	if (!sessions)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	service_find_actor(service, varlink_call_peer(call), &actor);
	if (!write_ending(
		    service, call,
		    admin_ending_record(&user, &actor, "all", reason, &ending),
		    (struct change){ .type = CHANGE_SESSIONS_OVER,
				     .uid = user.uid }))
		return 0;
	return varlink_call_reply(call,
				  json_pack("{s:i, s:O}", "uid", (int)user.uid,
					    "sessions", sessions));
}

int admin_end_session(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	const char *session = admin_string(parameters, "session");
	const char *user = admin_string(parameters, "user");
	char reason[USER_REASON_MAX];

	if (!session == !user)
		return admin_invalid(call, "session",
				     "One of session and user is needed.");
	if (!admin_read_reason(call, parameters, false, reason))
		return 0;
	return session ? end_one(userdata, call, parameters, reason)
		       : end_all(userdata, call, user, reason);
}

bool admin_read_end_sessions(struct service *service, struct varlink_call *call,
			     json_t *parameters, const struct user *user,
			     json_t **ret_sessions)
{
	json_t *sessions = NULL;

	if (json_is_true(json_object_get(parameters, "end_sessions"))) {
		if (!guard_is_root(service, call,
				   "Only root ends sessions that run."))
			return false;
		sessions = sessions_of(service, user);
		if (!sessions) {
			(void)!admin_unavailable(call, ADMIN_UNREADABLE);
			return false;
		}
	}
	*ret_sessions = sessions;
	return true;
}
