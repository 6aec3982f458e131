/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/locks.h"

#include "policy/reason.h"

int locks_count(struct store *store, int64_t since_s, int64_t *ret_n)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT count(*) FROM user WHERE locked_at > max(?, 0)"
		       " AND locked_at != 0 AND locked_because = ?",
		       &row, "it", since_s,
		       reason_name(REASON_TOO_MANY_FAILURES));
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_n = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return 0;
}

int locks_origin(struct store *store, int64_t since_s,
		 struct locks_origin *ret_origin)
{
	struct locks_origin out = { 0 };
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT coalesce(failure.address, ''),"
		       " count(DISTINCT user.uid) AS n, count(*) OVER ()"
		       " FROM user JOIN failure ON failure.uid = user.uid"
		       " WHERE locked_at > max(?, 0) AND locked_at != 0"
		       " AND locked_because = ?"
		       " GROUP BY 1 ORDER BY n DESC, 1 LIMIT 1",
		       &row, "it", since_s,
		       reason_name(REASON_TOO_MANY_FAILURES));
	if (r == 0)
		r = store_step(row);
	if (r == STORE_E_ROW) {
		out.n_users = sqlite3_column_int64(row, 1);
		out.n_addresses = sqlite3_column_int64(row, 2);
		r = store_column_text(row, 0, out.address, sizeof(out.address))
			    ? 0
			    : -EBADMSG;
		sqlite3_reset(row);
	}
	if (r == 0)
		*ret_origin = out;
	return r;
}
