/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/refusal.h"

static int read_row(sqlite3_stmt *row, struct refusal *ret_refusal)
{
	struct refusal out = {
		.id = sqlite3_column_int64(row, 0),
		.n = sqlite3_column_int64(row, 6),
		.first_us = sqlite3_column_int64(row, 7),
		.last_us = sqlite3_column_int64(row, 8),
	};
	const struct {
		char *buffer;
		size_t size;
	} texts[] = {
		{ out.reference, sizeof(out.reference) },
		{ out.reason, sizeof(out.reason) },
		{ out.user, sizeof(out.user) },
		{ out.service, sizeof(out.service) },
		{ out.address, sizeof(out.address) },
	};

	for (int i = 0; i < (int)ARRAY_SIZE(texts); i++)
		if (!store_column_text(row, i + 1, texts[i].buffer,
				       texts[i].size))
			return REFUSAL_E_DAMAGED;
	*ret_refusal = out;
	return 0;
}

int refusal_next(struct store *store, int64_t until_us, int64_t now_us,
		 struct refusal *ret_refusal)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT id, reference, reason, user, service, address,"
		       " n, first, last FROM refusal"
		       " WHERE first <= ? OR first > ? ORDER BY id LIMIT 1",
		       &row, "ii", until_us, now_us);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? REFUSAL_E_NONE : r;
	r = read_row(row, ret_refusal);
	sqlite3_reset(row);
	return r;
}

int refusal_any(struct store *store)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store, "SELECT 1 FROM refusal LIMIT 1", &row, "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? REFUSAL_E_NONE : r;
	sqlite3_reset(row);
	return 0;
}
