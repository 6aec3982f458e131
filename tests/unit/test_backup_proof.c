/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * abuse_102: a copy made while others write is one whole file, with all that
 * was committed before it ended; and what the proof of a copy finds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "cloxxsd/backup/proof.h"
#include "cloxxsd/state/backups.h"
#include "cloxxsd/state/store_copy.h"
#include "tests/unit/state_fixture.h"

static struct state_fixture f;
static char copy_path[128];

static void add_user(uint32_t uid)
{
	struct user user;
	char name[32];

	(void)snprintf(name, sizeof(name), "user%u", uid);
	user = user_of(uid, name);
	assert_int_equal(state_seal_password(&f.state, uid, "$argon2id$...",
					     &user.password),
			 0);
	apply(&f,
	      (struct change){
		      .type = CHANGE_USER_ADD, .uid = uid, .user = &user },
	      0);
}

static int setup(void **state)
{
	(void)state;
	state_fixture_init(&f);
	state_fixture_open(&f);
	scratch_path(&f.scratch, "copy", copy_path);
	for (uint32_t i = 0; i < 300; i++)
		add_user(70000 + i);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_fixture_deinit(&f);
	return 0;
}

static void copy_whole(void)
{
	scope(store_copy_freep) struct store_copy *copy = NULL;
	int r;

	assert_int_equal(store_copy_new(f.state.store, copy_path, &copy), 0);
	do {
		r = store_copy_step(copy, 4);
	} while (r == STORE_COPY_E_MORE);
	assert_int_equal(r, 0);
}

/* The copy as a state of its own. */
static int open_copy(struct state *ret, char why[512])
{
	struct text text;
	struct key *key;

	text_init(&text, why, 512);
	assert_int_equal(key_load(f.key, &key), 0);
	return state_open_snapshot(ret, copy_path, key, &text);
}

static int prove_copy(struct proof *ret_proof, char why[512])
{
	struct state copied;
	struct text text;
	int r = open_copy(&copied, why);

	if (r != 0)
		return r;
	text_init(&text, why, 512);
	r = proof_make(&copied, &text, ret_proof);
	state_deinit(&copied);
	return r;
}

static void abuse_102_writes_go_on(void **state)
{
	scope(store_copy_freep) struct store_copy *copy = NULL;
	uint32_t uid = 80000, done, all;
	struct proof proof;
	struct stat status;
	char why[512];
	int r;

	(void)state;
	assert_int_equal(store_copy_new(f.state.store, copy_path, &copy), 0);
	do {
		add_user(uid++);
		r = store_copy_step(copy, 2);
		if (r == STORE_COPY_E_MORE) {
			store_copy_progress(copy, &done, &all);
			assert_true(done > 0 && done < all);
		}
	} while (r == STORE_COPY_E_MORE);
	assert_int_equal(r, 0);
	assert_true(uid > 80010);
	copy = store_copy_free(copy);
	add_user(uid); /* after it */

	assert_int_equal(stat(copy_path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	r = prove_copy(&proof, why);
	if (r != 0)
		fail_msg("%d: %s", r, why);
	assert_int_equal(proof.users.all, 300 + uid - 80000);
	assert_int_equal(proof.n_sealed, proof.users.all);
	assert_int_equal(proof.ledger_seq, f.state.ledger.seq - 1);
	(void)strcat(copy_path, "-wal");
	assert_int_equal(access(copy_path, F_OK), -1);
}

/* Another program's hand in the copy. */
static void meddle(const char *sql)
{
	sqlite3 *database;

	assert_int_equal(sqlite3_open(copy_path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void what_a_proof_finds(void **state)
{
	static const struct {
		const char *sql, *why;
	} cases[] = {
		{ "UPDATE user SET password = x'0102' WHERE uid = 70007",
		  "user70007" },
		/* Another's, which would be a way in. */
		{ "UPDATE user SET password = (SELECT password FROM user WHERE"
		  " uid = 70008) WHERE uid = 70007",
		  "user70007" },
		{ "UPDATE ledger SET user = 'other' WHERE seq = 17", "17" },
		{ "DELETE FROM ledger WHERE seq = 17", "17" },
		{ "DELETE FROM ledger WHERE seq = 1", "1" },
		{ "INSERT INTO failure (uid, at, reason) VALUES (1, 1, 'x')",
		  "failure" },
		{ "UPDATE user SET role = 77 WHERE uid = 70001", "" },
	};
	struct proof proof;
	char why[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r;

		copy_whole();
		meddle(cases[i].sql);
		r = prove_copy(&proof, why);
		if (r <= 0 || !strstr(why, cases[i].why))
			fail_msg("%s: %d: %s", cases[i].sql, r, why);
	}
}

static void abuse_131_pages(void **state)
{
	static const uint8_t zeros[4096];
	struct proof proof;
	struct stat status;
	char why[512];

	(void)state;
	copy_whole();
	assert_int_equal(stat(copy_path, &status), 0);
	/* Each page in its turn. */
	for (off_t at = 0; at < status.st_size; at += 4096) {
		copy_whole();
		scratch_patch(&f.scratch, "copy", at, zeros, sizeof(zeros));
		if (prove_copy(&proof, why) == 0)
			fail_msg("page %lld of zeros is not found",
				 (long long)(at / 4096));
	}
}

static void another_key(void **state)
{
	static const uint8_t other[KEY_BYTES] = { 5 };
	struct state copied;
	char why[512];

	(void)state;
	copy_whole();
	scratch_write(&f.scratch, "key", other, sizeof(other), 0600);
	assert_true(open_copy(&copied, why) != 0);
	assert_non_null(strstr(why, "key"));
}

static void a_copy_that_cannot_be(void **state)
{
	struct store_copy *copy = NULL;

	(void)state;
	assert_int_equal(store_copy_new(f.state.store, "/nowhere/copy", &copy),
			 -ENOENT);
	assert_null(copy);
	assert_null(store_copy_free(NULL));
	/* One that was begun and dropped is in nobody's way. */
	assert_int_equal(store_copy_new(f.state.store, copy_path, &copy), 0);
	assert_int_equal(store_copy_step(copy, 1), STORE_COPY_E_MORE);
	assert_null(store_copy_free(copy));
	copy_whole();
}

static void backups_that_were_made(void **state)
{
	struct backup_made made = { .sequence = 1,
				    .created = 1700000000,
				    .file = "one",
				    .bytes = 17,
				    .digest = { 1, 2 } };
	uint8_t identifier[INSTALLATION_BYTES];
	struct backup_made found;
	int64_t n;

	(void)state;
	assert_int_equal(backups_last(f.state.store, &found),
			 BACKUPS_E_UNKNOWN);
	apply(&f,
	      (struct change){ .type = CHANGE_BACKUP_MADE, .backup = &made },
	      0);
	made.sequence = 2;
	(void)snprintf(made.file, sizeof(made.file), "two");
	apply(&f,
	      (struct change){ .type = CHANGE_BACKUP_MADE, .backup = &made },
	      0);
	assert_int_equal(backups_last(f.state.store, &found), 0);
	assert_memory_equal(&found, &made, sizeof(made));
	apply(&f, (struct change){ .type = CHANGE_BACKUP_GONE, .text = "two" },
	      0);
	assert_int_equal(backups_find(f.state.store, "two", &found),
			 BACKUPS_E_UNKNOWN);
	assert_int_equal(backups_find(f.state.store, "one", &found), 0);
	assert_int_equal(backups_installation(f.state.store, identifier, &n),
			 0);
	assert_int_equal(n, 2);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(abuse_102_writes_go_on), TEST(what_a_proof_finds),
		TEST(abuse_131_pages),        TEST(another_key),
		TEST(a_copy_that_cannot_be),  TEST(backups_that_were_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
