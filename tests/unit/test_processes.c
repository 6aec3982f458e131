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
};

static void behave(enum behaviour behaviour, int ready)
{
	if (behaviour != HEEDS) {
		(void)signal(SIGHUP, SIG_IGN);
		(void)signal(SIGTERM, SIG_IGN);
	}
	if (behaviour == HAS_A_CHILD) {
		if (fork() == 0)
			(void)setsid();
		else
			(void)signal(SIGTERM, SIG_DFL);
	}
	(void)!write(ready, "", 1);
	for (;;)
		pause();
}

struct child {
	pid_t pid;
	int64_t born_us; /* by then it was there */
	int ends;        /* reads its end when all of it have ended */
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

/* A process of somebody who has no session. */
static void all_of_an_uid(void **state)
{
	const struct processes_wanted nobodys = { .of_user = true,
						  .uid = 2000000000 };
	struct processes_ended ended;

	(void)state;
	assert_int_equal(processes_end(&nobodys, &ended), 0);
	assert_int_equal(ended.n, 0);
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
