/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/user_group.h"

#include "base/access.h"

/* The one row that statement gives: id, name, created. */
static int read_one(sqlite3_stmt *row, struct user_group *ret_group)
{
	struct user_group group = { 0 };
	int64_t id;
	int r = store_step(row);

	if (r != STORE_E_ROW)
		return r == 0 ? USER_GROUP_E_UNKNOWN : r;
	id = sqlite3_column_int64(row, 0);
	group.id = (uint32_t)id;
	group.created = sqlite3_column_int64(row, 2);
	r = id < 1 || id > INT32_MAX ||
			    !store_column_text(row, 1, group.name,
					       sizeof(group.name))
		    ? USER_GROUP_E_DAMAGED
		    : 0;
	sqlite3_reset(row);
	if (r == 0)
		*ret_group = group;
	return r;
}

int user_group_find(struct store *store, const char *name,
		    struct user_group *ret_group)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT id, name, created FROM user_group"
			   " WHERE name = ?",
			   &row, "t", name);

	return r != 0 ? r : read_one(row, ret_group);
}

int user_group_find_id(struct store *store, uint32_t id,
		       struct user_group *ret_group)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT id, name, created FROM user_group"
			   " WHERE id = ?",
			   &row, "i", (int64_t)id);

	return r != 0 ? r : read_one(row, ret_group);
}

int user_group_next(struct store *store, const char *name,
		    struct user_group *ret_group)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT id, name, created FROM user_group"
			   " WHERE name > ? ORDER BY name LIMIT 1",
			   &row, "t", name);

	return r != 0 ? r : read_one(row, ret_group);
}

int user_group_free_id(struct store *store, uint32_t *ret_id)
{
	int r = store_free_id(store, "user_group", ret_id);

	return r == STORE_E_FULL ? USER_GROUP_E_FULL : r;
}

int user_group_of(struct store *store, uint32_t uid,
		  uint32_t ret_ids[USER_GROUPS_MAX], uint32_t *ret_n)
{
	sqlite3_stmt *row = NULL;
	uint32_t n = 0;
	int r;

	r = store_bind(store,
		       "SELECT group_id FROM user_group_member WHERE uid = ?"
		       " ORDER BY group_id LIMIT ?",
		       &row, "ii", (int64_t)uid, (int64_t)USER_GROUPS_MAX);
	while (store_next_row(row, &r))
		ret_ids[n++] = (uint32_t)sqlite3_column_int64(row, 0);
	if (r == 0)
		*ret_n = n;
	return r;
}

int user_group_for_each_membership(struct store *store,
				   int (*each)(uint32_t uid, uint32_t id,
					       void *userdata),
				   void *userdata)
{
	sqlite3_stmt *row = NULL;
	int r = store_bind(store,
			   "SELECT uid, group_id FROM user_group_member"
			   " ORDER BY uid, group_id",
			   &row, "");

	while (store_next_row(row, &r))
		r = each((uint32_t)sqlite3_column_int64(row, 0),
			 (uint32_t)sqlite3_column_int64(row, 1), userdata);
	return r;
}

int user_group_count(struct store *store, uint32_t id, uint32_t *ret_n_members)
{
	return store_count(store,
			   "SELECT count(*) FROM user_group_member"
			   " WHERE group_id = ?",
			   ret_n_members, "i", (int64_t)id);
}

int user_group_next_member(struct store *store, uint32_t id, uint32_t uid,
			   uint32_t *ret_uid)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT uid FROM user_group_member"
			   " WHERE group_id = ? AND uid > ?"
			   " ORDER BY uid LIMIT 1",
			   &row, "ii", (int64_t)id, (int64_t)uid);

	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? USER_GROUP_E_UNKNOWN : r;
	*ret_uid = (uint32_t)sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return 0;
}

int user_group_add(struct store *store, const struct user_group *group)
{
	return store_run(store,
			 "INSERT INTO user_group (id, name, created)"
			 " VALUES (?, ?, ?)",
			 "iti", (int64_t)group->id, group->name,
			 group->created);
}

int user_group_delete(struct store *store, uint32_t id)
{
	int r = store_run(store, "DELETE FROM project_grant WHERE holder = ?",
			  "i", (int64_t)(id | ACCESS_GROUP_BIT));

	return r != 0 ? r
		      : store_run(store, "DELETE FROM user_group WHERE id = ?",
				  "i", (int64_t)id);
}

int user_group_add_member(struct store *store, uint32_t id, uint32_t uid,
			  int64_t at)
{
	return store_run(store,
			 "INSERT INTO user_group_member (group_id, uid, added)"
			 " VALUES (?, ?, ?)",
			 "iii", (int64_t)id, (int64_t)uid, at);
}

int user_group_remove_member(struct store *store, uint32_t id, uint32_t uid)
{
	return store_run(store,
			 "DELETE FROM user_group_member"
			 " WHERE group_id = ? AND uid = ?",
			 "ii", (int64_t)id, (int64_t)uid);
}
