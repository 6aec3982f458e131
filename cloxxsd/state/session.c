/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/session.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define COLUMNS                                                   \
	"id, uid, service, address, terminal, opened, boot, pid," \
	" opened_us, opener"

static int read_session(sqlite3_stmt *row, struct session *ret_session)
{
	struct session session = {
		.uid = (uint32_t)sqlite3_column_int64(row, 1),
		.opened = sqlite3_column_int64(row, 5),
		.pid = (int32_t)sqlite3_column_int64(row, 7),
		.opened_us = sqlite3_column_int64(row, 8),
		.opener = (enum session_opener)sqlite3_column_int64(row, 9),
	};

	if (!store_column_text(row, 0, session.id, sizeof(session.id)) ||
	    !store_column_text(row, 2, session.service,
			       sizeof(session.service)) ||
	    !store_column_text(row, 3, session.address,
			       sizeof(session.address)) ||
	    !store_column_text(row, 4, session.terminal,
			       sizeof(session.terminal)) ||
	    !store_column_text(row, 6, session.boot, sizeof(session.boot)))
		return USER_E_DAMAGED;
	*ret_session = session;
	return 0;
}

/* The first row of what r bound. */
static int read_first(int r, sqlite3_stmt *row, struct session *ret_session)
{
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? USER_E_UNKNOWN : r;
	r = read_session(row, ret_session);
	sqlite3_reset(row);
	return r;
}

int session_find(struct store *store, const char *id,
		 struct session *ret_session)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store, "SELECT " COLUMNS " FROM session WHERE id = ?",
		       &row, "t", id);
	return read_first(r, row, ret_session);
}

int session_next(struct store *store, const char *id,
		 struct session *ret_session)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT " COLUMNS " FROM session WHERE id > ?"
		       " ORDER BY id LIMIT 1",
		       &row, "t", id);
	return read_first(r, row, ret_session);
}

int session_find_prefix(struct store *store, const char *prefix,
			struct session *ret_session)
{
	struct session first, second;
	size_t n = strlen(prefix);
	int r;

	if (n < 8 || strspn(prefix, "0123456789abcdef") != n)
		return USER_E_UNKNOWN;
	r = session_find(store, prefix, ret_session);
	if (r != USER_E_UNKNOWN)
		return r;
	r = session_next(store, prefix, &first);
	if (r != 0)
		return r;
	if (strncmp(first.id, prefix, n) != 0)
		return USER_E_UNKNOWN;
	r = session_next(store, first.id, &second);
	if (r == 0 && strncmp(second.id, prefix, n) == 0)
		return -ENOTUNIQ;
	if (r != 0 && r != USER_E_UNKNOWN)
		return r;
	*ret_session = first;
	return 0;
}

int session_for_each_user(struct store *store, uint32_t uid,
			  int (*each)(const struct session *session,
				      void *userdata),
			  void *userdata)
{
	struct session session;
	sqlite3_stmt *row = NULL;
	int r;

	r = store_bind(store,
		       "SELECT " COLUMNS " FROM session WHERE uid = ?"
		       " ORDER BY opened DESC, id",
		       &row, "i", (int64_t)uid);
	while (store_next_row(row, &r)) {
		r = read_session(row, &session);
		if (r == 0)
			r = each(&session, userdata);
	}
	return r;
}

/* That a process is somebody else's the kernel tells as well (EPERM). */
bool session_is_running(const struct session *session, const char *boot)
{
	if (strcmp(session->boot, boot) != 0)
		return false;
	return session->pid <= 0 || kill(session->pid, 0) == 0 ||
	       errno != ESRCH;
}
