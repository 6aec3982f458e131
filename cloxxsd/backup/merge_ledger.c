/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/backup/merge_ledger.h"

#include "base/scope.h"
#include "cloxxsd/state/store.h"

static int has_link(struct store *store, const char *sql,
		    const struct ledger *ledger, bool *ret_has)
{
	sqlite3_stmt *row;
	int r = store_bind(store, sql, &row, "ib", ledger->seq, ledger->chain,
			   sizeof(ledger->chain));

	if (r == 0)
		r = store_step(row);
	if (r != 0 && r != STORE_E_ROW)
		return r;
	*ret_has = r == STORE_E_ROW;
	sqlite3_reset(row);
	return 0;
}

static int head_of_present(struct store *store, int64_t *ret_seq)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT coalesce(max(seq), 0) FROM present.ledger",
			   &row, "");

	return r != 0 ? r : store_step_number(row, ret_seq);
}

/* A ledger that ends earlier is looked at for alarms from its end on: at the
 * record of this restore, above all. */
static int look_from_the_end(struct store *store)
{
	return store_run(store,
			 "UPDATE alarm_engine SET seq = min(seq,"
			 " (SELECT coalesce(max(seq), 0) FROM ledger))",
			 "");
}

int merge_ledger(struct state *restored, bool present_is_good,
		 enum merge_ledger *ret_ledger)
{
	static const char *const go_on[] = {
		"DELETE FROM ledger",
		"INSERT INTO ledger SELECT * FROM present.ledger ORDER BY seq",
		"DELETE FROM ledger_cut",
		"INSERT INTO ledger_cut SELECT * FROM present.ledger_cut",
		"DELETE FROM retention",
		"INSERT INTO retention SELECT * FROM present.retention",
		/* Which of an import are told in it, and which are not yet. */
		"DELETE FROM import_record",
		("INSERT INTO import_record"
		 " SELECT * FROM present.import_record ORDER BY n"),
		"DELETE FROM refusal",
		"INSERT INTO refusal SELECT * FROM present.refusal ORDER BY id",
	};
	struct store *store = restored->store;
	bool begins = false;
	int64_t seq = 0;
	int r;

	*ret_ledger = MERGE_LEDGER_CUT;
	if (!present_is_good)
		return look_from_the_end(store);
	r = has_link(store,
		     "SELECT 1 FROM present.ledger WHERE seq = ?1"
		     " AND chain = ?2 UNION SELECT 1 FROM"
		     " present.ledger_cut WHERE seq >= ?1",
		     &restored->ledger, &begins);
	if (r == 0)
		r = head_of_present(store, &seq);
	if (r == 0 && !begins)
		return look_from_the_end(store);
	if (r != 0)
		return r;
	*ret_ledger = seq == restored->ledger.seq ? MERGE_LEDGER_SAME
						  : MERGE_LEDGER_GOES_ON;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(go_on); i++)
		r = store_run(store, go_on[i], "");
	return r;
}
