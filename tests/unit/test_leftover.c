/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a killed run left goes; the store, and what is not known, stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/scope.h"
#include "cloxxsd/state/leftover.h"
#include "tests/unit/scratch.h"

static struct scratch scratch;

/* In the order in which they can be made; '/' at the end: a directory. */
static const struct {
	const char *name;
	bool goes;
} rows[] = {
	{ "private/", false },
	{ "private/store.db", false },
	{ "private/store.db-wal", false },
	{ "private/store.made", false },
	{ "private/store.db.before-restore-20261128T130247Z", false },
	{ "private/lock", false },
	{ "private/check.aB3xyZ/", true },
	{ "private/check.aB3xyZ/private/", true },
	{ "private/check.aB3xyZ/private/store.db", true },
	{ "private/check.aB3xyZ/private/store.db-wal", true },
	{ "private/check.aB3xyZ/private/store.db-shm", true },
	{ "private/check.aB3xyZ/private/store.made", true },
	{ "private/check.empty0/", true },
	{ "private/restore.new/", true },
	{ "private/restore.new/store.db", true },
	{ "private/restore.old/", true },
	{ "private/restore.old/store.db", true },
	{ "private/restore.old/store.db-journal", true },
	{ "private/snapshot.db", true },
	{ "private/snapshot.db-journal", true },
	{ "private/check.of-somebody/", false },
	{ "private/check.of-somebody/store.db", false },
	{ "private/check.other1/", false },
	{ "private/check.other1/diary", false },
	{ "private/snapshot.database", false },
	{ "elsewhere/", false },
	{ "elsewhere/store.db", false },
};

static void make_all(void)
{
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].name);

		(void)scratch_path(&scratch, rows[i].name, path);
		if (rows[i].name[n - 1] == '/')
			assert_int_equal(mkdir(path, 0700), 0);
		else
			scratch_write(&scratch, rows[i].name, "x", 1, 0600);
	}
	/* A link is no leftover, and leads nowhere. */
	assert_int_equal(
		symlink("../elsewhere",
			scratch_path(&scratch, "private/check.link00", path)),
		0);
}

static void what_goes(void **state)
{
	char path[128];

	(void)state;
	scratch_init(&scratch);
	make_all();
	/* Twice: there is nothing to be done the second time. */
	for (int i = 0; i < 2; i++)
		leftover_clear(scratch.path);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool is = access(scratch_path(&scratch, rows[i].name, path),
				 F_OK) == 0;

		if (is == rows[i].goes)
			fail_msg("%s %s", rows[i].name, is ? "stays" : "goes");
	}
	scratch_deinit(&scratch);
}

static void where_there_is_nothing(void **state)
{
	(void)state;
	scratch_init(&scratch);
	leftover_clear(scratch.path);
	leftover_clear("/nowhere/at/all");
	scratch_deinit(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes),
		cmocka_unit_test(where_there_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
