/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One holder, who is told of, and none after him. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "cloxxsd/state/lock.h"
#include "tests/unit/scratch.h"

static struct scratch scratch;

static int setup(void **state)
{
	(void)state;
	scratch_init(&scratch);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_deinit(&scratch);
	return 0;
}

static struct lock *take(const char *who, int result, const char *say)
{
	struct lock *lock = NULL;
	char why[512];
	struct text text;
	int r;

	text_init(&text, why, sizeof(why));
	r = lock_take(scratch.path, who, &text, &lock);
	if (r != result || !strstr(why, say))
		fail_msg("%d instead of %d: '%s' without '%s'", r, result, why,
			 say);
	assert_true((lock != NULL) == (r == 0));
	return lock;
}

static void one_has_it(void **state)
{
	char say[64];
	struct lock *lock;

	(void)state;
	lock = take("cloxxsd", 0, "");
	(void)snprintf(say, sizeof(say), "held by cloxxsd, process %ld",
		       (long)getpid());
	assert_null(take("cloxxs-offline", -EBUSY, say));
	assert_null(take("cloxxsd", -EBUSY, "private/lock"));
	lock_free(lock);
	lock = take("cloxxs-offline", 0, "");
	assert_null(take("cloxxsd", -EBUSY, "held by cloxxs-offline, "));
	lock_free(lock);
	assert_null(lock_free(NULL));
}

/* abuse_127: who is killed holds nothing, whatever stands in the file. */
static void the_dead_hold_nothing(void **state)
{
	int ends[2], status;
	pid_t child;
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		(void)take("cloxxsd", 0, "");
		(void)!write(ends[1], "", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_null(take("cloxxs-offline", -EBUSY, "held by cloxxsd, "));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	lock_free(take("cloxxs-offline", 0, ""));
	close(ends[0]);
	close(ends[1]);
}

static void what_stands_there(void **state)
{
	char path[128];

	(void)state;
	lock_free(take("cloxxsd", 0, ""));
	assert_int_equal(unlink(scratch_path(&scratch, "private/lock", path)),
			 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_null(take("cloxxsd", -ELOOP, "private/lock"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(take("cloxxsd", -EINVAL, "private/lock"));
	assert_int_equal(unlink(path), 0);
	/* Nobody else's words reach a terminal as they are. */
	scratch_write(&scratch, "private/lock", "\033[2J", 4, 0600);
	lock_free(take("cloxxsd", 0, ""));
	assert_int_equal(chmod(scratch_path(&scratch, "private", path), 0755),
			 0);
	assert_null(take("cloxxsd", -EPERM, "0700"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_has_it),
		TEST(the_dead_hold_nothing),
		TEST(what_stands_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
