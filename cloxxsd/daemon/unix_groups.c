/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/unix_groups.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/access.h"
#include "cloxxsd/daemon/log.h"

/* Names, each ended by NUL, one behind the other. */
struct names {
	char *bytes;
	size_t n_bytes, size;
	uint32_t n;
};

static void names_deinit(struct names *names)
{
	free(names->bytes);
}

static int names_add(struct names *names, const char *name, size_t n)
{
	size_t size = names->size ? names->size : 1024;
	char *grown;

	while (size < names->n_bytes + n + 1)
		size *= 2;
	if (size != names->size) {
		grown = realloc(names->bytes, size);
		if (!grown)
			return -ENOMEM;
		names->bytes = grown;
		names->size = size;
	}
	memcpy(names->bytes + names->n_bytes, name, n);
	names->bytes[names->n_bytes + n] = '\0';
	names->n_bytes += n + 1;
	names->n++;
	return 0;
}

static struct identity_writer *writer_of(const struct unix_groups *groups)
{
	return groups->publication->writer;
}

/* Which of the two groups of project the user is in, as ACCESS_READ and
 * ACCESS_WRITE. */
static uint32_t rights_of(const struct unix_groups *groups, const char *user,
			  const struct project *project)
{
	return access_rights_of(
		access_maps_find(groups->access, project->service), user,
		project->name);
}

/* The gids of the user's groups, two a project at most. */
static uint32_t gids_of(const struct unix_groups *groups, const char *user,
			uint32_t *gids)
{
	uint32_t n = 0;

	for (size_t i = 0; i < groups->n; i++) {
		const struct project *project = &groups->projects[i];
		uint32_t rights = rights_of(groups, user, project);

		if (rights & ACCESS_READ)
			gids[n++] = project->readers_gid;
		if (rights & ACCESS_WRITE)
			gids[n++] = project->writers_gid;
	}
	return n;
}

static int set_group(const struct unix_groups *groups,
		     const struct project *project, bool writers,
		     const struct names *members)
{
	char name[NAME_USER_MAX + 1];
	struct identity_group group = {
		.gid = writers ? project->writers_gid : project->readers_gid,
		.name = name,
		.members = members->bytes,
		.n_members = members->n,
		.n_members_bytes = members->n_bytes,
	};

	project_group_name(project, writers, name);
	group.n_name = strlen(name);
	return identity_writer_set_group(writer_of(groups), &group);
}

/* A walk over all users: names of the members of each group. */
struct filling {
	const struct unix_groups *groups;
	struct names *readers, *writers; /* one a project */
	uint32_t *gids;
};

static int fill_user(const struct user *user, void *userdata)
{
	struct filling *filling = userdata;
	const struct unix_groups *groups = filling->groups;
	size_t n_name = strlen(user->name);
	uint32_t n = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < groups->n; i++) {
		const struct project *project = &groups->projects[i];
		uint32_t rights = rights_of(groups, user->name, project);

		if (rights & ACCESS_READ) {
			filling->gids[n++] = project->readers_gid;
			r = names_add(&filling->readers[i], user->name, n_name);
		}
		if (r == 0 && rights & ACCESS_WRITE) {
			filling->gids[n++] = project->writers_gid;
			r = names_add(&filling->writers[i], user->name, n_name);
		}
	}
	return r != 0 ? r
		      : identity_writer_set_groups_of(
				writer_of(groups), user->uid, filling->gids, n);
}

/* All groups of all users. */
static int fill(const struct unix_groups *groups)
{
	struct filling filling = { .groups = groups };
	int r = -ENOMEM;

	filling.readers = calloc(groups->n + 1, sizeof(struct names));
	filling.writers = calloc(groups->n + 1, sizeof(struct names));
	filling.gids = calloc(2 * groups->n + 1, sizeof(uint32_t));
	if (filling.readers && filling.writers && filling.gids)
		r = user_for_each_outline(groups->state->store, fill_user, &filling);
	for (size_t i = 0; i < groups->n && filling.readers && filling.writers;
	     i++) {
		if (r == 0)
			r = set_group(groups, &groups->projects[i], false,
				      &filling.readers[i]);
		if (r == 0)
			r = set_group(groups, &groups->projects[i], true,
				      &filling.writers[i]);
		names_deinit(&filling.readers[i]);
		names_deinit(&filling.writers[i]);
	}
	free(filling.readers);
	free(filling.writers);
	free(filling.gids);
	return r > 0 ? -EBADMSG : r;
}

static bool has_gid(const struct project *projects, size_t n, uint32_t gid)
{
	for (size_t i = 0; i < n; i++)
		if (projects[i].readers_gid == gid ||
		    projects[i].writers_gid == gid)
			return true;
	return false;
}

/* Those that were marked and are no more. */
static int remove_others(const struct unix_groups *groups,
			 const struct project *before, size_t n_before)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n_before; i++) {
		const uint32_t gids[] = { before[i].readers_gid,
					  before[i].writers_gid };

		for (size_t j = 0; r == 0 && j < ARRAY_SIZE(gids); j++)
			if (!has_gid(groups->projects, groups->n, gids[j]))
				r = identity_writer_remove_group(
					writer_of(groups), gids[j]);
	}
	return r;
}

static bool is_users(struct store *store, const char *name, uint32_t gid)
{
	struct user user;

	return user_find(store, name, &user) != USER_E_UNKNOWN ||
	       user_find_uid(store, gid, &user) != USER_E_UNKNOWN;
}

/*
 * Whether no user has a name or an id of its groups. Nothing lets it come to
 * that; where it has, the project is left out: nobody is to be in a user's own
 * group, and one row must not keep everybody out.
 */
static bool is_fit(const struct unix_groups *groups,
		   const struct project *project)
{
	struct store *store = groups->state->store;
	char readers[NAME_USER_MAX + 1], writers[NAME_USER_MAX + 1];

	project_group_name(project, false, readers);
	project_group_name(project, true, writers);
	if (!is_users(store, readers, project->readers_gid) &&
	    !is_users(store, writers, project->writers_gid))
		return true;
	log_line(LOG_ERR,
		 "the groups of project %s are left out: a user has the name "
		 "or the id of one; see cloxxsctl project set --unix-groups",
		 project->name);
	return false;
}

/* The marked projects as they stand in the store. */
static int load(struct unix_groups *groups)
{
	struct project project = { 0 }, *grown;
	int r;

	groups->projects = NULL;
	groups->n = 0;
	while ((r = project_next_grouped(groups->state->store, project.id,
					 &project)) == 0) {
		if (!is_fit(groups, &project))
			continue;
		grown = reallocarray(groups->projects, groups->n + 1,
				     sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		groups->projects = grown;
		grown[groups->n++] = project;
	}
	return r == PROJECT_E_UNKNOWN ? 0 : r < 0 ? r : -EBADMSG;
}

static int reload(struct unix_groups *groups)
{
	scope(scope_free) struct project *before = groups->projects;
	size_t n_before = groups->n;
	int r;

	r = load(groups);
	if (r == 0)
		r = remove_others(groups, before, n_before);
	if (r == 0 && (groups->n > 0 || n_before > 0))
		r = fill(groups);
	groups->told = writer_of(groups);
	return r;
}

int unix_groups_init(struct unix_groups *groups, struct state *state,
		     const struct access_maps *access,
		     const struct publication *publication)
{
	*groups = (struct unix_groups){ .state = state,
					.access = access,
					.publication = publication };
	return reload(groups);
}

void unix_groups_deinit(struct unix_groups *groups)
{
	free(groups->projects);
	*groups = (struct unix_groups){ 0 };
}

struct gids {
	uint32_t *all;
	uint32_t n;
};

static void gids_deinit(struct gids *gids)
{
	free(gids->all);
}

static bool has(const struct gids *gids, uint32_t gid)
{
	for (uint32_t i = 0; i < gids->n; i++)
		if (gids->all[i] == gid)
			return true;
	return false;
}

/* Puts the user among the members of the group, or takes him out. */
static int edit_members(const struct unix_groups *groups, uint32_t gid,
			const char *user, bool comes)
{
	scope(names_deinit) struct names members = { 0 };
	const struct map *map = identity_writer_map(writer_of(groups));
	struct identity_group group;
	char name[NAME_USER_MAX + 1];
	const char *one;
	int r = 0;

	if (!identity_find_gid(map, gid, &group) ||
	    group.n_name >= sizeof(name))
		return 0;
	memcpy(name, group.name, group.n_name);
	name[group.n_name] = '\0';
	one = group.members;
	for (uint32_t i = 0; r == 0 && i < group.n_members; i++) {
		size_t n = strlen(one);

		if (strcmp(one, user) != 0)
			r = names_add(&members, one, n);
		one += n + 1;
	}
	if (r == 0 && comes)
		r = names_add(&members, user, strlen(user));
	if (r < 0)
		return r;
	group.name = name;
	group.members = members.bytes;
	group.n_members = members.n;
	group.n_members_bytes = members.n_bytes;
	return identity_writer_set_group(writer_of(groups), &group);
}

/* From before to now: the groups first, then what the user has. */
static int tell_user(const struct unix_groups *groups, const struct user *user,
		     const struct gids *before, const struct gids *now)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < before->n; i++)
		if (!has(now, before->all[i]))
			r = edit_members(groups, before->all[i], user->name,
					 false);
	for (uint32_t i = 0; r == 0 && i < now->n; i++)
		if (!has(before, now->all[i]))
			r = edit_members(groups, now->all[i], user->name, true);
	return r != 0 ? r
		      : identity_writer_set_groups_of(
				writer_of(groups), user->uid, now->all, now->n);
}

static int update_user(const struct unix_groups *groups, uint32_t uid)
{
	scope(gids_deinit) struct gids before = { 0 };
	scope(gids_deinit) struct gids now = { 0 };
	const uint32_t *found = NULL;
	struct user user;
	int r;

	r = user_find_uid(groups->state->store, uid, &user);
	if (r != 0)
		return r == USER_E_UNKNOWN ? 0 : r < 0 ? r : -EBADMSG;
	if (!identity_find_groups_of(identity_writer_map(writer_of(groups)),
				     uid, &found, &before.n))
		before.n = 0;
	/* What is found moves with the next change of the map. */
	before.all = calloc(before.n + 1, sizeof(*before.all));
	now.all = calloc(2 * groups->n + 1, sizeof(*now.all));
	if (!before.all || !now.all)
		return -ENOMEM;
	if (before.n > 0)
		memcpy(before.all, found, before.n * sizeof(*found));
	now.n = gids_of(groups, user.name, now.all);
	if (now.n == before.n &&
	    memcmp(now.all, before.all, now.n * sizeof(*now.all)) == 0)
		return 0;
	return tell_user(groups, &user, &before, &now);
}

static int update_members(const struct unix_groups *groups, uint32_t id)
{
	uint32_t uid = 0;
	int r;

	while ((r = user_group_next_member(groups->state->store, id, uid,
					   &uid)) == 0) {
		r = update_user(groups, uid);
		if (r != 0)
			return r;
	}
	return r == USER_GROUP_E_UNKNOWN ? 0 : r < 0 ? r : -EBADMSG;
}

static int update_holder(const struct unix_groups *groups, uint32_t holder)
{
	if (holder == ACCESS_EVERYONE)
		return fill(groups);
	if (holder & ACCESS_GROUP_BIT)
		return update_members(groups, holder & ~ACCESS_GROUP_BIT);
	return update_user(groups, holder);
}

static bool is_marked(const struct unix_groups *groups, uint32_t project)
{
	for (size_t i = 0; i < groups->n; i++)
		if (groups->projects[i].id == project)
			return true;
	return false;
}

/* Whether the change may have to do with a marked project: most do not, and to
 * fill all groups is a walk over all users. */
static bool concerns(const struct unix_groups *groups,
		     const struct change *change)
{
	if (change->project)
		return change->project->readers_gid != 0 ||
		       is_marked(groups, change->project->id);
	if (change->grant && change->grant->project != ACCESS_EVERY_PROJECT)
		return is_marked(groups, change->grant->project);
	return groups->n > 0;
}

static int apply(struct unix_groups *groups, const struct change *change)
{
	int r = 0;

	if (!concerns(groups, change))
		return 0;
	if (change->project)
		return reload(groups);
	if (change->grant)
		return update_holder(groups, change->grant->holder);
	/* Many at once, or one whose name is not known any more. */
	if (change->grants || change->type == CHANGE_USER_DELETE)
		return fill(groups);
	if (!change->members)
		return update_user(groups, change->uid);
	for (size_t i = 0; r == 0 && i < change->members->n; i++)
		r = update_user(groups, change->members->uids[i]);
	return r;
}

int unix_groups_committed(struct unix_groups *groups,
			  const struct change_set *set)
{
	int r = 0;

	if (!groups->state)
		return 0;
	if (groups->told != writer_of(groups))
		return reload(groups);
	for (size_t i = 0; r == 0 && i < set->n_changes; i++)
		if (change_is_access(&set->changes[i]))
			r = apply(groups, &set->changes[i]);
	return r;
}
