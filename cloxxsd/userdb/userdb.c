/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What is told stands in the identity map, which everybody may read, but
 *     for SSH keys: they are told to root and to whose they are.
 *  2. Who stands in /etc/passwd or /etc/group under the name or the id is
 *     another one, and none is told in his place.
 *  3. Nothing of the map is kept from one turn of the loop to the next: it may
 *     be another file by then.
 */
#include "cloxxsd/userdb/userdb.h"

#include <string.h>

#include "base/name.h"
#include "cloxxsd/service/local_accounts.h"
#include "varlink/interfaces.h"

#define INTERFACE "io.systemd.UserDatabase"
#define SERVICE "nl.cloxxs"
/* Memberships of one batch of a stream. */
#define BATCH 256

static int fail(struct varlink_call *call, const char *error)
{
	return varlink_call_error(call, error, NULL);
}

static int not_found(struct varlink_call *call)
{
	return fail(call, INTERFACE ".NoRecordFound");
}

static const char *string_of(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

/* False: answered. */
static bool is_asked_rightly(struct varlink_call *call, json_t *parameters)
{
	if (strcmp(string_of(parameters, "service"), SERVICE) == 0)
		return true;
	(void)!fail(call, INTERFACE ".BadService");
	return false;
}

/* What is asked for: a name, an id, or both. */
struct wanted {
	const char *name; /* NULL: not named */
	bool has_id, is_ours;
	uint32_t id;
};

/* An id that none of ours can have is as good as unknown; so is a name. */
static struct wanted read_wanted(json_t *parameters, const char *name_key,
				 const char *id_key)
{
	json_t *id = json_object_get(parameters, id_key);
	json_int_t value = json_integer_value(id);
	struct wanted wanted = { .name = string_of(parameters, name_key),
				 .has_id = json_is_integer(id),
				 .is_ours = true };

	if (wanted.has_id)
		wanted.is_ours = value >= NAME_UID_MIN && value <= NAME_UID_MAX;
	if (wanted.has_id && wanted.is_ours)
		wanted.id = (uint32_t)value;
	if (wanted.name && !name_is_user(wanted.name, strlen(wanted.name)))
		wanted.is_ours = false;
	return wanted;
}

enum found {
	FOUND_NONE,
	FOUND_ONE,
	FOUND_CONFLICT, /* the id is another one's */
};

/* Of what has the name, or the id, that was named. */
static enum found conclude(const struct wanted *wanted, const char *name,
			   size_t n_name, uint32_t id)
{
	if (!name_is_user(name, n_name))
		return FOUND_NONE;
	return wanted->has_id && wanted->id != id ? FOUND_CONFLICT : FOUND_ONE;
}

static enum found find_user(const struct map *map, const struct wanted *wanted,
			    struct identity_user *ret_user)
{
	bool found = false;

	if (wanted->is_ours)
		found = wanted->name
				? identity_find_user(map, wanted->name,
						     strlen(wanted->name),
						     ret_user)
				: identity_find_uid(map, wanted->id, ret_user);
	return found ? conclude(wanted, ret_user->name, ret_user->n_name,
				ret_user->uid)
		     : FOUND_NONE;
}

static enum found find_group(const struct map *map, const struct wanted *wanted,
			     struct identity_group *ret_group)
{
	bool found = false;

	if (wanted->is_ours)
		found = wanted->name
				? identity_find_group(map, wanted->name,
						      strlen(wanted->name),
						      ret_group)
				: identity_find_gid(map, wanted->id, ret_group);
	return found ? conclude(wanted, ret_group->name, ret_group->n_name,
				ret_group->gid)
		     : FOUND_NONE;
}

/* One of ours whom file has not; false: answered. */
static bool is_ours(struct varlink_call *call, enum found found,
		    const char *file, const char *name, uint32_t id)
{
	int r = found == FOUND_ONE ? local_accounts_find(file, name, id) : 0;

	if (found == FOUND_ONE && r == 0)
		return true;
	if (r < 0)
		(void)!fail(call, INTERFACE ".ServiceNotAvailable");
	else if (found == FOUND_CONFLICT)
		(void)!fail(call, INTERFACE ".ConflictingRecordFound");
	else
		(void)!not_found(call);
	return false;
}

/* His keys, by the same rules as sshd is told them. False: nobody knows. */
static bool add_keys(struct source *source, const struct identity_user *user,
		     json_t *record)
{
	json_t *keys = json_array();
	bool known =
		keys && source_keys(source, user->name, user->n_name, keys);

	if (!known || json_array_size(keys) == 0) {
		json_decref(keys);
		return known;
	}
	return json_object_set_new(
		       record, "privileged",
		       json_pack("{s:o}", "sshAuthorizedKeys", keys)) == 0;
}

static json_t *user_record(const struct identity_user *user)
{
	return json_pack("{s:s%, s:I, s:I, s:s%, s:s%, s:s, s:s}", "userName",
			 user->name, user->n_name, "uid", (json_int_t)user->uid,
			 "gid", (json_int_t)user->gid, "homeDirectory",
			 user->home, user->n_home, "shell", user->shell,
			 user->n_shell, "disposition", "regular", "service",
			 SERVICE);
}

static int get_user(struct varlink_call *call, json_t *parameters,
		    void *userdata)
{
	struct wanted wanted = read_wanted(parameters, "userName", "uid");
	uid_t peer = varlink_call_peer(call)->uid;
	struct source *source = userdata;
	struct identity_user user = { 0 };
	const struct map *map;
	enum found found;
	json_t *record;
	bool told;

	if (!is_asked_rightly(call, parameters))
		return 0;
	if (!wanted.name && !wanted.has_id)
		return fail(call, INTERFACE ".EnumerationNotSupported");
	map = source_map(source);
	if (!map)
		return fail(call, INTERFACE ".ServiceNotAvailable");
	found = find_user(map, &wanted, &user);
	if (!is_ours(call, found, "/etc/passwd", user.name, user.uid))
		return 0;
	record = user_record(&user);
	told = record && (peer == 0 || peer == user.uid) &&
	       add_keys(source, &user, record);
	return varlink_call_reply(call,
				  json_pack("{s:o, s:b}", "record", record,
					    "incomplete", (int)!told));
}

static int get_group(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	struct wanted wanted = read_wanted(parameters, "groupName", "gid");
	struct source *source = userdata;
	struct identity_group group = { 0 };
	const struct map *map;
	enum found found;

	if (!is_asked_rightly(call, parameters))
		return 0;
	if (!wanted.name && !wanted.has_id)
		return fail(call, INTERFACE ".EnumerationNotSupported");
	map = source_map(source);
	if (!map)
		return fail(call, INTERFACE ".ServiceNotAvailable");
	found = find_group(map, &wanted, &group);
	if (!is_ours(call, found, "/etc/group", group.name, group.gid))
		return 0;
	return varlink_call_reply(
		call, json_pack("{s:{s:s%, s:I, s:s, s:s}, s:b}", "record",
				"groupName", group.name, group.n_name, "gid",
				(json_int_t)group.gid, "disposition", "regular",
				"service", SERVICE, "incomplete", 0));
}

struct membership {
	char user[NAME_USER_MAX + 1], group[NAME_USER_MAX + 1];
};

/* A stream of memberships: the next one to be told is ahead, and from at on, in
 * groups or in bytes of members, the rest is to be found. */
struct memberships {
	struct source *source;
	struct membership wanted; /* "": in every group, or of every member */
	struct membership ahead;
	uint32_t at;
};

/* False where it is too long to be a name: then it is passed over. */
static bool set_name(char name[NAME_USER_MAX + 1], const char *from, size_t n)
{
	if (!name_is_user(from, n))
		return false;
	memcpy(name, from, n);
	name[n] = '\0';
	return true;
}

static bool next_group(struct memberships *list, const struct map *map,
		       char ret_group[NAME_USER_MAX + 1])
{
	const char *name = list->wanted.user, *only = list->wanted.group;
	struct identity_group group;
	struct identity_user user;
	const uint32_t *gids;
	uint32_t n_gids;

	if (!identity_find_user(map, name, strlen(name), &user) ||
	    !identity_find_groups_of(map, user.uid, &gids, &n_gids))
		return false;
	while (list->at < n_gids)
		if (identity_find_gid(map, gids[list->at++], &group) &&
		    set_name(ret_group, group.name, group.n_name) &&
		    (!*only || strcmp(only, ret_group) == 0))
			return true;
	return false;
}

/* Where the group was changed on the way, at may be within a name by now: what
 * is left of that is passed over. */
static bool next_member(struct memberships *list, const struct map *map,
			char ret_user[NAME_USER_MAX + 1])
{
	const char *name = list->wanted.group, *member;
	struct identity_group group;
	bool begins;
	size_t n;

	if (!identity_find_group(map, name, strlen(name), &group))
		return false;
	while (list->at < group.n_members_bytes) {
		member = group.members + list->at;
		begins = list->at == 0 || member[-1] == '\0';
		n = strnlen(member, group.n_members_bytes - list->at);
		list->at += (uint32_t)n + 1;
		if (begins && set_name(ret_user, member, n))
			return true;
	}
	return false;
}

static bool next(struct memberships *list, struct membership *ret_one)
{
	const struct map *map = source_map(list->source);
	struct membership one = list->wanted;
	bool found = false;

	if (map)
		found = *one.user ? next_group(list, map, one.group)
				  : next_member(list, map, one.user);
	if (found)
		*ret_one = one;
	return found;
}

static json_t *membership_json(const struct membership *one)
{
	return json_pack("{s:s, s:s}", "userName", one->user, "groupName",
			 one->group);
}

static int send_memberships(struct varlink_call *call, void *data)
{
	struct memberships *list = data;
	struct membership after;
	int r = 0;

	for (int i = 0; r == 0 && i < BATCH; i++) {
		if (!next(list, &after))
			return varlink_call_reply(
				call, membership_json(&list->ahead));
		r = varlink_call_continue(call, membership_json(&list->ahead));
		list->ahead = after;
	}
	return r;
}

/* Whom file has is another one. An error is as if he were: no membership. */
static bool is_local(const char *file, const char *name, uint32_t id)
{
	return local_accounts_find(file, name, id) != 0;
}

/* Into list; false where nothing can be found. */
static bool read_memberships(const struct map *map, json_t *parameters,
			     struct memberships *list)
{
	const char *name = string_of(parameters, "userName");
	const char *group_name = string_of(parameters, "groupName");
	struct identity_group group;
	struct identity_user user;

	if (name) {
		if (!identity_find_user(map, name, strlen(name), &user) ||
		    !set_name(list->wanted.user, user.name, user.n_name) ||
		    is_local("/etc/passwd", user.name, user.uid))
			return false;
	}
	if (group_name) {
		if (!identity_find_group(map, group_name, strlen(group_name),
					 &group) ||
		    !set_name(list->wanted.group, group.name, group.n_name) ||
		    is_local("/etc/group", group.name, group.gid))
			return false;
	}
	return true;
}

static int get_memberships(struct varlink_call *call, json_t *parameters,
			   void *userdata)
{
	struct source *source = userdata;
	struct memberships *list;
	const struct map *map;

	if (!is_asked_rightly(call, parameters))
		return 0;
	if (!string_of(parameters, "userName") &&
	    !string_of(parameters, "groupName"))
		return fail(call, INTERFACE ".EnumerationNotSupported");
	map = source_map(source);
	if (!map)
		return fail(call, INTERFACE ".ServiceNotAvailable");
	list = calloc(1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	list->source = source;
	if (!read_memberships(map, parameters, list) ||
	    !next(list, &list->ahead)) {
		free(list);
		return not_found(call);
	}
	varlink_call_stream(call, send_memberships, list, free);
	return 0;
}

#define SERVICE_PARAMETER                             \
	{                                             \
		"service", VARLINK_STRING, false, 256 \
	}

static const struct varlink_parameter user_parameters[] = {
	{ "uid", VARLINK_INT, true, 0 },
	{ "userName", VARLINK_STRING, true, 256 },
	SERVICE_PARAMETER,
	{ 0 },
};
static const struct varlink_parameter group_parameters[] = {
	{ "gid", VARLINK_INT, true, 0 },
	{ "groupName", VARLINK_STRING, true, 256 },
	SERVICE_PARAMETER,
	{ 0 },
};
static const struct varlink_parameter membership_parameters[] = {
	{ "userName", VARLINK_STRING, true, 256 },
	{ "groupName", VARLINK_STRING, true, 256 },
	SERVICE_PARAMETER,
	{ 0 },
};

static const struct varlink_method methods[] = {
	{ INTERFACE ".GetUserRecord", 0, VARLINK_PUBLIC | VARLINK_MORE, 4096,
	  5000, user_parameters, get_user },
	{ INTERFACE ".GetGroupRecord", 0, VARLINK_PUBLIC | VARLINK_MORE, 4096,
	  5000, group_parameters, get_group },
	{ INTERFACE ".GetMemberships", 0, VARLINK_PUBLIC | VARLINK_MORE_ONLY,
	  4096, 5000, membership_parameters, get_memberships },
	{ 0 },
};

const struct varlink_interface userdb_interface = {
	.name = INTERFACE,
	.description = varlink_io_systemd_UserDatabase,
	.methods = methods,
};
