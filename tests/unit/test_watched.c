/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watched: backups of others, judged by names and times in a directory of the
 * test's own; the configuration comes from a program that stands for cloxxsd.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloxxsctl/output.h"
#include "cloxxsctl/watched.h"
#include "tests/unit/scratch.h"

#define NOW INT64_C(1795400000)
#define DAY 86400

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

/* The file name, age seconds old. */
static void make(const char *name, int64_t age)
{
	const struct timespec times[2] = { { .tv_sec = NOW - age },
					   { .tv_sec = NOW - age } };
	char buffer[128];

	scratch_write(&scratch, name, "x", 1, 0600);
	assert_int_equal(utimensat(AT_FDCWD,
				   scratch_path(&scratch, name, buffer), times,
				   0),
			 0);
}

static void make_directory(const char *name)
{
	char buffer[128];

	assert_int_equal(mkdir(scratch_path(&scratch, name, buffer), 0700), 0);
}

/* One watched backup as the daemon's program tells of it. */
static void configure(const char *path, const char *pattern,
		      const char *min_count)
{
	char script[2048], buffer[128];
	int n;

	n = snprintf(script, sizeof(script),
		     "#!/bin/sh\ncat <<'E'\n"
		     "[{\"section\": \"backup\", \"key\": \"keep\", \"value\": "
		     "\"30d\"},\n"
		     "{\"section\": \"watched_backup\", \"name\": \"app\", "
		     "\"key\": \"path\", \"value\": \"%s\"},\n"
		     "{\"section\": \"watched_backup\", \"name\": \"app\", "
		     "\"key\": \"pattern\", \"value\": \"%s\"},\n"
		     "{\"section\": \"watched_backup\", \"name\": \"app\", "
		     "\"key\": \"max_age\", \"value\": \"26h\"},\n"
		     "{\"section\": \"watched_backup\", \"name\": \"app\", "
		     "\"key\": \"min_count\", \"value\": \"%s\"}]\nE\n",
		     scratch_path(&scratch, path, buffer), pattern, min_count);
	assert_in_range(n, 1, (int)sizeof(script) - 1);
	scratch_write(&scratch, "cloxxsd", script, (size_t)n, 0700);
}

static json_t *look(void)
{
	json_t *list = NULL;
	char buffer[128];

	assert_int_equal(watched_read(scratch_path(&scratch, "cloxxsd", buffer),
				      NOW, &list),
			 0);
	assert_int_equal(json_array_size(list), 1);
	return list;
}

static void check(const char *state, int64_t count)
{
	scope(json_decrefp) json_t *list = look();
	const json_t *one = json_array_get(list, 0);
	int64_t n = -1;

	assert_string_equal(output_member(one, "name", ""), "app");
	assert_string_equal(output_member(one, "state", ""), state);
	assert_true(*output_member(one, "text", ""));
	(void)output_member_int(one, "count", &n);
	assert_int_equal(n, count);
	assert_true(json_is_null(json_object_get(one, "newest")) ==
		    (count == 0));
}

static void test_states(void **state)
{
	(void)state;
	make_directory("d");
	configure("d", "*.tar", "2");
	check("few", 0);
	make("d/1.tar", 3 * DAY);
	check("few", 1);
	make("d/2.tar", 2 * DAY);
	check("old", 2);
	/* The border: 26 hours are not too old, a second more is. */
	make("d/3.tar", 26 * 3600 + 1);
	check("old", 3);
	make("d/4.tar", 26 * 3600);
	check("good", 4);
}

static void test_missing(void **state)
{
	(void)state;
	configure("nowhere", "*", "1");
	check("missing", 0);
}

/* A repository is a directory of directories; a dump may be one file. */
static void test_kinds(void **state)
{
	(void)state;
	make("dump", 60);
	configure("dump", "*", "1");
	check("good", 1);
	configure("dump", "*", "2");
	check("few", 1);
	make_directory("r");
	make_directory("r/one");
	configure("r", "*", "1");
	check("good", 1);
}

/* Neither what a pattern leaves out counts, nor a hidden file, nor a link. */
static void test_what_does_not_count(void **state)
{
	char target[128], buffer[128];

	(void)state;
	make_directory("d");
	make("other.tar", 60);
	make("d/1.zip", 60);
	make("d/.1.tar", 60);
	make("d/1.tar.part", 60);
	assert_int_equal(symlink(scratch_path(&scratch, "other.tar", target),
				 scratch_path(&scratch, "d/2.tar", buffer)),
			 0);
	configure("d", "*.tar", "1");
	check("few", 0);
}

/* The place itself may be no link, and nothing that would hold us up. */
static void test_no_link_no_pipe(void **state)
{
	char target[128], buffer[128];

	(void)state;
	make_directory("d");
	assert_int_equal(symlink(scratch_path(&scratch, "d", target),
				 scratch_path(&scratch, "link", buffer)),
			 0);
	configure("link", "*", "1");
	check("unreadable", 0);
	assert_int_equal(mkfifo(scratch_path(&scratch, "pipe", buffer), 0600),
			 0);
	configure("pipe", "*", "1");
	check("unreadable", 0);
}

static void test_no_configuration(void **state)
{
	static const char refused[] = "#!/bin/sh\nexit 1\n";
	static const char empty[] = "#!/bin/sh\necho '[]'\n";
	json_t *list = NULL;
	char buffer[128];

	(void)state;
	scratch_write(&scratch, "cloxxsd", refused, strlen(refused), 0700);
	assert_true(watched_read(scratch_path(&scratch, "cloxxsd", buffer), NOW,
				 &list) < 0);
	assert_null(list);
	/* None is named: none is looked at. */
	scratch_write(&scratch, "cloxxsd", empty, strlen(empty), 0700);
	assert_int_equal(watched_read(scratch_path(&scratch, "cloxxsd", buffer),
				      NOW, &list),
			 0);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_states, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_does_not_count, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_link_no_pipe, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_configuration, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
