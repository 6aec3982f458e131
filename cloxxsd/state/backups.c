/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/backups.h"

#include <string.h>

static bool read_blob(sqlite3_stmt *row, int column, uint8_t *to, size_t n)
{
	const void *bytes = sqlite3_column_blob(row, column);

	if ((size_t)sqlite3_column_bytes(row, column) != n)
		return false;
	memcpy(to, bytes, n);
	return true;
}

/* The next row; the statement stays where it is. */
static int read_row(sqlite3_stmt *row, struct backup_made *ret_made)
{
	struct backup_made made = { 0 };
	bool good;
	int r = store_step(row);

	if (r != STORE_E_ROW)
		return r == 0 ? BACKUPS_E_UNKNOWN : r;
	made.sequence = sqlite3_column_int64(row, 0);
	made.created = sqlite3_column_int64(row, 1);
	made.bytes = sqlite3_column_int64(row, 3);
	good = store_column_text(row, 2, made.file, sizeof(made.file)) &&
	       read_blob(row, 4, made.digest, sizeof(made.digest));
	if (!good)
		return BACKUPS_E_DAMAGED;
	*ret_made = made;
	return 0;
}

static int read_one(sqlite3_stmt *row, struct backup_made *ret_made)
{
	int r = read_row(row, ret_made);

	sqlite3_reset(row);
	return r;
}

#define COLUMNS "sequence, created, file, bytes, digest"

int backups_find(struct store *store, const char *file,
		 struct backup_made *ret_made)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM backup WHERE file = ?",
			   &row, "t", file);

	return r != 0 ? r : read_one(row, ret_made);
}

int backups_last(struct store *store, struct backup_made *ret_made)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM backup"
			   " ORDER BY sequence DESC LIMIT 1",
			   &row, "");

	return r != 0 ? r : read_one(row, ret_made);
}

int backups_installation(struct store *store,
			 uint8_t ret_identifier[INSTALLATION_BYTES],
			 int64_t *ret_n)
{
	uint8_t identifier[INSTALLATION_BYTES];
	sqlite3_stmt *row;
	int64_t n;
	bool good;
	int r;

	r = store_bind(store,
		       "SELECT identifier, backups FROM installation"
		       " WHERE id = 1",
		       &row, "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? BACKUPS_E_UNKNOWN : r;
	good = read_blob(row, 0, identifier, sizeof(identifier));
	n = sqlite3_column_int64(row, 1);
	sqlite3_reset(row);
	if (!good)
		return BACKUPS_E_DAMAGED;
	memcpy(ret_identifier, identifier, sizeof(identifier));
	*ret_n = n;
	return 0;
}

int backups_read(struct store *store, struct backup_made **ret_made,
		 size_t *ret_n)
{
	scope(scope_free) struct backup_made *made = NULL;
	sqlite3_stmt *row;
	size_t n = 0;
	int r;

	r = store_bind(store,
		       "SELECT " COLUMNS " FROM backup ORDER BY sequence DESC",
		       &row, "");
	while (r == 0) {
		struct backup_made *more =
			reallocarray(made, n + 1, sizeof(*made));

		if (!more) {
			sqlite3_reset(row);
			return -ENOMEM;
		}
		made = more;
		r = read_row(row, &made[n]);
		n += r == 0;
	}
	sqlite3_reset(row);
	if (r != BACKUPS_E_UNKNOWN)
		return r;
	*ret_made = scope_take_ptr(made);
	*ret_n = n;
	return 0;
}
