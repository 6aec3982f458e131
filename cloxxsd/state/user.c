/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/user.h"

#include <string.h>

#include "policy/login.h"
#include "policy/reason.h"

#define COLUMNS                                                                \
	"uid, name, role, enabled, services, shell, home, language, password," \
	" password_kind, password_changed, temporary_until, credential,"       \
	" failures, claim, locked_at, locked_because, last_login,"             \
	" last_login_service, last_login_address, created, disabled_at,"       \
	" disabled_because, protected, break_glass, opened_at, open_until,"    \
	" networks, not_before, not_after, hours, active_at"

static const char *const role_names[_USER_ROLE_N] = {
	[USER_ROLE_USER] = "user",
	[USER_ROLE_ADMINISTRATOR] = "administrator",
};

static const char *const kind_names[_USER_PASSWORD_KIND_N] = {
	[USER_PASSWORD_NONE] = "none",
	[USER_PASSWORD_TEMPORARY] = "temporary",
	[USER_PASSWORD_CHOSEN] = "chosen",
};

static bool read_password(sqlite3_stmt *row, int column, struct sealed *ret)
{
	const void *bytes = sqlite3_column_blob(row, column);
	size_t n = (size_t)sqlite3_column_bytes(row, column);

	if (n > sizeof(ret->bytes))
		return false;
	ret->n = n;
	if (n > 0)
		memcpy(ret->bytes, bytes, n);
	return true;
}

static bool read_texts(sqlite3_stmt *row, struct user *user)
{
	const struct {
		int column;
		char *buffer;
		size_t size;
	} texts[] = {
		{ 1, user->name, sizeof(user->name) },
		{ 4, user->services, sizeof(user->services) },
		{ 5, user->shell, sizeof(user->shell) },
		{ 6, user->home, sizeof(user->home) },
		{ 7, user->language, sizeof(user->language) },
		{ 16, user->locked_because, sizeof(user->locked_because) },
		{ 22, user->disabled_because, sizeof(user->disabled_because) },
		{ 30, user->hours, sizeof(user->hours) },
		{ 18, user->last_login_service,
		  sizeof(user->last_login_service) },
		{ 19, user->last_login_address,
		  sizeof(user->last_login_address) },
		{ 27, user->networks, sizeof(user->networks) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!store_column_text(row, texts[i].column, texts[i].buffer,
				       texts[i].size))
			return false;
	return true;
}

/* The row as a user, or USER_E_DAMAGED: a value out of its range is no value.
 */
static int read_user(sqlite3_stmt *row, struct user *ret_user)
{
	int64_t uid = sqlite3_column_int64(row, 0);
	int64_t role = sqlite3_column_int64(row, 2);
	int64_t kind = sqlite3_column_int64(row, 9);
	int64_t failures = sqlite3_column_int64(row, 13);

	if (uid < NAME_UID_MIN || uid > NAME_UID_MAX || role < 0 ||
	    role >= _USER_ROLE_N || kind < 0 || kind >= _USER_PASSWORD_KIND_N ||
	    failures < 0 || failures > UINT32_MAX)
		return USER_E_DAMAGED;
	*ret_user = (struct user){
		.uid = (uint32_t)uid,
		.role = (enum user_role)role,
		.enabled = sqlite3_column_int64(row, 3) == 1,
		.password_kind = (enum user_password_kind)kind,
		.password_changed = sqlite3_column_int64(row, 10),
		.temporary_until = sqlite3_column_int64(row, 11),
		.credential = sqlite3_column_int64(row, 12),
		.failures = (uint32_t)failures,
		.claim = sqlite3_column_int64(row, 14) != 0,
		.locked_at = sqlite3_column_int64(row, 15),
		.last_login = sqlite3_column_int64(row, 17),
		.created = sqlite3_column_int64(row, 20),
		.disabled_at = sqlite3_column_int64(row, 21),
		.protected = sqlite3_column_int64(row, 23) != 0,
		.break_glass = sqlite3_column_int64(row, 24) != 0,
		.opened_at = sqlite3_column_int64(row, 25),
		.open_until = sqlite3_column_int64(row, 26),
		.not_before = sqlite3_column_int64(row, 28),
		.not_after = sqlite3_column_int64(row, 29),
		.active_at = sqlite3_column_int64(row, 31),
	};
	if (!read_texts(row, ret_user) ||
	    !read_password(row, 8, &ret_user->password) ||
	    !name_is_user(ret_user->name, strlen(ret_user->name)))
		return USER_E_DAMAGED;
	return 0;
}

/* The one row that statement gives. */
static int read_one(sqlite3_stmt *statement, struct user *ret_user)
{
	struct user user;
	int r;

	r = store_step(statement);
	if (r == 0)
		return USER_E_UNKNOWN;
	if (r != STORE_E_ROW)
		return r < 0 ? r : USER_E_DAMAGED;
	r = read_user(statement, &user);
	sqlite3_reset(statement);
	if (r == 0)
		*ret_user = user;
	return r;
}

int user_find(struct store *store, const char *name, struct user *ret_user)
{
	sqlite3_stmt *statement;
	int r;

	r = store_bind(store, "SELECT " COLUMNS " FROM user WHERE name = ?",
		       &statement, "t", name);
	return r != 0 ? r : read_one(statement, ret_user);
}

int user_find_uid(struct store *store, uint32_t uid, struct user *ret_user)
{
	sqlite3_stmt *statement;
	int r;

	r = store_bind(store, "SELECT " COLUMNS " FROM user WHERE uid = ?",
		       &statement, "i", (int64_t)uid);
	return r != 0 ? r : read_one(statement, ret_user);
}

int user_next(struct store *store, const char *name, struct user *ret_user)
{
	sqlite3_stmt *statement;
	int r;

	r = store_bind(store,
		       "SELECT " COLUMNS " FROM user WHERE name > ?"
		       " ORDER BY name LIMIT 1",
		       &statement, "t", name);
	return r != 0 ? r : read_one(statement, ret_user);
}

/* Each by an index of its own. */
int user_next_locked(struct store *store, const char *name,
		     struct user *ret_user)
{
	sqlite3_stmt *statement;
	int r;

	r = store_bind(store,
		       "SELECT " COLUMNS " FROM user WHERE locked_at != 0"
		       " AND name > ? ORDER BY name LIMIT 1",
		       &statement, "t", name);
	return r != 0 ? r : read_one(statement, ret_user);
}

int user_next_break_glass(struct store *store, const char *name,
			  struct user *ret_user)
{
	sqlite3_stmt *statement;
	int r;

	r = store_bind(store,
		       "SELECT " COLUMNS " FROM user WHERE break_glass = 1"
		       " AND name > ? ORDER BY name LIMIT 1",
		       &statement, "t", name);
	return r != 0 ? r : read_one(statement, ret_user);
}

int user_next_open(struct store *store, uint32_t uid, struct user *ret_user)
{
	sqlite3_stmt *statement;
	int r;

	r = store_bind(store,
		       "SELECT " COLUMNS " FROM user WHERE open_until != 0"
		       " AND uid > ? ORDER BY uid LIMIT 1",
		       &statement, "i", (int64_t)uid);
	return r != 0 ? r : read_one(statement, ret_user);
}

int user_next_edge(struct store *store, const struct user_edge *after,
		   struct user_edge *ret_edge)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT at, uid FROM (SELECT not_after + 1 AS at, uid"
		       " FROM user WHERE not_after != 0 UNION ALL"
		       " SELECT not_before, uid FROM user"
		       " WHERE not_before != 0)"
		       " WHERE (at, uid) > (?, ?) ORDER BY at, uid LIMIT 1",
		       &row, "ii", after->at, (int64_t)after->uid);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? USER_E_UNKNOWN : r;
	*ret_edge = (struct user_edge){
		.at = sqlite3_column_int64(row, 0),
		.uid = (uint32_t)sqlite3_column_int64(row, 1),
	};
	sqlite3_reset(row);
	return 0;
}

int user_count_administrators(struct store *store, uint32_t but_uid,
			      const struct user_moment *moment, uint32_t *ret_n)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT count(*) FROM user WHERE role = ?1"
		       " AND uid != ?2 AND enabled = 1 AND locked_at = 0"
		       " AND break_glass = 0 AND (password_kind = ?3"
		       " OR (password_kind = ?4 AND temporary_until > ?5))"
		       " AND not_before <= ?6"
		       " AND (not_after = 0 OR not_after >= ?5)"
		       " AND (?7 = 0 OR active_at + ?7 > ?5)",
		       &row, "iiiiiii", (int64_t)USER_ROLE_ADMINISTRATOR,
		       (int64_t)but_uid, (int64_t)USER_PASSWORD_CHOSEN,
		       (int64_t)USER_PASSWORD_TEMPORARY, moment->latest,
		       moment->now, moment->inactive_s);
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_n = (uint32_t)sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return 0;
}

int user_count(struct store *store, struct user_counts *ret_counts)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(
		store,
		/* Each from an index of its own: nobody waits for a scan. */
		"SELECT (SELECT count(*) FROM user),"
		" (SELECT count(*) FROM user WHERE locked_at != 0),"
		" (SELECT count(*) FROM user WHERE enabled = 0)",
		&row, "");
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_counts = (struct user_counts){
		.all = (uint32_t)sqlite3_column_int64(row, 0),
		.locked = (uint32_t)sqlite3_column_int64(row, 1),
		.disabled = (uint32_t)sqlite3_column_int64(row, 2),
	};
	sqlite3_reset(row);
	return 0;
}

static int for_each(struct store *store, const char *sql,
		    int (*read)(sqlite3_stmt *row, struct user *ret_user),
		    int (*each)(const struct user *user, void *userdata),
		    void *userdata)
{
	sqlite3_stmt *statement;
	struct user user = { 0 };
	int r;

	r = store_bind(store, sql, &statement, "");
	if (r != 0)
		return r;
	while ((r = store_step(statement)) == STORE_E_ROW) {
		r = read(statement, &user);
		if (r == 0)
			r = each(&user, userdata);
		if (r != 0)
			break;
	}
	sqlite3_reset(statement);
	return r;
}

int user_for_each(struct store *store,
		  int (*each)(const struct user *user, void *userdata),
		  void *userdata)
{
	return for_each(store, "SELECT " COLUMNS " FROM user", read_user, each,
			userdata);
}

/* What the outlines before this one left zero stays so. */
static int read_outline(sqlite3_stmt *row, struct user *user)
{
	int64_t uid = sqlite3_column_int64(row, 0);

	if (uid < NAME_UID_MIN || uid > NAME_UID_MAX ||
	    !store_column_text(row, 1, user->name, sizeof(user->name)) ||
	    !store_column_text(row, 2, user->services,
			       sizeof(user->services)) ||
	    !store_column_text(row, 3, user->shell, sizeof(user->shell)) ||
	    !store_column_text(row, 4, user->home, sizeof(user->home)) ||
	    !name_is_user(user->name, strlen(user->name)))
		return USER_E_DAMAGED;
	user->uid = (uint32_t)uid;
	user->enabled = sqlite3_column_int64(row, 5) == 1;
	user->not_before = sqlite3_column_int64(row, 6);
	user->not_after = sqlite3_column_int64(row, 7);
	user->break_glass = sqlite3_column_int64(row, 8) != 0;
	user->opened_at = sqlite3_column_int64(row, 9);
	user->open_until = sqlite3_column_int64(row, 10);
	return 0;
}

int user_for_each_outline(struct store *store,
			  int (*each)(const struct user *user, void *userdata),
			  void *userdata)
{
	return for_each(store,
			"SELECT uid, name, services, shell, home, enabled,"
			" not_before, not_after, break_glass, opened_at,"
			" open_until FROM user",
			read_outline, each, userdata);
}

static int read_failure(sqlite3_stmt *row, struct user_failure *ret_failure)
{
	struct user_failure failure = { .at = sqlite3_column_int64(row, 0) };

	if (!store_column_text(row, 1, failure.service,
			       sizeof(failure.service)) ||
	    !store_column_text(row, 2, failure.address,
			       sizeof(failure.address)) ||
	    !store_column_text(row, 3, failure.terminal,
			       sizeof(failure.terminal)) ||
	    !store_column_text(row, 4, failure.reason,
			       sizeof(failure.reason)) ||
	    !store_column_text(row, 5, failure.reference,
			       sizeof(failure.reference)))
		return USER_E_DAMAGED;
	*ret_failure = failure;
	return 0;
}

int user_for_each_failure(struct store *store, uint32_t uid,
			  int (*each)(const struct user_failure *one,
				      void *userdata),
			  void *userdata)
{
	struct user_failure failure;
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT at, service, address, terminal, reason,"
		       " reference FROM failure WHERE uid = ? ORDER BY id DESC",
		       &row, "i", (int64_t)uid);
	if (r != 0)
		return r;
	while ((r = store_step(row)) == STORE_E_ROW) {
		r = read_failure(row, &failure);
		if (r == 0)
			r = each(&failure, userdata);
		if (r != 0)
			break;
	}
	sqlite3_reset(row);
	return r;
}

int user_find_claim(struct store *store, uint32_t uid,
		    struct user_claim *ret_claim)
{
	struct user_claim claim;
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT claimed_at, claimed_service, claimed_address,"
		       " claimed_terminal, ?, '', claimed_requester FROM user"
		       " WHERE uid = ? AND claim != 0",
		       &row, "ti", reason_name(REASON_INTERRUPTED),
		       (int64_t)uid);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? USER_E_UNKNOWN : r;
	r = read_failure(row, &claim.failure);
	if (r == 0 && !store_column_text(row, 6, claim.requester,
					 sizeof(claim.requester)))
		r = USER_E_DAMAGED;
	sqlite3_reset(row);
	if (r == 0)
		*ret_claim = claim;
	return r;
}

static int read_lock(sqlite3_stmt *row, struct user_lock *ret_lock)
{
	*ret_lock = (struct user_lock){ .at = sqlite3_column_int64(row, 1) };
	if (!store_column_text(row, 0, ret_lock->name,
			       sizeof(ret_lock->name)) ||
	    !store_column_text(row, 2, ret_lock->because,
			       sizeof(ret_lock->because)) ||
	    !store_column_text(row, 3, ret_lock->service,
			       sizeof(ret_lock->service)) ||
	    !store_column_text(row, 4, ret_lock->address,
			       sizeof(ret_lock->address)))
		return USER_E_DAMAGED;
	return 0;
}

int user_for_each_lock(struct store *store, uint32_t limit,
		       int (*each)(const struct user_lock *one, void *userdata),
		       void *userdata)
{
	struct user_lock lock;
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT name, locked_at, locked_because,"
		       " failure.service, failure.address"
		       " FROM user LEFT JOIN failure ON failure.id ="
		       " (SELECT max(id) FROM failure AS last"
		       "  WHERE last.uid = user.uid)"
		       " WHERE locked_at != 0"
		       " ORDER BY locked_at DESC, name LIMIT ?",
		       &row, "i", (int64_t)limit);
	if (r != 0)
		return r;
	while ((r = store_step(row)) == STORE_E_ROW) {
		r = read_lock(row, &lock);
		if (r == 0)
			r = each(&lock, userdata);
		if (r != 0)
			break;
	}
	sqlite3_reset(row);
	return r;
}

int user_free_uid(struct store *store, uint32_t min, uint32_t max,
		  uint32_t *ret_uid)
{
	sqlite3_stmt *row;
	int64_t highest = 0;
	int r;

	r = store_bind(store,
		       "SELECT max(uid) FROM (SELECT max(uid) AS uid FROM user"
		       " WHERE uid BETWEEN ?1 AND ?2 UNION ALL"
		       " SELECT max(uid) FROM retired_uid"
		       " WHERE uid BETWEEN ?1 AND ?2 UNION ALL"
		       " SELECT max(writers_gid) FROM project"
		       " WHERE writers_gid BETWEEN ?1 AND ?2)",
		       &row, "ii", (int64_t)min, (int64_t)max);
	if (r == 0)
		r = store_step_number(row, &highest);
	if (r != 0)
		return r;
	if (highest >= max)
		return USER_E_UNKNOWN;
	*ret_uid = highest < min ? min : (uint32_t)highest + 1;
	return 0;
}

int user_uid_is_used(struct store *store, uint32_t uid, bool *ret_used)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT 1 FROM user WHERE uid = ?1 UNION ALL"
		       " SELECT 1 FROM retired_uid WHERE uid = ?1 UNION ALL"
		       " SELECT 1 FROM project"
		       " WHERE ?1 IN (readers_gid, writers_gid)",
		       &row, "i", (int64_t)uid);
	if (r == 0)
		r = store_step(row);
	if (r != 0 && r != STORE_E_ROW)
		return r;
	*ret_used = r == STORE_E_ROW;
	sqlite3_reset(row);
	return 0;
}

static bool is_listed(const struct user *user, const char *service)
{
	size_t n = strlen(service);

	for (const char *word = user->services; *word;) {
		size_t n_word = strcspn(word, ",");

		if (n_word == n && memcmp(word, service, n) == 0)
			return true;
		word += n_word;
		word += *word == ',';
	}
	return false;
}

enum reason user_validity(const struct user *user,
			  const struct user_moment *moment)
{
	const struct login_facts facts = {
		.purpose = LOGIN_PURPOSE_ACCOUNT,
		.not_before_s = user->not_before,
		.not_after_s = user->not_after,
		.active_at_s = user->active_at,
		.inactive_s = moment->inactive_s,
		.break_glass = user->break_glass,
		.now_s = moment->now,
		.latest_s = moment->latest,
	};

	return login_validity(&facts);
}

bool user_is_administrator(const struct user *user,
			   const struct user_moment *moment)
{
	bool has_password = user->password_kind == USER_PASSWORD_CHOSEN ||
			    (user->password_kind == USER_PASSWORD_TEMPORARY &&
			     user->temporary_until > moment->latest);

	return user->role == USER_ROLE_ADMINISTRATOR && user->enabled &&
	       !user_is_locked(user) && !user->break_glass && has_password &&
	       user_validity(user, moment) == REASON_NONE;
}

bool user_may_log_in(const struct user *user)
{
	static const char *const shells[] = {
		"sshd",    "login", "su",  "su-l",        "gdm-password",
		"lightdm", "sddm",  "xdm", "xrdp-sesman", "cockpit",
	};

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (is_listed(user, shells[i]))
			return true;
	return false;
}

bool user_may_use(const struct user *user, const char *service)
{
	/* What systemd starts beside the sessions of whoever may have some. */
	if (strcmp(service, "systemd-user") == 0)
		return user_may_log_in(user);
	return is_listed(user, service);
}

const char *user_role_name(enum user_role role)
{
	return role_names[role];
}

bool user_role_find(const char *name, enum user_role *ret_role)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(role_names); i++)
		if (strcmp(role_names[i], name) == 0) {
			*ret_role = (enum user_role)i;
			return true;
		}
	return false;
}

const char *user_password_kind_name(enum user_password_kind kind)
{
	return kind_names[kind];
}
