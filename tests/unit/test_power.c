/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is left when the host loses power: of each file of the store what it
 * held when it was last brought to the disk. Whoever was told that he is in may
 * find himself counted as one who guessed; never is a guess forgotten, or
 * somebody's way in without a trace. (That a code is not good twice: what may be
 * lost is in test_change.c.)
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "cloxxsd/state/head.h"
#include "tests/unit/core_fixture.h"

#define PIET 66000

static struct core fixture;
static struct core *const core = &fixture;

/* The files of the store, and what the disk has of each. */
enum {
	DATABASE,
	LOG,
	N_FILES
};

static const char *const names[N_FILES] = { "state/private/store.db",
					    "state/private/store.db-wal" };

static struct copy {
	char *bytes;
	size_t n;
	bool is_there;
} disk[N_FILES];

static bool is_watched; /* from the first start of a world on */
static bool is_broken;  /* what is not there yet never will be */

static void keep(size_t i)
{
	struct copy *copy = &disk[i];
	struct stat status;
	char path[128];
	int fd;

	fd = open(scratch_path(&core->scratch, names[i], path),
		  O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	copy->n = (size_t)status.st_size;
	copy->bytes = realloc(copy->bytes, copy->n + 1);
	assert_non_null(copy->bytes);
	assert_int_equal(pread(fd, copy->bytes, copy->n, 0), copy->n);
	copy->is_there = true;
	close(fd);
}

static void synced(int fd)
{
	struct stat this, other;
	char path[128];

	if (!is_watched || fstat(fd, &this) < 0)
		return;
	for (size_t i = 0; i < N_FILES; i++) {
		(void)scratch_path(&core->scratch, names[i], path);
		if (stat(path, &other) == 0 && this.st_ino == other.st_ino)
			keep(i);
	}
}

#define STANDS_IN __attribute__((visibility("default")))

STANDS_IN int fdatasync(int fd);
STANDS_IN int fsync(int fd);

int fdatasync(int fd)
{
	if (is_broken) {
		errno = EIO;
		return -1;
	}
	synced(fd);
	return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	return fdatasync(fd);
}

/* What was closed in order is on the disk, and the log is gone then. */
static void begin_watching(void)
{
	keep(DATABASE);
	is_watched = true;
}

static _Noreturn void fail_power(void)
{
	for (size_t i = 0; i < N_FILES; i++) {
		char path[128];

		(void)unlink(scratch_path(&core->scratch, names[i], path));
		if (disk[i].is_there)
			scratch_write(&core->scratch, names[i], disk[i].bytes,
				      disk[i].n, 0600);
	}
	_exit(0);
}

/* What acts runs in a process of its own, which ends where power does. */
static void lose_power_after(void (*act)(void))
{
	int status;
	pid_t pid;

	core_stop(core);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
		begin_watching();
		core_start(core);
		act();
		fail_power();
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	core_start(core);
	state_prove(&core->daemon.state);
	assert_false(core_user(core, "piet").claim);
}

static void enter(void)
{
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
}

static void guess(void)
{
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
}

static void guess_thrice(void)
{
	guess();
	guess();
	guess();
}

static void enter_and_open(void)
{
	struct about about = { .user = "piet", .address = "192.0.2.1" };
	struct outcome outcome = log_in(core, "piet", CORE_OLD);

	assert_string_equal(outcome.verdict, "allow");
	about.pass = outcome.pass;
	outcome = open_session(core, 0, about);
	assert_string_equal(outcome.verdict, "allow");
}

/* By a program of his own. */
static void enter_by_himself(void)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, PIET);
	(void)start(core, &talk, (struct about){ .user = "piet" });
	outcome = answer(core, &talk, CORE_OLD);
	assert_string_equal(outcome.verdict, "allow");
	talk_close(core, &talk);
}

/* Until the hand-over to the journal was due, or the daemon ends. */
static void await_hand_over(void)
{
	sd_event_source *timer = core->daemon.publication.hand_over;
	int on = SD_EVENT_ONESHOT, r = 0;

	while (on != SD_EVENT_OFF && r >= 0) {
		r = core_turn(core, 100000);
		assert_true(sd_event_source_get_enabled(timer, &on) >= 0);
	}
}

/* Somebody who is in asks to be piet. */
static void enter_by_sudo(void)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, 0);
	(void)start(core, &talk,
		    (struct about){ .user = "piet",
				    .service = "sudo",
				    .requester = "jan",
				    .terminal = "pts/1" });
	outcome = answer(core, &talk, CORE_OLD);
	assert_string_equal(outcome.verdict, "allow");
	talk_close(core, &talk);
}

static void enter_and_be_handed_over(void)
{
	enter();
	await_hand_over();
}

static void tell_head(void)
{
	struct anchor anchor;

	enter();
	assert_int_equal(head_find(&core->daemon.state, &anchor), 0);
}

/* The disk takes nothing more; the daemon says so by ending. */
static void enter_with_a_disk_that_dies(void)
{
	int code = 0;

	enter();
	is_broken = true;
	await_hand_over();
	assert_true(sd_event_get_exit_code(core->daemon.event, &code) >= 0);
	assert_int_equal(code, -EIO);
	assert_int_equal(core->daemon.publication.next_seq,
			 core->daemon.state.ledger.seq);
	assert_int_equal(state_flush(&core->daemon.state), -EIO);
	assert_int_equal(
		state_apply(&core->daemon.state, &(struct change_set){ 0 }),
		-EIO);
}

static int64_t log_size(void)
{
	struct stat status;
	char path[128];

	(void)scratch_path(&core->scratch, names[LOG], path);
	return stat(path, &status) == 0 ? (int64_t)status.st_size : -1;
}

/* It works again, and says nothing of what it did not take; the next start
 * writes that once more. */
static void enter_with_a_disk_that_recovers(void)
{
	int64_t before;

	enter();
	is_broken = true;
	await_hand_over();
	is_broken = false;
	before = log_size();
	core_stop(core);
	assert_int_equal(log_size(), before);
	core_start(core);
}

static void begin(void)
{
	core_init(core, NULL);
	core_world.quick = true;
	core_add(core, PIET, "piet", CORE_OLD);
}

static struct ledger_row last_row(const char *event)
{
	struct ledger *ledger = &core->daemon.state.ledger;
	const struct ledger_filter filter = { .since_us = INT64_MIN,
					      .until_us = INT64_MAX,
					      .event = event };
	struct ledger_row row;

	assert_int_equal(ledger_search(ledger, &filter, 1, ledger->seq, &row),
			 0);
	return row;
}

/* He counts as one who guessed, and it is told when and from where. */
static void expect_traces(void)
{
	struct ledger_row row;

	assert_int_equal(core_user(core, "piet").failures, 1);
	assert_int_equal(core_user(core, "piet").last_login, 0);
	assert_int_equal(core_count(core, "login-allowed"), 0);
	assert_int_equal(core_count(core, "failure-counted"), 1);
	row = last_row("failure-counted");
	assert_string_equal(row.user, "piet");
	assert_string_equal(row.service, "sshd");
	assert_string_equal(row.address, "192.0.2.1");
	assert_non_null(strstr(row.details, "answered="));
	enter();
	assert_int_equal(core_user(core, "piet").failures, 0);
}

static void expect_login_kept(void)
{
	assert_int_equal(core_user(core, "piet").failures, 0);
	assert_true(core_user(core, "piet").last_login > 0);
	assert_int_equal(core_count(core, "login-allowed"), 1);
	assert_int_equal(core_count(core, "failure-counted"), 0);
}

static void right_answer_leaves_its_claim(void **state)
{
	(void)state;
	begin();
	lose_power_after(enter);
	expect_traces();
	core_finish(core);
}

static void its_claim_names_who_asked(void **state)
{
	struct ledger_row row;

	(void)state;
	begin();
	lose_power_after(enter_by_sudo);
	row = last_row("failure-counted");
	assert_string_equal(row.user, "piet");
	assert_string_equal(row.service, "sudo");
	assert_string_equal(row.terminal, "pts/1");
	assert_non_null(strstr(row.details, " requester=jan"));
	core_finish(core);
}

static void wrong_answer_is_kept(void **state)
{
	(void)state;
	begin();
	lose_power_after(guess);
	assert_int_equal(core_user(core, "piet").failures, 1);
	assert_int_equal(core_count(core, "login-denied"), 1);
	assert_int_equal(core_count(core, "failure-counted"), 0);
	core_finish(core);
}

static void lock_is_kept(void **state)
{
	(void)state;
	begin();
	lose_power_after(guess_thrice);
	expect_login(core, "piet", CORE_OLD, "deny", "locked");
	core_finish(core);
}

/* Two guesses, and a right answer that is lost: never a guess more. */
static void no_guess_is_won(void **state)
{
	(void)state;
	begin();
	guess();
	guess();
	lose_power_after(enter);
	assert_int_equal(core_user(core, "piet").failures, 3);
	expect_login(core, "piet", CORE_OLD, "deny", "locked");
	core_finish(core);
}

/* What is on the disk before anything hangs on it. */
static void login_is_kept(void **state)
{
	static void (*const acts[])(void) = { enter_and_open, enter_by_himself,
					      enter_and_be_handed_over,
					      tell_head };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		begin();
		lose_power_after(acts[i]);
		expect_login_kept();
		core_finish(core);
	}
}

static void what_the_disk_did_not_take_is_written_again(void **state)
{
	(void)state;
	begin();
	lose_power_after(enter_with_a_disk_that_recovers);
	expect_login_kept();
	core_finish(core);
}

static void disk_that_dies_ends_the_daemon(void **state)
{
	(void)state;
	begin();
	lose_power_after(enter_with_a_disk_that_dies);
	expect_traces();
	core_finish(core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_answer_leaves_its_claim),
		cmocka_unit_test(its_claim_names_who_asked),
		cmocka_unit_test(wrong_answer_is_kept),
		cmocka_unit_test(lock_is_kept),
		cmocka_unit_test(no_guess_is_won),
		cmocka_unit_test(login_is_kept),
		cmocka_unit_test(disk_that_dies_ends_the_daemon),
		cmocka_unit_test(what_the_disk_did_not_take_is_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
