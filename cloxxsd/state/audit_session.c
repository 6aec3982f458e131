/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/audit_session.h"

#include <string.h>

#include "base/text.h"

/* So many logins are known; the kernel counts upwards. */
#define KEPT 10000

int audit_session_find(struct store *store, const char *boot, int64_t number,
		       struct audit_session *ret_session)
{
	struct audit_session session;
	sqlite3_stmt *row;
	bool fits;
	int r;

	if (!*boot || !audit_session_is_number(number))
		return USER_E_UNKNOWN;
	r = store_bind(store,
		       "SELECT a.session, u.name, a.address"
		       " FROM audit_session a JOIN user u ON u.uid = a.uid"
		       " WHERE a.number = ? AND a.boot = ?",
		       &row, "it", number, boot);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? USER_E_UNKNOWN : r;
	fits = store_column_text(row, 0, session.session,
				 sizeof(session.session)) &&
	       store_column_text(row, 1, session.user, sizeof(session.user)) &&
	       store_column_text(row, 2, session.address,
				 sizeof(session.address));
	sqlite3_reset(row);
	if (!fits)
		return USER_E_DAMAGED;
	*ret_session = session;
	return 0;
}

int audit_session_keep(struct store *store, const char *boot, int64_t number,
		       uint32_t uid, const char *session, const char *address)
{
	int r;

	if (!*boot || !audit_session_is_number(number))
		return 0;
	r = store_run(store, "DELETE FROM audit_session WHERE number <= ?", "i",
		      number - KEPT);
	if (r != 0)
		return r;
	return store_run(store,
			 "INSERT OR IGNORE INTO audit_session (boot, number,"
			 " uid, session, address) VALUES (?, ?, ?, ?, ?)",
			 "tiitt", boot, number, (int64_t)uid, session,
			 address ? address : "");
}

void audit_session_write(const struct audit_session *session, const char *actor,
			 char ret_within[WITHIN_MAX])
{
	struct text text;

	text_init(&text, ret_within, WITHIN_MAX);
	text_add_format(&text, "within=%.*s", SESSION_MARK_LENGTH,
			session->session);
	if (strcmp(session->user, actor) != 0)
		text_add_format(&text, " login=%s", session->user);
}
