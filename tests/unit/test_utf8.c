/* SPDX-License-Identifier: GPL-3.0-or-later */
/* abuse_78: what is UTF-8, at each bound of its forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/scope.h"
#include "base/utf8.h"

static const struct {
	const char *bytes;
	size_t length; /* of the character; 0: none */
} rows[] = {
	{ "a", 1 },
	{ "\x7f", 1 },
	{ "\x80", 0 },
	{ "\xbf", 0 },
	{ "\xc0\x80", 0 },
	{ "\xc1\xbf", 0 },
	{ "\xc2\x80", 2 },
	{ "\xc2\x7f", 0 },
	{ "\xc2\xc0", 0 },
	{ "\xc2", 0 },
	{ "\xdf\xbf", 2 },
	{ "\xe0\x9f\xbf", 0 },
	{ "\xe0\xa0\x80", 3 },
	{ "\xe0\xa0", 0 },
	{ "\xe0\xa0\x7f", 0 },
	{ "\xe1\x80\xc0", 0 },
	{ "\xec\xbf\xbf", 3 },
	{ "\xed\x9f\xbf", 3 },
	{ "\xed\xa0\x80", 0 }, /* the first surrogate */
	{ "\xed\xbf\xbf", 0 },
	{ "\xee\x80\x80", 3 },
	{ "\xef\xbf\xbf", 3 },
	{ "\xf0\x8f\xbf\xbf", 0 },
	{ "\xf0\x90\x80\x80", 4 },
	{ "\xf0\x90\x80", 0 },
	{ "\xf0\x90\x80\x7f", 0 },
	{ "\xf3\xbf\xbf\xbf", 4 },
	{ "\xf4\x8f\xbf\xbf", 4 }, /* U+10FFFF */
	{ "\xf4\x90\x80\x80", 0 },
	{ "\xf5\x80\x80\x80", 0 },
	{ "\xff", 0 },
};

static void test_lengths_abuse_78(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].bytes);

		if (utf8_length(rows[i].bytes, n) != rows[i].length)
			fail_msg("row %zu: %zu", i,
				 utf8_length(rows[i].bytes, n));
		assert_int_equal(utf8_is_text(rows[i].bytes, n),
				 rows[i].length > 0);
	}
	assert_int_equal(utf8_length("", 1), 1);
}

static void test_text(void **state)
{
	(void)state;
	assert_true(utf8_is_text("", 0));
	assert_true(utf8_is_text("ge\xc3\xafnd \xf0\x9f\x90\x84", 11));
	assert_false(utf8_is_text("ge\xc3\xafnd \xf0\x9f\x90\x84", 10));
	assert_false(utf8_is_text("a\0b", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths_abuse_78),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
