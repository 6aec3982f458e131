/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What is changed is recorded in the same transaction, with root as actor.
 *  2. A temporary password stands in the one answer and nowhere else.
 */
#include "cloxxsd/offline/recover.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/argon2.h"
#include "cloxxsd/attempt/password_rules.h"
#include "cloxxsd/publish/identity_users.h"
#include "cloxxsd/service/local_accounts.h"
#include "cloxxsd/service/user_json.h"
#include "cloxxsd/state/login_test.h"

/* Where an administrator who is made here may log in, unless told. */
#define SERVICES_OF_ADMINISTRATOR "login,sshd,sudo"

static enum offline_status unreadable(struct offline *offline, int error)
{
	return offline_fail(offline, OFFLINE_FAILURE,
			    "the store cannot be read: %s; see \"cloxxsctl "
			    "recover check\"",
			    strerror(error < 0 ? -error : EBADMSG));
}

/* The user named, or why not; OFFLINE_DONE. */
static enum offline_status find_user(struct offline *offline,
				     struct user *ret_user)
{
	int r = user_find(offline->state.store, offline->operand, ret_user);

	if (r == 0)
		return OFFLINE_DONE;
	if (r != USER_E_UNKNOWN)
		return unreadable(offline, r);
	return offline_fail(offline, OFFLINE_NOT_FOUND,
			    "there is no user of this name");
}

/* What the record tells: that it was done here, and why. */
static enum offline_status tell_reason(struct offline *offline,
				       struct text *details)
{
	const char *reason = offline->values[OFFLINE_OPTION_REASON];

	text_add(details, "recover");
	if (!reason)
		return OFFLINE_DONE;
	for (const char *c = reason; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return offline_fail(offline, OFFLINE_USAGE,
					    "--reason: it must be one line, "
					    "without control characters");
	if (strlen(reason) >= USER_REASON_MAX ||
	    strspn(reason, " ") == strlen(reason))
		return offline_fail(offline, OFFLINE_USAGE,
				    "--reason: it must be a text shorter than "
				    "256 bytes");
	text_add_format(details, ": %s", reason);
	return OFFLINE_DONE;
}

static struct record record_of(const struct user *user, enum event event,
			       const char *details)
{
	return (struct record){ .at_us = clock_realtime_us(),
				.event = event,
				.result = RECORD_DONE,
				.reason = REASON_BY_ADMINISTRATOR,
				.user = user->name,
				.actor = "root",
				.details = details };
}

static enum offline_status apply(struct offline *offline,
				 const struct change_set *set)
{
	int r = state_apply(&offline->state, set);

	if (r == 0)
		return OFFLINE_DONE;
	return offline_fail(offline, OFFLINE_FAILURE,
			    "the change could not be written: %s; nothing was "
			    "changed, look at the disk",
			    strerror(r < 0 ? -r : EIO));
}

/* The user as he is now, with a temporary password where one was made. */
static enum offline_status answer_user(struct offline *offline, uint32_t uid,
				       const struct secret *temporary)
{
	struct user_moment moment =
		state_moment(&offline->state, offline->settings->inactive_s);
	struct user user;
	json_t *answer;
	int r;

	r = user_find_uid(offline->state.store, uid, &user);
	if (r != 0)
		return unreadable(offline, r);
	answer = json_pack("{s:o}", "user", user_json(&user, &moment));
	if (temporary &&
	    (json_object_set_new(answer, "temporary_password",
				 json_string(temporary->bytes)) < 0 ||
	     json_object_set_new(
		     answer, "temporary_until",
		     json_integer((json_int_t)user.temporary_until)) < 0)) {
		json_decref(answer);
		answer = NULL;
	}
	return offline_answer(offline, answer);
}

enum offline_status recover_unlock(struct offline *offline)
{
	char details[USER_REASON_MAX + 32];
	struct change_set set = { 0 };
	enum offline_status status;
	uint32_t n_tests = 0;
	struct text text;
	struct user user;

	text_init(&text, details, sizeof(details));
	status = tell_reason(offline, &text);
	if (status == OFFLINE_DONE)
		status = find_user(offline, &user);
	if (status != OFFLINE_DONE)
		return status;
	if (login_test_count(offline->state.store, user.uid, &n_tests) != 0)
		return unreadable(offline, -EIO);
	if (!user_is_locked(&user) && user.failures == 0 && n_tests == 0)
		return offline_fail(offline, OFFLINE_CONFLICT,
				    "the user is not locked, and has no "
				    "failures; nothing was changed");
	change_set_add(&set, (struct change){ .type = CHANGE_USER_UNLOCK,
					      .uid = user.uid });
	change_set_record(&set, record_of(&user, EVENT_USER_UNLOCKED, details));
	status = apply(offline, &set);
	return status != OFFLINE_DONE ? status
				      : answer_user(offline, user.uid, NULL);
}

/* Makes a temporary password for user, sealed in him; nothing is written. */
static enum offline_status make_password(struct offline *offline,
					 struct user *user,
					 struct secret *ret_temporary)
{
	scope(secret_deinit) struct secret normal = { 0 };
	const struct argon2_cost cost = {
		.memory = offline->settings->hash_memory,
		.operations = offline->settings->hash_operations,
	};
	char hash[ARGON2_STORED_SIZE];
	int r;

	r = password_generate(ret_temporary);
	if (r == 0)
		r = password_normalise(ret_temporary, &normal);
	if (r == 0)
		r = argon2_hash(&normal, &cost, hash);
	if (r == 0)
		r = state_seal_password(&offline->state, user->uid, hash,
					&user->password);
	explicit_bzero(hash, sizeof(hash));
	if (r != 0)
		return offline_fail(offline, OFFLINE_FAILURE,
				    "no password could be made: %s",
				    strerror(r < 0 ? -r : EINVAL));
	user->password_kind = USER_PASSWORD_TEMPORARY;
	user->password_changed = clock_realtime_us() / 1000000;
	user->temporary_until = state_moment(&offline->state, 0).latest +
				offline->settings->temporary_lifetime_s;
	return OFFLINE_DONE;
}

static struct change password_change(const struct offline *offline,
				     const struct user *user)
{
	return (struct change){ .type = CHANGE_PASSWORD,
				.uid = user->uid,
				.at = user->password_changed,
				.password = &user->password,
				.kind = user->password_kind,
				.until = user->temporary_until,
				.history =
					offline->settings->password.history };
}

enum offline_status recover_reset_password(struct offline *offline)
{
	scope(secret_deinit) struct secret temporary = { 0 };
	char details[USER_REASON_MAX + 32];
	struct change_set set = { 0 };
	enum offline_status status;
	struct text text;
	struct user user;

	text_init(&text, details, sizeof(details));
	status = tell_reason(offline, &text);
	if (status == OFFLINE_DONE)
		status = find_user(offline, &user);
	if (status == OFFLINE_DONE)
		status = make_password(offline, &user, &temporary);
	if (status != OFFLINE_DONE)
		return status;
	change_set_add(&set, password_change(offline, &user));
	change_set_record(&set,
			  record_of(&user, EVENT_PASSWORD_RESET, details));
	status = apply(offline, &set);
	return status != OFFLINE_DONE
		       ? status
		       : answer_user(offline, user.uid, &temporary);
}

/* The identity map as the store has it; what is left out cannot be in it. */
static enum offline_status write_map(struct offline *offline,
				     uint32_t *ret_n_unfit)
{
	struct identity_writer *writer = NULL;
	char path[512];
	struct text text;
	int r;

	text_init(&text, path, sizeof(path));
	text_add_format(&text, "%s/identity.map", offline_directory(offline));
	r = text_is_cut(&text)
		    ? -ENAMETOOLONG
		    : identity_users_write(offline->state.store, path, &writer,
					   ret_n_unfit);
	identity_writer_free(writer);
	if (r == 0)
		return OFFLINE_DONE;
	return offline_fail(offline, OFFLINE_FAILURE,
			    "%s: cannot be written: %s", path, strerror(-r));
}

enum offline_status recover_maps(struct offline *offline)
{
	const struct user nobody = { 0 };
	struct change_set set = { 0 };
	enum offline_status status;
	struct user_counts counts;
	uint32_t n_unfit = 0;
	int r;

	r = user_count(offline->state.store, &counts);
	if (r != 0)
		return unreadable(offline, r);
	status = write_map(offline, &n_unfit);
	if (status != OFFLINE_DONE)
		return status;
	change_set_record(&set,
			  record_of(&nobody, EVENT_MAPS_REBUILT, "recover"));
	set.records[0].user = NULL;
	status = apply(offline, &set);
	if (status != OFFLINE_DONE)
		return status;
	return offline_answer(offline, json_pack("{s:i, s:i}", "users",
						 (int)(counts.all - n_unfit),
						 "left_out", (int)n_unfit));
}

/* Where a local account stands in a new one's way; OFFLINE_DONE. */
static enum offline_status is_free_locally(struct offline *offline,
					   const struct user *user)
{
	static const char *const files[] = { "/etc/passwd", "/etc/group" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int r = local_accounts_find(files[i], user->name, user->uid);

		if (r != 0)
			return offline_fail(offline, OFFLINE_CONFLICT,
					    "%s: %s; choose another name",
					    files[i],
					    r < 0 ? strerror(-r)
					    : r == LOCAL_ACCOUNTS_NAME
						    ? "the name stands there"
						    : "the next free uid "
						      "stands there");
	}
	return OFFLINE_DONE;
}

static bool are_services(const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ",");

		if (!name_is_service(list, n))
			return false;
		list += n;
		list += *list == ',';
	}
	return true;
}

/* Somebody new, as "user add" would make him. */
static enum offline_status fill_new(struct offline *offline, struct user *user)
{
	const struct settings *settings = offline->settings;
	const char *name = offline->operand;
	const char *services = offline->values[OFFLINE_OPTION_SERVICES];
	struct text shell, list;
	int r;

	*user = (struct user){ .role = USER_ROLE_ADMINISTRATOR,
			       .enabled = true,
			       .created = clock_realtime_us() / 1000000 };
	if (!name_is_user(name, strlen(name)) ||
	    name_is_reserved(name, strlen(name)))
		return offline_fail(offline, OFFLINE_USAGE,
				    "a name has 1 to 32 of a-z, 0-9, '_' and "
				    "'-', and is none of the system's");
	memcpy(user->name, name, strlen(name) + 1);
	text_init(&list, user->services, sizeof(user->services));
	text_add(&list, services ? services : SERVICES_OF_ADMINISTRATOR);
	text_init(&shell, user->shell, sizeof(user->shell));
	text_add(&shell, settings->shell);
	if (text_is_cut(&list) || !are_services(user->services))
		return offline_fail(offline, OFFLINE_USAGE,
				    "--services: that is no list of services");
	if (!settings_home(settings, name, user->home, sizeof(user->home)))
		return offline_fail(offline, OFFLINE_USAGE,
				    "the home would be too long");
	r = user_free_uid(offline->state.store, settings->uid_min,
			  settings->uid_max, &user->uid);
	if (r == USER_E_UNKNOWN)
		return offline_fail(offline, OFFLINE_CONFLICT,
				    "no uid is free; see uid_range in "
				    "cloxxsd.conf(5)");
	return r != 0 ? unreadable(offline, r) : is_free_locally(offline, user);
}

static void add_changes(struct change_set *set, const struct user *before,
			const struct user *after, struct text *details)
{
	bool limited = before->not_before != 0 || before->not_after != 0 ||
		       *before->hours;

	if (before->role != after->role || limited)
		change_set_add(set, (struct change){ .type = CHANGE_USER_SET,
						     .uid = after->uid,
						     .user = after });
	if (before->role != after->role)
		text_add(details, "; made an administrator");
	if (limited)
		text_add(details, "; valid at any time");
	if (!before->enabled) {
		change_set_add(
			set, (struct change){ .type = CHANGE_USER_ENABLE,
					      .uid = after->uid,
					      .at = after->password_changed });
		text_add(details, "; enabled");
	}
	if (user_is_locked(before) || before->failures > 0) {
		change_set_add(set, (struct change){ .type = CHANGE_USER_UNLOCK,
						     .uid = after->uid });
		text_add(details, "; unlocked");
	}
	text_add(details, "; temporary password");
}

/* The user as he will be, and whether he is to be added first. */
static enum offline_status choose(struct offline *offline,
				  struct user *ret_before, bool *ret_new)
{
	int r = user_find(offline->state.store, offline->operand, ret_before);

	*ret_new = r == USER_E_UNKNOWN;
	if (r == 0)
		return OFFLINE_DONE;
	return *ret_new ? fill_new(offline, ret_before)
			: unreadable(offline, r);
}

enum offline_status recover_administrator(struct offline *offline)
{
	scope(secret_deinit) struct secret temporary = { 0 };
	char details[USER_REASON_MAX + 128];
	struct change_set set = { 0 };
	struct user before, after;
	enum offline_status status;
	uint32_t n_unfit;
	struct text text;
	bool is_new = false;

	text_init(&text, details, sizeof(details));
	status = tell_reason(offline, &text);
	if (status == OFFLINE_DONE)
		status = choose(offline, &before, &is_new);
	if (status != OFFLINE_DONE)
		return status;
	after = before;
	after.role = USER_ROLE_ADMINISTRATOR;
	after.not_before = 0;
	after.not_after = 0;
	after.hours[0] = '\0';
	status = make_password(offline, &after, &temporary);
	if (status != OFFLINE_DONE)
		return status;
	if (is_new) {
		change_set_add(&set, (struct change){ .type = CHANGE_USER_ADD,
						      .uid = after.uid,
						      .user = &after });
		text_add_format(&text, "; added, uid %u, services \"%s\"",
				after.uid, after.services);
	} else {
		add_changes(&set, &before, &after, &text);
		change_set_add(&set, password_change(offline, &after));
	}
	change_set_record(&set, record_of(&after, EVENT_ADMINISTRATOR_RECOVERED,
					  details));
	status = apply(offline, &set);
	if (status == OFFLINE_DONE)
		status = write_map(offline, &n_unfit);
	return status != OFFLINE_DONE
		       ? status
		       : answer_user(offline, after.uid, &temporary);
}
