/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/change.h"

#include <assert.h>

#include "cloxxsd/state/audit_session.h"
#include "cloxxsd/state/data_key.h"
#include "cloxxsd/state/import.h"
#include "cloxxsd/state/sealed_column.h"

static int write_validity(struct store *store, const struct user *user)
{
	return store_run(store,
			 "UPDATE user SET not_before = ?, not_after = ?,"
			 " hours = ? WHERE uid = ?",
			 "iiti", user->not_before, user->not_after, user->hours,
			 (int64_t)user->uid);
}

/* He was not away until then. */
static int write_active(struct store *store, uint32_t uid, int64_t at)
{
	return store_run(store,
			 "UPDATE user SET active_at = max(active_at, ?)"
			 " WHERE uid = ?",
			 "ii", at, (int64_t)uid);
}

static int user_add(struct store *store, const struct change *change)
{
	const struct user *user = change->user;
	int r;

	r = store_run(store,
		      "INSERT INTO user (uid, name, role, enabled, services,"
		      " shell, home, language, password, password_kind,"
		      " password_changed, temporary_until, credential,"
		      " failures, claim, locked_at, locked_because,"
		      " last_login, last_login_service, last_login_address,"
		      " created, disabled_at, disabled_because,"
		      " protected, break_glass, networks)"
		      " VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?,"
		      " 1, 0, 0, 0, '', 0, '', '', ?, 0, '', ?, ?, ?)",
		      "itittttbiiiiiit", (int64_t)user->uid, user->name,
		      (int64_t)user->role, user->services, user->shell,
		      user->home, user->language, user->password.bytes,
		      user->password.n, (int64_t)user->password_kind,
		      user->password_changed, user->temporary_until,
		      user->created, (int64_t)user->protected,
		      (int64_t)user->break_glass, user->networks);
	if (r == 0)
		r = write_active(store, user->uid, user->created);
	return r != 0 ? r : write_validity(store, user);
}

static int user_set(struct store *store, const struct change *change)
{
	const struct user *user = change->user;
	int r;

	r = store_run(store,
		      "UPDATE user SET role = ?, services = ?, shell = ?,"
		      " home = ?, language = ?, protected = ?,"
		      " networks = ? WHERE uid = ?",
		      "ittttiti", (int64_t)user->role, user->services,
		      user->shell, user->home, user->language,
		      (int64_t)user->protected, user->networks,
		      (int64_t)user->uid);
	return r != 0 ? r : write_validity(store, user);
}

static int user_enable(struct store *store, const struct change *change)
{
	int r;

	r = store_run(store,
		      "UPDATE user SET enabled = 1, disabled_at = 0,"
		      " disabled_because = '' WHERE uid = ?",
		      "i", (int64_t)change->uid);
	return r != 0 ? r : write_active(store, change->uid, change->at);
}

static int sessions_over(struct store *store, const struct change *change)
{
	return store_run(
		store, "DELETE FROM session WHERE uid = ? AND opener = ?", "ii",
		(int64_t)change->uid, (int64_t)SESSION_OPENER_APPLICATION);
}

/* None of them goes on when he is enabled again. */
static int user_disable(struct store *store, const struct change *change)
{
	int r = sessions_over(store, change);

	if (r != 0)
		return r;
	return store_run(store,
			 "UPDATE user SET enabled = 0, disabled_at = ?,"
			 " disabled_because = ? WHERE uid = ?",
			 "iti", change->at, change->text ? change->text : "",
			 (int64_t)change->uid);
}

static int user_delete(struct store *store, const struct change *change)
{
	int r;

	r = store_run(store,
		      "INSERT INTO retired_uid (uid, name, retired)"
		      " SELECT uid, name, ? FROM user WHERE uid = ?",
		      "ii", change->at, (int64_t)change->uid);
	if (r == 0)
		r = grant_remove_of_user(store, change->uid);
	if (r != 0)
		return r;
	return store_run(store, "DELETE FROM user WHERE uid = ?", "i",
			 (int64_t)change->uid);
}

static int user_lock(struct store *store, const struct change *change)
{
	return store_run(store,
			 "UPDATE user SET locked_at = ?, locked_because = ?,"
			 " credential = credential + 1"
			 " WHERE uid = ? AND locked_at = 0",
			 "iti", change->at, change->text, (int64_t)change->uid);
}

/* And what was counted beside them. */
static int clear_failures(struct store *store, uint32_t uid)
{
	int r = store_run(store, "DELETE FROM failure WHERE uid = ?", "i",
			  (int64_t)uid);

	return r != 0 ? r
		      : store_run(store, "DELETE FROM login_test WHERE uid = ?",
				  "i", (int64_t)uid);
}

static int user_unlock(struct store *store, const struct change *change)
{
	int r;

	r = store_run(store,
		      "UPDATE user SET locked_at = 0, locked_because = '',"
		      " failures = 0, credential = credential + 1"
		      " WHERE uid = ?",
		      "i", (int64_t)change->uid);
	return r != 0 ? r : clear_failures(store, change->uid);
}

/* Who is given a temporary password is to use it, however long he was away. */
static int password(struct store *store, const struct change *change)
{
	int r;

	r = store_run(store,
		      "UPDATE user SET password = ?, password_kind = ?,"
		      " password_changed = ?, temporary_until = ?,"
		      " credential = credential + 1 WHERE uid = ?",
		      "biiii", change->password->bytes, change->password->n,
		      (int64_t)change->kind, change->at, change->until,
		      (int64_t)change->uid);
	if (r != 0 || change->kind != USER_PASSWORD_TEMPORARY)
		return r;
	return write_active(store, change->uid, change->at);
}

static int rehash(struct store *store, const struct change *change)
{
	return store_run(store, "UPDATE user SET password = ? WHERE uid = ?",
			 "bi", change->password->bytes, change->password->n,
			 (int64_t)change->uid);
}

static int claim(struct store *store, const struct change *change)
{
	const struct user_claim unknown = { .requester = "" };
	const struct user_claim *one = change->claim ? change->claim : &unknown;

	return store_run(
		store,
		"UPDATE user SET claim = 1, claimed_at = ?,"
		" claimed_service = ?, claimed_address = ?,"
		" claimed_terminal = ?, claimed_requester = ? WHERE uid = ?",
		"itttti", one->failure.at, one->failure.service,
		one->failure.address, one->failure.terminal, one->requester,
		(int64_t)change->uid);
}

#define SETTLED                                             \
	" claim = 0, claimed_at = 0, claimed_service = ''," \
	" claimed_address = '', claimed_terminal = '', claimed_requester = ''"

static int release(struct store *store, const struct change *change)
{
	return store_run(store, "UPDATE user SET" SETTLED " WHERE uid = ?", "i",
			 (int64_t)change->uid);
}

static int failure(struct store *store, const struct change *change)
{
	const struct user_failure *one = change->failure;
	int r;

	r = store_run(store,
		      "UPDATE user SET" SETTLED ", failures = failures + 1"
		      " WHERE uid = ?",
		      "i", (int64_t)change->uid);
	if (r != 0)
		return r;
	return store_run(store,
			 "INSERT INTO failure (uid, at, service, address,"
			 " terminal, reason, reference)"
			 " VALUES (?, ?, ?, ?, ?, ?, ?)",
			 "iittttt", (int64_t)change->uid, one->at, one->service,
			 one->address, one->terminal, one->reason,
			 one->reference);
}

/*
 * A password alone forgives no wrong code: else a service that asks for none
 * would give back the guesses of one that does.
 */
static int forgive(struct store *store, const struct change *change)
{
	int r;

	if (change->code)
		return clear_failures(store, change->uid);
	r = store_run(store,
		      "DELETE FROM failure WHERE uid = ? AND reason != ?", "it",
		      (int64_t)change->uid, reason_name(REASON_WRONG_CODE));
	if (r == 0)
		r = store_run(store, "DELETE FROM login_test WHERE uid = ?",
			      "i", (int64_t)change->uid);
	return r;
}

#define FAILURES_LEFT                                                    \
	" failures = (SELECT count(*) FROM failure WHERE failure.uid = " \
	"user.uid)"

static int success(struct store *store, const struct change *change)
{
	int r;

	r = forgive(store, change);
	if (r == 0)
		r = write_active(store, change->uid, change->at);
	if (r != 0)
		return r;
	return store_run(store,
			 "UPDATE user SET" SETTLED "," FAILURES_LEFT
			 ", last_login = ?, last_login_service = ?,"
			 " last_login_address = ? WHERE uid = ?",
			 "itti", change->at, change->service,
			 change->address ? change->address : "",
			 (int64_t)change->uid);
}

static int reset(struct store *store, const struct change *change)
{
	int r = forgive(store, change);

	return r != 0 ? r
		      : store_run(store,
				  "UPDATE user SET" SETTLED "," FAILURES_LEFT
				  " WHERE uid = ?",
				  "i", (int64_t)change->uid);
}

static int test_claim(struct store *store, const struct change *change)
{
	return store_run(store,
			 "INSERT INTO login_test (uid, wrong) VALUES (?, 1)"
			 " ON CONFLICT (uid) DO UPDATE SET wrong = wrong + 1",
			 "i", (int64_t)change->uid);
}

static int test_release(struct store *store, const struct change *change)
{
	return store_run(store,
			 "UPDATE login_test SET wrong = wrong - 1"
			 " WHERE uid = ? AND wrong > 0",
			 "i", (int64_t)change->uid);
}

static int decoy(struct store *store, const struct change *change)
{
	return store_run(store, "UPDATE decoy_page SET n = n + 1 WHERE id <= ?",
			 "i", (int64_t)change->pages);
}

/* Of a user at most so many are kept: whoever ends without closing his, and
 * whoever opens them on purpose, must not fill the disk. What he opens himself
 * drives out none that root told of, and an application none but its own. */
#define SESSIONS_MAX 256
#define SESSIONS_ALIKE                                 \
	" FROM session WHERE uid = ?1"                 \
	" AND (opener = 0) = ?3 AND (opener = 3) = ?4" \
	" AND (?4 = 0 OR service = ?5)"
_Static_assert(SESSION_OPENER_HIMSELF == 0 && SESSION_OPENER_APPLICATION == 3,
	       "openers as they stand in SQL");

static int session_open(struct store *store, const struct change *change)
{
	const struct session_opened unknown = { .boot = "" };
	const struct session_opened *opened =
		change->opened ? change->opened : &unknown;
	int r;

	r = store_run(
		store,
		"DELETE" SESSIONS_ALIKE " AND id NOT IN"
		" (SELECT id" SESSIONS_ALIKE " ORDER BY opened DESC LIMIT ?2)",
		"iiiit", (int64_t)change->uid, (int64_t)(SESSIONS_MAX - 1),
		(int64_t)(opened->opener == SESSION_OPENER_HIMSELF),
		(int64_t)(opened->opener == SESSION_OPENER_APPLICATION),
		change->service);
	if (r == 0 && opened->himself)
		r = write_active(store, change->uid, change->at);
	if (r != 0)
		return r;
	r = audit_session_keep(store, opened->boot, opened->audit_session,
			       change->uid, change->session, change->address);
	if (r != 0)
		return r;
	return store_run(store,
			 "INSERT INTO session (id, uid, service, address,"
			 " terminal, opened, pid, boot, opened_us, opener)"
			 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			 "titttiitii", change->session, (int64_t)change->uid,
			 change->service, change->address, change->terminal,
			 change->at, (int64_t)opened->pid, opened->boot,
			 opened->at_us, (int64_t)opened->opener);
}

static int session_close(struct store *store, const struct change *change)
{
	return store_run(store, "DELETE FROM session WHERE id = ?", "t",
			 change->session);
}

static int sessions_gone(struct store *store, const struct change *change)
{
	int r = store_run(store, "DELETE FROM session WHERE boot != ?", "t",
			  change->text);

	return r != 0 ? r
		      : store_run(store,
				  "DELETE FROM audit_session WHERE boot != ?",
				  "t", change->text);
}

static int set_clock(struct store *store, const struct change *change)
{
	int r;

	/* Codes that were sent by a clock that ran ahead were sent by now. */
	r = store_run(store, "UPDATE code_sent SET at = ?1 WHERE at > ?1", "i",
		      change->at);
	return r != 0 ? r
		      : store_run(store,
				  "UPDATE installation SET latest = ?"
				  " WHERE id = 1",
				  "i", change->at);
}

static int backup_made(struct store *store, const struct change *change)
{
	const struct backup_made *made = change->backup;
	int r;

	r = store_run(store,
		      "UPDATE installation SET backups = max(backups, ?)"
		      " WHERE id = 1",
		      "i", made->sequence);
	if (r != 0)
		return r;
	return store_run(store,
			 "INSERT OR REPLACE INTO backup (sequence, created,"
			 " file, bytes, digest) VALUES (?, ?, ?, ?, ?)",
			 "iitib", made->sequence, made->created, made->file,
			 made->bytes, made->digest, sizeof(made->digest));
}

static int backup_gone(struct store *store, const struct change *change)
{
	return store_run(store, "DELETE FROM backup WHERE file = ?", "t",
			 change->text);
}

static int keys(struct store *store, const struct change *change)
{
	return data_keys_write(store, change->keys);
}

static int recovery(struct store *store, const struct change *change)
{
	return recovery_row_write(store, change->recovery);
}

static int reseal(struct store *store, const struct change *change)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < change->reseal->n; i++) {
		const struct resealed *row = &change->reseal->rows[i];

		r = store_run(store, row->column->update, "bii",
			      row->value.bytes, row->value.n, (int64_t)row->uid,
			      row->at);
	}
	return r;
}

static int break_glass_open(struct store *store, const struct change *change)
{
	return store_run(store,
			 "UPDATE user SET opened_at = ?, open_until = ?"
			 " WHERE uid = ? AND break_glass = 1",
			 "iii", change->at, change->until,
			 (int64_t)change->uid);
}

/* The credential grows, so that no login that began before ends after it. */
static int break_glass_close(struct store *store, const struct change *change)
{
	return store_run(store,
			 "UPDATE user SET opened_at = 0, open_until = 0,"
			 " credential = credential + 1"
			 " WHERE uid = ? AND break_glass = 1",
			 "i", (int64_t)change->uid);
}

static int refusal(struct store *store, const struct change *change)
{
	const struct refusal *one = change->refusal;

	return store_run(store,
			 "INSERT INTO refusal (reference, reason, user,"
			 " service, address, n, first, last)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6)"
			 " ON CONFLICT (reference, reason, user, service)"
			 " DO UPDATE SET n = n + 1, last = ?6",
			 "ttttti", one->reference, one->reason, one->user,
			 one->service, one->address, one->last_us);
}

static int refusal_told(struct store *store, const struct change *change)
{
	return store_run(store, "DELETE FROM refusal WHERE id = ?", "i",
			 change->refusal->id);
}

/* Who accepts it twice at once accepted it with the first. */
static int acceptance(struct store *store, const struct change *change)
{
	const struct acceptance *one = change->acceptance;

	return store_run(store,
			 "INSERT OR IGNORE INTO acceptance (uid, version,"
			 " language, at, service, address)"
			 " VALUES (?, ?, ?, ?, ?, ?)",
			 "ittitt", (int64_t)change->uid, one->version,
			 one->language, one->at, one->service, one->address);
}

static int visit(struct store *store, const struct change *change)
{
	return store_run(store,
			 "INSERT OR REPLACE INTO visit (uid, at, service,"
			 " address, terminal, failed)"
			 " VALUES (?, ?, ?, ?, ?, 0)",
			 "iittt", (int64_t)change->uid, change->at,
			 change->service, change->address, change->terminal);
}

static int visit_refused(struct store *store, const struct change *change)
{
	return store_run(store,
			 "INSERT INTO visit (uid, at, service, address,"
			 " terminal, failed) SELECT uid, 0, '', '', '', 1"
			 " FROM user WHERE uid = ?"
			 " ON CONFLICT(uid) DO UPDATE SET failed = failed + 1",
			 "i", (int64_t)change->uid);
}

static int add_project(struct store *store, const struct change *change)
{
	return project_add(store, change->project);
}

static int set_project(struct store *store, const struct change *change)
{
	return project_set(store, change->project, change->at);
}

static int delete_project(struct store *store, const struct change *change)
{
	return project_delete(store, change->project->id, change->at);
}

static int add_group(struct store *store, const struct change *change)
{
	return user_group_add(store, change->group);
}

static int delete_group(struct store *store, const struct change *change)
{
	return user_group_delete(store, change->group->id);
}

static int add_member(struct store *store, const struct change *change)
{
	return user_group_add_member(store, change->group->id, change->uid,
				     change->at);
}

static int remove_member(struct store *store, const struct change *change)
{
	return user_group_remove_member(store, change->group->id, change->uid);
}

static int set_grant(struct store *store, const struct change *change)
{
	return grant_put(store, change->grant);
}

static int remove_grant(struct store *store, const struct change *change)
{
	return grant_remove(store, change->grant);
}

/* The records wait as those of an import do: state/import.h. */
static int set_grants(struct store *store, const struct change *change)
{
	const struct change_grants *grants = change->grants;
	struct change_grant_record one;
	int r = 0;

	for (size_t i = 0; r == 0 && i < grants->n; i++) {
		grants->tell(grants->userdata, i, &one);
		if (!one.grant)
			continue;
		r = grant_put(store, one.grant);
		if (r == 0)
			r = store_run(store,
				      "INSERT INTO import_record (at, act,"
				      " user, actor, details)"
				      " VALUES (?, ?, ?, ?, ?)",
				      "iittt", change->at,
				      (int64_t)IMPORT_GRANT, one.holder,
				      grants->actor, one.details);
	}
	return r;
}

static int ssh_key_add(struct store *store, const struct change *change)
{
	const struct ssh_key *one = change->ssh_key;

	return store_run(store,
			 "INSERT INTO ssh_key (uid, fingerprint, type, key,"
			 " bits, comment, added_at, added_by)"
			 " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			 "itttitit", (int64_t)change->uid,
			 one->line.fingerprint,
			 ssh_key_type_name(one->line.type), one->line.key,
			 (int64_t)one->line.bits, one->line.comment,
			 one->added_at, one->added_by);
}

static int ssh_key_remove(struct store *store, const struct change *change)
{
	return store_run(store,
			 "DELETE FROM ssh_key WHERE uid = ?"
			 " AND fingerprint = ?",
			 "it", (int64_t)change->uid, change->text);
}

static int keep_configuration(struct store *store, const struct change *change)
{
	return configuration_keep(store, change->configuration);
}

static int set_factor(struct store *store, const struct change *change)
{
	return second_factor_write(store, change->uid, change->second_factor);
}

static int use_totp(struct store *store, const struct change *change)
{
	return second_factor_used(store, change->uid, change->at);
}

static int set_recovery_codes(struct store *store, const struct change *change)
{
	return recovery_codes_write(store, change->uid, change->recovery_codes);
}

static int use_recovery_code(struct store *store, const struct change *change)
{
	return recovery_code_used(store, change->uid, change->at);
}

static int send_code(struct store *store, const struct change *change)
{
	return second_factor_send(store, change->uid, change->at);
}

static int unsend_code(struct store *store, const struct change *change)
{
	return second_factor_unsend(store, change->uid, change->at);
}

static int keep_alarms(struct store *store, const struct change *change)
{
	return alarm_rows_keep(store, change->alarms);
}

enum {
	IDENTITY = 1 << 0, /* readers of the identity map see it */
	ACCESS = 1 << 1,   /* readers of an access map see it */
	PROFILE = 1 << 2,  /* of a user's own attributes */
	MUST_HIT = 1 << 3, /* a row that is not there is an error */
	RELIEF = 1 << 4,   /* without it the store is no less strict */
};

static const struct {
	int (*apply)(struct store *store, const struct change *change);
	unsigned int flags;
} types[_CHANGE_N] = {
	[CHANGE_USER_ADD] = { user_add,
			      IDENTITY | MUST_HIT | PROFILE | ACCESS },
	[CHANGE_USER_SET] = { user_set,
			      IDENTITY | MUST_HIT | PROFILE | ACCESS },
	[CHANGE_USER_ENABLE] = { user_enable, MUST_HIT | PROFILE | ACCESS },
	[CHANGE_USER_DISABLE] = { user_disable, MUST_HIT | PROFILE | ACCESS },
	[CHANGE_USER_DELETE] = { user_delete,
				 IDENTITY | MUST_HIT | PROFILE | ACCESS },
	[CHANGE_USER_LOCK] = { user_lock, 0 },
	[CHANGE_USER_UNLOCK] = { user_unlock, 0 },
	[CHANGE_PASSWORD] = { password, MUST_HIT },
	[CHANGE_REHASH] = { rehash, MUST_HIT | RELIEF },
	[CHANGE_CLAIM] = { claim, MUST_HIT },
	[CHANGE_RELEASE] = { release, 0 },
	[CHANGE_FAILURE] = { failure, MUST_HIT },
	[CHANGE_SUCCESS] = { success, RELIEF },
	[CHANGE_RESET] = { reset, 0 },
	[CHANGE_TEST_CLAIM] = { test_claim, MUST_HIT },
	[CHANGE_TEST_RELEASE] = { test_release, 0 },
	[CHANGE_DECOY] = { decoy, 0 },
	[CHANGE_SESSION_OPEN] = { session_open, MUST_HIT },
	[CHANGE_SESSION_CLOSE] = { session_close, 0 },
	[CHANGE_SESSIONS_OVER] = { sessions_over, 0 },
	[CHANGE_SESSIONS_GONE] = { sessions_gone, 0 },
	[CHANGE_CLOCK] = { set_clock, MUST_HIT },
	[CHANGE_BACKUP_MADE] = { backup_made, MUST_HIT },
	[CHANGE_BACKUP_GONE] = { backup_gone, 0 },
	[CHANGE_KEYS] = { keys, 0 },
	[CHANGE_RECOVERY] = { recovery, MUST_HIT },
	[CHANGE_RESEAL] = { reseal, 0 },
	[CHANGE_BREAK_GLASS_OPEN] = { break_glass_open, MUST_HIT | ACCESS },
	[CHANGE_BREAK_GLASS_CLOSE] = { break_glass_close, MUST_HIT | ACCESS },
	[CHANGE_REFUSAL] = { refusal, MUST_HIT },
	[CHANGE_REFUSAL_TOLD] = { refusal_told, MUST_HIT },
	[CHANGE_ACCEPTANCE] = { acceptance, 0 },
	[CHANGE_VISIT] = { visit, MUST_HIT },
	[CHANGE_VISIT_REFUSED] = { visit_refused, 0 },
	[CHANGE_PROJECT_ADD] = { add_project, MUST_HIT | ACCESS },
	[CHANGE_PROJECT_SET] = { set_project, MUST_HIT | ACCESS },
	[CHANGE_PROJECT_DELETE] = { delete_project, MUST_HIT | ACCESS },
	[CHANGE_GROUP_ADD] = { add_group, MUST_HIT },
	[CHANGE_GROUP_DELETE] = { delete_group, MUST_HIT | ACCESS },
	[CHANGE_MEMBER_ADD] = { add_member, MUST_HIT | ACCESS },
	[CHANGE_MEMBER_REMOVE] = { remove_member, MUST_HIT | ACCESS },
	[CHANGE_GRANT_SET] = { set_grant, MUST_HIT | ACCESS },
	[CHANGE_GRANT_REMOVE] = { remove_grant, MUST_HIT | ACCESS },
	[CHANGE_GRANTS] = { set_grants, ACCESS },
	[CHANGE_SSH_KEY_ADD] = { ssh_key_add, MUST_HIT },
	[CHANGE_SSH_KEY_REMOVE] = { ssh_key_remove, MUST_HIT },
	[CHANGE_CONFIGURATION] = { keep_configuration, MUST_HIT },
	[CHANGE_SECOND_FACTOR] = { set_factor, MUST_HIT },
	[CHANGE_TOTP_USED] = { use_totp, MUST_HIT },
	[CHANGE_RECOVERY_CODES] = { set_recovery_codes, MUST_HIT },
	[CHANGE_RECOVERY_USED] = { use_recovery_code, MUST_HIT },
	[CHANGE_CODE_SENT] = { send_code, MUST_HIT },
	[CHANGE_CODE_UNSENT] = { unsend_code, 0 },
	[CHANGE_ALARMS] = { keep_alarms, MUST_HIT },
};

void change_set_add(struct change_set *set, struct change change)
{
	assert(set->n_changes < CHANGES_MAX);
	set->changes[set->n_changes++] = change;
}

void change_set_record(struct change_set *set, struct record record)
{
	assert(set->n_records < RECORDS_MAX);
	set->records[set->n_records++] = record;
}

int change_apply(struct store *store, const struct change *change)
{
	int r;

	if (!types[change->type].apply)
		return 0;
	r = types[change->type].apply(store, change);
	if (r == 0 && types[change->type].flags & MUST_HIT &&
	    store_changes(store) != 1)
		r = -ESRCH;
	return r;
}

bool change_is_identity(const struct change *change)
{
	return (types[change->type].flags & IDENTITY) != 0;
}

bool change_is_access(const struct change *change)
{
	return (types[change->type].flags & ACCESS) != 0;
}

bool change_set_is_relief(const struct change_set *set)
{
	for (size_t i = 0; i < set->n_changes; i++)
		if (!(types[set->changes[i].type].flags & RELIEF))
			return false;
	return true;
}

bool change_is_profile(const struct change *change)
{
	return (types[change->type].flags & PROFILE) != 0;
}
