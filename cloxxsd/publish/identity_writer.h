/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Identity writer: keeps identity.map as base/map.h and base/identity.h say:
 * a change appends a record and swings its slots; a full file is replaced by a
 * larger one with all that is current, the old one flagged retired first. It
 * decides nothing: it writes who it is told. One writer, one thread.
 */

#include <stdint.h>

#include "base/identity.h"
#include "base/scope.h"

struct identity_writer;

/*
 * Starts a new file for path, to hold n_users at first; nothing is seen by
 * readers before identity_writer_publish(), which flags an old file at path as
 * retired and takes its place, generation one higher. Users are put in between
 * with identity_writer_set(). The file is made 0644, its blocks reserved.
 */
must_check int identity_writer_new(const char *path, uint32_t n_users,
				   struct identity_writer **ret_writer);
struct identity_writer *identity_writer_free(struct identity_writer *writer);
must_check int identity_writer_publish(struct identity_writer *writer);

/*
 * Adds or changes the user with this uid, and his private group of the same
 * name and id. O(1) but for growth. -errno: readers then still see the former
 * state.
 */
must_check int identity_writer_set(struct identity_writer *writer,
				   const struct identity_user *user);
/* Takes the user and his group away; 0 also where there is none. */
must_check int identity_writer_remove(struct identity_writer *writer,
				      uint32_t uid);
/*
 * Adds or changes the group with this gid, which is no user's: members are
 * names, each ended by NUL, one behind the other. O(members). -EINVAL: an id or
 * a name that is none; -EEXIST: the name is another group's. Errors as above.
 */
must_check int identity_writer_set_group(struct identity_writer *writer,
					 const struct identity_group *group);
/* 0 also where there is none. */
must_check int identity_writer_remove_group(struct identity_writer *writer,
					    uint32_t gid);
/* The groups that the user with uid is in beside his own; n may be 0. */
must_check int identity_writer_set_groups_of(struct identity_writer *writer,
					     uint32_t uid, const uint32_t *gids,
					     uint32_t n);
/* What readers will see; valid until the next change. */
const struct map *identity_writer_map(const struct identity_writer *writer);
uint64_t identity_writer_generation(const struct identity_writer *writer);
