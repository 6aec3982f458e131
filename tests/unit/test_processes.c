/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes of a session are ended, and no others. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cloxxsctl/processes.h"

/* What a child does: it is there until it is ended. */
enum behaviour {
	HEEDS,
	HEEDS_NOTHING,
	HAS_A_CHILD, /* that heeds nothing, in a session of its own */
	IS_ANOTHERS, /* of ANOTHER, where the kernel lets it become that */
};

/* Nobody has a process of this uid but this test. */
#define ANOTHER 2000000000

static void behave(enum behaviour behaviour, int ready)
{
	const char *said = "y";

	if (behaviour == IS_ANOTHERS &&
	    setresuid(ANOTHER, ANOTHER, ANOTHER) < 0)
		said = "n";
	if (behaviour == HEEDS_NOTHING || behaviour == HAS_A_CHILD) {
		(void)signal(SIGHUP, SIG_IGN);
		(void)signal(SIGTERM, SIG_IGN);
	}
	if (behaviour == HAS_A_CHILD) {
		if (fork() == 0)
			(void)setsid();
		else
			(void)signal(SIGTERM, SIG_DFL);
	}
	(void)!write(ready, said, 1);
	for (;;)
		pause();
}

struct child {
	pid_t pid;
	int64_t born_us; /* by then it was there */
	int ends;        /* reads its end when all of it have ended */
	bool is_so;      /* it is what it should be */
};

static struct child start(enum behaviour behaviour)
{
	struct child child;
	int fds[2];
	char c;

	assert_int_equal(pipe(fds), 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (child.pid == 0) {
		close(fds[0]);
		behave(behaviour, fds[1]);
	}
	close(fds[1]);
	for (int n = behaviour == HAS_A_CHILD ? 2 : 1; n > 0; n--)
		assert_int_equal(read(fds[0], &c, 1), 1);
	child.born_us = clock_boottime_us();
	child.ends = fds[0];
	child.is_so = c == 'y';
	return child;
}

static struct processes_ended end(pid_t pid, int64_t opened_us)
{
	struct processes_opener opener = { pid, opened_us };
	const struct processes_wanted wanted = { .openers = &opener,
						 .n_openers = 1 };
	struct processes_ended ended;

	assert_int_equal(processes_end(&wanted, &ended), 0);
	return ended;
}

static void expect_gone(struct child *child)
{
	char c;

	assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
	assert_int_equal(read(child->ends, &c, 1), 0);
	close(child->ends);
}

static void each_is_ended(void **state)
{
	static const struct {
		enum behaviour behaviour;
		size_t n;
	} rows[] = { { HEEDS, 1 }, { HEEDS_NOTHING, 1 }, { HAS_A_CHILD, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct child child = start(rows[i].behaviour);
		struct processes_ended ended = end(child.pid, child.born_us);

		assert_int_equal(ended.n, rows[i].n);
		assert_int_equal(ended.n_left, 0);
		expect_gone(&child);
	}
}

/* abuse_41: the number is another process's by now. */
static void abuse_41_a_younger_one_is_another(void **state)
{
	struct child child = start(HEEDS);
	struct processes_ended ended;

	(void)state;
	ended = end(child.pid, child.born_us - 60000000);
	assert_int_equal(ended.n, 0);
	assert_int_equal(kill(child.pid, 0), 0);
	assert_int_equal(end(child.pid, child.born_us).n, 1);
	expect_gone(&child);
	/* Nobody has the number any more. */
	assert_int_equal(end(child.pid, child.born_us).n, 0);
}

static void not_ourselves(void **state)
{
	(void)state;
	assert_int_equal(end(getpid(), clock_boottime_us()).n, 0);
	assert_int_equal(end(0, clock_boottime_us()).n, 0);
}

/* Of nobody else; and of him, where we may be root. */
static void all_of_an_uid(void **state)
{
	const struct processes_wanted anothers = { .of_user = true,
						   .uid = ANOTHER };
	struct child ours = start(HEEDS), his = start(IS_ANOTHERS);
	struct processes_ended ended;

	(void)state;
	assert_int_equal(processes_end(&anothers, &ended), 0);
	assert_int_equal(ended.n, his.is_so ? 1 : 0);
	assert_int_equal(ended.n_left, 0);
	/* One that had ended would not be found. */
	assert_int_equal(end(ours.pid, ours.born_us).n, 1);
	expect_gone(&ours);
	if (!his.is_so)
		assert_int_equal(end(his.pid, his.born_us).n, 1);
	expect_gone(&his);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_ended),
		cmocka_unit_test(abuse_41_a_younger_one_is_another),
		cmocka_unit_test(not_ourselves),
		cmocka_unit_test(all_of_an_uid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
