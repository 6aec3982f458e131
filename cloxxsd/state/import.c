/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Users, the record of their import and the list of what is still to be
 *     recorded are committed together or not at all.
 *  2. A record leaves that list in the transaction that puts it in the ledger.
 *  3. No hash stands in the staging but sealed.
 *  4. What was settled against a store that has changed since is not applied.
 */
#include "cloxxsd/state/import.h"

#include <string.h>

/*
 * asked: the uid that was named; uid: the one that will be. password is sealed
 * for the place n, sealed for the uid.
 */
static const char *const staging[] = {
	"DROP TABLE IF EXISTS temp.staged",
	"CREATE TEMP TABLE staged ("
	" n INTEGER PRIMARY KEY,"
	" line INTEGER NOT NULL,"
	" name TEXT NOT NULL UNIQUE,"
	" given INTEGER NOT NULL,"
	" asked INTEGER NOT NULL,"
	" uid INTEGER UNIQUE,"
	" act INTEGER NOT NULL,"
	" role INTEGER NOT NULL,"
	" enabled INTEGER NOT NULL,"
	" services TEXT NOT NULL,"
	" shell TEXT NOT NULL,"
	" home TEXT NOT NULL,"
	" language TEXT NOT NULL,"
	" networks TEXT NOT NULL,"
	" not_before INTEGER NOT NULL,"
	" not_after INTEGER NOT NULL,"
	" hours TEXT NOT NULL,"
	" password BLOB,"
	" sealed BLOB,"
	" details TEXT"
	") STRICT",
};

int import_stage_init(struct import_stage *stage, struct state *state)
{
	int r = 0;

	*stage = (struct import_stage){ .state = state };
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(staging); i++)
		r = store_execute(state->store, staging[i]);
	return r;
}

void import_stage_deinit(struct import_stage *stage)
{
	if (stage->state)
		(void)!store_execute(stage->state->store, staging[0]);
	stage->state = NULL;
}

static struct seal_place staged_place(int64_t n)
{
	return (struct seal_place){ .table = "staged",
				    .column = "password",
				    .row = (uint64_t)n };
}

static int seal_staged(struct import_stage *stage, struct import_entry *entry,
		       const char *hash)
{
	struct seal_place place = staged_place(entry->n);

	entry->user.password.n = 0;
	return hash ? state_seal(stage->state, &place, hash,
				 &entry->user.password)
		    : 0;
}

static int find_line(struct import_stage *stage,
		     const struct import_entry *entry, int64_t *ret_line)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(stage->state->store,
		       "SELECT line FROM temp.staged"
		       " WHERE name = ?1 OR uid = ?2 ORDER BY n LIMIT 1",
		       &row, "ti", entry->user.name,
		       entry->given & IMPORT_UID ? (int64_t)entry->user.uid
						 : -1);
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_line = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return IMPORT_E_TWICE;
}

static uint64_t size_of(const struct user *user)
{
	return 256 + strlen(user->name) + strlen(user->services) +
	       strlen(user->shell) + strlen(user->home) +
	       strlen(user->networks) + 2 * user->password.n;
}

int import_stage_put(struct import_stage *stage, struct import_entry *entry,
		     const char *hash, int64_t *ret_line)
{
	struct user *user = &entry->user;
	uint64_t size;
	int r;

	entry->n = stage->n + 1;
	r = seal_staged(stage, entry, hash);
	if (r != 0)
		return r < 0 ? r : -EIO;
	size = size_of(user);
	if (stage->n >= IMPORT_USERS_MAX ||
	    stage->bytes + size > IMPORT_BYTES_MAX)
		return IMPORT_E_FULL;
	r = store_run(stage->state->store,
		      "INSERT INTO temp.staged (n, line, name, given, asked,"
		      " uid, act, role, enabled, services, shell, home,"
		      " language, networks, password, not_before, not_after,"
		      " hours)"
		      " VALUES (?1, ?2, ?3, ?4, ?5,"
		      " CASE WHEN ?4 & 1 THEN ?5 END,"
		      " 3, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
		      "iitiiiitttttbiit", entry->n, entry->line, user->name,
		      (int64_t)entry->given, (int64_t)user->uid,
		      (int64_t)user->role, (int64_t)user->enabled,
		      user->services, user->shell, user->home, user->language,
		      user->networks, user->password.bytes, user->password.n,
		      user->not_before, user->not_after, user->hours);
	if (r == -EEXIST)
		return find_line(stage, entry, ret_line);
	if (r != 0)
		return r;
	stage->n++;
	stage->bytes += size;
	return 0;
}

static bool read_entry(sqlite3_stmt *row, struct import_entry *entry)
{
	struct user *user = &entry->user;
	const struct {
		char *buffer;
		size_t size;
	} texts[] = {
		{ user->services, sizeof(user->services) },
		{ user->shell, sizeof(user->shell) },
		{ user->home, sizeof(user->home) },
		{ user->language, sizeof(user->language) },
		{ user->networks, sizeof(user->networks) },
	};
	int password = 7 + (int)ARRAY_SIZE(texts);
	size_t n = (size_t)sqlite3_column_bytes(row, password);

	for (int i = 0; i < (int)ARRAY_SIZE(texts); i++)
		if (!store_column_text(row, 7 + i, texts[i].buffer,
				       texts[i].size))
			return false;
	user->not_before = sqlite3_column_int64(row, password + 1);
	user->not_after = sqlite3_column_int64(row, password + 2);
	if (!store_column_text(row, 1, user->name, sizeof(user->name)) ||
	    !store_column_text(row, password + 3, user->hours,
			       sizeof(user->hours)) ||
	    n > sizeof(user->password.bytes))
		return false;
	user->password.n = n;
	if (n > 0)
		memcpy(user->password.bytes, sqlite3_column_blob(row, password),
		       n);
	return true;
}

int import_stage_get(struct import_stage *stage, int64_t n,
		     struct import_entry *ret_entry)
{
	struct import_entry entry = { .n = n };
	sqlite3_stmt *row;
	bool good;
	int r;

	r = store_bind(stage->state->store,
		       "SELECT line, name, given, ifnull(uid, asked), act,"
		       " role, enabled, services, shell, home, language,"
		       " networks, password, not_before, not_after, hours"
		       " FROM temp.staged WHERE n = ?",
		       &row, "i", n);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? IMPORT_E_END : r;
	entry.line = sqlite3_column_int64(row, 0);
	entry.given = (uint32_t)sqlite3_column_int64(row, 2);
	entry.act = (enum import_act)sqlite3_column_int64(row, 4);
	entry.user.uid = (uint32_t)sqlite3_column_int64(row, 3);
	entry.user.role = (enum user_role)sqlite3_column_int64(row, 5);
	entry.user.enabled = sqlite3_column_int64(row, 6) != 0;
	good = read_entry(row, &entry);
	sqlite3_reset(row);
	if (!good)
		return IMPORT_E_DAMAGED;
	*ret_entry = entry;
	return 0;
}

int import_stage_has_uid(struct import_stage *stage, uint32_t uid,
			 bool *ret_has)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(stage->state->store,
		       "SELECT 1 FROM temp.staged WHERE uid = ?", &row, "i",
		       (int64_t)uid);
	if (r == 0)
		r = store_step(row);
	if (r != 0 && r != STORE_E_ROW)
		return r;
	*ret_has = r == STORE_E_ROW;
	sqlite3_reset(row);
	return 0;
}

/* The staged hash, sealed for the user whose it will be. */
static int seal_for_uid(struct import_stage *stage,
			const struct import_entry *entry,
			struct sealed *ret_sealed)
{
	scope(secret_deinit) struct secret hash = { 0 };
	struct seal_place place = staged_place(entry->n);
	int r;

	ret_sealed->n = 0;
	if (entry->user.password.n == 0)
		return 0;
	r = state_unseal(stage->state, &place, &entry->user.password, &hash);
	if (r == 0)
		r = state_seal_password(stage->state, entry->user.uid,
					hash.bytes, ret_sealed);
	return r > 0 ? -EIO : r;
}

int import_stage_settle(struct import_stage *stage,
			const struct import_entry *entry, const char *details)
{
	const struct user *user = &entry->user;
	struct sealed sealed;
	int r;

	r = seal_for_uid(stage, entry, &sealed);
	if (r != 0)
		return r;
	r = store_run(stage->state->store,
		      "UPDATE temp.staged SET uid = ?, act = ?, role = ?,"
		      " enabled = ?, services = ?, shell = ?, home = ?,"
		      " language = ?, networks = ?, not_before = ?,"
		      " not_after = ?, hours = ?, sealed = ?, details = ?"
		      " WHERE n = ?",
		      "iiiitttttiitbti", (int64_t)user->uid,
		      (int64_t)entry->act, (int64_t)user->role,
		      (int64_t)user->enabled, user->services, user->shell,
		      user->home, user->language, user->networks,
		      user->not_before, user->not_after, user->hours,
		      sealed.bytes, sealed.n, details, entry->n);
	return r == -EEXIST ? IMPORT_E_TWICE : r;
}

int import_stage_skip(struct import_stage *stage, int64_t n)
{
	return store_run(stage->state->store,
			 "UPDATE temp.staged SET act = 0 WHERE n = ?", "i", n);
}

int import_stage_unsettle(struct import_stage *stage)
{
	return store_run(stage->state->store,
			 "UPDATE temp.staged SET act = 3,"
			 " uid = CASE WHEN given & 1 THEN asked END",
			 "");
}

int import_stage_count(struct import_stage *stage,
		       struct import_counts *ret_counts)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(stage->state->store,
		       "SELECT count(*) FILTER (WHERE act = 1),"
		       " count(*) FILTER (WHERE act = 2),"
		       " count(*) FILTER (WHERE act = 0) FROM temp.staged",
		       &row, "");
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_counts = (struct import_counts){
		.added = sqlite3_column_int64(row, 0),
		.changed = sqlite3_column_int64(row, 1),
		.unchanged = sqlite3_column_int64(row, 2),
	};
	sqlite3_reset(row);
	return 0;
}

static int count_administrators(struct store *store,
				const struct user_moment *moment,
				int64_t *ret_n)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT count(*) FROM user WHERE role = 1"
		       " AND enabled = 1 AND break_glass = 0"
		       " AND not_before <= ?1"
		       " AND (not_after = 0 OR not_after >= ?2)",
		       &row, "ii", moment->now, moment->latest);
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_n = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return 0;
}

/* A few statements over all rows, in the order of the tables. */
static int write_users(struct store *store, int64_t now,
		       const struct import_counts *counts)
{
	int r;

	r = store_run(
		store,
		"INSERT INTO user (uid, name, role, enabled, services,"
		" shell, home, language, password, password_kind,"
		" password_changed, temporary_until, credential,"
		" failures, claim, locked_at, locked_because,"
		" last_login, last_login_service, last_login_address,"
		" created, disabled_at, disabled_because, networks,"
		" not_before, not_after, hours, active_at)"
		" SELECT uid, name, role, enabled, services, shell,"
		" home, language, sealed, iif(length(sealed) > 0, 2, 0),"
		" iif(length(sealed) > 0, ?1, 0), 0, 1, 0, 0, 0, '', 0, '',"
		" '', ?1, iif(enabled, 0, ?1),"
		" iif(enabled, '', 'imported so'), networks, not_before,"
		" not_after, hours, ?1"
		" FROM temp.staged WHERE act = 1 ORDER BY uid",
		"i", now);
	if (r == 0 && store_changes(store) != counts->added)
		r = -ESTALE;
	if (r != 0)
		return r;
	/* As when he is disabled by himself: none goes on when he is not. */
	r = store_run(store,
		      "DELETE FROM session WHERE opener = 3 AND uid IN"
		      " (SELECT uid FROM temp.staged"
		      " WHERE act = 2 AND NOT enabled)",
		      "");
	if (r != 0)
		return r;
	r = store_run(store,
		      "UPDATE user SET role = s.role, enabled = s.enabled,"
		      " services = s.services, shell = s.shell, home = s.home,"
		      " language = s.language, networks = s.networks,"
		      " not_before = s.not_before,"
		      " not_after = s.not_after, hours = s.hours,"
		      " active_at = CASE WHEN s.enabled AND NOT user.enabled"
		      " THEN max(?1, user.active_at)"
		      " ELSE user.active_at END,"
		      " disabled_at = CASE WHEN s.enabled THEN 0"
		      " WHEN user.enabled THEN ?1 ELSE user.disabled_at END,"
		      " disabled_because = CASE WHEN s.enabled THEN ''"
		      " WHEN user.enabled THEN 'imported so'"
		      " ELSE user.disabled_because END"
		      " FROM temp.staged AS s WHERE s.act = 2"
		      " AND user.uid = s.uid AND user.name = s.name",
		      "i", now);
	if (r == 0 && store_changes(store) != counts->changed)
		r = -ESTALE;
	return r;
}

static int write_pending(struct store *store, const struct record *record)
{
	return store_run(store,
			 "INSERT INTO import_record (at, act, user, actor,"
			 " details) SELECT ?1, act, name, ?2, details"
			 " FROM temp.staged WHERE act IN (1, 2)"
			 " ORDER BY n",
			 "it", record->at_us, record->actor);
}

static int write_all(struct import_stage *stage, const struct record *record)
{
	struct user_moment moment = state_moment(stage->state, 0);
	struct store *store = stage->state->store;
	struct import_counts counts;
	int64_t before, after;
	int r;

	r = import_stage_count(stage, &counts);
	if (r == 0)
		r = count_administrators(store, &moment, &before);
	if (r == 0)
		r = write_users(store, record->at_us / 1000000, &counts);
	if (r == 0)
		r = count_administrators(store, &moment, &after);
	if (r == 0 && before > 0 && after == 0)
		return IMPORT_E_NOBODY;
	if (r == 0)
		r = write_pending(store, record);
	if (r == 0)
		r = ledger_append(&stage->state->ledger, record);
	return r == -ESTALE || r == -EEXIST ? IMPORT_E_STALE : r;
}

/*
 * For the one large transaction: its pages stay in memory until the commit, and
 * the log is not carried over by the commit itself but by the next one, so that
 * others get their turn in between.
 */
static int set_room(struct store *store, bool large)
{
	return store_execute(store, large ? "PRAGMA cache_size = -131072;"
					    "PRAGMA wal_autocheckpoint = 0"
					  : "PRAGMA cache_size = -2048;"
					    "PRAGMA wal_autocheckpoint = 1000");
}

static int write_at_once(struct import_stage *stage,
			 const struct record *record)
{
	struct store *store = stage->state->store;
	int r;

	r = store_begin(store);
	if (r != 0)
		return r;
	r = write_all(stage, record);
	if (r == 0)
		r = store_commit(store);
	else
		store_rollback(store);
	return r;
}

int import_stage_apply(struct import_stage *stage, const struct record *record)
{
	struct state *state = stage->state;
	struct ledger before = state->ledger;
	int r;

	if (stage->n_profiles != state->n_profiles)
		return IMPORT_E_STALE;
	r = set_room(state->store, true);
	if (r == 0)
		r = write_at_once(stage, record);
	/* It was done, or not: that the room stays large changes neither. */
	(void)!set_room(state->store, false);
	if (r != 0) {
		state->ledger = before;
		return r;
	}
	state->n_profiles++;
	state->n_rights++;
	return 0;
}

int import_stage_tell(struct import_stage *stage, int64_t n)
{
	struct state *state = stage->state;
	struct change_set set = { 0 };
	struct import_entry entry;
	int r;

	r = import_stage_get(stage, n, &entry);
	if (r != 0 || entry.act == IMPORT_NOTHING || !state->committed)
		return r;
	change_set_add(&set, (struct change){ .type = entry.act == IMPORT_ADD
							      ? CHANGE_USER_ADD
							      : CHANGE_USER_SET,
					      .uid = entry.user.uid,
					      .user = &entry.user });
	if (entry.act == IMPORT_CHANGE && !entry.user.enabled)
		change_set_add(&set,
			       (struct change){ .type = CHANGE_USER_DISABLE,
						.uid = entry.user.uid });
	state->committed(&set, state->ledger.seq + 1, state->userdata);
	return 0;
}

static enum event event_of(int64_t act)
{
	return act == IMPORT_ADD     ? EVENT_USER_ADDED
	       : act == IMPORT_GRANT ? EVENT_GRANT_SET
				     : EVENT_USER_CHANGED;
}

/* One record of the list, whose texts live in the two buffers. */
static int next_pending(struct state *state, int64_t after, int64_t *ret_n,
			struct record *ret_record,
			char texts[3][IMPORT_DETAILS_MAX])
{
	sqlite3_stmt *row;
	bool good;
	int r;

	r = store_bind(state->store,
		       "SELECT n, at, act, user, actor, details"
		       " FROM import_record WHERE n > ? ORDER BY n LIMIT 1",
		       &row, "i", after);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? IMPORT_E_END : r;
	*ret_n = sqlite3_column_int64(row, 0);
	*ret_record = (struct record){
		.at_us = sqlite3_column_int64(row, 1),
		.event = event_of(sqlite3_column_int64(row, 2)),
		.result = RECORD_DONE,
		.reason = REASON_BY_ADMINISTRATOR,
		.user = texts[0],
		.actor = texts[1],
		.details = texts[2],
	};
	good = true;
	for (int i = 0; i < 3; i++)
		good = good && store_column_text(row, 3 + i, texts[i],
						 IMPORT_DETAILS_MAX);
	sqlite3_reset(row);
	return good ? 0 : IMPORT_E_DAMAGED;
}

static int move_records(struct state *state, int64_t n_max, int64_t *ret_moved,
			struct record *ret_last,
			char texts[3][IMPORT_DETAILS_MAX])
{
	int64_t n = 0;
	int r = 0;

	*ret_moved = 0;
	while (*ret_moved < n_max) {
		r = next_pending(state, n, &n, ret_last, texts);
		if (r == 0)
			r = ledger_append(&state->ledger, ret_last);
		if (r != 0)
			break;
		(*ret_moved)++;
	}
	if (r != 0 && r != IMPORT_E_END)
		return r;
	return store_run(state->store, "DELETE FROM import_record WHERE n <= ?",
			 "i", n);
}

int import_record(struct state *state, int64_t n, int64_t *ret_n)
{
	char texts[3][IMPORT_DETAILS_MAX];
	struct ledger before = state->ledger;
	struct change_set set = { 0 };
	struct record last;
	int64_t moved;
	int r;

	r = store_begin(state->store);
	if (r != 0)
		return r;
	r = move_records(state, n, &moved, &last, texts);
	if (r == 0 && moved > 0)
		r = store_commit(state->store);
	else
		store_rollback(state->store);
	if (r != 0) {
		state->ledger = before;
		return r < 0 ? r : -EBADMSG;
	}
	if (moved > 0 && state->committed) {
		/* It is asked whether there are records, and from where on. */
		change_set_record(&set, last);
		state->committed(&set, before.seq + 1, state->userdata);
	}
	*ret_n = moved;
	return 0;
}
