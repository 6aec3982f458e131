/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands that make a temporary password: the hash is computed by the pool,
 * and the change is made when it is there.
 *
 * What must hold:
 *  1. A temporary password is made by us, told once, in the one reply.
 *  2. What was looked at before the hash is looked at again after it.
 */
#include "cloxxsd/service/admin.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/password_rules.h"
#include "cloxxsd/service/guard.h"
#include "cloxxsd/service/local_accounts.h"
#include "cloxxsd/state/login_test.h"

#define NO_TEMPORARY                                                    \
	"A break-glass account has no temporary password: break-glass " \
	"prepare "                                                      \
	"makes a new one for its envelope."

struct issue {
	struct service *service;
	struct varlink_call *call;
	enum event event;
	struct user user; /* as he will be added, or is */
	bool is_new;
	struct actor actor;
	char reason[1024]; /* or what was made: uid, role, every service */
	struct secret temporary;
	struct hash_job job;
};

static struct issue *issue_free(struct issue *issue)
{
	if (!issue)
		return NULL;
	varlink_call_unref(issue->call);
	secret_deinit(&issue->temporary);
	hash_job_wipe(&issue->job);
	free(issue);
	return NULL;
}

static void issue_freep(struct issue **issue)
{
	*issue = issue_free(*issue);
}

static struct issue *issue_new(struct service *service,
			       struct varlink_call *call, enum event event)
{
	struct issue *issue = calloc(1, sizeof(*issue));

	if (!issue)
		return NULL;
	issue->service = service;
	issue->call = varlink_call_ref(call);
	issue->event = event;
	service_find_actor(service, varlink_call_peer(call), &issue->actor);
	return issue;
}

/* The file where the user's name or id stands already; LOCAL_ACCOUNTS_*. */
static int find_elsewhere(const struct user *user, const char **ret_where)
{
	static const char *const files[] = { "/etc/passwd", "/etc/group" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int r = local_accounts_find(files[i], user->name, user->uid);

		if (r > 0)
			*ret_where = files[i];
		if (r != 0)
			return r;
	}
	return 0;
}

/* Answers where a local account stands in the way. */
static bool is_free_locally(struct issue *issue)
{
	const char *where = NULL;
	int r = find_elsewhere(&issue->user, &where);

	if (r < 0)
		(void)!admin_unavailable(issue->call,
					 "/etc/passwd and /etc/group cannot "
					 "be read.");
	else if (r == LOCAL_ACCOUNTS_NAME)
		(void)!admin_exists(issue->call, issue->user.name, where);
	else if (r == LOCAL_ACCOUNTS_ID)
		(void)!admin_conflict(issue->call,
				      "The uid stands in /etc/passwd or "
				      "/etc/group.");
	return r == 0;
}

/* Answers where the new user cannot be; true where he can. */
static bool may_be_added(struct issue *issue)
{
	struct store *store = issue->service->state->store;
	struct user there;
	bool used = true, is_group = false;
	int r;

	r = user_find(store, issue->user.name, &there);
	if (r == 0) {
		(void)!admin_exists(issue->call, issue->user.name, "cloxxs");
		return false;
	}
	if (r == USER_E_UNKNOWN)
		r = user_uid_is_used(store, issue->user.uid, &used);
	if (r == 0)
		r = project_has_group(store, issue->user.name, &is_group);
	if (r == 0 && is_group) {
		(void)!admin_exists(issue->call, issue->user.name,
				    "groups of projects");
		return false;
	}
	if (r != 0) {
		(void)!admin_unavailable(issue->call, ADMIN_UNREADABLE);
		return false;
	}
	if (used) {
		(void)!admin_conflict(issue->call, ADMIN_UID_USED);
		return false;
	}
	return is_free_locally(issue);
}

static struct record issue_record(const struct issue *issue)
{
	struct record record = {
		.at_us = clock_realtime_us(),
		.event = issue->event,
		.result = RECORD_DONE,
		.reason = REASON_BY_ADMINISTRATOR,
		.user = issue->user.name,
		.details = *issue->reason ? issue->reason : NULL,
	};

	actor_sign(&issue->actor, &record);
	return record;
}

static void build_set(struct issue *issue, struct change_set *set)
{
	const uint32_t history =
		issue->service->attempts->settings->password.history;
	struct record record = issue_record(issue);

	change_set_record(set, record);
	if (issue->is_new) {
		change_set_add(set, (struct change){ .type = CHANGE_USER_ADD,
						     .uid = issue->user.uid,
						     .user = &issue->user });
		return;
	}
	if (issue->event == EVENT_USER_UNLOCKED) {
		change_set_add(set, (struct change){ .type = CHANGE_USER_UNLOCK,
						     .uid = issue->user.uid });
		record.event = EVENT_PASSWORD_RESET;
		change_set_record(set, record);
	}
	if (issue->event == EVENT_BREAK_GLASS_PREPARED) {
		change_set_add(set, (struct change){ .type = CHANGE_USER_SET,
						     .uid = issue->user.uid,
						     .user = &issue->user });
		change_set_add(
			set, (struct change){ .type = CHANGE_BREAK_GLASS_CLOSE,
					      .uid = issue->user.uid });
	}
	change_set_add(set,
		       (struct change){ .type = CHANGE_PASSWORD,
					.uid = issue->user.uid,
					.at = issue->user.password_changed,
					.password = &issue->user.password,
					.kind = issue->user.password_kind,
					.until = issue->user.temporary_until,
					.history = history });
}

/* Still as it must be for the change: looked at again after the hash. */
static bool still_possible(struct issue *issue)
{
	struct user user;

	if (issue->is_new)
		return may_be_added(issue);
	if (user_find_uid(issue->service->state->store, issue->user.uid,
			  &user) == 0)
		return guard_may_change(issue->service, issue->call, &user);
	(void)!admin_not_found(issue->call, issue->user.name);
	return false;
}

static void write_issue(struct issue *issue)
{
	struct user_moment moment = service_moment(issue->service);
	struct change_set set = { 0 };
	struct user user;

	if (!still_possible(issue))
		return;
	if (state_seal_password(issue->service->state, issue->user.uid,
				issue->job.made, &issue->user.password) != 0) {
		(void)!admin_unavailable(issue->call,
					 "The password could not be sealed.");
		return;
	}
	build_set(issue, &set);
	if (state_apply(issue->service->state, &set) != 0) {
		(void)!admin_unavailable(issue->call, ADMIN_NOT_WRITTEN);
		return;
	}
	/* It was done: no error of the interface would be true. The call is
	 * dropped, which ends the connection. */
	if (user_find_uid(issue->service->state->store, issue->user.uid,
			  &user) != 0)
		return;
	if (issue->event == EVENT_BREAK_GLASS_PREPARED) {
		(void)!varlink_call_reply(issue->call,
					  json_pack("{s:o, s:s}", "user",
						    user_json(&user, &moment),
						    "password",
						    issue->temporary.bytes));
		return;
	}
	(void)!varlink_call_reply(
		issue->call,
		json_pack("{s:o, s:s, s:I}", "user", user_json(&user, &moment),
			  "temporary_password", issue->temporary.bytes,
			  "temporary_until",
			  (json_int_t)issue->user.temporary_until));
}

static void hashed(struct hash_job *job, void *userdata)
{
	scope(issue_freep) struct issue *issue = userdata;

	if (job->result != HASH_MADE)
		(void)!admin_unavailable(issue->call,
					 "There is no memory for the hash.");
	else if (varlink_call_is_open(issue->call))
		write_issue(issue);
}

/* Makes the password and has it hashed; takes issue. */
static int issue_begin(struct issue *taken)
{
	scope(issue_freep) struct issue *issue = taken;
	const struct settings *settings = issue->service->attempts->settings;
	int64_t now = clock_realtime_us() / 1000000;
	int r;

	r = password_generate(&issue->temporary);
	if (r == 0)
		r = password_normalise(&issue->temporary, &issue->job.password);
	if (r != 0)
		return r < 0 ? r : -EIO;
	issue->user.password_changed = now;
	if (issue->event == EVENT_BREAK_GLASS_PREPARED) {
		issue->user.password_kind = USER_PASSWORD_CHOSEN;
		issue->user.temporary_until = 0;
	} else {
		issue->user.password_kind = USER_PASSWORD_TEMPORARY;
		issue->user.temporary_until =
			service_moment(issue->service).latest +
			settings->temporary_lifetime_s;
	}
	issue->job.task = HASH_MAKE;
	issue->job.cost = (struct argon2_cost){
		.memory = settings->hash_memory,
		.operations = settings->hash_operations,
	};
	issue->job.done = hashed;
	issue->job.userdata = issue;
	if (hasher_submit(issue->service->attempts->hasher, &issue->job) != 0)
		return admin_unavailable(issue->call,
					 "Too many passwords are waiting.");
	(void)scope_take_ptr(issue);
	return 0;
}

/* The next free id of the range that no local account has. */
static int choose_uid(struct issue *issue)
{
	const struct settings *settings = issue->service->attempts->settings;
	uint32_t uid = 0;
	const char *where;
	int r;

	r = user_free_uid(issue->service->state->store, settings->uid_min,
			  settings->uid_max, &uid);
	for (; r == 0 && uid <= settings->uid_max; uid++) {
		issue->user.uid = uid;
		r = find_elsewhere(&issue->user, &where);
		if (r <= 0 || r == LOCAL_ACCOUNTS_NAME)
			return r < 0 ? r : 0;
		r = 0;
	}
	return r != 0 ? r : USER_E_UNKNOWN;
}

/* Answers where no uid can be had. */
static bool take_uid(struct issue *issue)
{
	int r = choose_uid(issue);

	if (r == USER_E_UNKNOWN)
		(void)!admin_conflict(issue->call,
				      "No uid is left: widen uid_range in "
				      "cloxxsd.conf.");
	else if (r != 0)
		(void)!admin_unavailable(issue->call,
					 "No uid could be chosen.");
	return r == 0;
}

/* Answers where the uid that was asked for cannot be. */
static bool read_uid(struct issue *issue, json_t *parameters)
{
	const struct settings *settings = issue->service->attempts->settings;
	json_t *uid = json_object_get(parameters, "uid");
	int64_t number = json_integer_value(uid);
	char message[96];
	struct text text;

	if (!json_is_integer(uid))
		return take_uid(issue);
	if (number >= settings->uid_min && number <= settings->uid_max) {
		issue->user.uid = (uint32_t)number;
		return true;
	}
	text_init(&text, message, sizeof(message));
	text_add_format(&text, "It must lie in uid_range, %u-%u.",
			settings->uid_min, settings->uid_max);
	(void)!admin_invalid(issue->call, "uid", message);
	return false;
}

/* Answers where the name cannot be one of ours. */
static bool read_name(struct issue *issue, json_t *parameters)
{
	const char *name = admin_string(parameters, "name");

	if (!name_is_user(name, strlen(name)))
		(void)!admin_invalid(issue->call, "name", ADMIN_NAME_RULE);
	else if (name_is_reserved(name, strlen(name)))
		(void)!admin_invalid(issue->call, "name", ADMIN_NAME_RESERVED);
	else {
		memcpy(issue->user.name, name, strlen(name) + 1);
		return true;
	}
	return false;
}

/* Answers where the configured defaults cannot serve. */
static bool set_defaults(struct issue *issue)
{
	const struct settings *settings = issue->service->attempts->settings;
	struct text text;

	issue->user.created = clock_realtime_us() / 1000000;
	text_init(&text, issue->user.shell, sizeof(issue->user.shell));
	text_add(&text, settings->shell);
	if (admin_default_home(issue->service, issue->user.name,
			       issue->user.home))
		return true;
	(void)!admin_invalid(issue->call, "home", "It is too long.");
	return false;
}

int admin_add_user(struct varlink_call *call, json_t *parameters,
		   void *userdata)
{
	scope(issue_freep) struct issue *issue = NULL;
	struct text text;

	issue = issue_new(userdata, call, EVENT_USER_ADDED);
	if (!issue)
		return -ENOMEM;
	issue->is_new = true;
	if (!read_name(issue, parameters) || !set_defaults(issue) ||
	    !admin_read_profile(userdata, call, parameters, &issue->user) ||
	    !read_uid(issue, parameters) || !may_be_added(issue))
		return 0;
	text_init(&text, issue->reason, sizeof(issue->reason));
	text_add_format(&text, "uid %u, role %s, services \"%s\"",
			issue->user.uid, user_role_name(issue->user.role),
			issue->user.services);
	admin_tell_validity(&issue->user, &text);
	return issue_begin(scope_take_ptr(issue));
}

int admin_reset_password(struct varlink_call *call, json_t *parameters,
			 void *userdata)
{
	scope(issue_freep) struct issue *issue = NULL;

	issue = issue_new(userdata, call, EVENT_PASSWORD_RESET);
	if (!issue)
		return -ENOMEM;
	if (!admin_read_reason(call, parameters, false, issue->reason) ||
	    !admin_take_user(userdata, call, parameters, &issue->user) ||
	    !guard_may_change(userdata, call, &issue->user))
		return 0;
	if (issue->user.break_glass)
		return admin_conflict(call, NO_TEMPORARY);
	return issue_begin(scope_take_ptr(issue));
}

/* A new account; answers where it cannot be. */
static bool begin_account(struct issue *issue, json_t *parameters,
			  void *service)
{
	issue->is_new = true;
	issue->user = (struct user){ .enabled = true, .break_glass = true };
	return read_name(issue, parameters) && set_defaults(issue) &&
	       admin_read_profile(service, issue->call, parameters,
				  &issue->user) &&
	       take_uid(issue) && may_be_added(issue);
}

int admin_prepare_break_glass(struct varlink_call *call, json_t *parameters,
			      void *userdata)
{
	struct service *service = userdata;
	scope(issue_freep) struct issue *issue = NULL;
	struct text text;
	int r;

	issue = issue_new(service, call, EVENT_BREAK_GLASS_PREPARED);
	if (!issue)
		return -ENOMEM;
	r = user_find(service->state->store, admin_string(parameters, "name"),
		      &issue->user);
	if (r == 0 && !issue->user.break_glass)
		return admin_exists(call, issue->user.name, "cloxxs");
	if (r != 0 && r != USER_E_UNKNOWN)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	if (r == 0 ? !admin_read_profile(service, call, parameters,
					 &issue->user)
		   : !begin_account(issue, parameters, service))
		return 0;
	text_init(&text, issue->reason, sizeof(issue->reason));
	text_add_format(&text, "%s, uid %u, role %s, services \"%s\"",
			issue->is_new ? "added" : "a new password",
			issue->user.uid, user_role_name(issue->user.role),
			issue->user.services);
	return issue_begin(scope_take_ptr(issue));
}

/* Without a new password there is no hash to wait for. */
static int unlock_only(struct issue *issue)
{
	struct change_set set = { 0 };

	change_set_add(&set, (struct change){ .type = CHANGE_USER_UNLOCK,
					      .uid = issue->user.uid });
	change_set_record(&set, issue_record(issue));
	if (state_apply(issue->service->state, &set) != 0)
		return admin_unavailable(issue->call, ADMIN_NOT_WRITTEN);
	return admin_reply_user(issue->service, issue->call, issue->user.uid);
}

int admin_unlock_user(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	bool reset =
		json_is_true(json_object_get(parameters, "reset_password"));
	scope(issue_freep) struct issue *issue = NULL;
	uint32_t n_tests = 0;

	issue = issue_new(userdata, call, EVENT_USER_UNLOCKED);
	if (!issue)
		return -ENOMEM;
	if (!admin_read_reason(call, parameters, true, issue->reason) ||
	    !admin_take_user(userdata, call, parameters, &issue->user) ||
	    !guard_may_change(userdata, call, &issue->user))
		return 0;
	if (reset && issue->user.break_glass)
		return admin_conflict(call, NO_TEMPORARY);
	if (login_test_count(issue->service->state->store, issue->user.uid,
			     &n_tests) != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	if (!reset && !user_is_locked(&issue->user) &&
	    issue->user.failures == 0 && n_tests == 0)
		return admin_conflict(call, "The user is not locked, and has "
					    "no failures.");
	if (!reset)
		return unlock_only(issue);
	return issue_begin(scope_take_ptr(issue));
}
