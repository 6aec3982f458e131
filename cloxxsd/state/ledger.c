/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Text from outside is escaped before it is hashed and stored.
 *  2. The head is proved before anything is appended behind it.
 *  3. The cut-off is believed by its proof only.
 */
#include "cloxxsd/state/ledger.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "cloxxsd/state/ledger_chain.h"

const uint8_t *ledger_key_for(const struct ledger *ledger, int64_t seq)
{
	return key_ledger_find(ledger->key, seq);
}

static bool is_cut(const struct ledger *ledger, const struct ledger_cut *cut,
		   const uint8_t proof[LEDGER_CHAIN_BYTES])
{
	const uint8_t *key = ledger_key_for(ledger, cut->seq);
	uint8_t wanted[LEDGER_CHAIN_BYTES];

	if (!key)
		return false;
	ledger_chain_cut(key, cut->seq, cut->at_us, cut->chain, wanted);
	return sodium_memcmp(wanted, proof, sizeof(wanted)) == 0;
}

/* Up to where all was purged; nothing where nothing was. */
static int load_cut(struct ledger *ledger)
{
	uint8_t proof[LEDGER_CHAIN_BYTES];
	struct ledger_cut cut = { 0 };
	sqlite3_stmt *row;
	bool good;
	int r;

	r = store_bind(ledger->store,
		       "SELECT seq, at, chain, proof FROM ledger_cut", &row,
		       "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r;
	cut.seq = sqlite3_column_int64(row, 0);
	cut.at_us = sqlite3_column_int64(row, 1);
	good = ledger_read_hash(row, 2, cut.chain) &&
	       ledger_read_hash(row, 3, proof);
	sqlite3_reset(row);
	if (!good || !is_cut(ledger, &cut, proof))
		return LEDGER_E_BROKEN;
	ledger->cut = cut;
	return 0;
}

int ledger_chain_before(struct ledger *ledger, int64_t seq,
			uint8_t ret_chain[LEDGER_CHAIN_BYTES])
{
	sqlite3_stmt *row;
	bool good;
	int r;

	memcpy(ret_chain, ledger->cut.chain, LEDGER_CHAIN_BYTES);
	if (seq - 1 == ledger->cut.seq)
		return 0;
	r = store_bind(ledger->store, "SELECT chain FROM ledger WHERE seq = ?",
		       &row, "i", seq - 1);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? LEDGER_E_BROKEN : r;
	good = ledger_read_hash(row, 0, ret_chain);
	sqlite3_reset(row);
	return good ? 0 : LEDGER_E_BROKEN;
}

/* Where nothing stands the cut-off is the head. */
static int load_head(struct ledger *ledger)
{
	uint8_t before[LEDGER_CHAIN_BYTES];
	const uint8_t *key;
	sqlite3_stmt *row;
	int r;

	ledger->seq = ledger->cut.seq;
	memcpy(ledger->chain, ledger->cut.chain, sizeof(ledger->chain));
	r = store_bind(ledger->store,
		       "SELECT " LEDGER_COLUMNS " FROM ledger"
		       " ORDER BY seq DESC LIMIT 1",
		       &row, "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r;
	ledger->seq = sqlite3_column_int64(row, 0);
	key = ledger_key_for(ledger, ledger->seq);
	r = ledger_chain_before(ledger, ledger->seq, before);
	if (r == 0 &&
	    (!key || !ledger_row_follows(row, key, before, ledger->chain)))
		r = LEDGER_E_BROKEN;
	sqlite3_reset(row);
	return r;
}

int ledger_init(struct ledger *ledger, struct store *store,
		const struct key *key)
{
	int r;

	*ledger = (struct ledger){ .store = store, .key = key };
	r = load_cut(ledger);
	return r != 0 ? r : load_head(ledger);
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

	if (!record->details && !record->within &&
	    (!record->fields || !record->fields[0]))
		return NULL;
	text_init(&out, buffer, size);
	if (record->fields && record->fields[0])
		write_fields(record->fields, &out);
	else if (record->details)
		text_add_escaped(&out, record->details,
				 strlen(record->details));
	if (record->within)
		text_add_format(&out, "%s%s", out.n > 0 ? " " : "",
				record->within);
	return buffer;
}

int ledger_append(struct ledger *ledger, const struct record *record)
{
	struct ledger_row row;
	struct ledger next = *ledger;
	const struct ledger_texts texts = { {
		[LEDGER_EVENT] = event_name(record->event),
		[LEDGER_RESULT] = record_result_name(record->result),
		[LEDGER_REASON] = reason_name(record->reason),
		[LEDGER_USER] =
			escaped(record->user, row.user, sizeof(row.user)),
		[LEDGER_ACTOR] =
			escaped(record->actor, row.actor, sizeof(row.actor)),
		[LEDGER_SERVICE] = escaped(record->service, row.service,
					   sizeof(row.service)),
		[LEDGER_ADDRESS] = escaped(record->address, row.address,
					   sizeof(row.address)),
		[LEDGER_TERMINAL] = escaped(record->terminal, row.terminal,
					    sizeof(row.terminal)),
		[LEDGER_REFERENCE] = escaped(record->reference, row.reference,
					     sizeof(row.reference)),
		[LEDGER_RULES] =
			escaped(record->rules, row.rules, sizeof(row.rules)),
		[LEDGER_DETAILS] =
			write_details(record, row.details, sizeof(row.details)),
		[LEDGER_PROJECT] = escaped(record->project, row.project,
					   sizeof(row.project)),
		[LEDGER_ACTION] =
			escaped(record->action, row.action, sizeof(row.action)),
		[LEDGER_OBJECT] =
			escaped(record->object, row.object, sizeof(row.object)),
	} };
	const char *const *t = texts.texts;
	const uint8_t *bytes;
	int r;

	next.seq++;
	bytes = ledger_key_for(ledger, next.seq);
	if (!bytes)
		return -ENOKEY;
	ledger_chain_link(&(struct ledger_link){ .key = bytes,
						 .before = ledger->chain,
						 .seq = next.seq,
						 .at_us = record->at_us,
						 .texts = &texts },
			  next.chain);
	r = store_run(ledger->store,
		      "INSERT INTO ledger (" LEDGER_COLUMNS ") VALUES"
		      " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		      " NULL)",
		      "iittttttttttttttb", next.seq, record->at_us, t[0], t[1],
		      t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9], t[10],
		      t[11], t[12], t[13], next.chain, sizeof(next.chain));
	if (r == 0)
		*ledger = next;
	return r;
}

int ledger_mark_published(struct ledger *ledger, int64_t from_seq,
			  int64_t to_seq)
{
	return store_run(ledger->store,
			 "UPDATE ledger SET published = 1 WHERE published = 0"
			 " AND seq BETWEEN ? AND ?",
			 "ii", from_seq, to_seq);
}

int ledger_find_unseen(struct ledger *ledger, struct ledger_unseen *ret_unseen)
{
	sqlite3_stmt *row;
	int r;

	/* Each from the index of its own. */
	r = store_bind(ledger->store,
		       "SELECT seq, at, (SELECT seq FROM ledger"
		       " WHERE published IN (1, 3) ORDER BY seq DESC LIMIT 1)"
		       " FROM ledger WHERE published IN (1, 3)"
		       " ORDER BY seq LIMIT 1",
		       &row, "");
	if (r == 0)
		r = store_step(row);
	if (r != 0 && r != STORE_E_ROW)
		return r;
	*ret_unseen = (struct ledger_unseen){ 0 };
	if (r == STORE_E_ROW)
		*ret_unseen = (struct ledger_unseen){
			.first = sqlite3_column_int64(row, 0),
			.last = sqlite3_column_int64(row, 2),
			.since_us = sqlite3_column_int64(row, 1),
		};
	sqlite3_reset(row);
	return 0;
}

int ledger_mark_seen(struct ledger *ledger, int64_t first, int64_t last)
{
	return store_run(ledger->store,
			 "UPDATE ledger SET published = 2"
			 " WHERE seq BETWEEN ? AND ?"
			 " AND published IN (1, 3)",
			 "ii", first, last);
}

int ledger_mark_unseen(struct ledger *ledger, int64_t last, int64_t until_us,
		       int64_t *ret_lost)
{
	int r;

	r = store_run(ledger->store,
		      /* The first term is the index's. */
		      "UPDATE ledger SET published = 0"
		      " WHERE published IN (1, 3) AND published = 3"
		      " AND seq <= ? AND at < ?",
		      "ii", last, until_us);
	*ret_lost = r == 0 ? store_changes(ledger->store) : 0;
	if (r == 0)
		r = store_run(ledger->store,
			      "UPDATE ledger SET published = 3"
			      " WHERE published IN (1, 3) AND published = 1"
			      " AND seq <= ? AND at < ?",
			      "ii", last, until_us);
	return r;
}

int ledger_count(struct ledger *ledger, struct ledger_counts *ret_counts)
{
	sqlite3_stmt *row;
	int r;

	/* Numbers are dense: the head is how many were ever recorded. */
	r = store_bind(ledger->store,
		       "SELECT count(*), (SELECT at FROM ledger"
		       " WHERE published = 0 ORDER BY seq LIMIT 1)"
		       " FROM ledger WHERE published = 0",
		       &row, "");
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_counts = (struct ledger_counts){
		.all = ledger->seq,
		.unpublished = sqlite3_column_int64(row, 0),
		.unpublished_since_us = sqlite3_column_int64(row, 1),
	};
	sqlite3_reset(row);
	return 0;
}
