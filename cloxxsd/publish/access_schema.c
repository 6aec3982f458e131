/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/publish/access_schema.h"

/* A map at its first change, or at one of many, is not to be made anew. */
#define SPARE 25
/* First guesses; more is found by growth. */
#define NAME_SIZE 16
#define INSIDE_OF_USER 8

static const uint32_t tables_of[] = {
	[_ACCESS_RECORD_NONE] = 0,
	[ACCESS_RECORD_USER] = UINT32_C(1) << ACCESS_USER_BY_NAME |
			       UINT32_C(1) << ACCESS_USER_BY_UID,
	[ACCESS_RECORD_PROJECT] = UINT32_C(1) << ACCESS_PROJECT_BY_NAME |
				  UINT32_C(1) << ACCESS_PROJECT_BY_ID,
	[ACCESS_RECORD_EVERY] = UINT32_C(1) << ACCESS_PROJECT_BY_ID,
	[ACCESS_RECORD_GRANT] = UINT32_C(1) << ACCESS_GRANT_BY_KEY,
};

static uint64_t hash_key(uint32_t table, const struct map_record *record)
{
	const struct access_project_record *project = access_to_project(record);
	const struct access_grant_record *grant = access_to_grant(record);
	const struct access_user_record *user = access_to_user(record);

	switch ((enum access_table)table) {
	case ACCESS_USER_BY_NAME:
		return map_hash_bytes(user->name, user->n_name);
	case ACCESS_USER_BY_UID:
		return map_hash_u32(user->uid);
	case ACCESS_PROJECT_BY_NAME:
		return map_hash_bytes(project->name, project->n_name);
	case ACCESS_PROJECT_BY_ID:
		return map_hash_u32(project->id);
	case ACCESS_GRANT_BY_KEY:
		return access_hash_grant(grant->holder, grant->project);
	case _ACCESS_N_TABLES:
		break;
	}
	return 0;
}

const struct map_schema access_schema = {
	.kind = MAP_KIND_ACCESS,
	.n_tables = _ACCESS_N_TABLES,
	.tables_of = tables_of,
	.n_types = ARRAY_SIZE(tables_of),
	.hash = hash_key,
	.spare = SPARE,
};

static uint64_t with_spare(uint64_t n)
{
	return n + n / 100 * SPARE + n % 100 * SPARE / 100;
}

static uint32_t keys_of(uint64_t n)
{
	n = with_spare(n);
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

struct map_room access_schema_room(const struct access_room *room)
{
	uint64_t inside = (uint64_t)INSIDE_OF_USER * room->n_users;
	struct map_room first = { 0 };

	if (inside > room->n_grants)
		inside = room->n_grants;
	first.n_keys[ACCESS_USER_BY_NAME] = keys_of(room->n_users);
	first.n_keys[ACCESS_USER_BY_UID] = keys_of(room->n_users);
	first.n_keys[ACCESS_PROJECT_BY_NAME] = keys_of(room->n_projects);
	first.n_keys[ACCESS_PROJECT_BY_ID] =
		keys_of((uint64_t)room->n_projects + 1);
	first.n_keys[ACCESS_GRANT_BY_KEY] = keys_of(room->n_grants - inside);
	first.arena = with_spare(
		room->n_users *
			(sizeof(struct access_user_record) + NAME_SIZE) +
		room->n_memberships * sizeof(uint32_t) +
		inside * (sizeof(uint64_t) + sizeof(uint32_t)) +
		(room->n_projects + UINT64_C(1)) *
			(sizeof(struct access_project_record) + NAME_SIZE) +
		(room->n_grants - inside) * sizeof(struct access_grant_record));
	return first;
}

void access_schema_add_room(struct map_room *room, enum access_record_type type,
			    size_t size, bool is_new)
{
	room->arena += map_room_of(size);
	for (uint32_t i = 0; is_new && i < _ACCESS_N_TABLES; i++)
		if (tables_of[type] & UINT32_C(1) << i)
			room->n_keys[i]++;
}
