/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/history.h"

#include <string.h>

struct seal_place history_place(uint32_t uid)
{
	return (struct seal_place){ .table = "former_password",
				    .column = "password",
				    .row = uid };
}

/* Later than all that are there, whatever the clock says: they are in order. */
int history_add(const struct state *state, uint32_t uid, int64_t at,
		const char *hash)
{
	struct seal_place place = history_place(uid);
	struct sealed sealed;
	int r = state_seal(state, &place, hash, &sealed);

	if (r != 0)
		return r < 0 ? r : -EINVAL;
	return store_run(state->store,
			 "INSERT INTO former_password (uid, at, password)"
			 " SELECT ?1, max(?2, coalesce(max(at) + 1, 0)), ?3"
			 " FROM former_password WHERE uid = ?1",
			 "iib", (int64_t)uid, at, sealed.bytes, sealed.n);
}

static int add_present(const struct state *state, uint32_t uid, int64_t at)
{
	scope(secret_deinit) struct secret hash = { 0 };
	struct user user;
	int r = user_find_uid(state->store, uid, &user);

	/* Who is not there, or damaged, is the change's own matter. */
	if (r != 0)
		return r < 0 ? r : 0;
	if (user.password_kind != USER_PASSWORD_CHOSEN)
		return 0;
	r = state_open_password(state, &user, &hash);
	if (r != 0)
		return r < 0 ? r : 0;
	return history_add(state, uid, at, hash.bytes);
}

int history_keep(const struct state *state, uint32_t uid, int64_t at,
		 uint32_t n)
{
	int r = n > 0 ? add_present(state, uid, at) : 0;

	if (r != 0)
		return r;
	return store_run(state->store,
			 "DELETE FROM former_password WHERE uid = ?1"
			 " AND at NOT IN (SELECT at FROM former_password"
			 " WHERE uid = ?1 ORDER BY at DESC LIMIT ?2)",
			 "ii", (int64_t)uid, (int64_t)n);
}

static int open_row(const struct state *state, uint32_t uid, sqlite3_stmt *row,
		    struct secret *ret_hash)
{
	struct seal_place place = history_place(uid);
	size_t n = (size_t)sqlite3_column_bytes(row, 0);
	struct sealed sealed = { .n = n };

	if (n == 0 || n > sizeof(sealed.bytes))
		return SEAL_E_DAMAGED;
	memcpy(sealed.bytes, sqlite3_column_blob(row, 0), n);
	return state_unseal(state, &place, &sealed, ret_hash);
}

int history_read(const struct state *state, uint32_t uid, uint32_t n,
		 struct secret **ret_former, size_t *ret_n)
{
	struct secret *former;
	sqlite3_stmt *row;
	size_t n_former = 0;
	int r;

	if (n == 0) {
		*ret_former = NULL;
		*ret_n = 0;
		return 0;
	}
	r = store_bind(state->store,
		       "SELECT password FROM former_password WHERE uid = ?"
		       " ORDER BY at DESC LIMIT ?",
		       &row, "ii", (int64_t)uid, (int64_t)n);
	if (r != 0)
		return r;
	former = calloc(n, sizeof(*former));
	if (!former)
		r = -ENOMEM;
	while (r == 0 && (r = store_step(row)) == STORE_E_ROW) {
		r = open_row(state, uid, row, &former[n_former]);
		n_former += r == 0;
		r = r < 0 ? r : 0;
	}
	sqlite3_reset(row);
	if (r != 0 || n_former == 0)
		former = history_free(former, n_former);
	if (r != 0)
		return r;
	*ret_former = former;
	*ret_n = n_former;
	return 0;
}

struct secret *history_free(struct secret *former, size_t n)
{
	for (size_t i = 0; i < n; i++)
		secret_deinit(&former[i]);
	free(former);
	return NULL;
}
