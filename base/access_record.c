/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/access_record.h"

#define RIGHTS ((uint32_t)(ACCESS_READ | ACCESS_WRITE | ACCESS_DENY))

static uint64_t stir(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 32);
}

uint64_t access_hash_grant(uint32_t holder, uint32_t project)
{
	return stir(stir(UINT64_C(0x6a09e667f3bcc909),
			 (uint64_t)holder << 32 | project),
		    UINT64_C(0xd6e8feb86659fd93));
}

/* 40 bits of the end, 3 of rights, 21 of the check. */
#define WORD_RIGHTS 40
#define WORD_CHECK 43

static uint64_t word_check(uint64_t word, uint32_t holder, uint32_t project)
{
	word &= (UINT64_C(1) << WORD_CHECK) - 1;
	return stir(access_hash_grant(holder, project), word) >> WORD_CHECK;
}

uint64_t access_word(const struct access_grant *grant)
{
	uint64_t word = (uint64_t)grant->until | (uint64_t)grant->rights
							 << WORD_RIGHTS;

	return word | word_check(word, grant->holder, grant->project)
			      << WORD_CHECK;
}

bool access_word_read(uint64_t word, struct access_grant *grant)
{
	grant->until = (int64_t)(word & ACCESS_UNTIL_MAX);
	grant->rights = (uint32_t)(word >> WORD_RIGHTS) & RIGHTS;
	return grant->rights != 0 &&
	       word_check(word, grant->holder, grant->project) ==
		       word >> WORD_CHECK;
}

/* Any one number that is another changes it. */
static uint32_t total(const uint32_t *numbers, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += numbers[i];
	return sum;
}

uint32_t access_user_check(const struct access_user_record *user, uint64_t hash)
{
	uint32_t projects = total(access_part(user, access_projects_at(user)),
				  user->n_grants);
	uint32_t groups = total(access_part(user, access_groups_at(user)),
				user->n_groups);
	uint64_t limits =
		(uint64_t)user->not_before ^ ((uint64_t)user->not_after << 32 |
					      (uint64_t)user->not_after >> 32);

	hash = stir(hash, (uint64_t)user->uid << 32 | user->flags);
	hash = stir(hash, (uint64_t)user->n_groups << 16 |
				  (uint64_t)user->n_name << 8 | user->n_grants);
	hash = stir(hash, limits);
	return (uint32_t)(stir(hash, (uint64_t)projects << 32 | groups) >> 32);
}

uint32_t access_project_check(const struct access_project_record *project,
			      uint64_t hash)
{
	return (uint32_t)(stir(hash, (uint64_t)project->id << 32 |
					     (uint64_t)project->n_name << 8 |
					     project->flags) >>
			  32);
}

bool access_user_is_sound(const struct map_record *record)
{
	const struct access_user_record *user = access_to_user(record);

	return record->type == ACCESS_RECORD_USER &&
	       record->size >= sizeof(*user) &&
	       record->size >= access_user_size(user) &&
	       user->n_grants <= ACCESS_GRANTS_INSIDE &&
	       user->name[user->n_name] == '\0';
}

bool access_project_is_sound(const struct map_record *record)
{
	const struct access_project_record *project = access_to_project(record);

	return (record->type == ACCESS_RECORD_PROJECT ||
		record->type == ACCESS_RECORD_EVERY) &&
	       record->size > sizeof(*project) &&
	       record->size > sizeof(*project) + project->n_name &&
	       project->name[project->n_name] == '\0';
}

bool access_grant_is_sound(const struct map_record *record)
{
	return record->type == ACCESS_RECORD_GRANT &&
	       record->size >= sizeof(struct access_grant_record);
}

const struct access_user_record *access_record_of_uid(const struct map *map,
						      uint32_t uid)
{
	const struct map_record *record;
	struct map_probe probe;

	map_probe_init(&probe, map, ACCESS_USER_BY_UID, map_hash_u32(uid));
	while ((record = map_probe_next(&probe)))
		if (access_user_is_sound(record) &&
		    access_to_user(record)->uid == uid)
			return access_to_user(record);
	return NULL;
}

const struct access_project_record *access_record_of_project(
	const struct map *map, uint32_t id)
{
	const struct map_record *record;
	struct map_probe probe;

	map_probe_init(&probe, map, ACCESS_PROJECT_BY_ID, map_hash_u32(id));
	while ((record = map_probe_next(&probe)))
		if (access_project_is_sound(record) &&
		    access_to_project(record)->id == id)
			return access_to_project(record);
	return NULL;
}

const struct access_grant_record *access_record_of_grant(const struct map *map,
							 uint32_t holder,
							 uint32_t project)
{
	const struct map_record *record;
	struct map_probe probe;

	map_probe_init(&probe, map, ACCESS_GRANT_BY_KEY,
		       access_hash_grant(holder, project));
	while ((record = map_probe_next(&probe)))
		if (access_grant_is_sound(record) &&
		    access_to_grant(record)->holder == holder &&
		    access_to_grant(record)->project == project)
			return access_to_grant(record);
	return NULL;
}
