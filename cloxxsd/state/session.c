/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/session.h"

int session_find(struct store *store, const char *id,
		 struct session *ret_session)
{
	struct session session = { 0 };
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT uid, service, address, terminal, opened"
		       " FROM session WHERE id = ?",
		       &row, "t", id);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? USER_E_UNKNOWN : r;
	r = 0;
	session.uid = (uint32_t)sqlite3_column_int64(row, 0);
	session.opened = sqlite3_column_int64(row, 4);
	if (!store_column_text(row, 1, session.service,
			       sizeof(session.service)) ||
	    !store_column_text(row, 2, session.address,
			       sizeof(session.address)) ||
	    !store_column_text(row, 3, session.terminal,
			       sizeof(session.terminal)))
		r = USER_E_DAMAGED;
	sqlite3_reset(row);
	if (r == 0)
		*ret_session = session;
	return r;
}
