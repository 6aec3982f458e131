/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/publish/identity_users.h"

#include <string.h>

#define NOLOGIN "/usr/sbin/nologin"

int identity_users_set(struct identity_writer *writer, const struct user *user)
{
	const char *shell = user_may_log_in(user) ? user->shell : NOLOGIN;
	const struct identity_user entry = {
		.uid = user->uid,
		.gid = user->uid,
		.name = user->name,
		.home = user->home,
		.shell = shell,
		.n_name = strlen(user->name),
		.n_home = strlen(user->home),
		.n_shell = strlen(shell),
	};

	return identity_writer_set(writer, &entry);
}

/* A new map on its way, and how many rows it could not take. */
struct filling {
	struct identity_writer *writer;
	uint32_t n_unfit;
};

/*
 * One row that no map can hold (its name became reserved, say) is left out:
 * unknown, and so denied. It must not keep all others out.
 */
static int fill_user(const struct user *user, void *userdata)
{
	struct filling *filling = userdata;
	int r = identity_users_set(filling->writer, user);

	if (r != -EINVAL && r != -EEXIST)
		return r;
	filling->n_unfit++;
	return 0;
}

int identity_users_write(struct store *store, const char *path,
			 struct identity_writer **ret_writer,
			 uint32_t *ret_n_unfit)
{
	struct filling filling = { 0 };
	struct user_counts counts;
	int r;

	r = user_count(store, &counts);
	if (r == 0)
		r = identity_writer_new(path, counts.all, &filling.writer);
	if (r == 0)
		r = user_for_each_outline(store, fill_user, &filling);
	if (r == 0)
		r = identity_writer_publish(filling.writer);
	if (r != 0) {
		identity_writer_free(filling.writer);
		return r < 0 ? r : -EBADMSG;
	}
	*ret_writer = filling.writer;
	*ret_n_unfit = filling.n_unfit;
	return 0;
}
