/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/login_test.h"

int login_test_count(struct store *store, uint32_t uid, uint32_t *ret_n)
{
	sqlite3_stmt *row;
	int64_t n = 0;
	int r;

	r = store_bind(store, "SELECT wrong FROM login_test WHERE uid = ?",
		       &row, "i", (int64_t)uid);
	if (r == 0)
		r = store_step(row);
	if (r == STORE_E_ROW) {
		n = sqlite3_column_int64(row, 0);
		sqlite3_reset(row);
		r = n < 0 || n > UINT32_MAX ? -EBADMSG : 0;
	}
	if (r == 0)
		*ret_n = (uint32_t)n;
	return r;
}
