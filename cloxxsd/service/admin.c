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
#include "base/timestamp.h"
#include "cloxxsd/service/guard.h"
#include "cloxxsd/service/user_networks.h"
#include "cloxxsd/service/admin_session.h"

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
