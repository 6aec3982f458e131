/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A row that is not as it was written is never replaced: that would hide
 *     it.
 *  2. The chain of a row stays as it is, and so all behind it follows.
 */
#include "cloxxsd/state/replaced_row.h"

/* What stays of a row when its texts go. */
struct place {
	int64_t seq, at_us;
	const uint8_t *key;
	uint8_t before[LEDGER_CHAIN_BYTES], chain[LEDGER_CHAIN_BYTES];
};

/* Proves the row as it stands. */
static int find_place(struct ledger *ledger, int64_t seq,
		      struct place *ret_place)
{
	struct place place = { .seq = seq, .key = ledger_key_for(ledger, seq) };
	sqlite3_stmt *row;
	int r;

	r = ledger_chain_before(ledger, seq, place.before);
	if (r == 0)
		r = store_bind(ledger->store,
			       "SELECT " LEDGER_COLUMNS
			       " FROM ledger WHERE seq = ?1",
			       &row, "i", seq);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? LEDGER_E_BROKEN : r;
	place.at_us = sqlite3_column_int64(row, 1);
	r = place.key && ledger_row_follows(row, place.key, place.before,
					    place.chain)
		    ? 0
		    : LEDGER_E_BROKEN;
	sqlite3_reset(row);
	if (r == 0)
		*ret_place = place;
	return r;
}

int replaced_row_write(struct ledger *ledger, int64_t seq,
		       const struct ledger_texts *texts)
{
	uint8_t proof[LEDGER_CHAIN_BYTES];
	const char *const *t = texts->texts;
	struct place place;
	int r;

	r = find_place(ledger, seq, &place);
	if (r != 0)
		return r;
	ledger_chain_replaced(&(struct ledger_link){ .key = place.key,
						     .before = place.before,
						     .seq = seq,
						     .at_us = place.at_us,
						     .texts = texts },
			      place.chain, proof);
	return store_run(
		ledger->store,
		"UPDATE ledger SET event = ?, result = ?, reason = ?,"
		" user = ?, actor = ?, service = ?, address = ?,"
		" terminal = ?, reference = ?, rules = ?, details = ?,"
		" project = ?, action = ?, object = ?, proof = ?,"
		/* Where nothing is left, nothing is to be sent. */
		" published = iif(?1 = '', 2, published) WHERE seq = ?",
		"ttttttttttttttbi", t[0], t[1], t[2], t[3], t[4], t[5], t[6],
		t[7], t[8], t[9], t[10], t[11], t[12], t[13], proof,
		sizeof(proof), seq);
}

int replaced_row_purge(struct ledger *ledger, int64_t seq)
{
	/* These three are never null. */
	static const struct ledger_texts none = { {
		[LEDGER_EVENT] = "",
		[LEDGER_RESULT] = "",
		[LEDGER_REASON] = "",
	} };

	return replaced_row_write(ledger, seq, &none);
}
