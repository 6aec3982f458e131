/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A backup made beside a running store and put back: what stays stricter, what
 * may be named, abuse_106: what is crafted is refused, abuse_107: killed at any
 * step it leaves the old store or the new one, abuse_109: a host without the
 * key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>
#include <sodium.h>

#include "base/clock.h"
#include "cloxxsd/backup/job.h"
#include "cloxxsd/offline/offline.h"
#include "cloxxsd/offline/restore.h"
#include "cloxxsd/state/history.h"
#include "cloxxsd/state/import.h"
#include "cloxxsd/state/ledger_proof.h"
#include "cloxxsd/state/login_test.h"
#include "cloxxsd/state/retention.h"
#include "cloxxsd/state/rotation.h"
#include "tests/unit/faulty_disk.h"
#include "tests/unit/state_fixture.h"

#define N_USERS 6
#define UID(i) (70000 + (uint32_t)(i))

static struct state_fixture f;
static struct recovery_identity identity;
static char backup_path[300], snapshot_path[128], backups_path[128];

static void add_user(uint32_t uid, const char *name)
{
	struct user user = user_of(uid, name);

	user.role = USER_ROLE_ADMINISTRATOR;
	assert_int_equal(state_seal_password(&f.state, uid, "$argon2id$old",
					     &user.password),
			 0);
	apply(&f,
	      (struct change){
		      .type = CHANGE_USER_ADD, .uid = uid, .user = &user },
	      0);
}

struct outcome {
	sd_event *event;
	struct job_result result;
	unsigned int n_told;
};

static void on_told(enum job_phase phase, uint32_t percent, void *userdata)
{
	struct outcome *outcome = userdata;

	assert_true(phase < _JOB_PHASE_N && percent <= 100);
	outcome->n_told++;
}

static void on_done(const struct job_result *result, void *userdata)
{
	struct outcome *outcome = userdata;

	outcome->result = *result;
	(void)sd_event_exit(outcome->event, 0);
}

/* As the daemon does. */
static struct job_result make_backup(const char *directory)
{
	struct outcome outcome = { 0 };
	struct errands *errands;
	struct job_args args = {
		.store = f.state.store,
		.snapshot = snapshot_path,
		.directory = directory,
		.header = { .created = 1700000000, .sequence = 1 },
		.told = on_told,
		.done = on_done,
		.userdata = &outcome,
	};
	struct job *job;
	int64_t n;

	assert_int_equal(sd_event_new(&outcome.event), 0);
	assert_int_equal(errands_new(outcome.event, &errands), 0);
	args.event = outcome.event;
	args.errands = errands;
	assert_int_equal(backups_installation(f.state.store,
					      args.header.installation, &n),
			 0);
	assert_int_equal(state_copy_key(&f.state, &args.key), 0);
	assert_int_equal(state_recipient(&f.state, args.header.recipient), 0);
	assert_int_equal(job_start(&args, &job), 0);
	assert_int_equal(sd_event_loop(outcome.event), 0);
	errands_free(errands);
	sd_event_unref(outcome.event);
	assert_int_equal(access(snapshot_path, F_OK), -1);
	return outcome.result;
}

static int setup(void **state)
{
	const struct rotation_act act = { .actor = "root",
					  .reason = REASON_NONE,
					  .now_us = 1000000 };
	struct job_result result;
	char name[32];

	(void)state;
	state_fixture_init(&f);
	state_fixture_open(&f);
	recovery_identity_make(&identity);
	assert_int_equal(
		rotation_set_recovery(&f.state, identity.public_key, &act), 0);
	for (int i = 0; i < N_USERS; i++) {
		(void)snprintf(name, sizeof(name), "user%d", i);
		add_user(UID(i), name);
	}
	scratch_path(&f.scratch, "snapshot", snapshot_path);
	scratch_path(&f.scratch, "backups", backups_path);
	assert_int_equal(mkdir(backups_path, 0700), 0);
	result = make_backup(backups_path);
	if (result.r != 0)
		fail_msg("%d: %s", result.r, result.why);
	assert_int_equal(result.header.users, N_USERS);
	(void)snprintf(backup_path, sizeof(backup_path), "%s/%s", backups_path,
		       result.made.file);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_fixture_deinit(&f);
	return 0;
}

struct told {
	char text[2048];
	struct text all;
};

static int tell(enum merge_fact fact, bool allowed, const char *user,
		void *userdata)
{
	struct told *told = userdata;

	text_add_format(&told->all, "%s %s\n", user,
			merge_fact_text(fact, allowed));
	return 0;
}

static int prepare(const char *allow, bool with_key, struct told *told,
		   char why[512], struct restore *ret)
{
	struct restore_args args = { .identity = &identity };
	char private[160];
	struct text text;
	int r;

	(void)snprintf(private, sizeof(private), "%s/private", f.directory);
	text_init(&told->all, told->text, sizeof(told->text));
	text_init(&text, why, 512);
	args.private_directory = private;
	args.archive_fd = open(backup_path, O_RDONLY | O_CLOEXEC);
	assert_true(args.archive_fd >= 0);
	if (with_key)
		assert_int_equal(key_load(f.key, &args.key), 0);
	args.merge = (struct merge_args){ .allowed = { allow },
					  .now = 1700000100,
					  .each = tell,
					  .userdata = told };
	r = restore_prepare(&args, &text, ret);
	close(args.archive_fd);
	return r;
}

static int finish(struct restore *restore, char why[512])
{
	struct record record = record_of(EVENT_BACKUP_RESTORED, NULL);
	struct text text;

	text_init(&text, why, 512);
	return restore_finish(restore, &record, &text);
}

static void restore_well(const char *allow, struct told *told,
			 struct restore *ret)
{
	char why[512] = "";
	int r;

	state_fixture_close(&f);
	r = prepare(allow, true, told, why, ret);
	if (r == 0)
		r = finish(ret, why);
	if (r != 0)
		fail_msg("%d: %s", r, why);
	restore_deinit(ret);
	state_fixture_open(&f);
	state_prove(&f.state);
}

/* user5 to a shorter time, at fewer hours. */
static void limit_one(void)
{
	struct user limited = find(&f, UID(5));

	limited.not_before = 1700000000;
	limited.not_after = 1800000000;
	memcpy(limited.hours, "07:00-20:00", sizeof("07:00-20:00"));
	apply(&f,
	      (struct change){ .type = CHANGE_USER_SET,
			       .uid = UID(5),
			       .user = &limited },
	      0);
}

static void make_stricter(void)
{
	struct user lesser = find(&f, UID(2));
	struct sealed password;

	limit_one();
	lesser.role = USER_ROLE_USER;
	memcpy(lesser.services, "sudo", sizeof("sudo"));
	apply(&f,
	      (struct change){ .type = CHANGE_USER_LOCK,
			       .uid = UID(0),
			       .at = 1700000050,
			       .text = "left" },
	      0);
	apply(&f,
	      (struct change){ .type = CHANGE_USER_DISABLE,
			       .uid = UID(1),
			       .at = 1700000050,
			       .text = "left" },
	      0);
	apply(&f,
	      (struct change){
		      .type = CHANGE_USER_SET, .uid = UID(2), .user = &lesser },
	      0);
	apply(&f,
	      (struct change){ .type = CHANGE_USER_DELETE,
			       .uid = UID(3),
			       .at = 1700000050 },
	      0);
	assert_int_equal(state_seal_password(&f.state, UID(4), "$argon2id$new",
					     &password),
			 0);
	apply(&f,
	      (struct change){ .type = CHANGE_PASSWORD,
			       .uid = UID(4),
			       .at = 1700000050,
			       .password = &password,
			       .kind = USER_PASSWORD_CHOSEN },
	      0);
	apply(&f,
	      (struct change){ .type = CHANGE_FAILURE,
			       .uid = UID(5),
			       .failure =
				       &(struct user_failure){
					       .at = 1700000060,
					       .service = "sshd",
					       .reason = "wrong-password" } },
	      0);
	add_user(UID(9), "newcomer");
}

static void expect_password(uint32_t uid, const char *hash)
{
	scope(secret_deinit) struct secret found = { 0 };
	struct user user = find(&f, uid);

	assert_int_equal(state_open_password(&f.state, &user, &found), 0);
	assert_string_equal(found.bytes, hash);
}

static void who_is_kept_out_stays_out(void **state)
{
	struct restore restore;
	struct told told;
	struct user user;
	int64_t seq;
	bool used;

	(void)state;
	make_stricter();
	seq = f.state.ledger.seq;
	restore_well(NULL, &told, &restore);
	assert_true(restore.is_compared);
	assert_int_equal(restore.ledger, MERGE_LEDGER_GOES_ON);
	assert_true(user_is_locked(&(struct user){ .locked_at = 1 }));
	user = find(&f, UID(0));
	assert_true(user_is_locked(&user));
	assert_string_equal(user.locked_because, "left");
	user = find(&f, UID(1));
	assert_false(user.enabled);
	user = find(&f, UID(2));
	assert_int_equal(user.role, USER_ROLE_USER);
	assert_string_equal(user.services, "sudo");
	assert_int_equal(user_find_uid(f.state.store, UID(3), &user),
			 USER_E_UNKNOWN);
	assert_int_equal(user_uid_is_used(f.state.store, UID(3), &used), 0);
	assert_true(used);
	expect_password(UID(4), "$argon2id$new");
	expect_password(UID(5), "$argon2id$old");
	assert_int_equal(find(&f, UID(5)).failures, 1);
	assert_int_equal(user_find_uid(f.state.store, UID(9), &user),
			 USER_E_UNKNOWN);
	assert_int_equal(user_uid_is_used(f.state.store, UID(9), &used), 0);
	assert_true(used);
	/* The ledger goes on behind its last record. */
	assert_int_equal(f.state.ledger.seq, seq + 1);
	assert_non_null(strstr(told.text, "user0 stays locked\n"));
	assert_non_null(strstr(told.text, "user1 stays disabled\n"));
	assert_non_null(strstr(told.text, "user2 stays no administrator\n"));
	assert_non_null(strstr(told.text, "user2 gets no service back\n"));
	user = find(&f, UID(5));
	assert_int_equal(user.not_before, 1700000000);
	assert_int_equal(user.not_after, 1800000000);
	assert_string_equal(user.hours, "07:00-20:00");
	assert_non_null(strstr(told.text, "user5 is valid when both say so\n"));
	assert_non_null(strstr(told.text, "user3 stays away\n"));
	assert_non_null(strstr(told.text, "user4 keeps the newer password\n"));
	assert_non_null(strstr(told.text, "newcomer goes"));
}

/* A password with the one before it among the former ones. */
static void change_password(uint32_t uid, const char *hash)
{
	struct sealed password;

	assert_int_equal(state_seal_password(&f.state, uid, hash, &password),
			 0);
	apply(&f,
	      (struct change){ .type = CHANGE_PASSWORD,
			       .uid = uid,
			       .at = 1700000050,
			       .password = &password,
			       .kind = USER_PASSWORD_CHOSEN,
			       .history = 5 },
	      0);
}

static void expect_former(uint32_t uid, const char *const *hashes, size_t n)
{
	struct secret *former;
	size_t n_former;

	assert_int_equal(history_read(&f.state, uid, 24, &former, &n_former),
			 0);
	assert_int_equal(n_former, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(former[i].bytes, hashes[i]);
	history_free(former, n_former);
}

/* Nobody gets a former password for a new one by a restore. */
static void former_passwords_stay(void **state)
{
	/* The one of the backup is temporary, and so nobody's own. */
	static const char *const hashes[] = { "$argon2id$new" };
	struct restore restore;
	struct told told;

	(void)state;
	change_password(UID(4), "$argon2id$new");
	change_password(UID(4), "$argon2id$newer");
	restore_well(NULL, &told, &restore);
	expect_password(UID(4), "$argon2id$newer");
	expect_former(UID(4), hashes, 1);
}

/* Nor that which gave way to the older one of the backup. */
static void a_password_that_gives_way_is_remembered(void **state)
{
	/* The one of the backup is temporary, and so nobody's own. */
	static const char *const hashes[] = { "$argon2id$new" };
	struct restore restore;
	struct told told;

	(void)state;
	change_password(UID(4), "$argon2id$new");
	restore_well("passwords", &told, &restore);
	expect_password(UID(4), "$argon2id$old");
	expect_former(UID(4), hashes, 1);
}

static int remove_store(const char *name)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/private/%s", f.directory, name);
	return unlink(path);
}

static void expect_newer_though_earlier(int64_t seconds)
{
	struct restore restore;
	struct sealed password;
	struct told told;

	assert_int_equal(state_seal_password(&f.state, UID(4), "$argon2id$new",
					     &password),
			 0);
	apply(&f,
	      (struct change){ .type = CHANGE_PASSWORD,
			       .uid = UID(4),
			       .at = find(&f, UID(4)).password_changed -
				     seconds,
			       .password = &password,
			       .kind = USER_PASSWORD_CHOSEN },
	      0);
	restore_well(NULL, &told, &restore);
	expect_password(UID(4), "$argon2id$new");
	assert_non_null(strstr(told.text, "user4 keeps the newer password\n"));
}

/* abuse_133: the clock was ahead when the older password was chosen. */
static void a_password_from_before_the_clock_was_set_back(void **state)
{
	(void)state;
	expect_newer_though_earlier(3600);
}

static void a_password_of_the_same_second(void **state)
{
	(void)state;
	expect_newer_though_earlier(0);
}

static int64_t count(const char *sql)
{
	sqlite3_stmt *row;
	int64_t n;

	assert_int_equal(store_bind(f.state.store, sql, &row, ""), 0);
	assert_int_equal(store_step(row), STORE_E_ROW);
	n = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return n;
}

/* What the backup had still to record, the ledger that goes on has. */
static void records_of_an_import_are_told_once(void **state)
{
	struct job_result result;
	struct restore restore;
	struct told told;
	int64_t n = 0;

	(void)state;
	assert_int_equal(
		store_run(f.state.store,
			  "INSERT INTO import_record (at, act, user, actor,"
			  " details) VALUES (1, 1, 'user0', 'root', 'uid')",
			  ""),
		0);
	assert_int_equal(unlink(backup_path), 0);
	result = make_backup(backups_path);
	assert_int_equal(result.r, 0);
	assert_int_equal(import_record(&f.state, 10, &n), 0);
	assert_int_equal(n, 1);
	restore_well(NULL, &told, &restore);
	assert_int_equal(count("SELECT count(*) FROM import_record"), 0);
	assert_int_equal(remove_store(restore.kept), 0);
	/* And what only the present had still to record is not lost. */
	assert_int_equal(
		store_run(f.state.store,
			  "INSERT INTO import_record (at, act, user, actor,"
			  " details) VALUES (1, 2, 'user1', 'root', 'shell')",
			  ""),
		0);
	restore_well(NULL, &told, &restore);
	assert_int_equal(count("SELECT count(*) FROM import_record WHERE"
			       " user = 'user1'"),
			 1);
}

/* Of the tests too the more are counted, whichever side has them. */
/* Takes all texts of all records but the last, an hour from now. */
static void purge_all(void)
{
	const int64_t keep_us[_EVENT_CLASS_N] = { 0 };
	struct retention_pass *pass = calloc(1, sizeof(*pass));
	int64_t now = clock_realtime_us() + INT64_C(3600000000), seq;
	int r;

	assert_non_null(pass);
	/* Those of the fixture are years apart. */
	for (int i = 0; i < 50; i++) {
		assert_int_equal(retention_begin(&f.state, keep_us, now, pass),
				 0);
		do
			r = retention_step(&f.state, pass, 100, now, &seq);
		while (r == RETENTION_E_MORE);
		assert_int_equal(r, 0);
	}
	free(pass);
}

/* What was purged since does not come back, and what was put on hold stays. */
static void what_was_purged_stays_away(void **state)
{
	struct record record = record_of(EVENT_AUDIT_HELD, NULL);
	struct hold hold = { .class = _EVENT_CLASS_N,
			     .user = "user1",
			     .until_us = INT64_MAX,
			     .reason = "a case",
			     .actor = "root" };
	struct holds *holds = calloc(1, sizeof(*holds));
	struct ledger_cut cut;
	struct restore restore;
	struct told told;
	int64_t seq;

	(void)state;
	assert_non_null(holds);
	purge_all();
	record.at_us = clock_realtime_us();
	assert_int_equal(retention_hold(&f.state, &hold, &record), 0);
	cut = f.state.ledger.cut;
	assert_true(cut.seq > 0);
	restore_well(NULL, &told, &restore);
	assert_int_equal(restore.ledger, MERGE_LEDGER_GOES_ON);
	assert_memory_equal(&f.state.ledger.cut, &cut, sizeof(cut));
	assert_int_equal(ledger_prove(&f.state.ledger, &seq), 0);
	assert_int_equal(holds_load(f.state.store, holds), 0);
	assert_int_equal(holds->n, 1);
	assert_string_equal(holds->all[0].user, "user1");
	free(holds);
}

static void wrong_tests_stay_counted(void **state)
{
	static const struct {
		int i, backup, present, merged;
	} rows[] = { { 0, 0, 3, 3 }, { 1, 2, 1, 2 }, { 2, 1, 0, 1 } };
	struct job_result result;
	struct restore restore;
	struct told told;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int n = 0; n < rows[i].backup; n++)
			apply(&f,
			      (struct change){ .type = CHANGE_TEST_CLAIM,
					       .uid = UID(rows[i].i) },
			      0);
	assert_int_equal(unlink(backup_path), 0);
	result = make_backup(backups_path);
	assert_int_equal(result.r, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (int n = rows[i].present; n < rows[i].backup; n++)
			apply(&f,
			      (struct change){ .type = CHANGE_TEST_RELEASE,
					       .uid = UID(rows[i].i) },
			      0);
		for (int n = rows[i].backup; n < rows[i].present; n++)
			apply(&f,
			      (struct change){ .type = CHANGE_TEST_CLAIM,
					       .uid = UID(rows[i].i) },
			      0);
	}
	restore_well(NULL, &told, &restore);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t n = 99;

		assert_int_equal(
			login_test_count(f.state.store, UID(rows[i].i), &n), 0);
		assert_int_equal(n, rows[i].merged);
	}
}

static void an_emergency_is_over_for_who_comes_back(void **state)
{
	struct job_result result;
	struct restore restore;
	struct told told;

	(void)state;
	assert_int_equal(store_run(f.state.store,
				   "UPDATE user SET break_glass = 1,"
				   " opened_at = 1, open_until = 9999999999"
				   " WHERE uid = ?",
				   "i", (int64_t)UID(3)),
			 0);
	assert_int_equal(unlink(backup_path), 0);
	result = make_backup(backups_path);
	assert_int_equal(result.r, 0);
	make_stricter();
	restore_well("user3", &told, &restore);
	assert_true(find(&f, UID(3)).break_glass);
	assert_int_equal(find(&f, UID(3)).open_until, 0);
}

static void accept_notice(uint32_t uid, const char *version)
{
	struct acceptance one = { .language = "nl", .service = "sshd" };

	memcpy(one.version, version, strlen(version) + 1);
	apply(&f,
	      (struct change){ .type = CHANGE_ACCEPTANCE,
			       .uid = uid,
			       .acceptance = &one },
	      0);
}

/* What was accepted is what is known now; who comes back is asked again. */
static void an_acceptance_stays_with_who_is_there(void **state)
{
	struct job_result result;
	struct restore restore;
	struct told told;

	(void)state;
	accept_notice(UID(3), "1");
	accept_notice(UID(4), "1");
	assert_int_equal(unlink(backup_path), 0);
	result = make_backup(backups_path);
	assert_int_equal(result.r, 0);
	accept_notice(UID(4), "2");
	apply(&f,
	      (struct change){ .type = CHANGE_VISIT_REFUSED, .uid = UID(4) },
	      0);
	make_stricter();
	restore_well("user3", &told, &restore);
	assert_int_equal(count("SELECT count(*) FROM acceptance"), 2);
	assert_int_equal(count("SELECT count(*) FROM acceptance"
			       " JOIN user USING (uid) WHERE name = 'user4'"),
			 2);
	assert_int_equal(count("SELECT failed FROM visit"), 1);
}

static void have_factor(uint32_t uid, const char *phone, int64_t step)
{
	struct seal_place place = factor_place(FACTOR_PHONE, uid);
	struct second_factor factor = { .totp_step = step };

	assert_int_equal(state_seal(&f.state, &place, phone,
				    &factor.values[FACTOR_PHONE]),
			 0);
	apply(&f,
	      (struct change){ .type = CHANGE_SECOND_FACTOR,
			       .uid = uid,
			       .second_factor = &factor },
	      0);
}

static void have_codes(uint32_t uid, size_t n)
{
	const struct recovery_codes codes = { .n = n };

	apply(&f,
	      (struct change){ .type = CHANGE_RECOVERY_CODES,
			       .uid = uid,
			       .recovery_codes = &codes },
	      0);
}

/* abuse_44: neither a code that was used nor a number that was lost comes back
 * with an old backup; who is gone comes back with what he had. */
static void abuse_44_the_second_factor_of_now_stays(void **state)
{
	scope(secret_deinit) struct secret phone = { 0 };
	struct seal_place place = factor_place(FACTOR_PHONE, UID(4));
	struct second_factor factor;
	struct job_result result;
	struct restore restore;
	struct told told;

	(void)state;
	for (int i = 3; i < 6; i++) {
		have_factor(UID(i), "+31612345678", 10);
		have_codes(UID(i), 2);
	}
	assert_int_equal(unlink(backup_path), 0);
	result = make_backup(backups_path);
	assert_int_equal(result.r, 0);
	have_factor(UID(4), "+31687654321", 20);
	apply(&f,
	      (struct change){
		      .type = CHANGE_RECOVERY_USED, .uid = UID(4), .at = 1 },
	      0);
	have_codes(UID(5), 0);
	apply(&f,
	      (struct change){ .type = CHANGE_CODE_SENT,
			       .uid = UID(4),
			       .at = 1700000000 },
	      0);
	make_stricter();
	restore_well("user3", &told, &restore);
	assert_int_equal(second_factor_find(f.state.store, UID(4), &factor), 0);
	assert_int_equal(factor.totp_step, 20);
	assert_int_equal(factor.n_recovery, 1);
	assert_int_equal(state_unseal(&f.state, &place,
				      &factor.values[FACTOR_PHONE], &phone),
			 0);
	assert_string_equal(phone.bytes, "+31687654321");
	assert_int_equal(second_factor_find(f.state.store, UID(5), &factor), 0);
	assert_int_equal(factor.n_recovery, 0);
	assert_int_equal(second_factor_find(f.state.store, UID(3), &factor), 0);
	assert_int_equal(factor.n_recovery, 0);
	assert_true(factor.values[FACTOR_PHONE].n > 0);
	assert_int_equal(count("SELECT count(*) FROM code_sent"), 1);
}

static void add_key(uint32_t uid, const char *fingerprint)
{
	struct ssh_key key = { .line = { .type = SSH_KEY_ED25519,
					 .key = "ssh-ed25519 AAAA" },
			       .added_at = 1700000000 };

	memcpy(key.line.fingerprint, fingerprint, strlen(fingerprint) + 1);
	apply(&f,
	      (struct change){
		      .type = CHANGE_SSH_KEY_ADD, .uid = uid, .ssh_key = &key },
	      0);
}

/* user4 has b and c, c since the backup, and had a; user5 had a; user3, who had
 * a, is gone. */
static void change_keys(void)
{
	static const uint32_t had[] = { UID(3), UID(4), UID(5) };
	struct job_result result;

	for (size_t i = 0; i < ARRAY_SIZE(had); i++)
		add_key(had[i], "SHA256:a");
	add_key(UID(4), "SHA256:b");
	assert_int_equal(unlink(backup_path), 0);
	result = make_backup(backups_path);
	assert_int_equal(result.r, 0);
	for (size_t i = 1; i < ARRAY_SIZE(had); i++)
		apply(&f,
		      (struct change){ .type = CHANGE_SSH_KEY_REMOVE,
				       .uid = had[i],
				       .text = "SHA256:a" },
		      0);
	add_key(UID(4), "SHA256:c");
	apply(&f,
	      (struct change){ .type = CHANGE_USER_DELETE,
			       .uid = UID(3),
			       .at = 1700000050 },
	      0);
}

static bool has_key(uint32_t uid, const char *fingerprint)
{
	struct ssh_key key;
	int r = ssh_key_find(f.state.store, uid, fingerprint, &key);

	assert_true(r == 0 || r == USER_E_UNKNOWN);
	return r == 0;
}

static void a_key_that_was_removed_stays_so(void **state)
{
	struct restore restore;
	struct told told;

	(void)state;
	change_keys();
	restore_well(NULL, &told, &restore);
	assert_false(has_key(UID(4), "SHA256:a"));
	assert_true(has_key(UID(4), "SHA256:b"));
	assert_false(has_key(UID(4), "SHA256:c"));
	assert_false(has_key(UID(5), "SHA256:a"));
	assert_int_equal(count("SELECT count(*) FROM ssh_key"), 1);
	assert_non_null(strstr(told.text, "user4 gets no SSH key back\n"));
	assert_non_null(strstr(told.text, "user5 gets no SSH key back\n"));
	assert_null(strstr(told.text, "user0 gets no SSH key back\n"));
}

static void a_key_comes_back_to_who_is_named(void **state)
{
	struct restore restore;
	struct told told;

	(void)state;
	change_keys();
	restore_well("user4,user3", &told, &restore);
	assert_true(has_key(UID(4), "SHA256:a"));
	assert_false(has_key(UID(5), "SHA256:a"));
	assert_true(has_key(UID(3), "SHA256:a"));
	assert_non_null(strstr(told.text, "user4 gets SSH keys back\n"));
}

static void what_is_named_is_loosened(void **state)
{
	static const char all[] =
		"locks,disabled,roles,services,validity,passwords,users";
	struct restore restore;
	struct told told;

	(void)state;
	make_stricter();
	restore_well(all, &told, &restore);
	assert_int_equal(find(&f, UID(0)).locked_at, 0);
	assert_true(find(&f, UID(1)).enabled);
	assert_int_equal(find(&f, UID(2)).role, USER_ROLE_ADMINISTRATOR);
	assert_string_equal(find(&f, UID(2)).services, "sshd,sudo");
	assert_string_equal(find(&f, UID(3)).name, "user3");
	expect_password(UID(4), "$argon2id$old");
	assert_int_equal(find(&f, UID(5)).not_before, 0);
	assert_int_equal(find(&f, UID(5)).not_after, 0);
	assert_string_equal(find(&f, UID(5)).hours, "");
	/* Not for any name: wrong answers are never given back. */
	assert_int_equal(find(&f, UID(5)).failures, 1);
	assert_non_null(strstr(told.text, "user0 is unlocked\n"));
	assert_non_null(strstr(told.text, "user3 comes back\n"));
}

static void one_user_is_named(void **state)
{
	struct restore restore;
	struct told told;

	(void)state;
	make_stricter();
	restore_well("user0,user3", &told, &restore);
	assert_int_equal(find(&f, UID(0)).locked_at, 0);
	assert_string_equal(find(&f, UID(3)).name, "user3");
	assert_false(find(&f, UID(1)).enabled);
	assert_int_equal(find(&f, UID(2)).role, USER_ROLE_USER);
}

/* Each limit by itself: what one of the two says stays. */
static void of_two_limits_the_stricter(void **state)
{
	static const struct {
		int64_t present[2], backup[2], kept[2];
		const char *hours[3]; /* the same */
		bool differs;
	} rows[] = {
		{ { 0, 0 }, { 0, 0 }, { 0, 0 }, { "", "", "" }, false },
		{ { 0, 0 },
		  { 10, 20 },
		  { 10, 20 },
		  { "", "sa 09:00-10:00", "sa 09:00-10:00" },
		  false },
		{ { 10, 20 },
		  { 0, 0 },
		  { 10, 20 },
		  { "sa 09:00-10:00", "", "sa 09:00-10:00" },
		  true },
		{ { 10, 20 }, { 5, 30 }, { 10, 20 }, { "", "", "" }, true },
		{ { 10, 20 }, { 15, 18 }, { 15, 18 }, { "", "", "" }, false },
		{ { 10, 20 }, { 15, 30 }, { 15, 20 }, { "", "", "" }, true },
		{ { 0, 0 },
		  { 0, 0 },
		  { 0, 0 },
		  { "sa 09:00-10:00", "su 09:00-10:00", "sa 09:00-10:00" },
		  true },
	};
	const struct merge_allowed nothing = { NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct user both[3] = { user_of(UID(0), "user0"),
					user_of(UID(0), "user0") };
		uint32_t facts, loosened;

		for (int k = 0; k < 2; k++) {
			const int64_t *times =
				k == 0 ? rows[i].present : rows[i].backup;

			both[k].not_before = times[0];
			both[k].not_after = times[1];
			memcpy(both[k].hours, rows[i].hours[k],
			       strlen(rows[i].hours[k]) + 1);
		}
		merge_user(&both[0], &both[1], &nothing, &both[2], &facts,
			   &loosened);
		assert_int_equal(both[2].not_before, rows[i].kept[0]);
		assert_int_equal(both[2].not_after, rows[i].kept[1]);
		assert_string_equal(both[2].hours, rows[i].hours[2]);
		assert_int_equal((facts >> MERGE_VALIDITY) & 1,
				 rows[i].differs);
	}
}

/* abuse_133: a restore does not set back what was known of the time. */
static void the_latest_time_is_the_later_of_both(void **state)
{
	const int64_t later = 4000000000;
	struct restore restore;
	struct told told;

	(void)state;
	assert_int_equal(store_run(f.state.store,
				   "UPDATE installation SET latest = ?", "i",
				   later),
			 0);
	restore_well(NULL, &told, &restore);
	assert_true(state_moment(&f.state, 0).latest >= later);
}

static void keys_that_changed_since(void **state)
{
	const struct rotation_act act = { .actor = "root",
					  .reason = REASON_NONE,
					  .now_us = 1700000050000000 };
	struct restore restore;
	struct key *ring;
	struct told told;
	uint8_t roots[2 * KEY_BYTES];
	size_t n;

	(void)state;
	randombytes_buf(roots, KEY_BYTES);
	memcpy(roots + KEY_BYTES, key_roots(f.state.key, &n), KEY_BYTES);
	assert_int_equal(key_read(roots, sizeof(roots), &ring), 0);
	assert_int_equal(rotation_begin(&f.state, ring, &act), 0);
	ring = key_free(ring);
	scratch_write(&f.scratch, "key", roots, sizeof(roots), 0600);
	make_stricter();
	restore_well(NULL, &told, &restore);
	expect_password(UID(4), "$argon2id$new");
	expect_password(UID(0), "$argon2id$old");
	assert_int_equal(restore.ledger, MERGE_LEDGER_GOES_ON);
}

static void abuse_109_new_host(void **state)
{
	struct restore restore;
	struct told told;
	char why[512] = "";
	uint8_t identifier[INSTALLATION_BYTES];
	struct backup_made made;
	const uint8_t *roots;
	int64_t sequence;
	size_t n;
	int r;

	(void)state;
	state_fixture_close(&f);
	assert_int_equal(remove_store("store.db"), 0);
	assert_int_equal(remove_store("store.made"), 0);
	(void)unlink(f.key);
	r = prepare(NULL, false, &told, why, &restore);
	if (r != 0)
		fail_msg("%d: %s", r, why);
	assert_true(restore.key_is_of_backup && restore.is_ours);
	assert_false(restore.is_there);
	roots = key_roots(restore.key, &n);
	scratch_write(&f.scratch, "key", roots, n, 0600);
	assert_int_equal(finish(&restore, why), 0);
	assert_string_equal(restore.kept, "");
	restore_deinit(&restore);
	state_fixture_open(&f);
	state_prove(&f.state);
	expect_password(UID(5), "$argon2id$old");
	/* No later backup is given its number, and so perhaps its name. */
	assert_int_equal(backups_last(f.state.store, &made), 0);
	assert_int_equal(made.sequence, 1);
	assert_string_equal(made.file, strrchr(backup_path, '/') + 1);
	assert_int_equal(
		backups_installation(f.state.store, identifier, &sequence), 0);
	assert_int_equal(sequence, 1);
}

static void a_damaged_store(void **state)
{
	static const uint8_t zeros[100];
	struct restore restore;
	char why[512] = "";
	struct told told;

	(void)state;
	state_fixture_close(&f);
	scratch_patch(&f.scratch, "state/private/store.db", 0, zeros,
		      sizeof(zeros));
	/* abuse_131: who was locked since would get in, unless it is named. */
	assert_int_equal(prepare("locks,users", true, &told, why, &restore), 0);
	assert_int_equal(finish(&restore, why), -EPERM);
	assert_non_null(strstr(why, "--allow damaged"));
	restore_deinit(&restore);
	restore_well("damaged", &told, &restore);
	assert_true(restore.is_there && !restore.is_compared);
	assert_int_equal(restore.ledger, MERGE_LEDGER_CUT);
	assert_true(strlen(restore.not_compared) > 10);
	assert_int_equal(remove_store(restore.kept), 0);
}

static void another_key_on_this_host(void **state)
{
	static const uint8_t other[KEY_BYTES] = { 5 };
	struct restore restore;
	struct told told;
	char why[512] = "";

	(void)state;
	state_fixture_close(&f);
	scratch_write(&f.scratch, "key", other, sizeof(other), 0600);
	assert_true(prepare(NULL, true, &told, why, &restore) < 0);
	assert_true(strlen(why) > 10);
}

/* Whoever has the public half can seal whatever he likes to it. */
static void abuse_106_crafted(void **state)
{
	uint8_t digest[ARCHIVE_DIGEST_BYTES], mac_key[32] = { 1 };
	struct archive_header header;
	struct restore restore;
	struct told told;
	char why[512] = "";
	char path[128];
	int fd, store_fd;

	(void)state;
	state_fixture_close(&f);
	fd = open(backup_path, O_RDWR | O_CLOEXEC);
	assert_int_equal(archive_inspect(fd, &header), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	store_fd =
		open(scratch_path(&f.scratch, "state/private/store.db", path),
		     O_RDONLY | O_CLOEXEC);
	assert_int_equal(
		archive_write(
			&(struct archive_write_args){ .from_fd = store_fd,
						      .to_fd = fd,
						      .mac_key = mac_key },
			&header, digest),
		0);
	close(store_fd);
	close(fd);
	assert_int_equal(prepare(NULL, true, &told, why, &restore),
			 -EKEYREJECTED);
	assert_non_null(strstr(why, "not signed"));
}

static void abuse_105_no_backup(void **state)
{
	struct job_result result;
	char path[128];

	(void)state;
	result = make_backup("/nowhere/backups");
	assert_int_equal(result.r, -ENOENT);
	assert_non_null(strstr(result.why, "/nowhere/backups"));
	assert_int_equal(
		symlink(backups_path, scratch_path(&f.scratch, "link", path)),
		0);
	result = make_backup(path);
	assert_true(result.r < 0);
	assert_non_null(strstr(result.why, "link"));
	/* A name that is taken is not written over. */
	result = make_backup(backups_path);
	assert_int_equal(result.r, -EEXIST);
	assert_int_equal(access(backup_path, F_OK), 0);
}

/* What no step of a restore may leave: anything but old or new. */
static void expect_old_or_new(int64_t old_seq)
{
	int64_t seq;
	struct user user;

	state_fixture_open(&f);
	state_prove(&f.state);
	seq = f.state.ledger.seq;
	if (seq != old_seq && seq != old_seq + 1)
		fail_msg("a ledger of %lld, not %lld", (long long)seq,
			 (long long)old_seq);
	/* The newcomer is in the old one, and not in the new one. */
	assert_int_equal(user_find_uid(f.state.store, UID(9), &user),
			 seq == old_seq ? 0 : USER_E_UNKNOWN);
	user = find(&f, UID(0));
	assert_true(user_is_locked(&user));
	state_fixture_close(&f);
}

static void copy_directory(const char *from, const char *to)
{
	char command[300];
	pid_t child = fork();

	if (child == 0) {
		(void)snprintf(command, sizeof(command), "%s/.", from);
		execlp("cp", "cp", "-a", command, to, (char *)NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &(int){ 0 }, 0), child);
}

/* The child dies at its nth write or sync; false: it came to its end. */
static bool restore_and_die(unsigned int nth, enum disk_fault fault)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct restore restore;
		struct told told;
		char why[512];
		int r;

		faulty_disk_start(fault, nth);
		r = prepare(NULL, true, &told, why, &restore);
		if (r == 0)
			r = finish(&restore, why);
		_exit(r == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == DISK_KILLED;
}

static void abuse_107_killed_at_each_step(void **state)
{
	static const enum disk_fault faults[] = { DISK_KILL, DISK_TORN };
	char good[128], wal[200];
	int64_t seq;

	(void)state;
	make_stricter();
	seq = f.state.ledger.seq;
	/* With a log that holds commits: as after a kill of the daemon. */
	scratch_path(&f.scratch, "good", good);
	assert_int_equal(mkdir(good, 0755), 0);
	copy_directory(f.directory, good);
	(void)snprintf(wal, sizeof(wal), "%s/private/store.db-wal", good);
	assert_int_equal(access(wal, F_OK), 0);
	state_fixture_close(&f);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		unsigned int nth = 1;

		for (;; nth += nth < 40 ? 1 : 7) {
			bool died;

			(void)remove_store("store.db");
			copy_directory(good, f.directory);
			died = restore_and_die(nth, faults[i]);
			expect_old_or_new(seq);
			if (!died)
				break;
		}
		assert_true(nth > 20);
	}
}

static void abuse_107_steps_of_the_exchange(void **state)
{
	/* Calls of the kernel in exchange_store() that change names: link,
	 * rename, unlink, rename. Each state between them is made by hand. */
	char from[600], to[200];
	int64_t seq;
	struct restore restore;
	struct told told;
	char why[512] = "";

	(void)state;
	make_stricter();
	seq = f.state.ledger.seq;
	state_fixture_close(&f);
	assert_int_equal(prepare(NULL, true, &told, why, &restore), 0);
	/* The folded store in place, the old log still beside it. */
	(void)snprintf(from, sizeof(from), "%s/store.db", restore.old_path);
	(void)snprintf(to, sizeof(to), "%s/private/store.db", f.directory);
	assert_int_equal(rename(from, to), 0);
	restore_deinit(&restore);
	expect_old_or_new(seq);
}

static void modes_and_places(void **state)
{
	struct restore restore;
	struct told told;
	struct stat status;
	char path[300];
	DIR *stream;
	unsigned int n = 0;

	(void)state;
	make_stricter();
	restore_well(NULL, &told, &restore);
	state_fixture_close(&f);
	(void)snprintf(path, sizeof(path), "%s/private/store.db", f.directory);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	(void)snprintf(path, sizeof(path), "%s/private/%s", f.directory,
		       restore.kept);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	(void)snprintf(path, sizeof(path), "%s/private", f.directory);
	stream = opendir(path);
	/* What was replaced goes when it is old enough, and not before. */
	exchange_prune(dirfd(stream), 1700000100 + 6 * 86400, 7 * 86400);
	assert_int_equal(faccessat(dirfd(stream), restore.kept, F_OK, 0), 0);
	exchange_prune(dirfd(stream), 1700000100 + 8 * 86400, 7 * 86400);
	assert_int_equal(faccessat(dirfd(stream), restore.kept, F_OK, 0), -1);
	assert_int_equal(faccessat(dirfd(stream), "store.db", F_OK, 0), 0);
	for (const struct dirent *entry; (entry = readdir(stream));)
		if (strncmp(entry->d_name, "restore.", 8) == 0)
			n++;
	closedir(stream);
	assert_int_equal(n, 0);
}

/* abuse_108: a key that is bound to the host gets no copy in clear. */
static void an_encrypted_key_is_not_lacking(void **state)
{
	char config[128], key[128], said[4096] = "";
	struct offline offline = { .operand = backup_path,
				   .operand_fd = -1,
				   .identity_fd = -1 };

	(void)state;
	if (geteuid() != 0)
		skip();
	state_fixture_close(&f);
	scratch_write(&f.scratch, "config", "", 0, 0600);
	scratch_write(&f.scratch, "lost.cred", "x", 1, 0600);
	offline.values[OFFLINE_OPTION_CONFIG] =
		scratch_path(&f.scratch, "config", config);
	offline.values[OFFLINE_OPTION_KEY] =
		scratch_path(&f.scratch, "lost", key);
	offline.values[OFFLINE_OPTION_IDENTITY] = "/nonexistent";
	offline.values[OFFLINE_OPTION_STATE_DIRECTORY] = "/nonexistent";
	offline.stream = fmemopen(said, sizeof(said), "w");
	assert_non_null(offline.stream);
	for (offline.verb = offline_verbs;
	     strcmp(offline.verb->verb, "restore") != 0; offline.verb++)
		;
	assert_int_equal(offline_run(&offline), OFFLINE_FAILURE);
	assert_int_equal(fclose(offline.stream), 0);
	assert_non_null(strstr(said, "is a credential"));
	assert_int_equal(access(key, F_OK), -1);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(who_is_kept_out_stays_out),
		TEST(former_passwords_stay),
		TEST(a_password_that_gives_way_is_remembered),
		TEST(a_password_from_before_the_clock_was_set_back),
		TEST(a_password_of_the_same_second),
		TEST(records_of_an_import_are_told_once),
		TEST(what_was_purged_stays_away),
		TEST(wrong_tests_stay_counted),
		TEST(an_emergency_is_over_for_who_comes_back),
		TEST(an_acceptance_stays_with_who_is_there),
		TEST(abuse_44_the_second_factor_of_now_stays),
		TEST(a_key_that_was_removed_stays_so),
		TEST(a_key_comes_back_to_who_is_named),
		TEST(what_is_named_is_loosened),
		TEST(of_two_limits_the_stricter),
		TEST(the_latest_time_is_the_later_of_both),
		TEST(one_user_is_named),
		TEST(keys_that_changed_since),
		TEST(a_damaged_store),
		TEST(another_key_on_this_host),
		TEST(modes_and_places),
		TEST(abuse_105_no_backup),
		TEST(abuse_106_crafted),
		TEST(abuse_107_killed_at_each_step),
		TEST(abuse_107_steps_of_the_exchange),
		TEST(abuse_109_new_host),
		TEST(an_encrypted_key_is_not_lacking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
