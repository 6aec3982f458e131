/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/alarm_row.h"

#include <errno.h>

static int read_row(sqlite3_stmt *statement, struct alarm_row *ret)
{
	*ret = (struct alarm_row){
		.raised = sqlite3_column_int64(statement, 1) != 0,
		.since = sqlite3_column_int64(statement, 2),
		.n = sqlite3_column_int64(statement, 3),
		.due = sqlite3_column_int64(statement, 4),
		.due_at = sqlite3_column_int64(statement, 5),
		.told_at = sqlite3_column_int64(statement, 6),
		.number = sqlite3_column_int64(statement, 7),
	};
	return store_column_text(statement, 0, ret->rule, sizeof(ret->rule)) &&
			       store_column_text(statement, 8, ret->detail,
						 sizeof(ret->detail))
		       ? 0
		       : -EIO;
}

static int read_engine(struct store *store, struct alarm_rows *rows)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT hour_at, n_hour, n_held, seq FROM alarm_engine"
		       " WHERE id = 1",
		       &row, "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r;
	rows->are_kept = true;
	rows->hour_at = sqlite3_column_int64(row, 0);
	rows->n_hour = sqlite3_column_int64(row, 1);
	rows->n_held = sqlite3_column_int64(row, 2);
	rows->seq = sqlite3_column_int64(row, 3);
	sqlite3_reset(row);
	return 0;
}

int alarm_rows_read(struct store *store, struct alarm_rows *ret)
{
	sqlite3_stmt *row = NULL;
	int r;

	*ret = (struct alarm_rows){ 0 };
	r = read_engine(store, ret);
	if (r == 0)
		r = store_bind(store,
			       "SELECT rule, raised, since, n, due, due_at,"
			       " told_at, number, detail FROM alarm",
			       &row, "");
	while (store_next_row(row, &r))
		r = ret->n < ALARM_ROWS_MAX
			    ? read_row(row, &ret->rows[ret->n++])
			    : -EIO;
	return r;
}

static int keep_row(struct store *store, const struct alarm_row *row)
{
	return store_run(store,
			 "INSERT OR REPLACE INTO alarm (rule, raised, since, n,"
			 " due, due_at, told_at, number, detail)"
			 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			 "tiiiiiiit", row->rule, (int64_t)row->raised,
			 row->since, row->n, row->due, row->due_at,
			 row->told_at, row->number, row->detail);
}

int alarm_rows_keep(struct store *store, const struct alarm_rows *rows)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < rows->n; i++)
		r = keep_row(store, &rows->rows[i]);
	if (r != 0)
		return r;
	return store_run(store,
			 "INSERT OR REPLACE INTO alarm_engine"
			 " (id, hour_at, n_hour, n_held, seq)"
			 " VALUES (1, ?, ?, ?, ?)",
			 "iiii", rows->hour_at, rows->n_hour, rows->n_held,
			 rows->seq);
}
