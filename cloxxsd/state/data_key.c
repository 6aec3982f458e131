/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/data_key.h"

#include <string.h>

static int count_dependents(struct store *store, int64_t *ret_n)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT EXISTS (SELECT 1 FROM ledger) + EXISTS"
		       " (SELECT 1 FROM user WHERE password IS NOT NULL)",
		       &row, "");
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_n = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return 0;
}

/* What a row says in clear; false: it cannot be true. */
static bool read_facts(sqlite3_stmt *row, struct key_data *ret_facts)
{
	int64_t use = sqlite3_column_int64(row, 1);
	struct key_data facts = {
		.created = sqlite3_column_int64(row, 2),
		.retired = sqlite3_column_int64(row, 3),
		.from_seq = sqlite3_column_int64(row, 4),
	};

	if (use <= _KEY_USE_NONE || use >= _KEY_USE_N ||
	    sqlite3_column_bytes(row, 0) != KEY_ID_BYTES ||
	    sqlite3_column_bytes(row, 5) != KEY_WRAPPED_BYTES)
		return false;
	memcpy(facts.id, sqlite3_column_blob(row, 0), KEY_ID_BYTES);
	facts.use = (enum key_use)use;
	*ret_facts = facts;
	return true;
}

static int damaged(struct text *why, const char *what)
{
	text_add_format(why, "%s; put the store back from a backup", what);
	return DATA_KEY_E_DAMAGED;
}

static int wrong(const struct key *key, const uint8_t *root, struct text *why)
{
	char id[KEY_ID_TEXT];

	key_id_text(root, id);
	text_add_format(why, "it needs root key %s, and the key file holds ",
			id);
	for (size_t i = 0; i < key_n_roots(key); i++) {
		key_id_text(key_root_id(key, i), id);
		text_add_format(why, "%s%s", i > 0 ? ", " : "", id);
	}
	text_add(why, "; put back the key file that belongs to this store, or "
		      "make one with the recovery key, cloxxsctl recover");
	return DATA_KEY_E_WRONG;
}

static int load_row(struct key *key, sqlite3_stmt *row, struct text *why,
		    size_t *root)
{
	struct key_data facts;
	const uint8_t *wrapped;
	size_t found;
	int r;

	if (!read_facts(row, &facts))
		return damaged(why, "a data key's row cannot be true");
	wrapped = sqlite3_column_blob(row, 5);
	r = key_unwrap(key, &facts, wrapped, KEY_WRAPPED_BYTES);
	if (r == KEY_E_WRONG)
		return wrong(key, key_wrapped_root(wrapped), why);
	if (r > 0)
		return damaged(why, "a data key was changed");
	if (r < 0)
		return r;
	found = key_find_root(key, key_wrapped_root(wrapped));
	if (key_n_data(key) > 1 && found != *root)
		return damaged(why, "the data keys are of several root keys");
	*root = found;
	return 0;
}

static int load_none(struct store *store, struct text *why)
{
	int64_t n = 0;
	int r = count_dependents(store, &n);

	if (r != 0)
		return r;
	if (n == 0)
		return DATA_KEY_E_NONE;
	text_add(why, "its data keys are gone; put it back from a backup");
	return DATA_KEY_E_LOST;
}

int data_keys_load(struct store *store, struct key *key, struct text *why,
		   size_t *ret_root)
{
	sqlite3_stmt *row;
	size_t root = 0;
	int r;

	r = store_bind(store,
		       "SELECT id, use, created, retired, from_seq, wrapped"
		       " FROM data_key ORDER BY n",
		       &row, "");
	if (r != 0)
		return r;
	while ((r = store_step(row)) == STORE_E_ROW) {
		r = load_row(key, row, why, &root);
		if (r != 0) {
			sqlite3_reset(row);
			return r;
		}
	}
	if (r != 0)
		return r;
	if (key_n_data(key) == 0)
		return load_none(store, why);
	*ret_root = root;
	return 0;
}

int data_keys_wrap(const struct key *key, struct data_keys *ret_keys)
{
	struct data_keys keys = { .n = key_n_data(key) };

	keys.rows = calloc(keys.n, sizeof(*keys.rows));
	if (!keys.rows)
		return -ENOMEM;
	for (size_t i = 0; i < keys.n; i++) {
		keys.rows[i].facts = *key_data_get(key, i);
		key_wrap(key, 0, i, keys.rows[i].wrapped);
	}
	*ret_keys = keys;
	return 0;
}

void data_keys_deinit(struct data_keys *keys)
{
	free(keys->rows);
	*keys = (struct data_keys){ 0 };
}

int data_keys_write(struct store *store, const struct data_keys *keys)
{
	int r = store_run(store, "DELETE FROM data_key", "");

	for (size_t i = 0; r == 0 && i < keys->n; i++) {
		const struct data_key_row *row = &keys->rows[i];

		r = store_run(store,
			      "INSERT INTO data_key (n, id, use, created,"
			      " retired, from_seq, wrapped)"
			      " VALUES (?, ?, ?, ?, ?, ?, ?)",
			      "ibiiiib", (int64_t)i + 1, row->facts.id,
			      (size_t)KEY_ID_BYTES, (int64_t)row->facts.use,
			      row->facts.created, row->facts.retired,
			      row->facts.from_seq, row->wrapped,
			      (size_t)KEY_WRAPPED_BYTES);
	}
	return r;
}

static bool read_recovery(sqlite3_stmt *row, struct recovery_row *ret_row)
{
	struct recovery_row out = {
		.created = sqlite3_column_int64(row, 1),
		.n_roots = (size_t)sqlite3_column_bytes(row, 2),
	};

	if (sqlite3_column_bytes(row, 0) != RECOVERY_BYTES ||
	    out.n_roots < RECOVERY_SEAL_OVERHEAD + KEY_BYTES ||
	    out.n_roots > RECOVERY_SEALED_MAX)
		return false;
	memcpy(out.public_key, sqlite3_column_blob(row, 0), RECOVERY_BYTES);
	memcpy(out.roots, sqlite3_column_blob(row, 2), out.n_roots);
	*ret_row = out;
	return true;
}

int recovery_row_find(struct store *store, struct recovery_row *ret_row)
{
	sqlite3_stmt *row;
	bool good;
	int r;

	r = store_bind(store,
		       "SELECT public_key, created, roots FROM recovery"
		       " WHERE id = 1",
		       &row, "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? RECOVERY_E_NONE : r;
	good = read_recovery(row, ret_row);
	sqlite3_reset(row);
	return good ? 0 : -EBADMSG;
}

int recovery_row_write(struct store *store, const struct recovery_row *row)
{
	return store_run(store,
			 "INSERT OR REPLACE INTO recovery"
			 " (id, public_key, created, roots)"
			 " VALUES (1, ?, ?, ?)",
			 "bib", row->public_key, (size_t)RECOVERY_BYTES,
			 row->created, row->roots, row->n_roots);
}
