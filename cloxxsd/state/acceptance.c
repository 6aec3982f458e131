/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/acceptance.h"

#include <string.h>

/* The one row that statement gives, as in the columns below. */
static int read_one(sqlite3_stmt *row, struct acceptance *ret_acceptance)
{
	struct acceptance one = { 0 };
	int r = store_step(row);

	if (r != STORE_E_ROW)
		return r == 0 ? USER_E_UNKNOWN : r;
	r = 0;
	one.at = sqlite3_column_int64(row, 3);
	if (!store_column_text(row, 0, one.user, sizeof(one.user)) ||
	    !store_column_text(row, 1, one.version, sizeof(one.version)) ||
	    !store_column_text(row, 2, one.language, sizeof(one.language)) ||
	    !store_column_text(row, 4, one.service, sizeof(one.service)) ||
	    !store_column_text(row, 5, one.address, sizeof(one.address)))
		r = USER_E_DAMAGED;
	sqlite3_reset(row);
	if (r == 0)
		*ret_acceptance = one;
	return r;
}

int acceptance_find(struct store *store, uint32_t uid, const char *version,
		    struct acceptance *ret_acceptance)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT '', version, acceptance.language, at,"
			   " service, address FROM acceptance"
			   " WHERE uid = ? AND version = ?",
			   &row, "it", (int64_t)uid, version);

	return r != 0 ? r : read_one(row, ret_acceptance);
}

/* By the index of names, each user's rows by their key. */
int acceptance_next(struct store *store, const struct acceptance *after,
		    struct acceptance *ret_acceptance)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT name, version, acceptance.language, at,"
			   " service, address FROM user CROSS JOIN acceptance"
			   " ON acceptance.uid = user.uid"
			   " WHERE name >= ?1 AND (name > ?1 OR version > ?2)"
			   " ORDER BY name, version LIMIT 1",
			   &row, "tt", after->user, after->version);

	return r != 0 ? r : read_one(row, ret_acceptance);
}

int acceptance_next_without(struct store *store, const char *name,
			    const char *version, struct user *ret_user)
{
	char found[NAME_USER_MAX + 1];
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT name FROM user WHERE name > ?"
		       " AND break_glass = 0 AND NOT EXISTS (SELECT 1"
		       " FROM acceptance WHERE acceptance.uid = user.uid"
		       " AND version = ?) ORDER BY name LIMIT 1",
		       &row, "tt", name, version);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? USER_E_UNKNOWN : r;
	r = store_column_text(row, 0, found, sizeof(found)) ? 0
							    : USER_E_DAMAGED;
	sqlite3_reset(row);
	return r != 0 ? r : user_find(store, found, ret_user);
}

int acceptance_count(struct store *store, const char *version,
		     struct acceptance_counts *ret_counts)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT (SELECT count(*) FROM acceptance"
		       " WHERE version = ?), (SELECT count(*) FROM user) -"
		       " (SELECT count(*) FROM user WHERE break_glass = 1)",
		       &row, "t", version);
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_counts = (struct acceptance_counts){
		.accepted = sqlite3_column_int64(row, 0),
		.asked = sqlite3_column_int64(row, 1),
	};
	sqlite3_reset(row);
	return 0;
}
