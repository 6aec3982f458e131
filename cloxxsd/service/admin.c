/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A refused command changed nothing.
 *  2. Each act is recorded with its real actor, in the transaction of the act.
 *  3. An administrator gets no right of root's by what he makes of a user.
 */
#include "cloxxsd/service/admin.h"

#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/timestamp.h"
#include "cloxxsd/service/acting.h"
#include "cloxxsd/service/admin_geoip.h"
#include "cloxxsd/service/admin_key.h"
#include "cloxxsd/service/admin_project.h"
#include "cloxxsd/service/guard.h"
#include "cloxxsd/service/admin_backup.h"
#include "cloxxsd/service/question.h"
#include "cloxxsd/service/user_networks.h"
#include "cloxxsd/service/whence.h"
#include "cloxxsd/service/admin_session.h"
#include "cloxxsd/state/recovery.h"
#include "varlink/interfaces.h"

const char *admin_string(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

int admin_not_found(struct varlink_call *call, const char *name)
{
	return varlink_call_error(call, "nl.cloxxs.Admin.NotFound",
				  json_pack("{s:s}", "name", name));
}

int admin_exists(struct varlink_call *call, const char *name, const char *where)
{
	return varlink_call_error(
		call, "nl.cloxxs.Admin.AlreadyExists",
		json_pack("{s:s, s:s}", "name", name, "where", where));
}

int admin_invalid(struct varlink_call *call, const char *parameter,
		  const char *message)
{
	return varlink_call_error(call, "nl.cloxxs.Admin.Invalid",
				  json_pack("{s:s, s:s}", "parameter",
					    parameter, "message", message));
}

int admin_conflict(struct varlink_call *call, const char *message)
{
	return varlink_call_error(call, "nl.cloxxs.Admin.Conflict",
				  json_pack("{s:s}", "message", message));
}

int admin_unavailable(struct varlink_call *call, const char *message)
{
	return varlink_call_error(call, "nl.cloxxs.Admin.Unavailable",
				  json_pack("{s:s}", "message", message));
}

bool admin_take_user(struct service *service, struct varlink_call *call,
		     json_t *parameters, struct user *ret_user)
{
	return admin_take_named(service, call, admin_string(parameters, "name"),
				ret_user);
}

bool admin_take_named(struct service *service, struct varlink_call *call,
		      const char *name, struct user *ret_user)
{
	int r = user_find(service->state->store, name, ret_user);

	if (r == 0)
		return true;
	if (r == USER_E_UNKNOWN)
		(void)!admin_not_found(call, name);
	else
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	return false;
}

bool admin_do(struct service *service, struct varlink_call *call,
	      const struct admin_act *act)
{
	struct change_set set = { 0 };
	struct admin_ending ending;
	struct record record = { .at_us = clock_realtime_us(),
				 .event = act->event,
				 .result = RECORD_DONE,
				 .reason = REASON_BY_ADMINISTRATOR,
				 .user = act->user ? act->user->name
						   : act->name,
				 .details = act->details };
	struct actor actor;

	service_find_actor(service, varlink_call_peer(call), &actor);
	actor_sign(&actor, &record);
	if (act->service)
		record.service = act->service;
	if (act->change.type != _CHANGE_NONE)
		change_set_add(&set, act->change);
	change_set_record(&set, record);
	if (act->ends_sessions) {
		change_set_record(&set,
				  admin_ending_record(act->user, &actor, "all",
						      "", &ending));
		change_set_add(&set,
			       (struct change){ .type = CHANGE_SESSIONS_OVER,
						.uid = act->user->uid });
	}
	if (state_apply(service->state, &set) == 0)
		return true;
	(void)!admin_unavailable(call, ADMIN_NOT_WRITTEN);
	return false;
}

const char *admin_services_fault(json_t *services, struct text *list)
{
	const char *fault = NULL;
	json_t *one;
	size_t i;

	json_array_foreach(services, i, one)
	{
		const char *name = json_string_value(one);

		if (!name || !name_is_service(name, strlen(name)))
			fault = "A service is named by letters, digits, '.', "
				"'_' and '-', 64 at most.";
		text_add_format(list, "%s%s", i > 0 ? "," : "",
				name ? name : "");
	}
	return text_is_cut(list) ? "These are too many services." : fault;
}

static bool read_services(struct varlink_call *call, json_t *parameters,
			  struct user *user)
{
	json_t *services = json_object_get(parameters, "services");
	char list[ADMIN_SERVICES_MAX];
	const char *fault;
	struct text text;

	if (!json_is_array(services))
		return true;
	text_init(&text, list, sizeof(list));
	fault = admin_services_fault(services, &text);
	if (fault) {
		(void)!admin_invalid(call, "services", fault);
		return false;
	}
	memcpy(user->services, list, sizeof(list));
	return true;
}

static bool read_networks(struct varlink_call *call, json_t *parameters,
			  struct user *user)
{
	json_t *networks = json_object_get(parameters, "networks");
	char fault[256];
	struct text text;

	if (!json_is_array(networks))
		return true;
	text_init(&text, fault, sizeof(fault));
	user_networks_read(networks, user->networks, &text);
	if (text.n == 0)
		return true;
	(void)!admin_invalid(call, "networks", fault);
	return false;
}

static bool read_path(struct varlink_call *call, json_t *parameters,
		      const char *name, char buffer[USER_PATH_MAX])
{
	const char *path = admin_string(parameters, name);

	if (!path)
		return true;
	if (!name_is_path(path, strlen(path))) {
		(void)!admin_invalid(call, name, ADMIN_PATH_RULE);
		return false;
	}
	memcpy(buffer, path, strlen(path) + 1);
	return true;
}

bool admin_is_language(const char *language)
{
	enum language found = language_find(language);

	return found != LANGUAGE_NONE &&
	       strcmp(language_tag(found), language) == 0;
}

static bool read_language(struct varlink_call *call, json_t *parameters,
			  struct user *user)
{
	const char *language = admin_string(parameters, "language");

	if (!language)
		return true;
	if (!admin_is_language(language)) {
		(void)!admin_invalid(call, "language", ADMIN_LANGUAGE_RULE);
		return false;
	}
	memcpy(user->language, language, strlen(language) + 1);
	return true;
}

bool admin_is_time(int64_t seconds)
{
	return seconds >= 0 && seconds <= TIMESTAMP_MAX;
}

bool admin_is_validity(const struct user *user)
{
	return user->not_after == 0 || user->not_before <= user->not_after;
}

bool admin_read_hours(const char *written, char ret_hours[HOURS_TEXT_MAX],
		      struct text *fault)
{
	struct hours hours = { 0 };
	struct text text;

	text_add(fault, "It ");
	if (*written && hours_parse(written, &hours, fault) != 0) {
		text_add(fault, ".");
		return false;
	}
	text_init(fault, fault->buffer, fault->size);
	text_init(&text, ret_hours, HOURS_TEXT_MAX);
	if (hours.n > 0)
		hours_write(&hours, &text);
	return true;
}

static bool read_time(struct varlink_call *call, json_t *parameters,
		      const char *name, int64_t *at)
{
	json_t *value = json_object_get(parameters, name);

	if (!json_is_integer(value))
		return true;
	if (!admin_is_time(json_integer_value(value))) {
		(void)!admin_invalid(call, name, ADMIN_TIME_RULE);
		return false;
	}
	*at = json_integer_value(value);
	return true;
}

static bool read_validity(struct varlink_call *call, json_t *parameters,
			  struct user *user)
{
	const char *hours = admin_string(parameters, "hours");
	char fault[256];
	struct text text;

	if (!read_time(call, parameters, "not_before", &user->not_before) ||
	    !read_time(call, parameters, "not_after", &user->not_after))
		return false;
	if (!admin_is_validity(user)) {
		(void)!admin_invalid(call, "not_after", ADMIN_VALIDITY_RULE);
		return false;
	}
	text_init(&text, fault, sizeof(fault));
	if (hours && !admin_read_hours(hours, user->hours, &text)) {
		(void)!admin_invalid(call, "hours", fault);
		return false;
	}
	return true;
}

bool admin_default_home(const struct service *service, const char *name,
			char ret_home[USER_PATH_MAX])
{
	return settings_home(service->attempts->settings, name, ret_home,
			     USER_PATH_MAX);
}

/*
 * What is not there pam_mkhomedir makes, as root, and gives to the user: a home
 * in /etc/systemd/system would make root of whoever may choose it.
 */
static bool read_home(struct service *service, struct varlink_call *call,
		      json_t *parameters, struct user *user)
{
	char configured[USER_PATH_MAX], before[USER_PATH_MAX];

	memcpy(before, user->home, sizeof(before));
	if (!read_path(call, parameters, "home", user->home))
		return false;
	if (varlink_call_peer(call)->uid == 0 ||
	    strcmp(user->home, before) == 0 ||
	    (admin_default_home(service, user->name, configured) &&
	     strcmp(user->home, configured) == 0))
		return true;
	(void)!admin_invalid(call, "home", ADMIN_HOME_RULE);
	return false;
}

/* Who could set or lift it could do what it keeps from him. */
static bool read_protected(struct service *service, struct varlink_call *call,
			   json_t *parameters, struct user *user)
{
	json_t *protected = json_object_get(parameters, "protected");

	if (!json_is_boolean(protected))
		return true;
	if (!guard_is_root(service, call, "Only root protects a user."))
		return false;
	user->protected = json_is_true(protected);
	return true;
}

bool admin_read_profile(struct service *service, struct varlink_call *call,
			json_t *parameters, struct user *user)
{
	const char *role = admin_string(parameters, "role");

	if (role && !user_role_find(role, &user->role)) {
		(void)!admin_invalid(call, "role", ADMIN_ROLE_RULE);
		return false;
	}
	return read_services(call, parameters, user) &&
	       read_networks(call, parameters, user) &&
	       read_path(call, parameters, "shell", user->shell) &&
	       read_home(service, call, parameters, user) &&
	       read_language(call, parameters, user) &&
	       read_validity(call, parameters, user) &&
	       read_protected(service, call, parameters, user);
}

static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

bool admin_read_reason(struct varlink_call *call, json_t *parameters,
		       bool required, char ret_reason[USER_REASON_MAX])
{
	const char *reason = admin_string(parameters, "reason");
	struct text text;

	text_init(&text, ret_reason, USER_REASON_MAX);
	/* As it was typed: whoever writes it out escapes it, once. */
	if (reason)
		text_add(&text, reason);
	if (reason && !is_one_line(reason)) {
		(void)!admin_invalid(call, "reason",
				     "It must be one line, without control "
				     "characters.");
		return false;
	}
	if (text_is_cut(&text)) {
		(void)!admin_invalid(call, "reason",
				     "It must be shorter than 256 bytes.");
		return false;
	}
	if (required && strspn(ret_reason, " ") == text.n) {
		(void)!admin_invalid(call, "reason",
				     "A reason is needed; it is recorded.");
		return false;
	}
	return true;
}

int admin_reply_user(struct service *service, struct varlink_call *call,
		     uint32_t uid)
{
	struct user_moment moment = service_moment(service);
	struct user user;

	if (user_find_uid(service->state->store, uid, &user) != 0)
		return 0;
	return varlink_call_reply(
		call, json_pack("{s:o}", "user", user_json(&user, &moment)));
}

/* "never", or the time as it is told. */
struct time_text {
	char text[TIMESTAMP_TEXT_MAX];
};

static struct time_text time_of(int64_t at)
{
	struct time_text time;
	struct text text;

	text_init(&text, time.text, sizeof(time.text));
	if (at == 0)
		text_add(&text, "never");
	else
		timestamp_write(at, &text);
	return time;
}

static const char *hours_text(const struct user *user)
{
	return *user->hours ? user->hours : "always";
}

void admin_tell_changes(const struct user *before, const struct user *after,
			struct text *text)
{
	struct time_text begins[] = { time_of(before->not_before),
				      time_of(after->not_before) };
	struct time_text ends[] = { time_of(before->not_after),
				    time_of(after->not_after) };
	const struct {
		const char *name, *before, *after;
	} rows[] = {
		{ "role", user_role_name(before->role),
		  user_role_name(after->role) },
		{ "services", before->services, after->services },
		{ "shell", before->shell, after->shell },
		{ "home", before->home, after->home },
		{ "language", before->language, after->language },
		{ "not_before", begins[0].text, begins[1].text },
		{ "not_after", ends[0].text, ends[1].text },
		{ "hours", hours_text(before), hours_text(after) },
		{ "enabled", before->enabled ? "yes" : "no",
		  after->enabled ? "yes" : "no" },
		{ "protected", before->protected ? "yes" : "no",
		  after->protected ? "yes" : "no" },
	};
	char told[2 * USER_NETWORKS_MAX];
	struct text networks;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].before, rows[i].after) != 0)
			text_add_format(text, "%s%s: \"%s\" -> \"%s\"",
					text->n > 0 ? "; " : "", rows[i].name,
					rows[i].before, rows[i].after);
	if (strcmp(before->networks, after->networks) == 0)
		return;
	text_add_format(text, "%snetworks: ", text->n > 0 ? "; " : "");
	text_init(&networks, told, sizeof(told));
	user_networks_tell(before->networks, after->networks, &networks);
	text_add(text, told);
}

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

void admin_tell_validity(const struct user *user, struct text *text)
{
	if (user->not_before != 0)
		text_add_format(text, ", not before %s",
				time_of(user->not_before).text);
	if (user->not_after != 0)
		text_add_format(text, ", not after %s",
				time_of(user->not_after).text);
	if (*user->hours)
		text_add_format(text, ", hours \"%s\"", user->hours);
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

static int set_user(struct varlink_call *call, json_t *parameters,
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

static int enable_user(struct varlink_call *call, json_t *parameters,
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

static int disable_user(struct varlink_call *call, json_t *parameters,
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

static int delete_user(struct varlink_call *call, json_t *parameters,
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

static int lock_user(struct varlink_call *call, json_t *parameters,
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

#define NAME                                       \
	{                                          \
		"name", VARLINK_STRING, false, 256 \
	}
#define REASON(optional)                                 \
	{                                                \
		"reason", VARLINK_STRING, optional, 1024 \
	}
#define END_SESSIONS                                  \
	{                                             \
		"end_sessions", VARLINK_BOOL, true, 0 \
	}
#define PROFILE                                                  \
	{ "services", VARLINK_STRINGS, true, NAME_SERVICE_MAX }, \
		{ "role", VARLINK_STRING, true, 32 },            \
		{ "shell", VARLINK_STRING, true, 255 },          \
		{ "home", VARLINK_STRING, true, 255 },           \
		{ "language", VARLINK_STRING, true, 15 },        \
		{ "networks", VARLINK_STRINGS, true, 50 },       \
		{ "not_before", VARLINK_INT, true, 0 },          \
		{ "not_after", VARLINK_INT, true, 0 },           \
		{ "hours", VARLINK_STRING, true, 1023 },         \
	{                                                        \
		"protected", VARLINK_BOOL, true, 0               \
	}

static const struct varlink_parameter add_parameters[] = {
	NAME, PROFILE, { "uid", VARLINK_INT, true, 0 }, { 0 }
};
static const struct varlink_parameter set_parameters[] = { NAME,
							   PROFILE,
							   { 0 } };
static const struct varlink_parameter name_parameters[] = { NAME, { 0 } };
static const struct varlink_parameter name_why_parameters[] = { NAME,
								REASON(true),
								{ 0 } };
static const struct varlink_parameter disable_parameters[] = {
	NAME, REASON(true), END_SESSIONS, { 0 }
};
static const struct varlink_parameter delete_parameters[] = { NAME,
							      END_SESSIONS,
							      { 0 } };
static const struct varlink_parameter sessions_parameters[] = {
	{ "user", VARLINK_STRING, true, 256 }, { 0 }
};
static const struct varlink_parameter end_session_parameters[] = {
	{ "session", VARLINK_STRING, true, 64 },
	{ "user", VARLINK_STRING, true, 256 },
	REASON(true),
	{ 0 }
};
static const struct varlink_parameter reason_parameters[] = { REASON(false),
							      { 0 } };
static const struct varlink_parameter lock_parameters[] = {
	NAME, REASON(false), END_SESSIONS, { 0 }
};
static const struct varlink_parameter unlock_parameters[] = {
	NAME, REASON(false), { "reset_password", VARLINK_BOOL, true, 0 }, { 0 }
};
static const struct varlink_parameter check_parameters[] = {
	{ "password", VARLINK_STRING, false, 8192 },
	{ "user", VARLINK_STRING, true, 256 },
	{ 0 }
};
/* Longer than a key may be, so that a private one is told apart. */
static const struct varlink_parameter ssh_key_parameters[] = {
	NAME, { "key", VARLINK_STRING, false, 16384 }, { 0 }
};
static const struct varlink_parameter fingerprint_parameters[] = {
	NAME, { "fingerprint", VARLINK_STRING, false, 128 }, { 0 }
};
static const struct varlink_parameter reference_parameters[] = {
	{ "reference", VARLINK_STRING, false, 64 }, { 0 }
};
static const struct varlink_parameter refusals_parameters[] = {
	{ "user", VARLINK_STRING, true, 256 },
	{ "limit", VARLINK_INT, true, 0 },
	{ 0 }
};
static const struct varlink_parameter explain_login_parameters[] = {
	QUESTION_PARAMETERS, { "at", VARLINK_INT, true, 0 }, { 0 }
};
static const struct varlink_parameter test_parameters[] = { QUESTION_PARAMETERS,
							    { 0 } };
/* As long as that of a login, so that one too long is told apart. */
static const struct varlink_parameter test_answer_parameters[] = {
	{ "answer", VARLINK_STRING, false, 8192 }, { 0 }
};
static const struct varlink_parameter rotate_parameters[] = {
	{ "key", VARLINK_STRING, false, 512 },
	{ "check", VARLINK_BOOL, true, 0 },
	{ 0 }
};
static const struct varlink_parameter recovery_parameters[] = {
	{ "public_key", VARLINK_STRING, false, RECOVERY_PUBLIC_TEXT },
	{ "replace", VARLINK_BOOL, true, 0 },
	{ "check", VARLINK_BOOL, true, 0 },
	{ 0 }
};
static const struct varlink_parameter dry_run_parameters[] = {
	{ "dry_run", VARLINK_BOOL, true, 0 }, { 0 }
};
static const struct varlink_parameter no_parameters[] = { { 0 } };
static const struct varlink_parameter import_parameters[] = {
	{ "update", VARLINK_BOOL, true, 0 }, { 0 }
};
static const struct varlink_parameter users_parameters[] = {
	{ "users", VARLINK_OBJECTS, false, 500 }, { 0 }
};
static const struct varlink_parameter commit_parameters[] = {
	{ "dry_run", VARLINK_BOOL, true, 0 }, { 0 }
};

static const struct varlink_parameter geoip_begin_parameters[] = {
	{ "bytes", VARLINK_INT, false, 0 }, { 0 }
};
static const struct varlink_parameter geoip_put_parameters[] = {
	{ "data", VARLINK_STRING, false, 65536 }, { 0 }
};
static const struct varlink_parameter geoip_lookup_parameters[] = {
	{ "address", VARLINK_STRING, false, 255 }, { 0 }
};
static const struct varlink_parameter prepare_parameters[] = {
	NAME,
	{ "services", VARLINK_STRINGS, true, NAME_SERVICE_MAX },
	{ "role", VARLINK_STRING, true, 32 },
	{ 0 }
};
static const struct varlink_parameter open_parameters[] = {
	NAME,
	REASON(false),
	{ "ttl", VARLINK_INT, false, 0 },
	{ "terminal", VARLINK_STRING, true, 64 },
	{ "remote", VARLINK_BOOL, true, 0 },
	{ 0 }
};
static const struct varlink_parameter list_parameters[] = {
	{ "break_glass", VARLINK_BOOL, true, 0 },
	{ "locked", VARLINK_BOOL, true, 0 },
	{ 0 }
};

static const struct varlink_parameter notice_parameters[] = {
	{ "language", VARLINK_STRING, true, 15 }, { 0 }
};
static const struct varlink_parameter acceptances_parameters[] = {
	{ "user", VARLINK_STRING, true, 256 },
	{ "not_accepted", VARLINK_BOOL, true, 0 },
	{ 0 }
};

#define PROJECT(name)                            \
	{                                        \
		name, VARLINK_STRING, false, 256 \
	}
#define HOLDER(optional)                                \
	{                                               \
		"holder", VARLINK_STRING, optional, 256 \
	}
#define OF_SERVICE(optional)                             \
	{                                                \
		"service", VARLINK_STRING, optional, 256 \
	}

static const struct varlink_parameter add_project_parameters[] = {
	NAME, OF_SERVICE(false), { "unix_groups", VARLINK_BOOL, true, 0 }, { 0 }
};
static const struct varlink_parameter set_project_parameters[] = {
	NAME,
	{ "new_name", VARLINK_STRING, true, 256 },
	{ "unix_groups", VARLINK_BOOL, true, 0 },
	{ 0 }
};
static const struct varlink_parameter archive_parameters[] = { NAME,
							       REASON(false),
							       { 0 } };
static const struct varlink_parameter of_service_parameters[] = {
	OF_SERVICE(true), { 0 }
};
static const struct varlink_parameter member_parameters[] = {
	NAME, { "user", VARLINK_STRING, false, 256 }, { 0 }
};
static const struct varlink_parameter add_grant_parameters[] = {
	HOLDER(false),
	PROJECT("project"),
	{ "right", VARLINK_STRING, false, 32 },
	OF_SERVICE(true),
	{ "until", VARLINK_INT, true, 0 },
	{ 0 }
};
static const struct varlink_parameter remove_grant_parameters[] = {
	HOLDER(false), PROJECT("project"), OF_SERVICE(true), { 0 }
};
static const struct varlink_parameter grants_parameters[] = {
	HOLDER(true),
	{ "project", VARLINK_STRING, true, 256 },
	OF_SERVICE(true),
	{ 0 }
};
static const struct varlink_parameter put_grants_parameters[] = {
	{ "grants", VARLINK_OBJECTS, false, 500 }, { 0 }
};
static const struct varlink_parameter rights_parameters[] = {
	{ "user", VARLINK_STRING, true, 256 },
	{ "project", VARLINK_STRING, true, 256 },
	OF_SERVICE(true),
	{ 0 }
};
static const struct varlink_parameter since_parameters[] = {
	{ "since", VARLINK_INT, false, 0 }, { 0 }
};
static const struct varlink_parameter introduce_parameters[] = {
	{ "audit_session", VARLINK_INT, false, 0 }, { 0 }
};
static const struct varlink_parameter act_parameters[] = {
	{ "session", VARLINK_STRING, false, 64 },
	{ "address", VARLINK_STRING, true, 255 },
	{ 0 }
};

#define ADMINISTRATORS (PEER_ROOT | PEER_ADMINISTRATOR)
#define METHOD(name, flags, parameters, handle)                               \
	{                                                                     \
		"nl.cloxxs.Admin." name, ADMINISTRATORS, flags, 65536, 60000, \
			parameters, handle                                    \
	}

#define ROOT_METHOD(name, flags, parameters, handle)                     \
	{                                                                \
		"nl.cloxxs.Admin." name, PEER_ROOT, flags, 65536, 60000, \
			parameters, handle                               \
	}

static const struct varlink_method methods[] = {
	METHOD("AddUser", VARLINK_SENSITIVE, add_parameters, admin_add_user),
	METHOD("SetUser", 0, set_parameters, set_user),
	METHOD("ListUsers", VARLINK_MORE_ONLY, list_parameters,
	       admin_list_users),
	METHOD("GetUser", 0, name_parameters, admin_get_user),
	METHOD("EnableUser", 0, name_parameters, enable_user),
	METHOD("DisableUser", 0, disable_parameters, disable_user),
	METHOD("DeleteUser", 0, delete_parameters, delete_user),
	METHOD("LockUser", 0, lock_parameters, lock_user),
	METHOD("UnlockUser", VARLINK_SENSITIVE, unlock_parameters,
	       admin_unlock_user),
	METHOD("ResetPassword", VARLINK_SENSITIVE, name_why_parameters,
	       admin_reset_password),
	METHOD("AddSshKey", VARLINK_SENSITIVE, ssh_key_parameters,
	       admin_add_ssh_key),
	METHOD("RemoveSshKey", 0, fingerprint_parameters, admin_remove_ssh_key),
	METHOD("ListSshKeys", VARLINK_MORE_ONLY, name_parameters,
	       admin_list_ssh_keys),
	METHOD("CheckPassword", VARLINK_SENSITIVE, check_parameters,
	       admin_check_password),
	METHOD("GeneratePassword", VARLINK_SENSITIVE, no_parameters,
	       admin_generate_password),
	METHOD("ImportBegin", 0, import_parameters, admin_import_begin),
	METHOD("ImportUsers", VARLINK_SENSITIVE, users_parameters,
	       admin_import_users),
	{ "nl.cloxxs.Admin.ImportCommit", ADMINISTRATORS, VARLINK_MORE, 65536,
	  600000, commit_parameters, admin_import_commit },
	METHOD("ListKeys", 0, no_parameters, admin_list_keys),
	ROOT_METHOD("RotateKey", VARLINK_SENSITIVE, rotate_parameters,
		    admin_rotate_key),
	ROOT_METHOD("SetRecoveryKey", 0, recovery_parameters,
		    admin_set_recovery_key),
	ROOT_METHOD("PrepareBreakGlass", VARLINK_SENSITIVE, prepare_parameters,
		    admin_prepare_break_glass),
	ROOT_METHOD("OpenBreakGlass", 0, open_parameters,
		    admin_open_break_glass),
	ROOT_METHOD("CloseBreakGlass", 0, name_parameters,
		    admin_close_break_glass),
	METHOD("ListSessions", VARLINK_MORE_ONLY, sessions_parameters,
	       admin_list_sessions),
	METHOD("EndSession", 0, end_session_parameters, admin_end_session),
	ROOT_METHOD("AcceptClock", 0, reason_parameters, admin_accept_clock),
	METHOD("GetNotice", 0, notice_parameters, admin_get_notice),
	METHOD("ListAcceptances", VARLINK_MORE_ONLY, acceptances_parameters,
	       admin_list_acceptances),
	METHOD("Explain", 0, reference_parameters, admin_explain),
	METHOD("ListRefusals", VARLINK_MORE_ONLY, refusals_parameters,
	       admin_list_refusals),
	METHOD("ExplainLogin", 0, explain_login_parameters,
	       admin_explain_login),
	ROOT_METHOD("TestLogin", 0, test_parameters, admin_test_login),
	{ "nl.cloxxs.Admin.TestAnswer", PEER_ROOT, VARLINK_SENSITIVE, 65536,
	  300000, test_answer_parameters, admin_test_answer },
	METHOD("Status", 0, no_parameters, admin_status),
	{ "nl.cloxxs.Admin.ActFor", PEER_SERVICE, 0, 4096, 10000,
	  act_parameters, acting_begin },
	ROOT_METHOD("Introduce", 0, introduce_parameters, whence_introduce),
	METHOD("CreateBackup", VARLINK_MORE, no_parameters,
	       admin_create_backup),
	METHOD("ListBackups", VARLINK_MORE_ONLY, no_parameters,
	       admin_list_backups),
	METHOD("PruneBackups", VARLINK_MORE_ONLY, dry_run_parameters,
	       admin_prune_backups),
	METHOD("AddProject", 0, add_project_parameters, admin_add_project),
	METHOD("SetProject", 0, set_project_parameters, admin_set_project),
	METHOD("ArchiveProject", 0, archive_parameters, admin_archive_project),
	METHOD("ReopenProject", 0, archive_parameters, admin_reopen_project),
	METHOD("DeleteProject", 0, name_parameters, admin_delete_project),
	METHOD("GetProject", 0, name_parameters, admin_get_project),
	METHOD("ListProjects", VARLINK_MORE_ONLY, of_service_parameters,
	       admin_list_projects),
	METHOD("AddGroup", 0, name_parameters, admin_add_group),
	METHOD("DeleteGroup", 0, name_parameters, admin_delete_group),
	METHOD("ListGroups", VARLINK_MORE_ONLY, no_parameters,
	       admin_list_groups),
	METHOD("ListMembers", VARLINK_MORE_ONLY, name_parameters,
	       admin_list_members),
	METHOD("AddMember", 0, member_parameters, admin_add_member),
	METHOD("RemoveMember", 0, member_parameters, admin_remove_member),
	METHOD("AddGrant", 0, add_grant_parameters, admin_add_grant),
	METHOD("RemoveGrant", 0, remove_grant_parameters, admin_remove_grant),
	METHOD("ListGrants", VARLINK_MORE_ONLY, grants_parameters,
	       admin_list_grants),
	METHOD("GrantsBegin", 0, no_parameters, admin_grants_begin),
	METHOD("GrantsPut", 0, put_grants_parameters, admin_grants_put),
	METHOD("GrantsCommit", VARLINK_MORE, commit_parameters,
	       admin_grants_commit),
	METHOD("ListRights", VARLINK_MORE_ONLY, rights_parameters,
	       admin_list_rights),
	METHOD("ListRightChanges", VARLINK_MORE_ONLY, since_parameters,
	       admin_list_right_changes),
	ROOT_METHOD("GeoipBegin", 0, geoip_begin_parameters, admin_geoip_begin),
	ROOT_METHOD("GeoipPut", 0, geoip_put_parameters, admin_geoip_put),
	{ "nl.cloxxs.Admin.GeoipCommit", PEER_ROOT, 0, 65536, 600000,
	  no_parameters, admin_geoip_commit },
	METHOD("GeoipStatus", 0, no_parameters, admin_geoip_status),
	METHOD("GeoipLookup", 0, geoip_lookup_parameters, admin_geoip_lookup),
	{ 0 },
};

const struct varlink_interface service_admin = {
	.name = "nl.cloxxs.Admin",
	.description = varlink_nl_cloxxs_Admin,
	.methods = methods,
};
