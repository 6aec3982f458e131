/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/visit.h"

int visit_find(struct store *store, uint32_t uid, struct visit *ret_visit)
{
	struct visit visit = { 0 };
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT at, service, address, terminal, failed"
		       " FROM visit WHERE uid = ?",
		       &row, "i", (int64_t)uid);
	if (r == 0)
		r = store_step(row);
	if (r != 0 && r != STORE_E_ROW)
		return r;
	if (r == STORE_E_ROW) {
		r = 0;
		visit.at = sqlite3_column_int64(row, 0);
		visit.failed = sqlite3_column_int64(row, 4);
		if (!store_column_text(row, 1, visit.service,
				       sizeof(visit.service)) ||
		    !store_column_text(row, 2, visit.address,
				       sizeof(visit.address)) ||
		    !store_column_text(row, 3, visit.terminal,
				       sizeof(visit.terminal)))
			r = USER_E_DAMAGED;
		sqlite3_reset(row);
	}
	if (r == 0)
		*ret_visit = visit;
	return r;
}
