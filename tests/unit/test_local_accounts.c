/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of passwd and group, also such as no program writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/scope.h"
#include "cloxxsd/service/local_accounts.h"
#include "tests/unit/scratch.h"

#define NAME "anna"
#define ID 66001

static void lines(void **state)
{
	static const struct {
		const char *text;
		int found;
	} rows[] = {
		{ "", _LOCAL_ACCOUNTS_NONE },
		{ "anna:x:1000:1000::/home/anna:/bin/sh\n",
		  LOCAL_ACCOUNTS_NAME },
		{ "jan:x:66001:1000::/home/jan:/bin/sh\n", LOCAL_ACCOUNTS_ID },
		{ "jan:x:66001:\n", LOCAL_ACCOUNTS_ID },
		{ "jan:x:1000:66001::/:/bin/sh\n", _LOCAL_ACCOUNTS_NONE },
		{ "jan:x:1:\nanna:x:2:\n", LOCAL_ACCOUNTS_NAME },
		{ "anna2:x:1:\nann:x:2:\n", _LOCAL_ACCOUNTS_NONE },
		{ "anna::", LOCAL_ACCOUNTS_NAME },
		/* No line of such a file: nothing, or as much as can be told.
		 */
		{ "\n\n:\n::\n:::\n", _LOCAL_ACCOUNTS_NONE },
		{ "jan:66001\n", _LOCAL_ACCOUNTS_NONE },
		{ "jan:x:66001\n", _LOCAL_ACCOUNTS_NONE },
		{ "jan:x:66001x:\n", _LOCAL_ACCOUNTS_NONE },
		{ "jan:x::66001:\n", _LOCAL_ACCOUNTS_NONE },
		/* 2^32 more than the id. */
		{ "jan:x:4295033297:\n", _LOCAL_ACCOUNTS_NONE },
	};
	struct scratch scratch;
	char path[128];

	(void)state;
	scratch_init(&scratch);
	(void)scratch_path(&scratch, "passwd", path);
	assert_int_equal(local_accounts_find(path, NAME, ID), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scratch_write(&scratch, "passwd", rows[i].text,
			      strlen(rows[i].text), 0644);
		if (local_accounts_find(path, NAME, ID) != rows[i].found)
			fail_msg("%s", rows[i].text);
	}
	assert_true(local_accounts_find(scratch.path, NAME, ID) < 0);
	scratch_deinit(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
