/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/ssh_key.h"

#define COLUMNS "fingerprint, type, key, bits, comment, added_at, added_by"

static int read_row(sqlite3_stmt *row, struct ssh_key *ret_key)
{
	struct ssh_key key = {
		.line.bits = (uint32_t)sqlite3_column_int64(row, 3),
		.added_at = sqlite3_column_int64(row, 5),
	};
	char type[64];

	if (!store_column_text(row, 0, key.line.fingerprint,
			       sizeof(key.line.fingerprint)) ||
	    !store_column_text(row, 1, type, sizeof(type)) ||
	    !store_column_text(row, 2, key.line.key, sizeof(key.line.key)) ||
	    !store_column_text(row, 4, key.line.comment,
			       sizeof(key.line.comment)) ||
	    !store_column_text(row, 6, key.added_by, sizeof(key.added_by)))
		return USER_E_DAMAGED;
	key.line.type = ssh_key_type_find(type);
	if (key.line.type == _SSH_KEY_TYPE_NONE)
		return USER_E_DAMAGED;
	*ret_key = key;
	return 0;
}

int ssh_key_find(struct store *store, uint32_t uid, const char *fingerprint,
		 struct ssh_key *ret_key)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT " COLUMNS " FROM ssh_key"
		       " WHERE uid = ? AND fingerprint = ?",
		       &row, "it", (int64_t)uid, fingerprint);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? USER_E_UNKNOWN : r;
	r = read_row(row, ret_key);
	sqlite3_reset(row);
	return r;
}

int ssh_key_count(struct store *store, uint32_t uid, uint32_t *ret_n)
{
	return store_count(store, "SELECT count(*) FROM ssh_key WHERE uid = ?",
			   ret_n, "i", (int64_t)uid);
}

int ssh_key_for_each(struct store *store, uint32_t uid,
		     int (*each)(const struct ssh_key *key, void *userdata),
		     void *userdata)
{
	struct ssh_key key;
	sqlite3_stmt *row = NULL;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM ssh_key WHERE uid = ?"
			   " ORDER BY added_at, fingerprint",
			   &row, "i", (int64_t)uid);

	while (store_next_row(row, &r)) {
		r = read_row(row, &key);
		if (r == 0)
			r = each(&key, userdata);
	}
	return r;
}
