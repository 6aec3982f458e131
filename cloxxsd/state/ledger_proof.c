/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/ledger_proof.h"

#include <sodium.h>
#include <string.h>

#include "cloxxsd/state/ledger_chain.h"

/* How far from its place a record is looked for. */
#define ASTRAY 64

void ledger_proof_init(struct ledger_proof *proof, struct ledger *ledger)
{
	*proof = (struct ledger_proof){ .ledger = ledger,
					.seq = ledger->cut.seq };
	memcpy(proof->chain, ledger->cut.chain, sizeof(proof->chain));
}

/* One row of the ledger by its number; STORE_E_ROW, and to be reset. */
static int find(const struct ledger *ledger, int64_t seq,
		sqlite3_stmt **ret_row)
{
	int r = store_bind(ledger->store,
			   "SELECT " LEDGER_COLUMNS
			   " FROM ledger WHERE seq = ? LIMIT 1",
			   ret_row, "i", seq);

	return r != 0 ? r : store_step(*ret_row);
}

/* Whether the row at seq is the one that belongs at wanted, behind before. */
static int belongs_at(const struct ledger_proof *proof, int64_t seq,
		      int64_t wanted, bool *ret_belongs)
{
	const uint8_t *key = ledger_key_for(proof->ledger, wanted);
	uint8_t chain[LEDGER_CHAIN_BYTES], stored[LEDGER_CHAIN_BYTES];
	struct ledger_texts texts;
	sqlite3_stmt *row;
	int r;

	*ret_belongs = false;
	r = find(proof->ledger, seq, &row);
	if (r != STORE_E_ROW)
		return r;
	if (key && ledger_read_texts(row, &texts) &&
	    ledger_read_hash(row, LEDGER_AT_CHAIN, stored)) {
		ledger_chain_link(
			&(struct ledger_link){
				.key = key,
				.before = proof->chain,
				.seq = wanted,
				.at_us = sqlite3_column_int64(row, 1),
				.texts = &texts },
			chain);
		*ret_belongs = sodium_memcmp(chain, stored, sizeof(chain)) == 0;
	}
	sqlite3_reset(row);
	return 0;
}

/* Whether the one behind seq was written behind what stands there. */
static int is_followed(const struct ledger_proof *proof, int64_t seq,
		       bool *ret_is)
{
	const uint8_t *key = ledger_key_for(proof->ledger, seq + 1);
	uint8_t before[LEDGER_CHAIN_BYTES], chain[LEDGER_CHAIN_BYTES];
	sqlite3_stmt *row;
	bool good;
	int r;

	*ret_is = false;
	r = find(proof->ledger, seq, &row);
	if (r != STORE_E_ROW)
		return r;
	good = ledger_read_hash(row, LEDGER_AT_CHAIN, before);
	sqlite3_reset(row);
	if (good && seq == proof->ledger->seq) {
		*ret_is = sodium_memcmp(before, proof->ledger->chain,
					sizeof(before)) == 0;
		return 0;
	}
	if (!good || !key)
		return 0;
	r = find(proof->ledger, seq + 1, &row);
	if (r != STORE_E_ROW)
		return r;
	*ret_is = ledger_row_follows(row, key, before, chain);
	sqlite3_reset(row);
	return 0;
}

/* What is wrong with a row that is there and does not follow. */
static int judge(struct ledger_proof *proof)
{
	int64_t seq = proof->seq + 1;
	bool is = false;
	int r;

	proof->fault = LEDGER_FAULT_FOREIGN;
	if (seq > proof->ledger->seq)
		return LEDGER_E_BROKEN;
	r = is_followed(proof, seq, &is);
	if (r == 0 && is) {
		proof->fault = LEDGER_FAULT_CHANGED;
		return LEDGER_E_BROKEN;
	}
	for (int64_t i = 1; r == 0 && !is && i <= ASTRAY; i++)
		r = belongs_at(proof, seq + i, seq, &is);
	if (r == 0 && is)
		proof->fault = LEDGER_FAULT_OUT_OF_ORDER;
	return r < 0 ? r : LEDGER_E_BROKEN;
}

/* The row is the next one. 0, or LEDGER_E_BROKEN with its fault to be told. */
static int take(struct ledger_proof *proof, sqlite3_stmt *row)
{
	int64_t seq = sqlite3_column_int64(row, 0);
	const uint8_t *key = ledger_key_for(proof->ledger, seq);
	uint8_t chain[LEDGER_CHAIN_BYTES];

	if (seq != proof->seq + 1) {
		proof->fault = LEDGER_FAULT_MISSING;
		return LEDGER_E_BROKEN;
	}
	if (!key || !ledger_row_follows(row, key, proof->chain, chain))
		return LEDGER_E_BROKEN;
	if (seq == proof->anchor_seq &&
	    sodium_memcmp(chain, proof->anchor_chain, sizeof(chain)) != 0) {
		proof->fault = LEDGER_FAULT_ANCHOR;
		return LEDGER_E_BROKEN;
	}
	memcpy(proof->chain, chain, sizeof(chain));
	proof->seq = seq;
	proof->n++;
	proof->n_replaced +=
		sqlite3_column_type(row, LEDGER_AT_PROOF) != SQLITE_NULL;
	return 0;
}

/* What stands at or before the cut-off was written by somebody else. */
static int find_before_cut(const struct ledger *ledger, int64_t *ret_seq)
{
	sqlite3_stmt *row;
	int r = store_bind(ledger->store,
			   "SELECT coalesce(min(seq), 0) FROM ledger"
			   " WHERE seq <= ?",
			   &row, "i", ledger->cut.seq);

	return r != 0 ? r : store_step_number(row, ret_seq);
}

static bool is_other_cut(const struct ledger_proof *proof)
{
	const struct ledger_cut *cut = &proof->ledger->cut;

	return proof->anchor_seq != 0 && proof->anchor_seq == cut->seq &&
	       sodium_memcmp(proof->anchor_chain, cut->chain,
			     sizeof(cut->chain)) != 0;
}

/* All rows are through: nothing may be left that should be there, and nothing
 * be there that should not. */
static int finish(struct ledger_proof *proof)
{
	int64_t seq = 0;
	int r = find_before_cut(proof->ledger, &seq);

	if (r != 0)
		return r;
	if (seq != 0 || is_other_cut(proof)) {
		proof->fault =
			seq != 0 ? LEDGER_FAULT_FOREIGN : LEDGER_FAULT_ANCHOR;
		proof->seq = (seq != 0 ? seq : proof->anchor_seq) - 1;
		return LEDGER_E_BROKEN;
	}
	if (proof->seq == proof->ledger->seq && proof->anchor_seq <= proof->seq)
		return 0;
	proof->fault = LEDGER_FAULT_MISSING;
	return LEDGER_E_BROKEN;
}

int ledger_proof_step(struct ledger_proof *proof, int64_t n)
{
	sqlite3_stmt *row;
	int64_t taken = 0;
	int r;

	proof->fault = _LEDGER_FAULT_NONE;
	r = store_bind(proof->ledger->store,
		       "SELECT " LEDGER_COLUMNS " FROM ledger WHERE seq > ?"
		       " ORDER BY seq LIMIT ?",
		       &row, "ii", proof->seq, n);
	while (r == 0 && (r = store_step(row)) == STORE_E_ROW) {
		r = take(proof, row);
		taken++;
	}
	if (r == LEDGER_E_BROKEN)
		sqlite3_reset(row);
	if (r == LEDGER_E_BROKEN && proof->fault == _LEDGER_FAULT_NONE)
		return judge(proof);
	if (r != 0)
		return r;
	return taken == n ? LEDGER_PROOF_MORE : finish(proof);
}

const char *ledger_fault_name(enum ledger_fault fault)
{
	static const char *const names[_LEDGER_FAULT_N] = {
		[_LEDGER_FAULT_NONE] = "none",
		[LEDGER_FAULT_MISSING] = "missing",
		[LEDGER_FAULT_CHANGED] = "changed",
		[LEDGER_FAULT_OUT_OF_ORDER] = "out-of-order",
		[LEDGER_FAULT_FOREIGN] = "foreign",
		[LEDGER_FAULT_ANCHOR] = "anchor",
	};

	return names[fault];
}

int ledger_prove(struct ledger *ledger, int64_t *ret_seq)
{
	struct ledger_proof proof;
	int r;

	ledger_proof_init(&proof, ledger);
	do
		r = ledger_proof_step(&proof, INT64_MAX);
	while (r == LEDGER_PROOF_MORE);
	if (r == LEDGER_E_BROKEN)
		*ret_seq = proof.seq + 1;
	return r;
}
