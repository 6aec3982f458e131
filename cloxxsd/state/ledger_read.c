/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the ledger, found and read back. */
#include "cloxxsd/state/ledger.h"

#include "cloxxsd/state/ledger_chain.h"

static int read_row(sqlite3_stmt *row, struct ledger_row *ret_row)
{
	struct ledger_row out = {
		.seq = sqlite3_column_int64(row, 0),
		.at_us = sqlite3_column_int64(row, 1),
	};
	const struct {
		char *buffer;
		size_t size;
	} texts[_LEDGER_N_COLUMNS] = {
		[LEDGER_EVENT] = { out.event, sizeof(out.event) },
		[LEDGER_RESULT] = { out.result, sizeof(out.result) },
		[LEDGER_REASON] = { out.reason, sizeof(out.reason) },
		[LEDGER_USER] = { out.user, sizeof(out.user) },
		[LEDGER_ACTOR] = { out.actor, sizeof(out.actor) },
		[LEDGER_SERVICE] = { out.service, sizeof(out.service) },
		[LEDGER_ADDRESS] = { out.address, sizeof(out.address) },
		[LEDGER_TERMINAL] = { out.terminal, sizeof(out.terminal) },
		[LEDGER_REFERENCE] = { out.reference, sizeof(out.reference) },
		[LEDGER_RULES] = { out.rules, sizeof(out.rules) },
		[LEDGER_DETAILS] = { out.details, sizeof(out.details) },
		[LEDGER_PROJECT] = { out.project, sizeof(out.project) },
		[LEDGER_ACTION] = { out.action, sizeof(out.action) },
		[LEDGER_OBJECT] = { out.object, sizeof(out.object) },
	};

	for (int i = 0; i < _LEDGER_N_COLUMNS; i++)
		if (!store_column_text(row, i + LEDGER_AT_TEXTS,
				       texts[i].buffer, texts[i].size))
			return LEDGER_E_BROKEN;
	if (!ledger_read_hash(row, LEDGER_AT_CHAIN, out.chain))
		return LEDGER_E_BROKEN;
	out.is_replaced =
		sqlite3_column_type(row, LEDGER_AT_PROOF) != SQLITE_NULL;
	*ret_row = out;
	return 0;
}

static int read_one(sqlite3_stmt *statement, struct ledger_row *ret_row)
{
	int r = store_step(statement);

	if (r == 0)
		return LEDGER_E_UNKNOWN;
	if (r != STORE_E_ROW)
		return r;
	r = read_row(statement, ret_row);
	sqlite3_reset(statement);
	return r;
}

int ledger_find(struct ledger *ledger, const char *reference,
		struct ledger_row *ret_row)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(ledger->store,
		       "SELECT " LEDGER_COLUMNS
		       " FROM ledger WHERE reference = ? AND seq > ?"
		       " ORDER BY seq LIMIT 1",
		       &row, "ti", reference, ledger->cut.seq);
	return r != 0 ? r : read_one(row, ret_row);
}

int ledger_next_unpublished(struct ledger *ledger, int64_t seq,
			    struct ledger_row *ret_row)
{
	sqlite3_stmt *row;
	int r;

	/* What stands before the cut-off is not ours. */
	if (seq <= ledger->cut.seq)
		seq = ledger->cut.seq + 1;
	r = store_bind(ledger->store,
		       "SELECT " LEDGER_COLUMNS
		       " FROM ledger WHERE published = 0"
		       " AND seq >= ? ORDER BY seq LIMIT 1",
		       &row, "i", seq);
	return r != 0 ? r : read_one(row, ret_row);
}

int ledger_next_about_rights(struct ledger *ledger, int64_t seq, int64_t last,
			     int64_t since_us, struct ledger_row *ret_row)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(ledger->store,
		       "SELECT " LEDGER_COLUMNS " FROM ledger WHERE seq > ?"
		       " AND seq <= ? AND at >= ? AND event IN ('grant-set',"
		       " 'grant-removed', 'grant-ended', 'grants-imported',"
		       " 'project-added', 'project-changed',"
		       " 'project-archived', 'project-reopened',"
		       " 'project-deleted', 'group-added', 'group-deleted',"
		       " 'member-added', 'member-removed', 'user-added',"
		       " 'user-changed', 'user-enabled', 'user-disabled',"
		       " 'user-deleted') ORDER BY seq LIMIT 1",
		       &row, "iii", seq, last, since_us);
	return r != 0 ? r : read_one(row, ret_row);
}

int ledger_prev_refusal(struct ledger *ledger, int64_t seq, int64_t first,
			const char *user, struct ledger_row *ret_row)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(ledger->store,
		       "SELECT " LEDGER_COLUMNS " FROM ledger WHERE seq < ?1"
		       " AND seq >= ?2 AND result = 'denied'"
		       " AND reference IS NOT NULL"
		       " AND (?3 IS NULL OR user = ?3)"
		       " ORDER BY seq DESC LIMIT 1",
		       &row, "iit", seq, first, user);
	return r != 0 ? r : read_one(row, ret_row);
}

#define WANTED                                                         \
	" WHERE seq >= ?1 AND seq <= ?2 AND (?3 IS NULL OR user = ?3)" \
	" AND (?4 IS NULL OR actor = ?4)"                              \
	" AND (?5 IS NULL OR address = ?5)"                            \
	" AND (?6 IS NULL OR project = ?6)"                            \
	" AND (?7 IS NULL OR service = ?7)"                            \
	" AND (?8 IS NULL OR event = ?8)"                              \
	" AND (?9 IS NULL OR result = ?9)"                             \
	" AND at >= ?10 AND at < ?11 ORDER BY seq"

int ledger_search(struct ledger *ledger, const struct ledger_filter *filter,
		  int64_t first, int64_t last, struct ledger_row *ret_row)
{
	sqlite3_stmt *row;
	int r;

	if (first <= ledger->cut.seq)
		first = ledger->cut.seq + 1;
	r = store_bind(ledger->store,
		       filter->reverse ? "SELECT " LEDGER_COLUMNS
					 " FROM ledger" WANTED " DESC LIMIT 1"
				       : "SELECT " LEDGER_COLUMNS
					 " FROM ledger" WANTED " LIMIT 1",
		       &row, "iitttttttii", first, last, filter->user,
		       filter->actor, filter->address, filter->project,
		       filter->service, filter->event, filter->result,
		       filter->since_us, filter->until_us);
	return r != 0 ? r : read_one(row, ret_row);
}
