/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/erasure.h"

#include <sodium.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "cloxxsd/state/replaced_row.h"

#define PSEUDONYM_BYTES 6

static int make_pseudonym(const struct ledger *ledger, const char *name,
			  char ret_pseudonym[ERASURE_PSEUDONYM_MAX])
{
	/* The first key of all, which stays in the ring for ever. */
	const uint8_t *key = ledger_key_for(ledger, 1);
	uint8_t hash[crypto_generichash_BYTES];
	struct text text;

	if (!key)
		return -ENOKEY;
	crypto_generichash_blake2b_salt_personal(
		hash, sizeof(hash), (const uint8_t *)name, strlen(name), key,
		KEY_BYTES, NULL, (const uint8_t *)"cloxxs-pseudonym");
	text_init(&text, ret_pseudonym, ERASURE_PSEUDONYM_MAX);
	text_add(&text, "erased-");
	for (size_t i = 0; i < PSEUDONYM_BYTES; i++)
		text_add_format(&text, "%02x", hash[i]);
	return 0;
}

/* Whoever was no user is not erased: neither root, nor a word of the records.
 */
static int was_user(struct store *store, const struct erasure *erasure)
{
	sqlite3_stmt *row;
	int64_t n = 0;
	int r;

	r = store_bind(store,
		       "SELECT count(*) FROM retired_uid WHERE name IN (?, ?)",
		       &row, "tt", erasure->name, erasure->pseudonym);
	if (r == 0)
		r = store_step_number(row, &n);
	return r != 0 ? r : n > 0 ? 0 : ERASURE_E_UNKNOWN;
}

int erasure_begin(struct state *state, const char *name,
		  struct erasure *ret_erasure)
{
	int r;

	ret_erasure->name = name;
	ret_erasure->counts =
		(struct erasure_counts){ .seq = state->ledger.cut.seq };
	r = make_pseudonym(&state->ledger, name, ret_erasure->pseudonym);
	return r != 0 ? r : was_user(state->store, ret_erasure);
}

/* text with the pseudonym in the place of the name; true where it changed. */
static bool replace_words(const struct erasure *erasure, const char *text,
			  char *buffer, size_t size)
{
	const char *at = name_find_word(text, erasure->name);
	bool changed = at != NULL;
	struct text out;

	text_init(&out, buffer, size);
	for (; at; at = name_find_word(text, erasure->name)) {
		text_add_bytes(&out, text, (size_t)(at - text));
		text_add(&out, erasure->pseudonym);
		text = at + strlen(erasure->name);
	}
	text_add(&out, text);
	return changed;
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

/* What the row is to say, in the buffers of row itself where it can be; false:
 * what it says already. */
static bool rewrite(const struct erasure *erasure, struct ledger_row *row,
		    char details[sizeof(row->details)],
		    char object[sizeof(row->object)],
		    struct ledger_texts *ret_texts)
{
	bool of = strcmp(row->user, erasure->name) == 0;
	bool by = strcmp(row->actor, erasure->name) == 0;
	bool in = replace_words(erasure, row->details, details,
				sizeof(row->details));
	bool to = replace_words(erasure, row->object, object,
				sizeof(row->object));

	*ret_texts = (struct ledger_texts){ {
		[LEDGER_EVENT] = row->event,
		[LEDGER_RESULT] = row->result,
		[LEDGER_REASON] = row->reason,
		[LEDGER_USER] = of ? erasure->pseudonym : or_null(row->user),
		[LEDGER_ACTOR] = by ? erasure->pseudonym : or_null(row->actor),
		[LEDGER_SERVICE] = or_null(row->service),
		[LEDGER_ADDRESS] = of || by ? NULL : or_null(row->address),
		[LEDGER_TERMINAL] = of || by ? NULL : or_null(row->terminal),
		[LEDGER_REFERENCE] = or_null(row->reference),
		[LEDGER_RULES] = or_null(row->rules),
		[LEDGER_DETAILS] = or_null(details),
		[LEDGER_PROJECT] = or_null(row->project),
		[LEDGER_ACTION] = or_null(row->action),
		[LEDGER_OBJECT] = or_null(object),
	} };
	return of || by || in || to;
}

static int look_at(struct state *state, struct erasure *erasure,
		   struct ledger_row *row)
{
	char details[sizeof(row->details)], object[sizeof(row->object)];
	struct ledger_texts texts;
	int r;

	if (!*row->event || !rewrite(erasure, row, details, object, &texts))
		return 0;
	if (holds_match(&erasure->holds, row)) {
		erasure->counts.n_held++;
		return 0;
	}
	r = replaced_row_write(&state->ledger, row->seq, &texts);
	if (r == LEDGER_E_BROKEN) {
		erasure->counts.n_broken++;
		return 0;
	}
	erasure->counts.n_changed += r == 0;
	return r;
}

static int look_at_slice(struct state *state, struct erasure *erasure,
			 int64_t n)
{
	const struct ledger_filter any = { .since_us = INT64_MIN,
					   .until_us = INT64_MAX };
	struct ledger_row row;
	int r = 0;

	while (r == 0 && n-- > 0) {
		r = ledger_search(&state->ledger, &any, erasure->counts.seq + 1,
				  state->ledger.seq, &row);
		if (r == 0)
			r = look_at(state, erasure, &row);
		if (r == 0)
			erasure->counts.seq = row.seq;
	}
	return r;
}

int erasure_step(struct state *state, struct erasure *erasure, int64_t n)
{
	struct erasure_counts before = erasure->counts;
	const struct change_set none = { 0 };
	struct state_former former;
	bool is_at_end;
	int r;

	r = state_begin(state, &former);
	if (r != 0)
		return r;
	/* One may have been made since the last step. */
	r = holds_load(state->store, &erasure->holds);
	if (r > 0)
		r = -EBADMSG;
	if (r == 0)
		r = look_at_slice(state, erasure, n);
	is_at_end = r == LEDGER_E_UNKNOWN;
	r = state_end(state, &former, is_at_end ? 0 : r, &none);
	if (r != 0) {
		erasure->counts = before;
		return r > 0 ? -EBADMSG : r;
	}
	/* The head may be another one now: its hash is not. */
	return is_at_end ? 0 : ERASURE_MORE;
}

static int replace_elsewhere(struct state *state, const struct erasure *erasure)
{
	/* Wherever else a name stands that is no user's any more. */
	static const char *const sql[] = {
		"UPDATE retired_uid SET name = ? WHERE name = ?",
		"UPDATE ssh_key SET added_by = ? WHERE added_by = ?",
		"UPDATE project_grant SET granted_by = ? WHERE granted_by = ?",
		"UPDATE hold SET actor = ? WHERE actor = ?",
		/* On their way to the ledger. */
		"UPDATE refusal SET user = ? WHERE user = ?",
		"UPDATE import_record SET user = ? WHERE user = ?",
		"UPDATE import_record SET actor = ? WHERE actor = ?",
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sql); i++)
		r = store_run(state->store, sql[i], "tt", erasure->pseudonym,
			      erasure->name);
	return r;
}

int erasure_finish(struct state *state, const struct erasure *erasure,
		   const struct record *record)
{
	struct change_set set = { 0 };
	struct state_former former;
	int r;

	r = state_begin(state, &former);
	if (r != 0)
		return r;
	change_set_record(&set, *record);
	r = replace_elsewhere(state, erasure);
	if (r == 0)
		r = state_record(state, record);
	return state_end(state, &former, r, &set);
}
