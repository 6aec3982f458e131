/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/identity.h"

#include <string.h>

#include "base/name.h"

int identity_open(const char *path, struct map **ret_map)
{
	return map_open(path, MAP_KIND_IDENTITY, _IDENTITY_N_TABLES, ret_map);
}

/* A view of the record, or false where it cannot be true. */
static bool user_view(const struct map_record *record,
		      struct identity_user *ret_user)
{
	const struct identity_user_record *user = (const void *)record;
	size_t room;

	if (record->type != IDENTITY_RECORD_USER ||
	    record->size < sizeof(*user))
		return false;
	room = record->size - sizeof(*user);
	if ((size_t)user->n_name + user->n_home + user->n_shell + 3 > room)
		return false;
	*ret_user = (struct identity_user){
		.uid = user->uid,
		.gid = user->gid,
		.name = user->strings,
		.home = user->strings + user->n_name + 1,
		.shell = user->strings + user->n_name + 1 + user->n_home + 1,
		.n_name = user->n_name,
		.n_home = user->n_home,
		.n_shell = user->n_shell,
	};
	return ret_user->name[user->n_name] == '\0' &&
	       ret_user->home[user->n_home] == '\0' &&
	       ret_user->shell[user->n_shell] == '\0' &&
	       name_is_our_uid(user->uid) && name_is_our_uid(user->gid);
}

static bool group_view(const struct map_record *record,
		       struct identity_group *ret_group)
{
	const struct identity_group_record *group = (const void *)record;
	size_t room;

	if (record->type != IDENTITY_RECORD_GROUP ||
	    record->size < sizeof(*group))
		return false;
	room = record->size - sizeof(*group);
	if ((size_t)group->n_name + 1 + group->n_members_bytes > room)
		return false;
	*ret_group = (struct identity_group){
		.gid = group->gid,
		.n_members = group->n_members,
		.name = group->strings,
		.n_name = group->n_name,
		.members = group->strings + group->n_name + 1,
		.n_members_bytes = group->n_members_bytes,
	};
	if (group->strings[group->n_name] != '\0' ||
	    !name_is_our_uid(group->gid))
		return false;
	/* Each member takes two bytes at least, and the last is ended. */
	if (group->n_members > group->n_members_bytes / 2)
		return false;
	return group->n_members_bytes == 0 ||
	       ret_group->members[group->n_members_bytes - 1] == '\0';
}

bool identity_find_user(const struct map *map, const char *name, size_t n,
			struct identity_user *ret_user)
{
	const struct map_record *record;
	struct identity_user user;
	struct map_probe probe;

	map_probe_init(&probe, map, IDENTITY_USER_BY_NAME,
		       map_hash_bytes(name, n));
	while ((record = map_probe_next(&probe)))
		if (user_view(record, &user) && user.n_name == n &&
		    memcmp(user.name, name, n) == 0) {
			*ret_user = user;
			return true;
		}
	return false;
}

bool identity_find_uid(const struct map *map, uint32_t uid,
		       struct identity_user *ret_user)
{
	const struct map_record *record;
	struct identity_user user;
	struct map_probe probe;

	map_probe_init(&probe, map, IDENTITY_USER_BY_UID, map_hash_u32(uid));
	while ((record = map_probe_next(&probe)))
		if (user_view(record, &user) && user.uid == uid) {
			*ret_user = user;
			return true;
		}
	return false;
}

bool identity_find_group(const struct map *map, const char *name, size_t n,
			 struct identity_group *ret_group)
{
	const struct map_record *record;
	struct identity_group group;
	struct map_probe probe;

	map_probe_init(&probe, map, IDENTITY_GROUP_BY_NAME,
		       map_hash_bytes(name, n));
	while ((record = map_probe_next(&probe)))
		if (group_view(record, &group) && group.n_name == n &&
		    memcmp(group.name, name, n) == 0) {
			*ret_group = group;
			return true;
		}
	return false;
}

bool identity_find_gid(const struct map *map, uint32_t gid,
		       struct identity_group *ret_group)
{
	const struct map_record *record;
	struct identity_group group;
	struct map_probe probe;

	map_probe_init(&probe, map, IDENTITY_GROUP_BY_GID, map_hash_u32(gid));
	while ((record = map_probe_next(&probe)))
		if (group_view(record, &group) && group.gid == gid) {
			*ret_group = group;
			return true;
		}
	return false;
}

bool identity_find_groups_of(const struct map *map, uint32_t uid,
			     const uint32_t **ret_gids, uint32_t *ret_n)
{
	const struct map_record *record;
	struct map_probe probe;

	map_probe_init(&probe, map, IDENTITY_GROUPS_OF_UID, map_hash_u32(uid));
	while ((record = map_probe_next(&probe))) {
		const struct identity_groups_of_record *groups =
			(const void *)record;

		if (record->type != IDENTITY_RECORD_GROUPS_OF ||
		    record->size < sizeof(*groups) ||
		    groups->n_gids > (record->size - sizeof(*groups)) /
					     sizeof(groups->gids[0]) ||
		    groups->uid != uid)
			continue;
		*ret_gids = groups->gids;
		*ret_n = groups->n_gids;
		return true;
	}
	return false;
}

bool identity_next_user(const struct map *map, uint32_t *position,
			struct identity_user *ret_user)
{
	while (*position < map_n_slots(map, IDENTITY_USER_BY_UID)) {
		const struct map_record *record =
			map_at(map, IDENTITY_USER_BY_UID, (*position)++);

		if (record && user_view(record, ret_user))
			return true;
	}
	return false;
}

bool identity_next_group(const struct map *map, uint32_t *position,
			 struct identity_group *ret_group)
{
	while (*position < map_n_slots(map, IDENTITY_GROUP_BY_GID)) {
		const struct map_record *record =
			map_at(map, IDENTITY_GROUP_BY_GID, (*position)++);

		if (record && group_view(record, ret_group))
			return true;
	}
	return false;
}
