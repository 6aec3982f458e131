/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/publish/access_users.h"

#include <stdlib.h>

/* Over for good, whatever is done to a reader's clock. */
static void end(struct access_user *entry, int64_t latest)
{
	if (entry->not_after == 0 || entry->not_after >= latest)
		return;
	entry->not_before = 0;
	entry->not_after = 1;
}

int access_users_set(struct access_writer *writer, struct store *store,
		     const char *service, uint32_t uid, int64_t latest)
{
	uint32_t groups[USER_GROUPS_MAX];
	struct access_user entry;
	struct user user;
	int r;

	r = user_find_uid(store, uid, &user);
	if (r == USER_E_UNKNOWN)
		return access_writer_remove_user(writer, uid);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	if (!access_entry_user(&user, service, &entry))
		return access_writer_remove_user(writer, uid);
	end(&entry, latest);
	r = user_group_of(store, uid, groups, &entry.n_groups);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	entry.groups = groups;
	return access_writer_set_user(writer, &entry);
}

/* Who is in which group, in order of users: a million look-ups less. */
struct memberships {
	struct membership {
		uint32_t uid, id;
	} * all;
	size_t n, size;
};

static void memberships_deinit(struct memberships *memberships)
{
	free(memberships->all);
}

static int add_membership(uint32_t uid, uint32_t id, void *userdata)
{
	struct memberships *memberships = userdata;
	struct membership *grown;
	size_t size;

	if (memberships->n == memberships->size) {
		size = memberships->size ? 2 * memberships->size : 256;
		grown = reallocarray(memberships->all, size, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memberships->all = grown;
		memberships->size = size;
	}
	memberships->all[memberships->n++] =
		(struct membership){ .uid = uid, .id = id };
	return 0;
}

/* The groups of uid, USER_GROUPS_MAX at most. */
static uint32_t groups_of(const struct memberships *memberships, uint32_t uid,
			  uint32_t ret_ids[USER_GROUPS_MAX])
{
	size_t from = 0, to = memberships->n;
	uint32_t n = 0;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (memberships->all[middle].uid < uid)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < memberships->n && memberships->all[from].uid == uid &&
	       n < USER_GROUPS_MAX;
	     from++)
		ret_ids[n++] = memberships->all[from].id;
	return n;
}

/* All that are in force, by holder: those of a user go into his record one
 * behind the other, while it is at hand. */
struct grants {
	int64_t latest;
	struct access_grant *all;
	size_t n, size;
};

static void grants_deinit(struct grants *grants)
{
	free(grants->all);
}

static int add_grant(const struct grant *grant, void *userdata)
{
	struct grants *grants = userdata;
	struct access_grant *grown;
	size_t size;

	if (grant_is_ended(grant, grants->latest))
		return 0;
	if (grants->n == grants->size) {
		size = grants->size ? 2 * grants->size : 256;
		grown = reallocarray(grants->all, size, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		grants->all = grown;
		grants->size = size;
	}
	grants->all[grants->n++] = access_entry_grant(grant);
	return 0;
}

static int by_holder(const void *a, const void *b)
{
	const struct access_grant *one = a, *other = b;

	return (one->holder > other->holder) - (one->holder < other->holder);
}

/* Where those of holder begin, or would. */
static size_t grants_from(const struct grants *grants, uint32_t holder)
{
	size_t from = 0, to = grants->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (grants->all[middle].holder < holder)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* A new map on its way, and how many rows it could not take. */
struct filling {
	const struct access_users_args *args;
	struct access_writer *writer;
	struct memberships memberships;
	struct grants grants;
	uint32_t n_unfit;
};

/* One row that no map can hold is left out: unknown, and so denied. It must not
 * keep all others out. */
static int note(struct filling *filling, int r)
{
	if (r != -EINVAL && r != -EEXIST && r != -ENOENT)
		return r;
	filling->n_unfit++;
	return 0;
}

/*
 * With his grants, which then are done with. Where one of them is none, they
 * are told one by one later.
 */
static int add_user(struct filling *filling, const struct access_user *entry)
{
	struct grants *grants = &filling->grants;
	size_t from = grants_from(grants, entry->uid), to = from;
	int r;

	while (to < grants->n && grants->all[to].holder == entry->uid)
		to++;
	r = access_writer_add_user(filling->writer, entry, grants->all + from,
				   (uint32_t)(to - from));
	if (r == -EINVAL || r == -ENOENT)
		return access_writer_set_user(filling->writer, entry);
	for (; r == 0 && from < to; from++)
		grants->all[from].rights = 0;
	return r;
}

static int fill_user(const struct user *user, void *userdata)
{
	struct filling *filling = userdata;
	uint32_t groups[USER_GROUPS_MAX];
	struct access_user entry;

	if (!access_entry_user(user, filling->args->service, &entry))
		return 0;
	end(&entry, filling->args->latest);
	entry.n_groups = groups_of(&filling->memberships, user->uid, groups);
	entry.groups = groups;
	return note(filling, add_user(filling, &entry));
}

/* Those of groups, of everyone, and of users who do not stand there now. */
static int fill_grants(struct filling *filling)
{
	const struct grants *grants = &filling->grants;
	int r = 0;

	for (size_t i = 0; r == 0 && i < grants->n; i++)
		if (grants->all[i].rights != 0)
			r = note(filling,
				 access_writer_set_grant(filling->writer,
							 &grants->all[i]));
	return r;
}

static int fill_project(const struct project *project, void *userdata)
{
	struct access_project entry = access_entry_project(project);
	struct filling *filling = userdata;

	return note(filling,
		    access_writer_set_project(filling->writer, &entry));
}

static int measure(const struct access_users_args *args,
		   struct access_room *ret_room)
{
	struct access_room room = { 0 };
	struct user_counts counts;
	int r = user_count(args->store, &counts);

	if (r == 0)
		r = project_count(args->store, args->service, &room.n_projects);
	if (r == 0)
		r = grant_count(args->store, args->service, &room.n_grants);
	if (r != 0)
		return r;
	room.n_users = counts.all;
	*ret_room = room;
	return 0;
}

static int load(struct filling *filling)
{
	const struct access_users_args *args = filling->args;
	struct grants *grants = &filling->grants;
	int r;

	grants->latest = args->latest;
	r = user_group_for_each_membership(args->store, add_membership,
					   &filling->memberships);
	if (r == 0)
		r = grant_for_each(args->store, args->service, add_grant,
				   grants);
	if (r == 0 && grants->n > 0)
		qsort(grants->all, grants->n, sizeof(*grants->all), by_holder);
	return r;
}

/* A grant needs its project, and is at hand when its user comes. */
static int fill(struct filling *filling)
{
	const struct access_users_args *args = filling->args;
	int r;

	r = project_for_each(args->store, args->service, fill_project, filling);
	if (r == 0)
		r = user_for_each_outline(args->store, fill_user, filling);
	if (r == 0)
		r = fill_grants(filling);
	return r != 0 ? r : access_writer_publish(filling->writer);
}

int access_users_write(const struct access_users_args *args,
		       struct access_writer **ret_writer, uint32_t *ret_n_unfit)
{
	struct filling filling = { .args = args };
	struct access_room room = { 0 };
	int r;

	r = load(&filling);
	if (r == 0)
		r = measure(args, &room);
	room.n_memberships = (uint32_t)filling.memberships.n;
	if (r == 0)
		r = access_writer_new(args->path, &room, args->account,
				      &filling.writer);
	if (r == 0)
		r = fill(&filling);
	memberships_deinit(&filling.memberships);
	grants_deinit(&filling.grants);
	if (r != 0) {
		access_writer_free(filling.writer);
		return r < 0 ? r : -EBADMSG;
	}
	*ret_writer = filling.writer;
	*ret_n_unfit = filling.n_unfit;
	return 0;
}
