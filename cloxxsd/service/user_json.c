/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/user_json.h"

#include <string.h>

#include "cloxxsd/service/user_networks.h"

json_t *time_or_null(int64_t at)
{
	return at != 0 ? json_integer(at) : json_null();
}

json_t *text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

json_t *user_services_json(const char *services)
{
	json_t *list = json_array();

	while (*services) {
		size_t n = strcspn(services, ",");

		(void)!json_array_append_new(list, json_stringn(services, n));
		services += n;
		services += *services == ',';
	}
	return list;
}

/* "valid", or why he is not. */
static const char *validity_of(const struct user *user,
			       const struct user_moment *moment)
{
	enum reason reason = user_validity(user, moment);

	return reason == REASON_NONE ? "valid" : reason_name(reason);
}

json_t *user_json(const struct user *user, const struct user_moment *moment)
{
	bool temporary = user->password_kind == USER_PASSWORD_TEMPORARY;

	return json_pack(
		"{s:s, s:i, s:s, s:b, s:o, s:s, s:s, s:o, s:s, s:o, s:o,"
		" s:b, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:I,"
		" s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}",
		"name", user->name, "uid", (int)user->uid, "role",
		user_role_name(user->role), "enabled", (int)user->enabled,
		"services", user_services_json(user->services), "shell",
		user->shell, "home", user->home, "language",
		text_or_null(user->language), "password",
		user_password_kind_name(user->password_kind), "temporary_until",
		time_or_null(temporary ? user->temporary_until : 0),
		"password_changed", time_or_null(user->password_changed),
		"locked", (int)user_is_locked(user), "locked_at",
		time_or_null(user->locked_at), "locked_because",
		text_or_null(user->locked_because), "disabled_at",
		time_or_null(user->disabled_at), "disabled_because",
		text_or_null(user->disabled_because), "failures",
		(int)user->failures, "last_login",
		time_or_null(user->last_login), "last_login_service",
		text_or_null(user->last_login_service), "last_login_address",
		text_or_null(user->last_login_address), "created",
		(json_int_t)user->created, "protected", (int)user->protected,
		"break_glass", (int)user->break_glass, "opened_at",
		time_or_null(user->opened_at), "open_until",
		time_or_null(user->open_until), "networks",
		user_networks_json(user->networks), "not_before",
		time_or_null(user->not_before), "not_after",
		time_or_null(user->not_after), "hours",
		text_or_null(user->hours), "active_at",
		time_or_null(user->active_at), "validity",
		validity_of(user, moment));
}
