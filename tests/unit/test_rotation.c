/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys change, and nothing is lost by it: not by a kill at any write
 * (abuse_127), a full or broken disk, a wrong, missing or exposed file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>
#include <sodium.h>

#include "cloxxsd/state/data_key.h"
#include "cloxxsd/state/history.h"
#include "cloxxsd/state/rotation.h"
#include "tests/unit/faulty_disk.h"
#include "tests/unit/state_fixture.h"

#define N_USERS 3
#define FIRST_UID 66000
/* No rotation writes as often. */
#define WRITES_MAX 300

static struct state_fixture fixture;
static struct state_fixture *const f = &fixture;

static const struct rotation_act act = { .actor = "root",
					 .reason = REASON_BY_ADMINISTRATOR,
					 .now_us = 1000000000 };

/* What stands in the key file: the new key, then the first one. */
static uint8_t roots[3 * KEY_BYTES];
#define NEW (roots)
#define OLD (roots + KEY_BYTES)
#define OTHER (roots + 2 * KEY_BYTES)

static void hash_of(uint32_t uid, char hash[32])
{
	(void)snprintf(hash, 32, "$argon2id$canary$%u", uid);
}

static void add_users(unsigned int n)
{
	for (uint32_t uid = FIRST_UID; uid < FIRST_UID + n; uid++) {
		char name[16], hash[32];
		struct user user;

		(void)snprintf(name, sizeof(name), "user%u", uid);
		user = user_of(uid, name);
		hash_of(uid, hash);
		assert_int_equal(state_seal_password(&f->state, uid, hash,
						     &user.password),
				 0);
		apply(f,
		      (struct change){ .type = CHANGE_USER_ADD, .user = &user },
		      0);
	}
}

static void write_file(const uint8_t *bytes, size_t n)
{
	scratch_write(&f->scratch, "key", bytes, n * KEY_BYTES, 0600);
}

static int setup(void **state)
{
	(void)state;
	state_fixture_init(f);
	randombytes_buf(roots, sizeof(roots));
	write_file(OLD, 1);
	state_fixture_open(f);
	add_users(N_USERS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_fixture_deinit(f);
	return 0;
}

static int begin(void)
{
	struct key *ring = NULL;
	int r;

	assert_int_equal(key_read(NEW, 2 * KEY_BYTES, &ring), 0);
	r = rotation_begin(&f->state, ring, &act);
	key_free(ring);
	return r;
}

/* All steps; what the last one answered. */
static int go_on(void)
{
	struct rotation rotation = { 0 };
	int r;

	do {
		r = rotation_step(&f->state, &rotation, act.now_us);
	} while (r == ROTATION_E_MORE);
	return r;
}

static int64_t number(const char *sql)
{
	return state_number(&f->state, sql);
}

/* Every password opens, whichever key seals it. */
static void passwords_open(unsigned int n)
{
	for (uint32_t uid = FIRST_UID; uid < FIRST_UID + n; uid++) {
		scope(secret_deinit) struct secret secret = { 0 };
		struct user user = find(f, uid);
		char hash[32];

		hash_of(uid, hash);
		assert_int_equal(state_open_password(&f->state, &user, &secret),
				 0);
		assert_string_equal(secret.bytes, hash);
	}
}

/* So many are sealed with the newest key, and none otherwise. */
static void newest_seals(uint64_t n)
{
	const struct key *key = f->state.key;
	const struct key_data *newest = NULL;
	uint64_t counts[16], all = 0;

	assert_true(key_n_data(key) <= ARRAY_SIZE(counts));
	assert_int_equal(rotation_count_values(&f->state, counts), 0);
	assert_non_null(key_seal_newest(key, &newest));
	for (size_t i = 0; i < key_n_data(key); i++) {
		all += counts[i];
		if (key_data_get(key, i) == newest)
			assert_int_equal(counts[i], n);
	}
	assert_int_equal(all, n);
}

static const uint8_t *root_in_force(void)
{
	return key_root_id(f->state.key, f->state.root);
}

/* What holds once a rotation to NEW is done. */
static void rotated_with(unsigned int n_users, unsigned int n_former)
{
	struct key *ring = NULL;

	assert_int_equal(key_read(NEW, KEY_BYTES, &ring), 0);
	assert_memory_equal(root_in_force(), key_root_id(ring, 0),
			    KEY_ID_BYTES);
	assert_false(rotation_is_open(&f->state));
	assert_int_equal(key_n_data(f->state.key), 4);
	newest_seals(n_users + n_former);
	passwords_open(n_users);
	state_prove(&f->state);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" event = 'key-rotated'"),
			 1);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" event = 'key-retired'"),
			 1);
	assert_int_equal(number("SELECT count(*) FROM data_key WHERE"
				" use = 1 AND retired = 0"),
			 1);
	/* The record of the change is the last under the old key. */
	assert_int_equal(number("SELECT seq + 1 FROM ledger WHERE"
				" event = 'key-rotated'"),
			 number("SELECT from_seq FROM data_key WHERE use = 2"
				" AND retired = 0"));
	key_free(ring);
}

static void rotated(unsigned int n_users)
{
	rotated_with(n_users, 0);
}

static void while_it_runs(void **state)
{
	(void)state;
	assert_false(rotation_is_open(&f->state));
	assert_int_equal(begin(), 0);
	assert_true(rotation_is_open(&f->state));
	passwords_open(N_USERS);
	assert_int_equal(go_on(), 0);
	rotated(N_USERS);
	/* And with the file that goes with it. */
	state_fixture_close(f);
	write_file(NEW, 2);
	state_fixture_open(f);
	rotated(N_USERS);
	state_fixture_close(f);
	write_file(NEW, 1);
	state_fixture_open(f);
	rotated(N_USERS);
}

/* Former passwords are values too, and more of them than a batch. */
static void former_ones_too(void **state)
{
	const uint32_t n = ROTATION_BATCH + 5;
	struct secret *former;
	size_t n_former;

	(void)state;
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(
			history_add(&f->state, FIRST_UID + i % 3, 1, "former"),
			0);
	assert_int_equal(begin(), 0);
	assert_int_equal(go_on(), 0);
	rotated_with(N_USERS, n);
	assert_int_equal(
		history_read(&f->state, FIRST_UID, n, &former, &n_former), 0);
	assert_int_equal(n_former, (n + 2) / 3);
	for (size_t i = 0; i < n_former; i++)
		assert_string_equal(former[i].bytes, "former");
	history_free(former, n_former);
}

/* More than a batch, and one that changes while others are sealed anew. */
static void many_values(void **state)
{
	const unsigned int n = 2 * ROTATION_BATCH + 7;
	struct rotation rotation = { 0 };
	struct change change = { .type = CHANGE_REHASH, .uid = FIRST_UID };
	scope(secret_deinit) struct secret secret = { 0 };
	struct sealed sealed;
	struct user user;

	(void)state;
	state_fixture_deinit(f);
	state_fixture_init(f);
	write_file(OLD, 1);
	state_fixture_open(f);
	add_users(n);
	assert_int_equal(begin(), 0);
	assert_int_equal(rotation_step(&f->state, &rotation, act.now_us),
			 ROTATION_E_MORE);
	assert_int_equal(rotation.n_found, ROTATION_BATCH);
	assert_int_equal(rotation.uid, FIRST_UID + ROTATION_BATCH - 1);
	assert_int_equal(
		state_seal_password(&f->state, FIRST_UID, "another", &sealed),
		0);
	change.password = &sealed;
	apply(f, change, 0);
	assert_int_equal(go_on(), 0);
	newest_seals(n);
	user = find(f, FIRST_UID);
	assert_int_equal(state_open_password(&f->state, &user, &secret), 0);
	assert_string_equal(secret.bytes, "another");
	state_prove(&f->state);
}

/* Two rotations, the second before the first one's values are sealed anew. */
static void twice(void **state)
{
	struct key *ring = NULL;
	uint8_t three[3 * KEY_BYTES];

	(void)state;
	assert_int_equal(begin(), 0);
	memcpy(three, OTHER, KEY_BYTES);
	memcpy(three + KEY_BYTES, NEW, 2 * KEY_BYTES);
	assert_int_equal(key_read(three, sizeof(three), &ring), 0);
	assert_int_equal(rotation_begin(&f->state, ring, &act), 0);
	key_free(ring);
	passwords_open(N_USERS);
	assert_int_equal(go_on(), 0);
	newest_seals(N_USERS);
	passwords_open(N_USERS);
	state_prove(&f->state);
	assert_int_equal(number("SELECT count(*) FROM data_key WHERE"
				" use = 1 AND retired = 0"),
			 1);
}

/* What was damaged before is no reason never to end. */
static void a_damaged_value(void **state)
{
	const uint8_t *id = key_data_get(f->state.key, 0)->id;

	(void)state;
	assert_int_equal(
		store_run(f->state.store,
			  "UPDATE user SET password = CAST(x'01' || ?"
			  " || zeroblob(60) AS BLOB) WHERE uid = 66001",
			  "b", id, (size_t)KEY_ID_BYTES),
		0);
	assert_int_equal(begin(), 0);
	assert_int_equal(go_on(), 0);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" event = 'key-retired' AND"
				" details LIKE '% lost=1'"),
			 1);
}

/* A key file with a new first key is how a rotation looks that was broken off
 * before the daemon heard of it. */
static void by_the_file(void **state)
{
	(void)state;
	state_fixture_close(f);
	write_file(NEW, 2);
	state_fixture_open(f);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" event = 'key-rotated' AND actor = 'cloxxsd'"),
			 1);
	assert_int_equal(go_on(), 0);
	rotated(N_USERS);
	/* The old key last: it changes nothing any more. */
	state_fixture_close(f);
	state_fixture_open(f);
	rotated(N_USERS);
}

/* The ids of a file's keys, as a message has them. */
static void id_in(const uint8_t *root, char id[KEY_ID_TEXT])
{
	struct key *ring = NULL;

	assert_int_equal(key_read(root, KEY_BYTES, &ring), 0);
	key_id_text(key_root_id(ring, 0), id);
	key_free(ring);
}

static void wrong_file(void **state)
{
	char why[1024], wanted[KEY_ID_TEXT], found[KEY_ID_TEXT];
	int64_t seq = f->state.ledger.seq;

	(void)state;
	state_fixture_close(f);
	write_file(OTHER, 1);
	assert_int_equal(state_fixture_try(f, why), -EKEYREJECTED);
	id_in(OLD, wanted);
	id_in(OTHER, found);
	assert_non_null(strstr(why, wanted));
	assert_non_null(strstr(why, found));
	assert_non_null(strstr(why, "cloxxsctl recover"));
	scratch_write(&f->scratch, "key", OLD, KEY_BYTES, 0644);
	assert_int_equal(state_fixture_try(f, why), -EKEYREJECTED);
	assert_non_null(strstr(why, "only its owner"));
	assert_int_equal(unlink(f->key), 0);
	assert_int_equal(state_fixture_try(f, why), -EKEYREJECTED);
	assert_non_null(strstr(why, "there is no key file"));
	/* Nothing has changed by it. */
	write_file(OLD, 1);
	state_fixture_open(f);
	assert_int_equal(f->state.ledger.seq, seq);
	passwords_open(N_USERS);
}

/* A ring without the key in force would open nothing at the next start. */
static void foreign_ring(void **state)
{
	struct key *ring = NULL;

	(void)state;
	assert_int_equal(key_read(OTHER, KEY_BYTES, &ring), 0);
	assert_int_equal(rotation_check(&f->state, ring), ROTATION_E_FOREIGN);
	assert_int_equal(rotation_begin(&f->state, ring, &act), -EINVAL);
	key_free(ring);
	assert_int_equal(key_read(NEW, 2 * KEY_BYTES, &ring), 0);
	assert_int_equal(rotation_check(&f->state, ring), 0);
	key_free(ring);
	passwords_open(N_USERS);
}

/* Keys that are gone from a store that had some are no reason for new ones. */
static void lost_keys(void **state)
{
	static const char *const sql[] = {
		"DELETE FROM data_key",
		"UPDATE data_key SET use = 3",
		"UPDATE data_key SET use = 3 - use",
		"UPDATE data_key SET from_seq = from_seq + 1 WHERE use = 2",
		"UPDATE data_key SET wrapped = x'00'",
		"UPDATE data_key SET id = x'0011223344556677' WHERE use = 1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(sql); i++) {
		char why[1024];

		assert_int_equal(store_run(f->state.store, sql[i], ""), 0);
		state_fixture_close(f);
		if (state_fixture_try(f, why) != -EBADMSG)
			fail_msg("was taken: %s", sql[i]);
		assert_non_null(strstr(why, "from a backup"));
		(void)teardown(state);
		(void)setup(state);
	}
}

/* The recovery key opens the roots of now, after each rotation. */
static void recovery_follows(void **state)
{
	struct recovery_identity identity;
	struct key *key = NULL;
	char sentence[512];
	struct text why;
	size_t n;

	(void)state;
	text_init(&why, sentence, sizeof(sentence));
	recovery_identity_make(&identity);
	assert_int_equal(
		rotation_set_recovery(&f->state, identity.public_key, &act), 0);
	assert_int_equal(begin(), 0);
	assert_int_equal(
		recovery_open_roots(f->state.store, &identity, &why, &key), 0);
	assert_memory_equal(key_roots(key, &n), NEW, 2 * KEY_BYTES);
	assert_int_equal(n, 2 * KEY_BYTES);
	key_free(key);
}

/* abuse_85: no key stands in the store or its log in clear. */
static void abuse_85_no_key_in_clear(void **state)
{
	static const char *const files[] = { "state/private/store.db",
					     "state/private/store.db-wal" };
	static char bytes[1 << 23];
	const struct key_data *facts;
	const uint8_t *needles[4];

	(void)state;
	assert_int_equal(begin(), 0);
	assert_int_equal(go_on(), 0);
	needles[0] = key_seal_newest(f->state.key, &facts);
	needles[1] = key_ledger_find(f->state.key, INT64_MAX);
	needles[2] = NEW;
	needles[3] = OLD;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[128];
		FILE *stream =
			fopen(scratch_path(&f->scratch, files[i], path), "re");
		size_t n;

		assert_non_null(stream);
		n = fread(bytes, 1, sizeof(bytes), stream);
		(void)fclose(stream);
		assert_in_range(n, 1, sizeof(bytes) - 1);
		for (size_t k = 0; k < ARRAY_SIZE(needles); k++)
			assert_null(memmem(bytes, n, needles[k], KEY_BYTES));
		assert_null(memmem(bytes, n, "canary", 6));
	}
}

/* A child that rotates on a disk that fails at its nth write: whether the
 * fault came. */
static bool in_child(enum disk_fault fault, unsigned int nth)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		bool came;
		int r;

		if (state_fixture_try(f, NULL) != 0)
			_exit(1);
		faulty_disk_start(fault, nth);
		r = begin();
		if (r == 0)
			r = go_on();
		came = faulty_disk_stop();
		/* A fault that came was told of, or did no harm. */
		_exit(came ? DISK_KILLED : r != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == DISK_KILLED)
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

/* As cloxxsctl leaves the file before it asks the daemon, and so for whatever
 * start comes then. */
static bool survives(enum disk_fault fault, unsigned int nth)
{
	bool came;

	state_fixture_close(f);
	came = in_child(fault, nth);
	write_file(NEW, 2);
	state_fixture_open(f);
	passwords_open(N_USERS);
	state_prove(&f->state);
	assert_int_equal(go_on(), 0);
	rotated(N_USERS);
	return came;
}

static void abuse_127_at_each_write(void **state)
{
	static const enum disk_fault faults[] = { DISK_KILL, DISK_TORN,
						  DISK_FULL, DISK_BROKEN };

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		unsigned int nth = 1;

		while (survives(faults[i], nth)) {
			assert_true(++nth < WRITES_MAX);
			(void)teardown(state);
			(void)setup(state);
		}
		assert_true(nth > 5);
		(void)teardown(state);
		(void)setup(state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(while_it_runs),
		TEST(former_ones_too),
		TEST(many_values),
		TEST(twice),
		TEST(a_damaged_value),
		TEST(by_the_file),
		TEST(wrong_file),
		TEST(foreign_ring),
		TEST(lost_keys),
		TEST(recovery_follows),
		TEST(abuse_85_no_key_in_clear),
		TEST(abuse_127_at_each_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
