/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/secret.h"

static const struct {
	const char *what;
	const char *bytes;
	size_t n;
	int expected;
} rows[] = {
	{ "empty", "", 0, 0 },
	{ "plain", "correct horse", 13, 0 },
	{ "NUL within", "a\0b", 3, SECRET_E_NUL },
	{ "NUL at the end", "ab\0", 3, SECRET_E_NUL },
};

static void test_set(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scope(secret_deinit) struct secret secret;

		secret_init(&secret);
		assert_int_equal(secret_set(&secret, rows[i].bytes, rows[i].n),
				 rows[i].expected);
		assert_int_equal(secret.n,
				 rows[i].expected == 0 ? rows[i].n : 0);
	}
}

/* abuse-77: the last byte of the longest one matters; one more is refused. */
static void test_length_abuse_77(void **state)
{
	char bytes[SECRET_MAX + 1];
	scope(secret_deinit) struct secret a = { 0 };
	scope(secret_deinit) struct secret b = { 0 };

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(secret_set(&a, bytes, SECRET_MAX), 0);
	bytes[SECRET_MAX - 1] = 'y';
	assert_int_equal(secret_set(&b, bytes, SECRET_MAX), 0);
	assert_false(secret_equal(&a, &b));
	assert_int_equal(secret_set(&b, bytes, SECRET_MAX + 1),
			 SECRET_E_TOO_LONG);
	assert_true(secret_is_empty(&b));
}

static void test_wiped(void **state)
{
	static const struct secret nothing;
	struct secret secret = { 0 };

	(void)state;
	assert_int_equal(secret_set(&secret, "canary", 6), 0);
	secret_deinit(&secret);
	assert_memory_equal(&secret, &nothing, sizeof(secret));
}

static void test_equal(void **state)
{
	scope(secret_deinit) struct secret a = { 0 };
	scope(secret_deinit) struct secret b = { 0 };

	(void)state;
	assert_true(secret_equal(&a, &b));
	assert_int_equal(secret_set(&a, "same", 4), 0);
	assert_int_equal(secret_set(&b, "same", 4), 0);
	assert_true(secret_equal(&a, &b));
	assert_int_equal(secret_set(&b, "sam", 3), 0);
	assert_false(secret_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_length_abuse_77),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
