/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What is hashed is what is stored, text for text, null apart from "".
 *  2. Text from outside is escaped before it is hashed and stored.
 *  3. No column of a row is out of its hash but by being null.
 */
#include "cloxxsd/state/ledger.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

enum column {
	COLUMN_EVENT,
	COLUMN_RESULT,
	COLUMN_REASON,
	COLUMN_USER,
	COLUMN_ACTOR,
	COLUMN_SERVICE,
	COLUMN_ADDRESS,
	COLUMN_TERMINAL,
	COLUMN_REFERENCE,
	COLUMN_RULES,
	COLUMN_DETAILS,
	/* of actions in an application */
	COLUMN_PROJECT,
	COLUMN_ACTION,
	COLUMN_OBJECT,
	_N_COLUMNS,
};

#define COLUMNS                                                          \
	"seq, at, event, result, reason, user, actor, service, address," \
	" terminal, reference, rules, details, project, action, object," \
	" chain"

/* The texts of one record, as they are stored. */
struct texts {
	const char *texts[_N_COLUMNS];
};

static void hash_text(crypto_generichash_state *hash, const char *text)
{
	uint64_t n = text ? strlen(text) : UINT64_MAX;

	crypto_generichash_update(hash, (const uint8_t *)&n, sizeof(n));
	if (text)
		crypto_generichash_update(hash, (const uint8_t *)text, n);
}

const uint8_t *ledger_key_for(const struct ledger *ledger, int64_t seq)
{
	return key_ledger_find(ledger->key, seq);
}

/* The last three as soon as one of them is there. */
static unsigned int n_hashed(const struct texts *texts)
{
	return texts->texts[COLUMN_PROJECT] || texts->texts[COLUMN_ACTION] ||
			       texts->texts[COLUMN_OBJECT]
		       ? _N_COLUMNS
		       : COLUMN_PROJECT;
}

static void link_chain(const uint8_t key[KEY_BYTES],
		       const uint8_t before[LEDGER_CHAIN_BYTES], int64_t seq,
		       int64_t at_us, const struct texts *texts,
		       uint8_t ret_chain[LEDGER_CHAIN_BYTES])
{
	crypto_generichash_state hash;

	crypto_generichash_init(&hash, key, KEY_BYTES, LEDGER_CHAIN_BYTES);
	crypto_generichash_update(&hash, before, LEDGER_CHAIN_BYTES);
	crypto_generichash_update(&hash, (const uint8_t *)&seq, sizeof(seq));
	crypto_generichash_update(&hash, (const uint8_t *)&at_us,
				  sizeof(at_us));
	for (unsigned int i = 0; i < n_hashed(texts); i++)
		hash_text(&hash, texts->texts[i]);
	crypto_generichash_final(&hash, ret_chain, LEDGER_CHAIN_BYTES);
}

static void read_texts(sqlite3_stmt *row, struct texts *ret_texts)
{
	for (int i = 0; i < _N_COLUMNS; i++)
		ret_texts->texts[i] =
			(const char *)sqlite3_column_text(row, i + 2);
}

static bool read_chain(sqlite3_stmt *row, int column,
		       uint8_t ret_chain[LEDGER_CHAIN_BYTES])
{
	const void *bytes = sqlite3_column_blob(row, column);

	if (sqlite3_column_bytes(row, column) != LEDGER_CHAIN_BYTES)
		return false;
	memcpy(ret_chain, bytes, LEDGER_CHAIN_BYTES);
	return true;
}

/* The chain of the record before seq; all zero before the first one. */
static int chain_before(struct ledger *ledger, int64_t seq,
			uint8_t ret_chain[LEDGER_CHAIN_BYTES])
{
	sqlite3_stmt *row;
	bool good;
	int r;

	memset(ret_chain, 0, LEDGER_CHAIN_BYTES);
	r = store_bind(ledger->store, "SELECT chain FROM ledger WHERE seq = ?",
		       &row, "i", seq - 1);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r;
	good = read_chain(row, 0, ret_chain);
	sqlite3_reset(row);
	return good ? 0 : LEDGER_E_BROKEN;
}

int ledger_init(struct ledger *ledger, struct store *store,
		const struct key *key)
{
	uint8_t before[LEDGER_CHAIN_BYTES], proof[LEDGER_CHAIN_BYTES];
	const uint8_t *bytes;
	struct texts texts;
	sqlite3_stmt *row;
	int r;

	*ledger = (struct ledger){ .store = store, .key = key };
	r = store_bind(store,
		       "SELECT " COLUMNS " FROM ledger ORDER BY seq DESC"
		       " LIMIT 1",
		       &row, "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r;
	ledger->seq = sqlite3_column_int64(row, 0);
	r = chain_before(ledger, ledger->seq, before);
	if (r == 0 && !read_chain(row, _N_COLUMNS + 2, ledger->chain))
		r = LEDGER_E_BROKEN;
	bytes = ledger_key_for(ledger, ledger->seq);
	if (!bytes)
		r = LEDGER_E_BROKEN;
	if (r == 0) {
		read_texts(row, &texts);
		link_chain(bytes, before, ledger->seq,
			   sqlite3_column_int64(row, 1), &texts, proof);
		if (sodium_memcmp(proof, ledger->chain, sizeof(proof)) != 0)
			r = LEDGER_E_BROKEN;
	}
	sqlite3_reset(row);
	return r;
}

/* Whether row follows on chain, which becomes its own. */
static bool follows(const struct ledger *ledger, sqlite3_stmt *row,
		    uint8_t chain[LEDGER_CHAIN_BYTES])
{
	uint8_t stored[LEDGER_CHAIN_BYTES], proof[LEDGER_CHAIN_BYTES];
	int64_t seq = sqlite3_column_int64(row, 0);
	const uint8_t *bytes = ledger_key_for(ledger, seq);
	struct texts texts;

	if (!bytes)
		return false;
	read_texts(row, &texts);
	link_chain(bytes, chain, seq, sqlite3_column_int64(row, 1), &texts,
		   proof);
	if (!read_chain(row, _N_COLUMNS + 2, stored) ||
	    sodium_memcmp(proof, stored, sizeof(proof)) != 0)
		return false;
	memcpy(chain, proof, sizeof(proof));
	return true;
}

int ledger_prove(struct ledger *ledger, int64_t *ret_seq)
{
	uint8_t chain[LEDGER_CHAIN_BYTES] = { 0 };
	sqlite3_stmt *row;
	int64_t seq = 0;
	int r;

	r = store_bind(ledger->store,
		       "SELECT " COLUMNS " FROM ledger ORDER BY seq", &row, "");
	while (r == 0 && (r = store_step(row)) == STORE_E_ROW) {
		seq++;
		r = sqlite3_column_int64(row, 0) == seq &&
				    follows(ledger, row, chain)
			    ? 0
			    : LEDGER_E_BROKEN;
	}
	if (r == 0 && seq != ledger->seq)
		r = LEDGER_E_BROKEN;
	if (r == LEDGER_E_BROKEN) {
		sqlite3_reset(row);
		*ret_seq = seq;
	}
	return r;
}

/* Escaped into buffer; what is too long is cut there, visibly. */
static const char *escaped(const char *text, char *buffer, size_t size)
{
	struct text out;

	if (!text)
		return NULL;
	text_init(&out, buffer, size);
	text_add_escaped(&out, text, strlen(text));
	return buffer;
}

/* A value as escaped() has it, without quotation marks. */
static void add_value(struct text *out, const char *value)
{
	for (; *value; value++)
		if (*value == '"')
			text_add(out, "\\x22");
		else
			text_add_escaped(out, value, 1);
}

/* name="value" ..., which can be read back: each value has its own marks only.
 */
static void write_fields(const char *const *fields, struct text *out)
{
	for (size_t i = 0; fields[i]; i += 2) {
		text_add_format(out, "%s%s=\"", i > 0 ? " " : "", fields[i]);
		add_value(out, fields[i + 1]);
		text_add(out, "\"");
	}
}

bool ledger_fields_fit(const char *const *fields)
{
	char buffer[sizeof((struct ledger_row){ 0 }.details)];
	struct text out;

	text_init(&out, buffer, sizeof(buffer));
	write_fields(fields, &out);
	return !text_is_cut(&out);
}

/* The details of a record, in words or as fields. */
static const char *write_details(const struct record *record, char *buffer,
				 size_t size)
{
	struct text out;

	if (!record->fields || !record->fields[0])
		return escaped(record->details, buffer, size);
	text_init(&out, buffer, size);
	write_fields(record->fields, &out);
	return buffer;
}

int ledger_append(struct ledger *ledger, const struct record *record)
{
	struct ledger_row row;
	struct ledger next = *ledger;
	const struct texts texts = { {
		[COLUMN_EVENT] = event_name(record->event),
		[COLUMN_RESULT] = record_result_name(record->result),
		[COLUMN_REASON] = reason_name(record->reason),
		[COLUMN_USER] =
			escaped(record->user, row.user, sizeof(row.user)),
		[COLUMN_ACTOR] =
			escaped(record->actor, row.actor, sizeof(row.actor)),
		[COLUMN_SERVICE] = escaped(record->service, row.service,
					   sizeof(row.service)),
		[COLUMN_ADDRESS] = escaped(record->address, row.address,
					   sizeof(row.address)),
		[COLUMN_TERMINAL] = escaped(record->terminal, row.terminal,
					    sizeof(row.terminal)),
		[COLUMN_REFERENCE] = escaped(record->reference, row.reference,
					     sizeof(row.reference)),
		[COLUMN_RULES] =
			escaped(record->rules, row.rules, sizeof(row.rules)),
		[COLUMN_DETAILS] =
			write_details(record, row.details, sizeof(row.details)),
		[COLUMN_PROJECT] = escaped(record->project, row.project,
					   sizeof(row.project)),
		[COLUMN_ACTION] =
			escaped(record->action, row.action, sizeof(row.action)),
		[COLUMN_OBJECT] =
			escaped(record->object, row.object, sizeof(row.object)),
	} };
	const char *const *t = texts.texts;
	const uint8_t *bytes;
	int r;

	next.seq++;
	bytes = ledger_key_for(ledger, next.seq);
	if (!bytes)
		return -ENOKEY;
	link_chain(bytes, ledger->chain, next.seq, record->at_us, &texts,
		   next.chain);
	r = store_run(ledger->store,
		      "INSERT INTO ledger (" COLUMNS ") VALUES"
		      " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      "iittttttttttttttb", next.seq, record->at_us, t[0], t[1],
		      t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9], t[10],
		      t[11], t[12], t[13], next.chain, sizeof(next.chain));
	if (r == 0)
		*ledger = next;
	return r;
}

static int read_row(sqlite3_stmt *row, struct ledger_row *ret_row)
{
	struct ledger_row out = {
		.seq = sqlite3_column_int64(row, 0),
		.at_us = sqlite3_column_int64(row, 1),
	};
	const struct {
		char *buffer;
		size_t size;
	} texts[_N_COLUMNS] = {
		[COLUMN_EVENT] = { out.event, sizeof(out.event) },
		[COLUMN_RESULT] = { out.result, sizeof(out.result) },
		[COLUMN_REASON] = { out.reason, sizeof(out.reason) },
		[COLUMN_USER] = { out.user, sizeof(out.user) },
		[COLUMN_ACTOR] = { out.actor, sizeof(out.actor) },
		[COLUMN_SERVICE] = { out.service, sizeof(out.service) },
		[COLUMN_ADDRESS] = { out.address, sizeof(out.address) },
		[COLUMN_TERMINAL] = { out.terminal, sizeof(out.terminal) },
		[COLUMN_REFERENCE] = { out.reference, sizeof(out.reference) },
		[COLUMN_RULES] = { out.rules, sizeof(out.rules) },
		[COLUMN_DETAILS] = { out.details, sizeof(out.details) },
		[COLUMN_PROJECT] = { out.project, sizeof(out.project) },
		[COLUMN_ACTION] = { out.action, sizeof(out.action) },
		[COLUMN_OBJECT] = { out.object, sizeof(out.object) },
	};

	for (int i = 0; i < _N_COLUMNS; i++)
		if (!store_column_text(row, i + 2, texts[i].buffer,
				       texts[i].size))
			return LEDGER_E_BROKEN;
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
		       "SELECT " COLUMNS " FROM ledger WHERE reference = ?"
		       " ORDER BY seq LIMIT 1",
		       &row, "t", reference);
	return r != 0 ? r : read_one(row, ret_row);
}

int ledger_next_unpublished(struct ledger *ledger, int64_t seq,
			    struct ledger_row *ret_row)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(ledger->store,
		       "SELECT " COLUMNS " FROM ledger WHERE published = 0"
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
		       "SELECT " COLUMNS " FROM ledger WHERE seq > ?"
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
		       "SELECT " COLUMNS " FROM ledger WHERE seq < ?1"
		       " AND seq >= ?2 AND result = 'denied'"
		       " AND reference IS NOT NULL"
		       " AND (?3 IS NULL OR user = ?3)"
		       " ORDER BY seq DESC LIMIT 1",
		       &row, "iit", seq, first, user);
	return r != 0 ? r : read_one(row, ret_row);
}

int ledger_mark_published(struct ledger *ledger, int64_t from_seq,
			  int64_t to_seq)
{
	return store_run(ledger->store,
			 "UPDATE ledger SET published = 1 WHERE published = 0"
			 " AND seq BETWEEN ? AND ?",
			 "ii", from_seq, to_seq);
}

int ledger_count(struct ledger *ledger, struct ledger_counts *ret_counts)
{
	sqlite3_stmt *row;
	int r;

	/* Numbers are dense: the head is the count, without a scan. */
	r = store_bind(ledger->store,
		       "SELECT count(*), (SELECT at FROM ledger"
		       " WHERE published = 0 ORDER BY seq LIMIT 1)"
		       " FROM ledger WHERE published = 0",
		       &row, "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? -EIO : r;
	*ret_counts = (struct ledger_counts){
		.all = ledger->seq,
		.unpublished = sqlite3_column_int64(row, 0),
		.unpublished_since_us = sqlite3_column_int64(row, 1),
	};
	sqlite3_reset(row);
	return 0;
}
