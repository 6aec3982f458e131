/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. What is damaged is never "not there": a grant that takes rights away may
 *     have stood in it.
 *  2. An answer is given only where no second change began while its parts were
 *     read (map_changes()).
 *  3. No byte of a record is read before its size says that it is there.
 */
#include <string.h>

#include "base/access_record.h"
#include "base/clock.h"

/* What a look-up in a map comes to. */
enum found {
	ABSENT,
	FOUND,
	DAMAGED,
};

/* A name that is looked for, and where. */
struct key {
	struct map_probe probe;
	const char *name;
	size_t n;
	uint64_t hash;
};

static void key_init(struct key *key, const struct map *map,
		     enum access_table table, const char *name, size_t n)
{
	key->name = name;
	key->n = n;
	key->hash = map_hash_bytes(name, n);
	map_probe_init(&key->probe, map, table, key->hash);
}

static enum found find_user(struct key *key,
			    const struct access_user_record **ret_user)
{
	const struct map_record *record;

	while ((record = map_probe_next(&key->probe))) {
		const struct access_user_record *user = access_to_user(record);

		if (!access_user_is_sound(record))
			return DAMAGED;
		if (user->n_name != key->n ||
		    memcmp(user->name, key->name, key->n) != 0)
			continue;
		if (user->check != access_user_check(user, key->hash))
			return DAMAGED;
		*ret_user = user;
		return FOUND;
	}
	return key->probe.damaged ? DAMAGED : ABSENT;
}

static enum found find_project(struct key *key,
			       const struct access_project_record **ret_project)
{
	const struct map_record *record;

	while ((record = map_probe_next(&key->probe))) {
		const struct access_project_record *project =
			access_to_project(record);

		if (!access_project_is_sound(record))
			return DAMAGED;
		if (project->n_name != key->n || project->id == 0 ||
		    memcmp(project->name, key->name, key->n) != 0)
			continue;
		if (project->check != access_project_check(project, key->hash))
			return DAMAGED;
		*ret_project = project;
		return FOUND;
	}
	return key->probe.damaged ? DAMAGED : ABSENT;
}

/* What is true of every project stands there in each map. */
static enum found find_every(const struct map *map,
			     const struct access_project_record **ret_every)
{
	const struct access_project_record *every =
		access_record_of_project(map, ACCESS_EVERY_PROJECT);

	if (!every ||
	    every->check != access_project_check(every, map_hash_bytes("", 0)))
		return DAMAGED;
	*ret_every = every;
	return FOUND;
}

/* One check under way. */
struct inquiry {
	const struct map *map;
	int64_t now;
	struct access_sum sum;
	bool damaged;
};

static int64_t now_of(struct inquiry *inquiry)
{
	if (inquiry->now == ACCESS_NOW)
		inquiry->now = clock_realtime_us() / 1000000;
	return inquiry->now;
}

/* A grant with a wrong check may be that of another, and this one's lost. */
static void add(struct inquiry *inquiry, uint32_t holder, uint32_t project,
		uint64_t word, bool applies)
{
	struct access_grant grant = { .holder = holder, .project = project };

	if (!access_word_read(word, &grant))
		inquiry->damaged = true;
	else if (applies)
		access_sum_add(&inquiry->sum, &grant,
			       grant.until != 0 ? now_of(inquiry) : 0);
}

/* Adds the grant in the table, where there is one. */
static void look_up(struct inquiry *inquiry, uint32_t holder, uint32_t project)
{
	const struct map_record *record;
	struct map_probe probe;
	bool found = false;

	map_probe_init(&probe, inquiry->map, ACCESS_GRANT_BY_KEY,
		       access_hash_grant(holder, project));
	while (!found && (record = map_probe_next(&probe))) {
		const struct access_grant_record *grant =
			access_to_grant(record);

		if (!access_grant_is_sound(record)) {
			inquiry->damaged = true;
			return;
		}
		found = grant->holder == holder && grant->project == project;
		add(inquiry, grant->holder, grant->project, grant->word, found);
	}
	if (probe.damaged)
		inquiry->damaged = true;
}

static void look_at_own(struct inquiry *inquiry,
			const struct access_user_record *user, uint32_t project)
{
	const uint64_t *words = access_part(user, access_words_at(user));
	const uint32_t *projects = access_part(user, access_projects_at(user));

	for (uint32_t i = 0; i < user->n_grants; i++)
		if (projects[i] == project ||
		    projects[i] == ACCESS_EVERY_PROJECT)
			add(inquiry, user->uid, projects[i], words[i], true);
	if (user->flags & ACCESS_USER_MORE) {
		look_up(inquiry, user->uid, project);
		look_up(inquiry, user->uid, ACCESS_EVERY_PROJECT);
	}
}

/* The grants for project of those whom user is one of. */
static void look_at_others(struct inquiry *inquiry,
			   const struct access_user_record *user,
			   const struct access_project_record *project)
{
	const uint32_t *groups = access_part(user, access_groups_at(user));

	if (project->flags & ACCESS_PROJECT_EVERYONE)
		look_up(inquiry, ACCESS_EVERYONE, project->id);
	if (project->flags & ACCESS_PROJECT_GROUPS)
		for (uint32_t i = 0; i < user->n_groups; i++)
			look_up(inquiry, ACCESS_GROUP_BIT | groups[i],
				project->id);
}

static void view_user(const struct access_user_record *user,
		      struct access_user *ret_user)
{
	*ret_user = (struct access_user){
		.uid = user->uid,
		.name = user->name,
		.n_name = user->n_name,
		.not_before = user->not_before,
		.not_after = user->not_after,
		.groups = access_part(user, access_groups_at(user)),
		.n_groups = user->n_groups,
	};
}

static void view_project(const struct access_project_record *project,
			 struct access_project *ret_project)
{
	*ret_project = (struct access_project){
		.id = project->id,
		.name = project->name,
		.n_name = project->n_name,
		.archived = project->flags & ACCESS_PROJECT_ARCHIVED,
	};
}

static enum access_reason decide(struct inquiry *inquiry,
				 const struct access_user_record *user_record,
				 const struct access_project_record *record,
				 uint32_t right, uint32_t *ret_rights)
{
	const struct access_project_record *every;
	struct access_project project;
	enum access_reason reason;
	struct access_user user;
	uint32_t rights;

	if (find_every(inquiry->map, &every) != FOUND)
		return ACCESS_UNAVAILABLE;
	view_user(user_record, &user);
	view_project(record, &project);
	if (user.not_before != 0 || user.not_after != 0) {
		reason = access_validity(&user, now_of(inquiry));
		if (reason != ACCESS_ALLOWED)
			return reason;
	}
	look_at_own(inquiry, user_record, project.id);
	look_at_others(inquiry, user_record, record);
	look_at_others(inquiry, user_record, every);
	if (inquiry->damaged)
		return ACCESS_UNAVAILABLE;
	reason = access_sum_conclude(&inquiry->sum, &project, right, &rights);
	*ret_rights = rights;
	return reason;
}

static enum access_reason attempt(const struct map *map,
				  const struct access_question *question,
				  uint32_t *ret_rights)
{
	struct inquiry inquiry = { .map = map, .now = question->now };
	const struct access_project_record *project;
	const struct access_user_record *user;
	struct key user_key, project_key;
	enum found found;

	key_init(&user_key, map, ACCESS_USER_BY_NAME, question->user,
		 question->n_user);
	key_init(&project_key, map, ACCESS_PROJECT_BY_NAME, question->project,
		 question->n_project);
	map_probe_prefetch(&user_key.probe);
	map_probe_prefetch(&project_key.probe);
	found = find_user(&user_key, &user);
	if (found != FOUND)
		return found == ABSENT ? ACCESS_UNKNOWN_USER
				       : ACCESS_UNAVAILABLE;
	found = find_project(&project_key, &project);
	if (found != FOUND)
		return found == ABSENT ? ACCESS_UNKNOWN_PROJECT
				       : ACCESS_UNAVAILABLE;
	return decide(&inquiry, user, project, question->right, ret_rights);
}

/* A writer in full swing makes a change in about the time of a check. */
#define ATTEMPTS_MAX 1000

enum access_reason access_check(const struct map *map,
				const struct access_question *question,
				uint32_t *ret_rights)
{
	enum access_reason reason = ACCESS_UNAVAILABLE;
	uint32_t rights = 0;

	if (ret_rights)
		*ret_rights = 0;
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		uint64_t before = map_changes(map);

		rights = 0;
		reason = attempt(map, question, &rights);
		if (map_changes(map) != before)
			continue;
		if (ret_rights)
			*ret_rights = rights;
		return reason;
	}
	return ACCESS_UNAVAILABLE;
}

uint32_t access_rights_of(const struct map *map, const char *user,
			  const char *project)
{
	const struct access_question question = {
		.user = user,
		.n_user = strlen(user),
		.project = project,
		.n_project = strlen(project),
		.right = ACCESS_READ,
		.now = ACCESS_NOW,
	};
	uint32_t rights = 0;

	if (map)
		(void)access_check(map, &question, &rights);
	return rights;
}

int access_open(const char *path, struct map **ret_map)
{
	scope(map_freep) struct map *map = NULL;
	int r;

	r = map_open(path, MAP_KIND_ACCESS, _ACCESS_N_TABLES, &map);
	if (r != 0)
		return r;
	if (map->header->check != map_header_check(map->header))
		return MAP_E_DAMAGED;
	*ret_map = scope_take_ptr(map);
	return 0;
}

bool access_find_user(const struct map *map, const char *name, size_t n,
		      struct access_user *ret_user)
{
	const struct access_user_record *user;
	struct key key;

	key_init(&key, map, ACCESS_USER_BY_NAME, name, n);
	if (find_user(&key, &user) != FOUND)
		return false;
	view_user(user, ret_user);
	return true;
}

bool access_find_project(const struct map *map, const char *name, size_t n,
			 struct access_project *ret_project)
{
	const struct access_project_record *project;
	struct key key;

	key_init(&key, map, ACCESS_PROJECT_BY_NAME, name, n);
	if (find_project(&key, &project) != FOUND)
		return false;
	view_project(project, ret_project);
	return true;
}

bool access_next_user(const struct map *map, uint32_t *position,
		      struct access_user *ret_user)
{
	while (*position < map_n_slots(map, ACCESS_USER_BY_UID)) {
		const struct map_record *record =
			map_at(map, ACCESS_USER_BY_UID, (*position)++);

		if (record && access_user_is_sound(record)) {
			view_user(access_to_user(record), ret_user);
			return true;
		}
	}
	return false;
}

bool access_next_project(const struct map *map, uint32_t *position,
			 struct access_project *ret_project)
{
	while (*position < map_n_slots(map, ACCESS_PROJECT_BY_ID)) {
		const struct map_record *record =
			map_at(map, ACCESS_PROJECT_BY_ID, (*position)++);

		if (record && access_project_is_sound(record) &&
		    access_to_project(record)->id != ACCESS_EVERY_PROJECT) {
			view_project(access_to_project(record), ret_project);
			return true;
		}
	}
	return false;
}
