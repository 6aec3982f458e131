/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Access writer: keeps the access map of one service as base/map.h and
 * base/access.h say. It decides nothing and knows no service: it writes whom,
 * what and which grants it is told, and whoever is not to count (disabled, not
 * of this service) is not told of, or removed. One writer a path, one thread.
 *
 * All changes are idempotent, O(1) but for growth unless another cost is named,
 * and seen by readers, whole, when they return; on -errno (no space …) readers
 * see the former state, also of what was to be taken away: then the caller
 * withdraws the map, or makes it anew. Ids are never used for another user,
 * group or project again.
 */

#include <stdint.h>
#include <sys/types.h>

#include "base/access.h"
#include "base/scope.h"

struct access_writer;

/* What the file is to hold at first; more is found by growth. */
struct access_room {
	uint32_t n_users, n_projects, n_grants;
	uint32_t n_memberships; /* of all users in groups, together */
};

/*
 * Starts a new file for path; nothing is seen by readers before
 * access_writer_publish(), which flags an old file at path as retired and takes
 * its place, generation one higher. The file is the caller's (0600, whatever
 * the umask), and an entry in its ACL lets account read it, unless that is the
 * caller himself or ACCESS_WRITER_NO_ACCOUNT; so it is before it has its name.
 * -ENOTSUP: the file system keeps no ACL.
 */
#define ACCESS_WRITER_NO_ACCOUNT ((uid_t)-1)
must_check int access_writer_new(const char *path,
				 const struct access_room *room, uid_t account,
				 struct access_writer **ret_writer);
/* What was not published is removed; what was stays. Takes NULL, returns NULL.
 */
struct access_writer *access_writer_free(struct access_writer *writer);
must_check int access_writer_publish(struct access_writer *writer);

static inline void access_writer_freep(struct access_writer **writer)
{
	*writer = access_writer_free(*writer);
}

/*
 * Adds or changes the user with this uid, his groups (in any order) with him.
 * -EINVAL: an id or a name that is none, ids over 0x7fffffff; -E2BIG: more than
 * ACCESS_GROUPS_MAX groups; -EEXIST: the name is another's.
 */
must_check int access_writer_set_user(struct access_writer *writer,
				      const struct access_user *user);
/*
 * As set_user() and then set_grant() for each of his n_grants, but without the
 * work of changing his record each time: for the filling of a new file. All
 * grants are his. -EEXIST also where he is there already.
 */
must_check int access_writer_add_user(struct access_writer *writer,
				      const struct access_user *user,
				      const struct access_grant *grants,
				      uint32_t n_grants);
/*
 * Takes the user away, and leaves his grants, which come to nothing while he is
 * not there. 0 also where there is none.
 */
must_check int access_writer_remove_user(struct access_writer *writer,
					 uint32_t uid);

/* Adds or changes the project with this id. -EINVAL, -EEXIST as above. */
must_check int access_writer_set_project(struct access_writer *writer,
					 const struct access_project *project);
/* Takes the project and the grants for it away; looks at all users and grants.
 * On -errno the project is gone, and some of the grants are not. */
must_check int access_writer_remove_project(struct access_writer *writer,
					    uint32_t id);

/*
 * Puts the grant in the place of the one of the same holder and project. The
 * holder need not be in the map; -ENOENT: the project is not. -EINVAL: rights
 * that are none, an end outside 0 to ACCESS_UNTIL_MAX. Those that have ended
 * may be told of or not.
 */
must_check int access_writer_set_grant(struct access_writer *writer,
				       const struct access_grant *grant);
/* 0 also where there is none. */
must_check int access_writer_remove_grant(struct access_writer *writer,
					  uint32_t holder, uint32_t project);

uint64_t access_writer_generation(const struct access_writer *writer);
/* What readers will see; valid until the next change. For checks of the
 * daemon's own, and for tests. */
const struct map *access_writer_map(const struct access_writer *writer);

/*
 * Takes the map at path away from its readers, for a service that is no more:
 * flags it as retired and removes it. 0 also where there is none; -errno. No
 * writer may have it.
 */
must_check int access_writer_withdraw(const char *path);
