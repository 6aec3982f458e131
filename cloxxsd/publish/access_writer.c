/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Each change is one swing that readers see, or several of which all but
 *     one change no answer: a grant comes into the table before the flag that
 *     makes readers look there; a flag is never taken back.
 *  2. Room for all of a change is reserved before its first swing, so that it
 *     cannot stop halfway; records found before are looked up again after.
 *  3. A grant stands in one place: in its user's record, or in the table.
 *  4. The file is nobody's but the owner's until its ACL is set.
 */
#include "cloxxsd/publish/access_writer.h"

#include <string.h>

#include "base/access_record.h"
#include "base/name.h"
#include "cloxxsd/publish/access_owner.h"
#include "cloxxsd/publish/access_schema.h"
#include "cloxxsd/publish/acl.h"
#include "cloxxsd/publish/map_writer.h"

#define ID_MAX (ACCESS_GROUP_BIT - 1)
#define RIGHTS ((uint32_t)(ACCESS_READ | ACCESS_WRITE | ACCESS_DENY))
struct access_writer {
	struct map_schema schema;
	struct map_writer *map;
	uid_t account;
	/* The table may hold grants of users who are not there. */
	bool has_orphans;
};

static int permit(int fd, const struct map_schema *schema)
{
	/* The schema is the writer's first member. */
	const struct access_writer *writer = (const void *)schema;

	if (writer->account == ACCESS_WRITER_NO_ACCOUNT ||
	    writer->account == geteuid())
		return 0;
	return acl_let_read(fd, writer->account);
}

static const struct map *map_of(const struct access_writer *writer)
{
	return map_writer_map(writer->map);
}

/*
 * Puts what was drafted in the place of old, if that says something else. What
 * is not swung to is drafted over.
 */
static void swing(struct access_writer *writer, const struct map_record *old,
		  const struct map_record *record)
{
	if (!old || old->size != record->size ||
	    memcmp(old, record, record->size) != 0)
		map_writer_swing(writer->map, old, record);
}

static size_t project_size(size_t n_name)
{
	return sizeof(struct access_project_record) + n_name + 1;
}

/* With room reserved. */
static int put_project(struct access_writer *writer,
		       const struct access_project *project, uint32_t flags)
{
	const struct access_project_record *old;
	struct access_project_record *to;

	old = access_record_of_project(map_of(writer), project->id);
	to = (void *)map_writer_draft(writer->map,
				      project->id == ACCESS_EVERY_PROJECT
					      ? ACCESS_RECORD_EVERY
					      : ACCESS_RECORD_PROJECT,
				      (uint32_t)project_size(project->n_name));
	if (!to)
		return -ENOSPC;
	to->id = project->id;
	to->flags =
		(uint8_t)(flags |
			  (project->archived ? ACCESS_PROJECT_ARCHIVED : 0));
	to->n_name = (uint8_t)project->n_name;
	if (project->n_name > 0)
		memcpy(to->name, project->name, project->n_name);
	to->check =
		access_project_check(to, map_hash_bytes(to->name, to->n_name));
	swing(writer, old ? &old->record : NULL, &to->record);
	return 0;
}

static int reserve_and_put_project(struct access_writer *writer,
				   const struct access_project *project,
				   uint32_t flags, bool is_new)
{
	struct map_room room = { 0 };
	int r;

	access_schema_add_room(&room,
			       project->id == ACCESS_EVERY_PROJECT
				       ? ACCESS_RECORD_EVERY
				       : ACCESS_RECORD_PROJECT,
			       project_size(project->n_name), is_new);
	r = map_writer_reserve(writer->map, &room);
	return r < 0 ? r : put_project(writer, project, flags);
}

int access_writer_new(const char *path, const struct access_room *room,
		      uid_t account, struct access_writer **ret_writer)
{
	static const struct access_project every = {
		.id = ACCESS_EVERY_PROJECT
	};
	scope(access_writer_freep) struct access_writer *writer = NULL;
	struct map_room first = access_schema_room(room);
	int r;

	_Static_assert(offsetof(struct access_writer, schema) == 0,
		       "permit() goes from the one to the other");
	writer = calloc(1, sizeof(*writer));
	if (!writer)
		return -ENOMEM;
	writer->account = account;
	writer->schema = access_schema;
	writer->schema.permit = permit;
	r = map_writer_new(path, &writer->schema, &first, &writer->map);
	if (r == 0)
		r = reserve_and_put_project(writer, &every, 0, true);
	if (r == 0)
		*ret_writer = scope_take_ptr(writer);
	return r;
}

struct access_writer *access_writer_free(struct access_writer *writer)
{
	if (!writer)
		return NULL;
	map_writer_free(writer->map);
	free(writer);
	return NULL;
}

int access_writer_publish(struct access_writer *writer)
{
	return map_writer_publish(writer->map);
}

uint64_t access_writer_generation(const struct access_writer *writer)
{
	return map_writer_generation(writer->map);
}

const struct map *access_writer_map(const struct access_writer *writer)
{
	return map_of(writer);
}

int access_writer_withdraw(const char *path)
{
	return map_writer_withdraw(path);
}

static bool has_name(const struct access_user_record *record,
		     const struct access_user *user)
{
	return record->n_name == user->n_name &&
	       memcmp(record->name, user->name, user->n_name) == 0;
}

/* With room reserved. Nothing of owner may stand in a record that went. */
static int put_owner(struct access_writer *writer,
		     const struct access_owner *owner)
{
	const struct access_user_record *old;
	struct map_record *to;

	old = access_record_of_uid(map_of(writer), owner->user.uid);
	to = map_writer_draft(writer->map, ACCESS_RECORD_USER,
			      (uint32_t)access_owner_size(owner));
	if (!to)
		return -ENOSPC;
	access_owner_fill(owner, to);
	swing(writer, old ? &old->record : NULL, to);
	return 0;
}

static bool are_ids(const uint32_t *ids, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (ids[i] == 0 || ids[i] > ID_MAX)
			return false;
	return true;
}

static int check_user(const struct access_writer *writer,
		      const struct access_user *user)
{
	struct access_user other;

	if (user->n_groups > ACCESS_GROUPS_MAX)
		return -E2BIG;
	if (user->uid == 0 || user->uid > ID_MAX ||
	    !name_is_user(user->name, user->n_name) ||
	    !are_ids(user->groups, user->n_groups))
		return -EINVAL;
	if (access_find_user(map_of(writer), user->name, user->n_name,
			     &other) &&
	    other.uid != user->uid)
		return -EEXIST;
	return 0;
}

int access_writer_set_user(struct access_writer *writer,
			   const struct access_user *user)
{
	struct access_owner owner = { .flags = writer->has_orphans
						       ? ACCESS_USER_MORE
						       : 0 };
	const struct access_user_record *old;
	struct map_room room = { 0 };
	int r;

	r = check_user(writer, user);
	if (r < 0)
		return r;
	old = access_record_of_uid(map_of(writer), user->uid);
	if (old)
		access_owner_read(&owner, old);
	owner.user = *user;
	access_schema_add_room(&room, ACCESS_RECORD_USER,
			       access_owner_size(&owner),
			       !old || !has_name(old, user));
	r = map_writer_reserve(writer->map, &room);
	return r < 0 ? r : put_owner(writer, &owner);
}

static int check_grant(const struct access_writer *writer,
		       const struct access_grant *grant)
{
	if (grant->rights == 0 || (grant->rights & ~RIGHTS) ||
	    grant->until < 0 || grant->until > ACCESS_UNTIL_MAX)
		return -EINVAL;
	return access_record_of_project(map_of(writer), grant->project)
		       ? 0
		       : -ENOENT;
}

/* With as many grants as he has room for; the number of those is filled in. */
static int add_user(struct access_writer *writer,
		    const struct access_user *user,
		    const struct access_grant *grants, uint32_t n_grants,
		    uint32_t *ret_n)
{
	struct access_owner owner = { .user = *user,
				      .flags = writer->has_orphans
						       ? ACCESS_USER_MORE
						       : 0 };
	struct map_room room = { 0 };
	uint32_t n = 0;
	int r;

	/* What the table has of him may be replaced by one of these. */
	while (!writer->has_orphans && n < n_grants &&
	       owner.n_grants < ACCESS_GRANTS_INSIDE)
		access_owner_set(&owner, &grants[n++]);
	access_schema_add_room(&room, ACCESS_RECORD_USER,
			       access_owner_size(&owner), true);
	r = map_writer_reserve(writer->map, &room);
	if (r == 0)
		r = put_owner(writer, &owner);
	if (r == 0)
		*ret_n = n;
	return r;
}

int access_writer_add_user(struct access_writer *writer,
			   const struct access_user *user,
			   const struct access_grant *grants, uint32_t n_grants)
{
	uint32_t n = 0;
	int r;

	r = check_user(writer, user);
	if (r == 0 && access_record_of_uid(map_of(writer), user->uid))
		r = -EEXIST;
	for (uint32_t i = 0; i < n_grants && r == 0; i++)
		r = grants[i].holder == user->uid
			    ? check_grant(writer, &grants[i])
			    : -EINVAL;
	if (r == 0)
		r = add_user(writer, user, grants, n_grants, &n);
	while (n < n_grants && r == 0)
		r = access_writer_set_grant(writer, &grants[n++]);
	return r;
}

/* With room reserved. */
static int put_grant(struct access_writer *writer, uint32_t holder,
		     uint32_t project, uint64_t word)
{
	const struct access_grant_record *old;
	struct access_grant_record *to;

	old = access_record_of_grant(map_of(writer), holder, project);
	to = (void *)map_writer_draft(writer->map, ACCESS_RECORD_GRANT,
				      sizeof(*to));
	if (!to)
		return -ENOSPC;
	to->holder = holder;
	to->project = project;
	to->word = word;
	swing(writer, old ? &old->record : NULL, &to->record);
	return 0;
}

int access_writer_remove_user(struct access_writer *writer, uint32_t uid)
{
	const struct access_user_record *user;
	struct map_room room = { 0 };
	struct access_owner owner;
	int r;

	user = access_record_of_uid(map_of(writer), uid);
	if (!user)
		return 0;
	for (uint32_t i = 0; i < user->n_grants; i++)
		access_schema_add_room(&room, ACCESS_RECORD_GRANT,
				       sizeof(struct access_grant_record),
				       true);
	r = map_writer_reserve(writer->map, &room);
	if (r < 0)
		return r;
	user = access_record_of_uid(map_of(writer), uid);
	access_owner_read(&owner, user);
	/* Nobody looks for them in the table while he is there. */
	for (uint32_t i = 0; i < owner.n_grants && r == 0; i++)
		r = put_grant(writer, uid, owner.projects[i], owner.words[i]);
	if (r < 0)
		return r;
	if (owner.n_grants > 0 || (owner.flags & ACCESS_USER_MORE))
		writer->has_orphans = true;
	map_writer_swing(writer->map, &user->record, NULL);
	return 0;
}

int access_writer_set_project(struct access_writer *writer,
			      const struct access_project *project)
{
	const struct access_project_record *old;
	struct access_project other;

	if (project->id == ACCESS_EVERY_PROJECT ||
	    !name_is_project(project->name, project->n_name))
		return -EINVAL;
	if (access_find_project(map_of(writer), project->name, project->n_name,
				&other) &&
	    other.id != project->id)
		return -EEXIST;
	old = access_record_of_project(map_of(writer), project->id);
	return reserve_and_put_project(
		writer, project,
		old ? old->flags & ~(uint32_t)ACCESS_PROJECT_ARCHIVED : 0,
		!old || old->n_name != project->n_name ||
			memcmp(old->name, project->name, project->n_name) != 0);
}

static struct access_project project_of(
	const struct access_project_record *project)
{
	return (struct access_project){
		.id = project->id,
		.name = project->name,
		.n_name = project->n_name,
		.archived = project->flags & ACCESS_PROJECT_ARCHIVED,
	};
}

/* Makes readers look for grants of the group or of everyone. In reserved
 * room. */
static int flag_project(struct access_writer *writer, uint32_t holder,
			uint32_t id)
{
	const struct access_project_record *record =
		access_record_of_project(map_of(writer), id);
	struct access_project project = project_of(record);
	uint32_t flag = holder == ACCESS_EVERYONE ? ACCESS_PROJECT_EVERYONE
						  : ACCESS_PROJECT_GROUPS;

	return put_project(writer, &project, record->flags | flag);
}

/* Into the table. user is the holder where he is one, and there. */
static int set_in_table(struct access_writer *writer,
			const struct access_grant *grant, bool has_user)
{
	bool is_user = grant->holder != ACCESS_EVERYONE &&
		       !(grant->holder & ACCESS_GROUP_BIT);
	const struct access_user_record *user;
	struct map_room room = { 0 };
	struct access_owner owner;
	int r;

	access_schema_add_room(
		&room, ACCESS_RECORD_GRANT, sizeof(struct access_grant_record),
		!access_record_of_grant(map_of(writer), grant->holder,
					grant->project));
	if (has_user)
		access_schema_add_room(
			&room, ACCESS_RECORD_USER,
			access_record_of_uid(map_of(writer), grant->holder)
				->record.size,
			false);
	else if (!is_user)
		access_schema_add_room(
			&room, ACCESS_RECORD_PROJECT,
			access_record_of_project(map_of(writer), grant->project)
				->record.size,
			false);
	r = map_writer_reserve(writer->map, &room);
	if (r == 0)
		r = put_grant(writer, grant->holder, grant->project,
			      access_word(grant));
	if (r < 0)
		return r;
	if (!is_user)
		return flag_project(writer, grant->holder, grant->project);
	if (!has_user) {
		writer->has_orphans = true;
		return 0;
	}
	user = access_record_of_uid(map_of(writer), grant->holder);
	access_owner_read(&owner, user);
	owner.flags |= ACCESS_USER_MORE;
	return put_owner(writer, &owner);
}

/* Into the user's record; false where it is to go into the table. */
static bool is_for_inside(const struct access_writer *writer,
			  const struct access_grant *grant,
			  const struct access_user_record *user)
{
	struct access_owner owner;

	if (access_record_of_grant(map_of(writer), grant->holder,
				   grant->project))
		return false;
	access_owner_read(&owner, user);
	return owner.n_grants < ACCESS_GRANTS_INSIDE ||
	       access_owner_find(&owner, grant->project) < owner.n_grants;
}

static int set_inside(struct access_writer *writer,
		      const struct access_grant *grant)
{
	const struct access_user_record *user =
		access_record_of_uid(map_of(writer), grant->holder);
	struct map_room room = { 0 };
	struct access_owner owner;
	int r;

	access_schema_add_room(
		&room, ACCESS_RECORD_USER,
		user->record.size + sizeof(uint64_t) + sizeof(uint32_t), false);
	r = map_writer_reserve(writer->map, &room);
	if (r < 0)
		return r;
	user = access_record_of_uid(map_of(writer), grant->holder);
	access_owner_read(&owner, user);
	access_owner_set(&owner, grant);
	return put_owner(writer, &owner);
}

int access_writer_set_grant(struct access_writer *writer,
			    const struct access_grant *grant)
{
	const struct access_user_record *user = NULL;
	int r;

	r = check_grant(writer, grant);
	if (r < 0)
		return r;
	if (grant->holder != ACCESS_EVERYONE &&
	    !(grant->holder & ACCESS_GROUP_BIT))
		user = access_record_of_uid(map_of(writer), grant->holder);
	if (user && is_for_inside(writer, grant, user))
		return set_inside(writer, grant);
	return set_in_table(writer, grant, user);
}

static int remove_inside(struct access_writer *writer, uint32_t uid,
			 uint32_t project)
{
	const struct access_user_record *user;
	struct map_room room = { 0 };
	struct access_owner owner;
	int r;

	user = access_record_of_uid(map_of(writer), uid);
	if (!user)
		return 0;
	access_owner_read(&owner, user);
	if (access_owner_find(&owner, project) == owner.n_grants)
		return 0;
	access_schema_add_room(&room, ACCESS_RECORD_USER, user->record.size,
			       false);
	r = map_writer_reserve(writer->map, &room);
	if (r < 0)
		return r;
	user = access_record_of_uid(map_of(writer), uid);
	access_owner_read(&owner, user);
	access_owner_drop(&owner, access_owner_find(&owner, project));
	return put_owner(writer, &owner);
}

int access_writer_remove_grant(struct access_writer *writer, uint32_t holder,
			       uint32_t project)
{
	const struct access_grant_record *grant =
		access_record_of_grant(map_of(writer), holder, project);

	if (grant) {
		map_writer_swing(writer->map, &grant->record, NULL);
		return 0;
	}
	return holder == ACCESS_EVERYONE || (holder & ACCESS_GROUP_BIT)
		       ? 0
		       : remove_inside(writer, holder, project);
}

/* Whoever has a grant for project in his record, or 0. */
static uint32_t next_owner(const struct access_writer *writer,
			   uint32_t *position, uint32_t project)
{
	const struct map *map = map_of(writer);

	while (*position < map_n_slots(map, ACCESS_USER_BY_UID)) {
		const struct map_record *record =
			map_at(map, ACCESS_USER_BY_UID, (*position)++);
		struct access_owner owner;

		if (!record || !access_user_is_sound(record))
			continue;
		access_owner_read(&owner, access_to_user(record));
		if (access_owner_find(&owner, project) < owner.n_grants)
			return owner.user.uid;
	}
	return 0;
}

int access_writer_remove_project(struct access_writer *writer, uint32_t id)
{
	const struct access_project_record *project =
		access_record_of_project(map_of(writer), id);
	uint64_t generation = access_writer_generation(writer);
	uint32_t uid, position = 0;
	int r;

	if (id == ACCESS_EVERY_PROJECT)
		return -EINVAL;
	/* Then nobody can ask for it, whatever becomes of the rest. */
	if (project)
		map_writer_swing(writer->map, &project->record, NULL);
	for (uint32_t i = 0;
	     i < map_n_slots(map_of(writer), ACCESS_GRANT_BY_KEY); i++) {
		const struct map_record *record =
			map_at(map_of(writer), ACCESS_GRANT_BY_KEY, i);

		if (record && access_grant_is_sound(record) &&
		    access_to_grant(record)->project == id)
			map_writer_swing(writer->map, record, NULL);
	}
	while ((uid = next_owner(writer, &position, id)) != 0) {
		r = remove_inside(writer, uid, id);
		if (r < 0)
			return r;
		/* In a new file they stand elsewhere. */
		if (access_writer_generation(writer) != generation) {
			generation = access_writer_generation(writer);
			position = 0;
		}
	}
	return 0;
}
