/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What is hashed is what is stored, text for text, null apart from "".
 *  2. No column of a row is out of its hash but by being null.
 *  3. No hash of one kind is one of another: each has a name of its own.
 */
#include "cloxxsd/state/ledger_chain.h"

#include <sodium.h>
#include <string.h>

typedef crypto_generichash_blake2b_state hash_state;

static void hash_number(hash_state *hash, int64_t number)
{
	crypto_generichash_blake2b_update(hash, (const uint8_t *)&number,
					  sizeof(number));
}

static void hash_text(hash_state *hash, const char *text)
{
	uint64_t n = text ? strlen(text) : UINT64_MAX;

	crypto_generichash_blake2b_update(hash, (const uint8_t *)&n, sizeof(n));
	if (text)
		crypto_generichash_blake2b_update(hash, (const uint8_t *)text,
						  n);
}

static void hash_chain(hash_state *hash,
		       const uint8_t chain[LEDGER_CHAIN_BYTES])
{
	crypto_generichash_blake2b_update(hash, chain, LEDGER_CHAIN_BYTES);
}

/* personal: of 16 bytes; NULL: that of a link, which has none. */
static void begin(hash_state *hash, const uint8_t key[KEY_BYTES],
		  const char *personal)
{
	crypto_generichash_blake2b_init_salt_personal(
		hash, key, KEY_BYTES, LEDGER_CHAIN_BYTES, NULL,
		(const uint8_t *)personal);
}

static void end(hash_state *hash, uint8_t ret[LEDGER_CHAIN_BYTES])
{
	crypto_generichash_blake2b_final(hash, ret, LEDGER_CHAIN_BYTES);
}

/* The last three as soon as one of them is there. */
static unsigned int n_linked(const struct ledger_texts *texts)
{
	return texts->texts[LEDGER_PROJECT] || texts->texts[LEDGER_ACTION] ||
			       texts->texts[LEDGER_OBJECT]
		       ? _LEDGER_N_COLUMNS
		       : LEDGER_PROJECT;
}

void ledger_chain_link(const struct ledger_link *link,
		       uint8_t ret_chain[LEDGER_CHAIN_BYTES])
{
	unsigned int n = n_linked(link->texts);
	hash_state hash;

	begin(&hash, link->key, NULL);
	hash_chain(&hash, link->before);
	hash_number(&hash, link->seq);
	hash_number(&hash, link->at_us);
	for (unsigned int i = 0; i < n; i++)
		hash_text(&hash, link->texts->texts[i]);
	end(&hash, ret_chain);
}

void ledger_chain_replaced(const struct ledger_link *link,
			   const uint8_t chain[LEDGER_CHAIN_BYTES],
			   uint8_t ret_proof[LEDGER_CHAIN_BYTES])
{
	hash_state hash;

	begin(&hash, link->key, "cloxxs-replaced");
	hash_chain(&hash, link->before);
	hash_chain(&hash, chain);
	hash_number(&hash, link->seq);
	hash_number(&hash, link->at_us);
	for (unsigned int i = 0; i < _LEDGER_N_COLUMNS; i++)
		hash_text(&hash, link->texts->texts[i]);
	end(&hash, ret_proof);
}

void ledger_chain_cut(const uint8_t key[KEY_BYTES], int64_t seq, int64_t at_us,
		      const uint8_t chain[LEDGER_CHAIN_BYTES],
		      uint8_t ret_proof[LEDGER_CHAIN_BYTES])
{
	hash_state hash;

	begin(&hash, key, "cloxxs-cut-off\0");
	hash_number(&hash, seq);
	hash_number(&hash, at_us);
	hash_chain(&hash, chain);
	end(&hash, ret_proof);
}

bool ledger_read_texts(sqlite3_stmt *row, struct ledger_texts *ret_texts)
{
	for (int i = 0; i < _LEDGER_N_COLUMNS; i++) {
		const char *text = (const char *)sqlite3_column_text(
			row, i + LEDGER_AT_TEXTS);
		int n = sqlite3_column_bytes(row, i + LEDGER_AT_TEXTS);

		/* What stands behind a NUL would be in no hash. */
		if (text && strlen(text) != (size_t)n)
			return false;
		ret_texts->texts[i] = text;
	}
	return true;
}

bool ledger_read_hash(sqlite3_stmt *row, int column,
		      uint8_t ret_hash[LEDGER_CHAIN_BYTES])
{
	const void *bytes = sqlite3_column_blob(row, column);

	if (sqlite3_column_bytes(row, column) != LEDGER_CHAIN_BYTES)
		return false;
	memcpy(ret_hash, bytes, LEDGER_CHAIN_BYTES);
	return true;
}

bool ledger_row_follows(sqlite3_stmt *row, const uint8_t key[KEY_BYTES],
			const uint8_t before[LEDGER_CHAIN_BYTES],
			uint8_t ret_chain[LEDGER_CHAIN_BYTES])
{
	uint8_t chain[LEDGER_CHAIN_BYTES], proof[LEDGER_CHAIN_BYTES];
	uint8_t stored[LEDGER_CHAIN_BYTES];
	struct ledger_texts texts;
	const struct ledger_link link = {
		.key = key,
		.before = before,
		.seq = sqlite3_column_int64(row, 0),
		.at_us = sqlite3_column_int64(row, 1),
		.texts = &texts,
	};
	bool replaced =
		sqlite3_column_type(row, LEDGER_AT_PROOF) != SQLITE_NULL;

	if (!ledger_read_texts(row, &texts) ||
	    !ledger_read_hash(row, LEDGER_AT_CHAIN, chain) ||
	    !ledger_read_hash(row, replaced ? LEDGER_AT_PROOF : LEDGER_AT_CHAIN,
			      stored))
		return false;
	if (replaced)
		ledger_chain_replaced(&link, chain, proof);
	else
		ledger_chain_link(&link, proof);
	if (sodium_memcmp(proof, stored, sizeof(proof)) != 0)
		return false;
	memcpy(ret_chain, chain, sizeof(chain));
	return true;
}
