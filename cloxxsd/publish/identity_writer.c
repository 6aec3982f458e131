/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/publish/identity_writer.h"

#include <string.h>

#include "base/name.h"
#include "cloxxsd/publish/map_writer.h"

/* What a user and his group take in the arena, as a first guess; more is found
 * by growth. */
#define ARENA_PER_USER 160

struct identity_writer {
	struct map_writer *map;
};

static const uint32_t tables_of[] = {
	[_IDENTITY_RECORD_NONE] = 0,
	[IDENTITY_RECORD_USER] = UINT32_C(1) << IDENTITY_USER_BY_NAME |
				 UINT32_C(1) << IDENTITY_USER_BY_UID,
	[IDENTITY_RECORD_GROUP] = UINT32_C(1) << IDENTITY_GROUP_BY_NAME |
				  UINT32_C(1) << IDENTITY_GROUP_BY_GID,
	[IDENTITY_RECORD_GROUPS_OF] = UINT32_C(1) << IDENTITY_GROUPS_OF_UID,
};

static uint64_t hash_key(uint32_t table, const struct map_record *record)
{
	const struct identity_user_record *user = (const void *)record;
	const struct identity_group_record *group = (const void *)record;
	const struct identity_groups_of_record *groups = (const void *)record;

	switch ((enum identity_table)table) {
	case IDENTITY_USER_BY_NAME:
		return map_hash_bytes(user->strings, user->n_name);
	case IDENTITY_USER_BY_UID:
		return map_hash_u32(user->uid);
	case IDENTITY_GROUP_BY_NAME:
		return map_hash_bytes(group->strings, group->n_name);
	case IDENTITY_GROUP_BY_GID:
		return map_hash_u32(group->gid);
	case IDENTITY_GROUPS_OF_UID:
		return map_hash_u32(groups->uid);
	case _IDENTITY_N_TABLES:
		break;
	}
	return 0;
}

static const struct map_schema schema = {
	.kind = MAP_KIND_IDENTITY,
	.n_tables = _IDENTITY_N_TABLES,
	.tables_of = tables_of,
	.n_types = ARRAY_SIZE(tables_of),
	.hash = hash_key,
	.spare = 100,
};

/* One user with his group, n times. */
static struct map_room room_for(uint32_t n, uint64_t bytes)
{
	struct map_room room = { .arena = n * bytes };

	room.n_keys[IDENTITY_USER_BY_NAME] = n;
	room.n_keys[IDENTITY_USER_BY_UID] = n;
	room.n_keys[IDENTITY_GROUP_BY_NAME] = n;
	room.n_keys[IDENTITY_GROUP_BY_GID] = n;
	return room;
}

int identity_writer_new(const char *path, uint32_t n_users,
			struct identity_writer **ret_writer)
{
	struct map_room room = room_for(n_users, ARENA_PER_USER);
	struct identity_writer *writer;
	int r;

	writer = calloc(1, sizeof(*writer));
	if (!writer)
		return -ENOMEM;
	r = map_writer_new(path, &schema, &room, &writer->map);
	if (r < 0) {
		free(writer);
		return r;
	}
	*ret_writer = writer;
	return 0;
}

struct identity_writer *identity_writer_free(struct identity_writer *writer)
{
	if (!writer)
		return NULL;
	map_writer_free(writer->map);
	free(writer);
	return NULL;
}

int identity_writer_publish(struct identity_writer *writer)
{
	return map_writer_publish(writer->map);
}

uint64_t identity_writer_generation(const struct identity_writer *writer)
{
	return map_writer_generation(writer->map);
}

/* The record in table whose id is number, at the place that its type says. */
static const struct map_record *find_id(const struct identity_writer *writer,
					enum identity_table table,
					uint32_t number)
{
	const struct map_record *record;
	struct map_probe probe;

	map_probe_init(&probe, map_writer_map(writer->map), table,
		       map_hash_u32(number));
	while ((record = map_probe_next(&probe))) {
		const struct identity_user_record *user = (const void *)record;
		const struct identity_group_record *group =
			(const void *)record;
		const struct identity_groups_of_record *groups =
			(const void *)record;

		if ((record->type == IDENTITY_RECORD_USER &&
		     user->uid == number) ||
		    (record->type == IDENTITY_RECORD_GROUP &&
		     group->gid == number) ||
		    (record->type == IDENTITY_RECORD_GROUPS_OF &&
		     groups->uid == number))
			return record;
	}
	return NULL;
}

static bool is_fit(const struct identity_user *user)
{
	return name_is_our_uid(user->uid) && user->gid == user->uid &&
	       name_is_user(user->name, user->n_name) &&
	       !name_is_reserved(user->name, user->n_name) &&
	       name_is_path(user->home, user->n_home) &&
	       name_is_path(user->shell, user->n_shell);
}

static uint32_t user_size(const struct identity_user *user)
{
	return (uint32_t)(sizeof(struct identity_user_record) + user->n_name +
			  user->n_home + user->n_shell + 3);
}

static uint32_t group_size(const struct identity_user *user)
{
	return (uint32_t)(sizeof(struct identity_group_record) + user->n_name +
			  1);
}

static void fill_user(struct map_record *record,
		      const struct identity_user *user)
{
	struct identity_user_record *to = (void *)record;
	char *p = to->strings;

	to->uid = user->uid;
	to->gid = user->gid;
	to->n_name = (uint16_t)user->n_name;
	to->n_home = (uint16_t)user->n_home;
	to->n_shell = (uint16_t)user->n_shell;
	/* The NULs are there: a draft is zeroed. */
	memcpy(p, user->name, user->n_name);
	p += user->n_name + 1;
	memcpy(p, user->home, user->n_home);
	p += user->n_home + 1;
	memcpy(p, user->shell, user->n_shell);
}

static void fill_group(struct map_record *record,
		       const struct identity_user *user)
{
	struct identity_group_record *to = (void *)record;

	to->gid = user->gid;
	to->n_name = (uint16_t)user->n_name;
	memcpy(to->strings, user->name, user->n_name);
}

static bool same_text(const char *a, size_t n_a, const char *b, size_t n_b)
{
	return n_a == n_b && memcmp(a, b, n_a) == 0;
}

static bool same_user(const struct identity_user *a,
		      const struct identity_user *b)
{
	return a->uid == b->uid && a->gid == b->gid &&
	       same_text(a->name, a->n_name, b->name, b->n_name) &&
	       same_text(a->home, a->n_home, b->home, b->n_home) &&
	       same_text(a->shell, a->n_shell, b->shell, b->n_shell);
}

int identity_writer_set(struct identity_writer *writer,
			const struct identity_user *user)
{
	const struct map_record *old;
	struct map_record *record;
	struct identity_user other;
	struct map_room room;
	bool same_name;
	int r;

	if (!is_fit(user))
		return -EINVAL;
	if (identity_find_user(map_writer_map(writer->map), user->name,
			       user->n_name, &other) &&
	    other.uid != user->uid)
		return -EEXIST;
	same_name = false;
	if (identity_find_uid(map_writer_map(writer->map), user->uid, &other)) {
		if (same_user(&other, user))
			return 0;
		same_name = same_text(other.name, other.n_name, user->name,
				      user->n_name);
	}
	room = room_for(1, map_room_of(user_size(user)) +
				   map_room_of(group_size(user)));
	r = map_writer_reserve(writer->map, &room);
	if (r < 0)
		return r;

	/* The group first: whoever finds the user finds his group. */
	if (!same_name) {
		old = find_id(writer, IDENTITY_GROUP_BY_GID, user->gid);
		record = map_writer_draft(writer->map, IDENTITY_RECORD_GROUP,
					  group_size(user));
		if (!record)
			return -ENOSPC;
		fill_group(record, user);
		map_writer_swing(writer->map, old, record);
	}
	old = find_id(writer, IDENTITY_USER_BY_UID, user->uid);
	record = map_writer_draft(writer->map, IDENTITY_RECORD_USER,
				  user_size(user));
	if (!record)
		return -ENOSPC;
	fill_user(record, user);
	map_writer_swing(writer->map, old, record);
	return 0;
}

int identity_writer_remove(struct identity_writer *writer, uint32_t uid)
{
	static const enum identity_table tables[] = {
		IDENTITY_USER_BY_UID,
		IDENTITY_GROUPS_OF_UID,
		IDENTITY_GROUP_BY_GID,
	};

	/* Only slots are swung, so this cannot fail for want of room. */
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		map_writer_swing(writer->map, find_id(writer, tables[i], uid),
				 NULL);
	return 0;
}

const struct map *identity_writer_map(const struct identity_writer *writer)
{
	return map_writer_map(writer->map);
}

/* One record more, in the tables of type, of size bytes. */
static int make_room(struct identity_writer *writer, uint32_t type,
		     uint32_t size)
{
	struct map_room room = { .arena = map_room_of(size) };

	for (uint32_t i = 0; i < _IDENTITY_N_TABLES; i++)
		room.n_keys[i] = (tables_of[type] >> i) & 1;
	return map_writer_reserve(writer->map, &room);
}

static bool group_is_fit(const struct identity_group *group)
{
	return name_is_our_uid(group->gid) &&
	       name_is_user(group->name, group->n_name) &&
	       !name_is_reserved(group->name, group->n_name) &&
	       group->n_members_bytes < (UINT32_C(1) << 30) &&
	       (group->n_members_bytes == 0 ||
		group->members[group->n_members_bytes - 1] == '\0');
}

static void fill_members(struct map_record *record,
			 const struct identity_group *group)
{
	struct identity_group_record *to = (void *)record;

	to->gid = group->gid;
	to->n_members = group->n_members;
	to->n_members_bytes = (uint32_t)group->n_members_bytes;
	to->n_name = (uint16_t)group->n_name;
	memcpy(to->strings, group->name, group->n_name);
	if (group->n_members_bytes > 0)
		memcpy(to->strings + group->n_name + 1, group->members,
		       group->n_members_bytes);
}

int identity_writer_set_group(struct identity_writer *writer,
			      const struct identity_group *group)
{
	uint32_t size = (uint32_t)(sizeof(struct identity_group_record) +
				   group->n_name + 1 + group->n_members_bytes);
	struct identity_group other;
	struct map_record *record;
	int r;

	if (!group_is_fit(group))
		return -EINVAL;
	if (identity_find_group(map_writer_map(writer->map), group->name,
				group->n_name, &other) &&
	    other.gid != group->gid)
		return -EEXIST;
	if (find_id(writer, IDENTITY_USER_BY_UID, group->gid))
		return -EEXIST;
	r = make_room(writer, IDENTITY_RECORD_GROUP, size);
	if (r < 0)
		return r;
	record = map_writer_draft(writer->map, IDENTITY_RECORD_GROUP, size);
	if (!record)
		return -ENOSPC;
	fill_members(record, group);
	map_writer_swing(writer->map,
			 find_id(writer, IDENTITY_GROUP_BY_GID, group->gid),
			 record);
	return 0;
}

int identity_writer_remove_group(struct identity_writer *writer, uint32_t gid)
{
	/* A user's own group goes with him. */
	if (!find_id(writer, IDENTITY_USER_BY_UID, gid))
		map_writer_swing(writer->map,
				 find_id(writer, IDENTITY_GROUP_BY_GID, gid),
				 NULL);
	return 0;
}

int identity_writer_set_groups_of(struct identity_writer *writer, uint32_t uid,
				  const uint32_t *gids, uint32_t n)
{
	uint32_t size = (uint32_t)(sizeof(struct identity_groups_of_record) +
				   n * sizeof(*gids));
	struct identity_groups_of_record *to;
	struct map_record *record;
	int r;

	if (n == 0) {
		map_writer_swing(writer->map,
				 find_id(writer, IDENTITY_GROUPS_OF_UID, uid),
				 NULL);
		return 0;
	}
	r = make_room(writer, IDENTITY_RECORD_GROUPS_OF, size);
	if (r < 0)
		return r;
	record = map_writer_draft(writer->map, IDENTITY_RECORD_GROUPS_OF, size);
	if (!record)
		return -ENOSPC;
	to = (void *)record;
	to->uid = uid;
	to->n_gids = n;
	memcpy(to->gids, gids, n * sizeof(*gids));
	map_writer_swing(writer->map,
			 find_id(writer, IDENTITY_GROUPS_OF_UID, uid), record);
	return 0;
}
