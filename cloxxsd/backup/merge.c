/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Of each fact about a user the stricter one stays, unless it is allowed.
 *  2. An id that was ever somebody's is nobody else's.
 *  3. The ledger is never rewound where it can be gone on with.
 */
#include "cloxxsd/backup/merge.h"

#include <stdio.h>
#include <string.h>

#include "cloxxsd/backup/merge_ledger.h"
#include "cloxxsd/backup/merge_rights.h"
#include "cloxxsd/state/history.h"
#include "cloxxsd/state/ssh_key.h"

static const struct {
	const char *group, *kept, *loosened;
} rows[_MERGE_FACT_N] = {
	[MERGE_LOCK] = { "locks", "stays locked", "is unlocked" },
	[MERGE_FAILURES] = { NULL, "keeps the wrong answers counted", "" },
	[MERGE_DISABLED] = { "disabled", "stays disabled", "is enabled" },
	[MERGE_ROLE] = { "roles", "stays no administrator",
			 "becomes an administrator" },
	[MERGE_SERVICES] = { "services", "gets no service back",
			     "gets services back" },
	[MERGE_NETWORKS] = { "networks", "keeps the fixed networks of now",
			     "gets the fixed networks of then" },
	[MERGE_VALIDITY] = { "validity", "is valid when both say so",
			     "is valid as before" },
	[MERGE_PASSWORD] = { "passwords", "keeps the newer password",
			     "gets the older password back" },
	[MERGE_RIGHTS] = { "grants", "keeps the rights of now",
			   "gets the rights of then" },
	[MERGE_SSH_KEYS] = { "ssh-keys", "gets no SSH key back",
			     "gets SSH keys back" },
	[MERGE_USER] = { "users", "stays away", "comes back" },
	[MERGE_GOES] = { NULL, "goes: is not in the backup", "" },
};

const char *merge_fact_group(enum merge_fact fact)
{
	return rows[fact].group;
}

const char *merge_fact_text(enum merge_fact fact, bool allowed)
{
	return allowed ? rows[fact].loosened : rows[fact].kept;
}

static bool has_word(const char *list, const char *word)
{
	size_t n_word = strlen(word);

	while (list && *list) {
		size_t n = strcspn(list, ",");

		if (n == n_word && memcmp(list, word, n) == 0)
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

bool merge_is_allowed(const struct merge_allowed *allowed, enum merge_fact fact,
		      const char *user)
{
	return rows[fact].group && (has_word(allowed->list, rows[fact].group) ||
				    has_word(allowed->list, user));
}

bool merge_may_be_unseen(const struct merge_allowed *allowed)
{
	return has_word(allowed->list, "damaged");
}

/* The services of list that stand in other as well, in place. */
static void intersect(char *list, const char *other)
{
	char kept[USER_SERVICES_MAX];
	struct text text;

	text_init(&text, kept, sizeof(kept));
	for (const char *one = list; *one;) {
		size_t n = strcspn(one, ",");
		char word[NAME_SERVICE_MAX + 1];

		(void)snprintf(word, sizeof(word), "%.*s", (int)n, one);
		if (has_word(other, word))
			text_add_format(&text, "%s%s", text.n > 0 ? "," : "",
					word);
		one += n + (one[n] == ',');
	}
	memcpy(list, kept, text.n + 1);
}

/*
 * Valid when both say so. Of two hours those of today stay, be they more or
 * less: nobody gets in at one at which he is kept out now.
 */
static void keep_validity(struct user *user, const struct user *present)
{
	if (present->not_before > user->not_before)
		user->not_before = present->not_before;
	if (present->not_after != 0 &&
	    (user->not_after == 0 || present->not_after < user->not_after))
		user->not_after = present->not_after;
	if (*present->hours)
		memcpy(user->hours, present->hours, sizeof(user->hours));
}

static bool validity_is_stricter(const struct user *present,
				 const struct user *backup)
{
	struct user kept = *backup;

	keep_validity(&kept, present);
	return kept.not_before != backup->not_before ||
	       kept.not_after != backup->not_after ||
	       strcmp(kept.hours, backup->hours) != 0;
}

static void keep_password(struct user *user, const struct user *present)
{
	user->password = present->password;
	user->password_kind = present->password_kind;
	user->password_changed = present->password_changed;
	user->temporary_until = present->temporary_until;
}

static bool password_is_newer(const struct user *present,
			      const struct user *backup)
{
	bool same = present->password.n == backup->password.n &&
		    memcmp(present->password.bytes, backup->password.bytes,
			   present->password.n) == 0;

	/*
	 * A hash of the same password at a higher cost is no newer one: it has
	 * the time of the password, and its credential. Of two passwords the
	 * credential tells which came later, for a clock may have been set
	 * back between them, or they were chosen within one second.
	 */
	return !same && (present->password_changed > backup->password_changed ||
			 present->credential > backup->credential ||
			 (present->password_kind == USER_PASSWORD_NONE &&
			  backup->password_kind != USER_PASSWORD_NONE));
}

/* What differs, as bits. */
static uint32_t compare(const struct user *present, const struct user *backup)
{
	char services[USER_SERVICES_MAX];
	uint32_t facts = 0;

	memcpy(services, backup->services, sizeof(services));
	intersect(services, present->services);
	if (user_is_locked(present) && !user_is_locked(backup))
		facts |= 1U << MERGE_LOCK;
	if (present->failures > backup->failures ||
	    (present->claim && !backup->claim))
		facts |= 1U << MERGE_FAILURES;
	if (!present->enabled && backup->enabled)
		facts |= 1U << MERGE_DISABLED;
	if (present->role != USER_ROLE_ADMINISTRATOR &&
	    backup->role == USER_ROLE_ADMINISTRATOR)
		facts |= 1U << MERGE_ROLE;
	if (strcmp(services, backup->services) != 0)
		facts |= 1U << MERGE_SERVICES;
	/* Which of two lists is the narrower one nobody can say for him. */
	if (present->networks[0] != '\0' &&
	    strcmp(present->networks, backup->networks) != 0)
		facts |= 1U << MERGE_NETWORKS;
	if (validity_is_stricter(present, backup))
		facts |= 1U << MERGE_VALIDITY;
	if (password_is_newer(present, backup))
		facts |= 1U << MERGE_PASSWORD;
	return facts;
}

static void keep(struct user *user, const struct user *present,
		 enum merge_fact fact)
{
	switch (fact) {
	case MERGE_LOCK:
		user->locked_at = present->locked_at;
		memcpy(user->locked_because, present->locked_because,
		       sizeof(user->locked_because));
		break;
	case MERGE_FAILURES:
		user->claim = user->claim || present->claim;
		if (present->failures > user->failures)
			user->failures = present->failures;
		break;
	case MERGE_DISABLED:
		user->enabled = false;
		user->disabled_at = present->disabled_at;
		memcpy(user->disabled_because, present->disabled_because,
		       sizeof(user->disabled_because));
		break;
	case MERGE_ROLE:
		user->role = present->role;
		break;
	case MERGE_SERVICES:
		intersect(user->services, present->services);
		break;
	case MERGE_NETWORKS:
		memcpy(user->networks, present->networks,
		       sizeof(user->networks));
		break;
	case MERGE_VALIDITY:
		keep_validity(user, present);
		break;
	case MERGE_PASSWORD:
		keep_password(user, present);
		break;
	case MERGE_RIGHTS:
	case MERGE_SSH_KEYS:
	case MERGE_USER:
	case MERGE_GOES:
	case _MERGE_FACT_N:
		break;
	}
}

void merge_user(const struct user *present, const struct user *backup,
		const struct merge_allowed *allowed, struct user *ret_user,
		uint32_t *ret_facts, uint32_t *ret_loosened)
{
	uint32_t facts = compare(present, backup), loosened = 0;
	struct user user = *backup;

	for (unsigned int i = 0; i < _MERGE_FACT_N; i++) {
		if (!(facts & (1U << i)))
			continue;
		if (merge_is_allowed(allowed, i, backup->name))
			loosened |= 1U << i;
		else
			keep(&user, present, i);
	}
	/* What was granted on the word of either is none of the other's. */
	if (present->credential > user.credential)
		user.credential = present->credential;
	user.credential++;
	/* Neither is an administrator's to undo, nor a backup's. */
	user.protected = user.protected || present->protected;
	user.opened_at = present->opened_at;
	user.open_until = present->open_until;
	if (present->active_at > user.active_at)
		user.active_at = present->active_at;
	if (present->last_login > user.last_login) {
		user.last_login = present->last_login;
		memcpy(user.last_login_service, present->last_login_service,
		       sizeof(user.last_login_service));
		memcpy(user.last_login_address, present->last_login_address,
		       sizeof(user.last_login_address));
	}
	*ret_user = user;
	*ret_facts = facts;
	*ret_loosened = loosened;
}

struct merging {
	struct state *restored, *present;
	const struct merge_args *args;
	struct merge_counts *counts;
};

static int tell(const struct merge_args *args, struct merge_counts *counts,
		enum merge_fact fact, bool allowed, const char *user)
{
	(allowed ? counts->loosened : counts->kept)[fact]++;
	return args->each(fact, allowed, user, args->userdata);
}

static int write_user(struct store *store, const struct user *user)
{
	return store_run(
		store,
		"UPDATE user SET role = ?, enabled = ?, services = ?,"
		" password = ?, password_kind = ?, password_changed = ?,"
		" temporary_until = ?, credential = ?, failures = ?, claim = ?,"
		" locked_at = ?, locked_because = ?, disabled_at = ?,"
		" disabled_because = ?, last_login = ?, last_login_service = ?,"
		" last_login_address = ?, protected = ?, opened_at = ?,"
		" open_until = ?, networks = ?, not_before = ?,"
		" not_after = ?, hours = ?, active_at = ? WHERE uid = ?",
		"iitbiiiiiiititittiiitiitii", (int64_t)user->role,
		(int64_t)user->enabled, user->services,
		user->password.n > 0 ? user->password.bytes : NULL,
		user->password.n, (int64_t)user->password_kind,
		user->password_changed, user->temporary_until, user->credential,
		(int64_t)user->failures, (int64_t)user->claim, user->locked_at,
		user->locked_because, user->disabled_at, user->disabled_because,
		user->last_login, user->last_login_service,
		user->last_login_address, (int64_t)user->protected,
		user->opened_at, user->open_until, user->networks,
		user->not_before, user->not_after, user->hours, user->active_at,
		(int64_t)user->uid);
}

/*
 * A newer password that gives way to the older one was the user's all the same:
 * he may not choose it as if it were new. One that does not open is none.
 */
static int remember(const struct merging *merging, const struct user *present)
{
	scope(secret_deinit) struct secret hash = { 0 };
	int r;

	if (present->password_kind != USER_PASSWORD_CHOSEN)
		return 0;
	r = state_open_password(merging->present, present, &hash);
	if (r != 0)
		return r < 0 ? r : 0;
	return history_add(merging->restored, present->uid, merging->args->now,
			   hash.bytes);
}

/* Keys that only the backup has: they are listed, so that none is deleted while
 * they are being read. */
struct gone {
	const struct merging *merging;
	uint32_t uid;
	char fingerprints[SSH_KEYS_MAX][SSH_KEY_FINGERPRINT_MAX];
	size_t n;
};

static int find_gone(const struct ssh_key *key, void *userdata)
{
	struct gone *gone = userdata;
	struct ssh_key present;
	int r = ssh_key_find(gone->merging->present->store, gone->uid,
			     key->line.fingerprint, &present);

	if (r != USER_E_UNKNOWN)
		return r;
	if (gone->n == SSH_KEYS_MAX)
		return -E2BIG;
	memcpy(gone->fingerprints[gone->n++], key->line.fingerprint,
	       SSH_KEY_FINGERPRINT_MAX);
	return 0;
}

/*
 * A key that was removed was lost, or its owner was not to have it: it opens
 * nothing again. One that came since goes, as all that came since does.
 */
static int merge_keys(const struct merging *merging, const struct user *backup)
{
	struct gone gone = { .merging = merging, .uid = backup->uid };
	bool allowed = merge_is_allowed(&merging->args->allowed, MERGE_SSH_KEYS,
					backup->name);
	int r;

	r = ssh_key_for_each(merging->restored->store, backup->uid, find_gone,
			     &gone);
	if (r != 0 || gone.n == 0)
		return r > 0 ? -EBADMSG : r;
	r = tell(merging->args, merging->counts, MERGE_SSH_KEYS, allowed,
		 backup->name);
	for (size_t i = 0; r == 0 && !allowed && i < gone.n; i++)
		r = store_run(merging->restored->store,
			      "DELETE FROM ssh_key WHERE uid = ?"
			      " AND fingerprint = ?",
			      "it", (int64_t)backup->uid, gone.fingerprints[i]);
	return r;
}

/* The claim that stands now is the later one. */
static int carry_claim(const struct merging *merging, uint32_t uid)
{
	struct user_claim claim;
	int r = user_find_claim(merging->present->store, uid, &claim);

	if (r == 0)
		r = change_apply(merging->restored->store,
				 &(struct change){ .type = CHANGE_CLAIM,
						   .uid = uid,
						   .claim = &claim });
	return r > 0 ? -EBADMSG : r;
}

/* Of a user who is there now. */
static int merge_one(const struct user *present, void *userdata)
{
	const struct merging *merging = userdata;
	struct user backup, merged;
	uint32_t facts, loosened;
	int r;

	r = user_find_uid(merging->restored->store, present->uid, &backup);
	if (r == USER_E_UNKNOWN)
		return 0;
	if (r != 0)
		return r;
	merge_user(present, &backup, &merging->args->allowed, &merged, &facts,
		   &loosened);
	for (unsigned int i = 0; r == 0 && i < _MERGE_FACT_N; i++)
		if (facts & (1U << i))
			r = tell(merging->args, merging->counts, i,
				 (loosened & (1U << i)) != 0, backup.name);
	if (r == 0 && (facts != 0 || present->last_login > backup.last_login ||
		       present->active_at > backup.active_at ||
		       present->protected != backup.protected ||
		       present->open_until != backup.open_until))
		r = write_user(merging->restored->store, &merged);
	if (r == 0 && merged.claim && present->claim)
		r = carry_claim(merging, present->uid);
	if (r == 0 && (loosened & (1U << MERGE_PASSWORD)))
		r = remember(merging, present);
	return r != 0 ? r : merge_keys(merging, &backup);
}

int merge_users(struct state *restored, struct state *present,
		const struct merge_args *args, struct merge_counts *counts)
{
	struct merging merging = { restored, present, args, counts };
	int r;

	r = store_begin(restored->store);
	if (r != 0)
		return r;
	r = user_for_each(present->store, merge_one, &merging);
	if (r != 0) {
		store_rollback(restored->store);
		return r;
	}
	return store_commit(restored->store);
}

/* The name in column 1 of each row that sql gives. */
static int for_each_name(struct store *store, const char *sql,
			 int (*each)(uint32_t uid, const char *name,
				     void *userdata),
			 void *userdata)
{
	char name[NAME_USER_MAX + 1];
	sqlite3_stmt *row = NULL;
	int r;

	r = store_bind(store, sql, &row, "");
	while (store_next_row(row, &r))
		r = store_column_text(row, 1, name, sizeof(name))
			    ? each((uint32_t)sqlite3_column_int64(row, 0), name,
				   userdata)
			    : -EBADMSG;
	return r;
}

struct sides {
	struct store *store;
	const struct merge_rest_args *rest;
	struct merge_counts *counts;
};

/* Users that only the backup has: they are listed, so that none is deleted
 * while they are being read. */
static int find_absent(uint32_t uid, const char *name, void *userdata)
{
	const struct sides *sides = userdata;
	const struct merge_args *args = sides->rest->args;
	bool allowed = merge_is_allowed(&args->allowed, MERGE_USER, name);
	int r;

	r = tell(args, sides->counts, MERGE_USER, allowed, name);
	if (r == 0 && !allowed)
		r = store_run(sides->store,
			      "INSERT INTO temp.absent (uid) VALUES (?)", "i",
			      (int64_t)uid);
	return r;
}

static int tell_going(uint32_t uid, const char *name, void *userdata)
{
	const struct sides *sides = userdata;

	(void)uid;
	return tell(sides->rest->args, sides->counts, MERGE_GOES, false, name);
}

static int run_all(struct store *store, const char *const *sql, size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = store_run(store, sql[i], "");
	return r;
}

/* By the word alone: a right is given by more than the one who has it. */
static bool rights_are_allowed(const struct sides *sides)
{
	return has_word(sides->rest->args->allowed.list,
			rows[MERGE_RIGHTS].group);
}

static int tell_rights(const char *name, void *userdata)
{
	const struct sides *sides = userdata;

	return tell(sides->rest->args, sides->counts, MERGE_RIGHTS,
		    rights_are_allowed(sides), name);
}

static int merge_sides(struct sides *sides)
{
	static const char *const stay[] = {
		/* Ids: of those who stay away, who go, and who went. */
		"INSERT OR IGNORE INTO retired_uid (uid, name, retired)"
		" SELECT uid, name, retired FROM present.retired_uid",
		/* Under the pseudonym of who was erased since. */
		"UPDATE retired_uid SET name = (SELECT name FROM"
		" present.retired_uid AS now WHERE now.uid = retired_uid.uid)"
		" WHERE uid IN (SELECT uid FROM present.retired_uid)",
		/* What is to be kept is kept. */
		"INSERT OR REPLACE INTO hold SELECT * FROM present.hold",
		"INSERT OR IGNORE INTO retired_uid (uid, name, retired)"
		" SELECT uid, name, created FROM user WHERE uid IN"
		" (SELECT uid FROM temp.absent)",
		"DELETE FROM user WHERE uid IN (SELECT uid FROM temp.absent)",
		/* Who comes back, does so with his emergency over. */
		"UPDATE user SET opened_at = 0, open_until = 0"
		" WHERE uid NOT IN (SELECT uid FROM present.user)",
		"INSERT OR IGNORE INTO retired_uid (uid, name, retired)"
		" SELECT uid, name, created FROM present.user"
		" WHERE uid NOT IN (SELECT uid FROM user)",
		"DELETE FROM retired_uid WHERE uid IN (SELECT uid FROM user)",
		/* Wrong answers that are counted, in the place of fewer. */
		"DELETE FROM failure WHERE uid IN"
		" (SELECT uid FROM present.failure)",
		"INSERT INTO failure (uid, at, service, address, terminal,"
		" reason, reference) SELECT uid, at, service, address, "
		"terminal,"
		" reason, reference FROM present.failure"
		" WHERE uid IN (SELECT uid FROM user) ORDER BY id",
		/* The same of tests. */
		"INSERT INTO login_test (uid, wrong)"
		" SELECT uid, wrong FROM present.login_test"
		" WHERE uid IN (SELECT uid FROM user)"
		" ON CONFLICT (uid) DO UPDATE"
		" SET wrong = max(wrong, excluded.wrong)",
		/* Former passwords are those of both. */
		"INSERT OR REPLACE INTO former_password (uid, at, password)"
		" SELECT uid, at, password FROM present.former_password"
		" WHERE uid IN (SELECT uid FROM user)",
		/* Sessions are those that are open now. */
		"DELETE FROM session",
		"INSERT INTO session SELECT * FROM present.session"
		" WHERE uid IN (SELECT uid FROM user)",
		"DELETE FROM audit_session",
		"INSERT INTO audit_session SELECT * FROM present.audit_session"
		" WHERE uid IN (SELECT uid FROM user)",
		/* What was accepted by those who are there now; who comes back
		 * is asked again. */
		"DELETE FROM acceptance",
		"INSERT INTO acceptance SELECT * FROM present.acceptance"
		" WHERE uid IN (SELECT uid FROM user)",
		"DELETE FROM visit",
		"INSERT INTO visit SELECT * FROM present.visit"
		" WHERE uid IN (SELECT uid FROM user)",
		/* By which ways codes reach those who are there now, and which
		 * were used up. */
		"DELETE FROM second_factor WHERE uid IN"
		" (SELECT uid FROM present.user)",
		"INSERT INTO second_factor SELECT * FROM present.second_factor"
		" WHERE uid IN (SELECT uid FROM user)",
		"DELETE FROM recovery_code WHERE uid IN"
		" (SELECT uid FROM present.user)",
		/* Of who comes back nobody knows which were used. */
		"DELETE FROM recovery_code WHERE uid NOT IN"
		" (SELECT uid FROM present.user)",
		"INSERT INTO recovery_code SELECT * FROM present.recovery_code"
		" WHERE uid IN (SELECT uid FROM user)",
		"DELETE FROM code_sent",
		"INSERT INTO code_sent SELECT * FROM present.code_sent",
		"INSERT OR IGNORE INTO backup SELECT * FROM present.backup",
		/* Settings are not put back: those in force are. */
		"DELETE FROM configuration",
		"INSERT INTO configuration SELECT * FROM present.configuration",
		/* What was told was told. */
		"DELETE FROM alarm",
		"INSERT INTO alarm SELECT * FROM present.alarm",
		"DELETE FROM alarm_engine",
		"INSERT INTO alarm_engine SELECT * FROM present.alarm_engine",
		"UPDATE installation SET backups = max(backups,"
		" (SELECT backups FROM present.installation)),"
		" latest = max(latest,"
		" (SELECT latest FROM present.installation)) WHERE id = 1",
	};
	static const char *const keys[] = {
		"DELETE FROM data_key",
		"INSERT INTO data_key SELECT * FROM present.data_key",
		"DELETE FROM recovery",
		"INSERT INTO recovery SELECT * FROM present.recovery",
	};
	int r;

	r = for_each_name(sides->store,
			  "SELECT uid, name FROM user WHERE uid NOT IN"
			  " (SELECT uid FROM present.user)",
			  find_absent, sides);
	if (r == 0)
		r = for_each_name(sides->store,
				  "SELECT uid, name FROM present.user"
				  " WHERE uid NOT IN (SELECT uid FROM user)",
				  tell_going, sides);
	if (r == 0)
		r = merge_rights_for_each(sides->store, tell_rights, sides);
	if (r == 0)
		r = run_all(sides->store, stay, ARRAY_SIZE(stay));
	if (r == 0)
		r = merge_rights(sides->store, rights_are_allowed(sides));
	if (r == 0 && sides->rest->present_keys)
		r = run_all(sides->store, keys, ARRAY_SIZE(keys));
	return r;
}

/* 1 where the row is there with that chain. */
static int attach(struct store *store, const char *path)
{
	int r = store_run(store, "ATTACH DATABASE ? AS present", "t", path);

	return r != 0 ? r
		      : store_run(store,
				  "CREATE TEMP TABLE absent"
				  " (uid INTEGER PRIMARY KEY)",
				  "");
}

int merge_rest(struct state *restored, const struct merge_rest_args *rest,
	       struct merge_counts *counts, enum merge_ledger *ret_ledger)
{
	struct sides sides = { restored->store, rest, counts };
	enum merge_ledger ledger;
	int r;

	r = attach(restored->store, rest->present_path);
	if (r == 0)
		r = store_begin(restored->store);
	if (r != 0)
		return r;
	r = merge_sides(&sides);
	if (r == 0)
		r = merge_ledger(restored, rest->present_ledger_is_good,
				 &ledger);
	if (r != 0) {
		store_rollback(restored->store);
		return r;
	}
	r = store_commit(restored->store);
	if (r == 0)
		*ret_ledger = ledger;
	return r;
}
