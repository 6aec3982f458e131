/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * User group: users who hold grants together, one level deep: its members are
 * users. It is no group of the system and has no right of its own. Its id is
 * never another group's. Reading, and the rows' writing for state/change.h,
 * which alone calls it.
 */

#include <stdint.h>

#include "cloxxsd/state/store.h"
#include "cloxxsd/state/user.h"

struct user_group {
	uint32_t id;
	char name[NAME_USER_MAX + 1];
	int64_t created;
};

enum user_group_error {
	_USER_GROUP_E_OK,
	USER_GROUP_E_UNKNOWN,
	USER_GROUP_E_DAMAGED, /* a row that cannot be true: not used */
	USER_GROUP_E_FULL,    /* no id is left */
};

must_check int user_group_find(struct store *store, const char *name,
			       struct user_group *ret_group);
must_check int user_group_find_id(struct store *store, uint32_t id,
				  struct user_group *ret_group);
/* The first whose name comes after name; USER_GROUP_E_UNKNOWN at the end. */
must_check int user_group_next(struct store *store, const char *name,
			       struct user_group *ret_group);
/* An id that never was a group's; USER_GROUP_E_FULL. */
must_check int user_group_free_id(struct store *store, uint32_t *ret_id);

/* A user is in at most so many: each right check looks at all of his. */
#define USER_GROUPS_MAX 64

/* The groups of uid, in order of their ids, USER_GROUPS_MAX at most. */
must_check int user_group_of(struct store *store, uint32_t uid,
			     uint32_t ret_ids[USER_GROUPS_MAX],
			     uint32_t *ret_n);
/* Every membership there is, in order of uid and then of id; what each returns
 * other than 0 ends it. */
must_check int user_group_for_each_membership(
	struct store *store,
	int (*each)(uint32_t uid, uint32_t id, void *userdata), void *userdata);
must_check int user_group_count(struct store *store, uint32_t id,
				uint32_t *ret_n_members);
/* The first member whose uid comes after uid; USER_GROUP_E_UNKNOWN at the end.
 */
must_check int user_group_next_member(struct store *store, uint32_t id,
				      uint32_t uid, uint32_t *ret_uid);

must_check int user_group_add(struct store *store,
			      const struct user_group *group);
/* And its grants; its members are users as before. */
must_check int user_group_delete(struct store *store, uint32_t id);
/* -EEXIST: he is one. */
must_check int user_group_add_member(struct store *store, uint32_t id,
				     uint32_t uid, int64_t at);
must_check int user_group_remove_member(struct store *store, uint32_t id,
					uint32_t uid);
