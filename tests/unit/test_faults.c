/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * abuse_84 and abuse_127: each verb is killed at each of its writes, and meets
 * a full and a broken disk at each of them. The store that is found afterwards
 * is sound, old or new but nothing between, and holds all that a caller was
 * told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "tests/unit/core_fixture.h"
#include "tests/unit/faulty_disk.h"

#define PIET 66000
#define JAN 66001
/* No verb writes as often. */
#define WRITES_MAX 300

static struct core fixture;
static struct core *const core = &fixture;

/* What a caller was told before the end, a letter each. */
struct told {
	char letters[16];
	size_t n;
};

static bool was_told(const struct told *told, char letter)
{
	return memchr(told->letters, letter, told->n) != NULL;
}

/* a: allowed, d: denied, u: unavailable, o: done, e: error or no answer */
static void tell(int fd, const struct outcome *outcome)
{
	char letter = strcmp(outcome->verdict, "allow") == 0         ? 'a'
		      : strcmp(outcome->verdict, "deny") == 0        ? 'd'
		      : strcmp(outcome->verdict, "unavailable") == 0 ? 'u'
		      : outcome->ended || *outcome->error            ? 'e'
								     : 'o';

	assert_int_equal(write(fd, &letter, 1), 1);
}

struct verb {
	const char *name;
	void (*prepare)(void);
	/* Does it, telling what the answer was. */
	struct outcome (*act)(void);
	void (*check)(const struct told *told);
	bool thorough; /* tried with every kind of fault */
	bool at_start; /* the start is what is killed; nothing acts */
};

static void fail_twice(void)
{
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
}

static void add_piet(void)
{
	core_add(core, PIET, "piet", CORE_OLD);
}

static void add_failed(void)
{
	add_piet();
	fail_twice();
}

static void add_locked(void)
{
	add_failed();
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
}

static void add_temporary(void)
{
	core_add_temporary(core, PIET, "piet", CORE_OLD);
}

/* As a kill leaves it: a verification that never ended, and two failures. */
static void add_claimed(void)
{
	add_failed();
	core_apply(core, (struct change){ .type = CHANGE_CLAIM, .uid = PIET });
}

static struct outcome guess(void)
{
	return log_in(core, "piet", CORE_WRONG);
}

static struct outcome enter(void)
{
	return log_in(core, "piet", CORE_OLD);
}

static struct outcome replace(void)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, 0);
	outcome = start(core, &talk, (struct about){ .user = "piet" });
	for (int i = 0;
	     i < 3 && strcmp(outcome.step, "done") != 0 && !outcome.ended; i++)
		outcome = answer(core, &talk, i == 0 ? CORE_OLD : CORE_NEW);
	talk_close(core, &talk);
	return outcome;
}

static struct outcome unlock(void)
{
	return administer(
		core, "UnlockUser",
		json_pack("{s:s, s:s}", "name", "piet", "reason", "he called"));
}

static struct outcome unlock_and_reset(void)
{
	return administer(core, "UnlockUser",
			  json_pack("{s:s, s:s, s:b}", "name", "piet", "reason",
				    "he called", "reset_password", 1));
}

static struct outcome add_user(void)
{
	return administer(
		core, "AddUser",
		json_pack("{s:s, s:[s]}", "name", "klaas", "services", "sshd"));
}

static struct outcome delete_user(void)
{
	return administer(core, "DeleteUser",
			  json_pack("{s:s}", "name", "piet"));
}

/* Of piet, who uses sshd, by root. */
static struct outcome record_action(void)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, 0);
	outcome = outcome_of(talk_call(
		core, &talk, "nl.cloxxs.Audit.Record",
		json_pack("{s:s, s:s, s:s, s:s}", "service", "sshd", "user",
			  "piet", "action", "budget.write", "result", "done")));
	talk_close(core, &talk);
	return outcome;
}

static struct outcome nothing(void)
{
	return (struct outcome){ 0 };
}

static int64_t number(const char *sql)
{
	return state_number(&core->daemon.state, sql);
}

/* What holds of piet after whatever happened. */
static struct user sound_piet(void)
{
	struct user user = core_user(core, "piet");

	assert_false(user.claim);
	assert_int_equal(user.failures, number("SELECT count(*) FROM failure"));
	assert_int_equal(user_is_locked(&user), user.failures >= 3);
	return user;
}

/* Failures as the ledger tells them. */
static int64_t n_recorded(void)
{
	return number("SELECT count(*) FROM ledger WHERE reason ="
		      " 'wrong-password' OR event = 'failure-counted'");
}

static void check_guess(const struct told *told, uint32_t before)
{
	struct user user = sound_piet();

	assert_int_equal(user.failures, n_recorded());
	assert_in_range(user.failures, before, before + 1);
	/* A denial for want of a disk is told to good passwords as well. */
	if (was_told(told, 'd') && !was_told(told, 'n'))
		assert_int_equal(user.failures, before + 1);
	assert_false(was_told(told, 'a'));
}

static void check_first_guess(const struct told *told)
{
	check_guess(told, 0);
}

static void check_third_guess(const struct told *told)
{
	check_guess(told, 2);
}

/* Killed in the midst it counts as wrong, though it was right. */
static void check_enter(const struct told *told)
{
	struct user user = sound_piet();

	if (was_told(told, 'a') || user.failures == 0) {
		assert_int_equal(user.failures, 0);
		assert_true(user.last_login > 0);
		assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
					" event = 'login-allowed' AND"
					" user = 'piet'"),
				 1);
	} else {
		assert_int_equal(user.last_login, 0);
		assert_int_equal(user.failures, n_recorded());
		assert_in_range(user.failures, 2, 3);
	}
}

static void check_replace(const struct told *told)
{
	struct user user = sound_piet();
	struct outcome outcome;

	if (user.password_kind == USER_PASSWORD_CHOSEN) {
		assert_int_equal(core_count(core, "password-changed"), 1);
		expect_login(core, "piet", CORE_OLD, "deny", "wrong-password");
		expect_login(core, "piet", CORE_NEW, "allow", NULL);
		return;
	}
	assert_false(was_told(told, 'a'));
	assert_int_equal(core_count(core, "password-changed"), 0);
	assert_int_equal(user.password_kind, USER_PASSWORD_TEMPORARY);
	assert_true(user.temporary_until > 0);
	expect_login(core, "piet", CORE_NEW, "deny", "wrong-password");
	outcome = log_in(core, "piet", CORE_OLD);
	assert_string_equal(outcome.step, "new_password");
}

static void check_unlock(const struct told *told)
{
	struct user user = sound_piet();

	assert_true(user.failures == 0 || user.failures == 3);
	assert_int_equal(core_count(core, "user-unlocked"), user.failures == 0);
	if (was_told(told, 'o'))
		assert_int_equal(user.failures, 0);
}

static void check_reset(const struct told *told)
{
	struct user user = core_user(core, "piet");

	check_unlock(told);
	assert_int_equal(user.password_kind, user.failures == 0
						     ? USER_PASSWORD_TEMPORARY
						     : USER_PASSWORD_CHOSEN);
	assert_int_equal(core_count(core, "password-reset"),
			 user.failures == 0);
}

static void check_add(const struct told *told)
{
	int64_t n = number("SELECT count(*) FROM user WHERE name = 'klaas'");

	assert_int_equal(n, core_count(core, "user-added"));
	if (was_told(told, 'o'))
		assert_int_equal(n, 1);
}

static void check_delete(const struct told *told)
{
	int64_t n = number("SELECT count(*) FROM user WHERE name = 'piet'");

	assert_int_equal(n, 1 - core_count(core, "user-deleted"));
	assert_int_equal(n, 1 - number("SELECT count(*) FROM retired_uid"));
	if (was_told(told, 'o'))
		assert_int_equal(n, 0);
}

/* None is lost that was answered, and none is there that was refused. */
static void check_action(const struct told *told)
{
	int64_t n = core_count(core, "action");

	assert_in_range(n, 0, 1);
	if (was_told(told, 'o'))
		assert_int_equal(n, 1);
	if (was_told(told, 'e'))
		assert_int_equal(n, 0);
}

/* Whatever ended the starts before this one: counted once, and locked. */
static void check_claimed(const struct told *told)
{
	(void)told;
	assert_int_equal(sound_piet().failures, 3);
	assert_int_equal(n_recorded(), 3);
	assert_int_equal(core_count(core, "user-locked"), 1);
}

static const struct verb verbs[] = {
	{ "first-guess", add_piet, guess, check_first_guess, false, false },
	{ "third-guess", add_failed, guess, check_third_guess, true, false },
	{ "login", add_failed, enter, check_enter, false, false },
	{ "replace", add_temporary, replace, check_replace, true, false },
	{ "unlock", add_locked, unlock, check_unlock, true, false },
	{ "unlock-and-reset", add_locked, unlock_and_reset, check_reset, false,
	  false },
	{ "add", add_piet, add_user, check_add, false, false },
	{ "delete", add_piet, delete_user, check_delete, false, false },
	{ "action", add_piet, record_action, check_action, true, false },
	{ "start", add_claimed, nothing, check_claimed, true, true },
};

/* The store as it was before the verb. */
struct image {
	char *bytes;
	size_t n;
};

static void take_image(struct image *image)
{
	char path[128];
	FILE *stream;

	image->n =
		(size_t)scratch_size(&core->scratch, "state/private/store.db");
	image->bytes = malloc(image->n);
	assert_non_null(image->bytes);
	stream = fopen(
		scratch_path(&core->scratch, "state/private/store.db", path),
		"re");
	assert_non_null(stream);
	assert_int_equal(fread(image->bytes, 1, image->n, stream), image->n);
	(void)fclose(stream);
}

static void put_image(const struct image *image)
{
	char path[128];

	(void)unlink(scratch_path(&core->scratch, "state/private/store.db-wal",
				  path));
	scratch_write(&core->scratch, "state/private/store.db", image->bytes,
		      image->n, 0600);
}

/* In a process of its own: 0, or DISK_KILLED; 1 where the fault never came. */
static void run_child(const struct verb *verb, enum disk_fault fault,
		      unsigned int nth, int fd)
{
	struct outcome outcome;
	bool came;

	(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
	if (verb->at_start) {
		faulty_disk_start(fault, nth);
		(void)!core_try(core);
	} else {
		core_start(core);
		faulty_disk_start(fault, nth);
		outcome = verb->act();
		tell(fd, &outcome);
	}
	if (fault == DISK_KILL || fault == DISK_TORN) {
		core_stop(core);
		_exit(faulty_disk_stop() ? 0 : 1);
	}
	came = faulty_disk_stop();
	if (core->is_running) {
		/* What the disk did not take was not done, and all goes on. */
		if (!verb->at_start && strcmp(outcome.verdict, "deny") == 0 &&
		    strcmp(core_row(core, outcome.reference).reason,
			   "not-written") == 0)
			assert_int_equal(write(fd, "n", 1), 1);
		expect_login(core, "jan", CORE_NEW, "allow", NULL);
		state_prove(&core->daemon.state);
	}
	core_stop(core);
	_exit(came ? 0 : 1);
}

/* False where the verb has fewer writes than nth. */
static bool run(const struct verb *verb, enum disk_fault fault,
		unsigned int nth, struct told *told)
{
	int status, fds[2];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		run_child(verb, fault, nth, fds[1]);
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	n = read(fds[0], told->letters, sizeof(told->letters));
	assert_true(n >= 0);
	told->n = (size_t)n;
	close(fds[0]);
	if (!WIFEXITED(status) ||
	    (WEXITSTATUS(status) != DISK_KILLED && WEXITSTATUS(status) > 1))
		fail_msg("%s, write %u: status %x", verb->name, nth, status);
	return WEXITSTATUS(status) != 1;
}

static void try_verb(const struct verb *verb, enum disk_fault fault)
{
	struct image image;
	unsigned int nth;
	bool came = true;

	core_init(core, NULL);
	core_world.quick = true;
	core_add(core, JAN, "jan", CORE_NEW);
	verb->prepare();
	core_stop(core);
	take_image(&image);
	for (nth = 1; came; nth++) {
		struct told told;

		assert_true(nth < WRITES_MAX);
		put_image(&image);
		came = run(verb, fault, nth, &told);
		core_start(core);
		state_prove(&core->daemon.state);
		verb->check(&told);
		core_stop(core);
	}
	/* A commit is a write and a sync at least. */
	assert_true(nth > 3);
	free(image.bytes);
	core_deinit(core);
}

static void try_verbs(enum disk_fault fault, bool only_thorough)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (verbs[i].thorough || !only_thorough)
			try_verb(&verbs[i], fault);
}

static void killed_at_each_write(void **state)
{
	(void)state;
	try_verbs(DISK_KILL, false);
}

static void killed_within_each_write(void **state)
{
	(void)state;
	try_verbs(DISK_TORN, true);
}

static void disk_full_from_each_write_on(void **state)
{
	(void)state;
	try_verbs(DISK_FULL, true);
}

static void disk_broken_at_each_write(void **state)
{
	(void)state;
	try_verbs(DISK_BROKEN, false);
}

static void disk_broken_from_each_write_on(void **state)
{
	(void)state;
	try_verbs(DISK_BROKEN_ON, true);
}

/* Killed at the same write of each guess, nobody learns of a fourth. */
static void abuse_127_no_fourth_guess(void **state)
{
	const struct verb verb = {
		"guess", add_piet, guess, NULL, false, false
	};
	struct image image;

	(void)state;
	core_init(core, NULL);
	core_world.quick = true;
	add_piet();
	core_stop(core);
	take_image(&image);
	for (unsigned int nth = 1; nth <= 12; nth++) {
		unsigned int n_told = 0;

		put_image(&image);
		for (int i = 0; i < 6; i++) {
			struct told told;

			(void)run(&verb, DISK_KILL, nth, &told);
			n_told += was_told(&told, 'd');
			core_start(core);
			if (sound_piet().failures >= 3)
				i = 6;
			core_stop(core);
		}
		assert_true(n_told <= 3);
	}
	free(image.bytes);
	core_deinit(core);
}

/* Until a verification was claimed; then this process ends as by a kill. */
static void die_while_hashing(void)
{
	struct talk talk;

	(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
	core_start(core);
	talk_open(core, &talk, 0);
	(void)start(core, &talk, (struct about){ .user = "piet" });
	send_answer(&talk, CORE_WRONG);
	for (int i = 0; i < 1000 && core->daemon.attempts.n_open > 0; i++) {
		if (core_user(core, "piet").claim)
			_exit(DISK_KILLED);
		assert_true(core_turn(core, 1000) >= 0);
	}
	_exit(1);
}

/* The claim is on the disk before anybody looks at the hash. */
static void abuse_127_killed_while_hashing(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	core_init(core, NULL);
	core_world.quick = true;
	add_failed();
	core_stop(core);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		die_while_hashing();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), DISK_KILLED);
	core_start(core);
	assert_int_equal(sound_piet().failures, 3);
	assert_int_equal(core_count(core, "failure-counted"), 1);
	core_deinit(core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abuse_127_killed_while_hashing),
		cmocka_unit_test(killed_at_each_write),
		cmocka_unit_test(killed_within_each_write),
		cmocka_unit_test(disk_full_from_each_write_on),
		cmocka_unit_test(disk_broken_at_each_write),
		cmocka_unit_test(disk_broken_from_each_write_on),
		cmocka_unit_test(abuse_127_no_fourth_guess),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
