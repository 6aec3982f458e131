/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Ledger chain: the hashes that bind the rows of the ledger, and the columns
 * that they are over. Internal to state/ledger*.c and those who
 * replace rows. It
 * reads a row and hashes; it neither finds rows nor writes them.
 *
 *     chain(n) = BLAKE2b-256(key, chain(n-1) | seq | at | each text)
 *
 * a text as its length, 8 bytes, and its bytes; null as the length of all ones.
 * project, action and object are among the texts only if one of them is there,
 * for rows of before had no such columns.
 *
 * A row whose texts were taken out, or put under a pseudonym, keeps the chain
 * that it had, so that the rows behind it still follow; what it says now is
 * bound to its place by a proof of its own:
 *
 *     proof(n) = BLAKE2b-256(key, "cloxxs-replaced", chain(n-1) | chain(n)
 *                | seq | at | each text, all of them)
 *
 * Numbers are in the machine's byte order: a store does not travel.
 */

#include <stdbool.h>
#include <stdint.h>

#include "cloxxsd/state/key.h"
#include "cloxxsd/state/ledger.h"
#include "cloxxsd/state/store.h"

enum ledger_column {
	LEDGER_EVENT,
	LEDGER_RESULT,
	LEDGER_REASON,
	LEDGER_USER,
	LEDGER_ACTOR,
	LEDGER_SERVICE,
	LEDGER_ADDRESS,
	LEDGER_TERMINAL,
	LEDGER_REFERENCE,
	LEDGER_RULES,
	LEDGER_DETAILS,
	/* of actions in an application */
	LEDGER_PROJECT,
	LEDGER_ACTION,
	LEDGER_OBJECT,
	_LEDGER_N_COLUMNS,
};

/* What a row is read by, in this order: the texts begin at LEDGER_AT_TEXTS. */
#define LEDGER_COLUMNS                                                   \
	"seq, at, event, result, reason, user, actor, service, address," \
	" terminal, reference, rules, details, project, action, object," \
	" chain, proof"
#define LEDGER_AT_TEXTS 2
#define LEDGER_AT_CHAIN (LEDGER_AT_TEXTS + _LEDGER_N_COLUMNS)
#define LEDGER_AT_PROOF (LEDGER_AT_CHAIN + 1)

/* The texts of one row, as they are stored. */
struct ledger_texts {
	const char *texts[_LEDGER_N_COLUMNS];
};

/* One row between the one before and the one behind it. */
struct ledger_link {
	const uint8_t *key; /* KEY_BYTES */
	const uint8_t *before;
	int64_t seq, at_us;
	const struct ledger_texts *texts;
};

void ledger_chain_link(const struct ledger_link *link,
		       uint8_t ret_chain[LEDGER_CHAIN_BYTES]);
/* Of a row that was replaced, with the chain that it keeps. */
void ledger_chain_replaced(const struct ledger_link *link,
			   const uint8_t chain[LEDGER_CHAIN_BYTES],
			   uint8_t ret_proof[LEDGER_CHAIN_BYTES]);
/* Of the cut-off: that all up to seq, which had that chain, was purged. */
void ledger_chain_cut(const uint8_t key[KEY_BYTES], int64_t seq, int64_t at_us,
		      const uint8_t chain[LEDGER_CHAIN_BYTES],
		      uint8_t ret_proof[LEDGER_CHAIN_BYTES]);

/* The texts live until the row is stepped. False: one is none of ours. */
bool ledger_read_texts(sqlite3_stmt *row, struct ledger_texts *ret_texts);
/* False where column holds anything but LEDGER_CHAIN_BYTES. */
bool ledger_read_hash(sqlite3_stmt *row, int column,
		      uint8_t ret_hash[LEDGER_CHAIN_BYTES]);
/*
 * Whether row, of LEDGER_COLUMNS, follows on before, by key; *ret_chain is its
 * own then.
 */
bool ledger_row_follows(sqlite3_stmt *row, const uint8_t key[KEY_BYTES],
			const uint8_t before[LEDGER_CHAIN_BYTES],
			uint8_t ret_chain[LEDGER_CHAIN_BYTES]);
