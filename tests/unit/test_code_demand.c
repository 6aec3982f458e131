/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a code is asked for: as it is written, refused, asked and compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "policy/code.h"

static int parse(const char *written, struct code_demand *ret_demand)
{
	char why[256];
	struct text text;

	text_init(&text, why, sizeof(why));
	return code_demand_parse(written, ret_demand, &text);
}

static void what_is_written_is_read(void **state)
{
	static const char *const rows[][2] = {
		{ "never", "never" },
		{ "always", "always" },
		{ "outside 10.1.0.0/16", "outside 10.1.0.0/16" },
		{ "outside 10.0.0.0/8, 2001::/16",
		  "outside 10.0.0.0/8, 2001::/16" },
		{ "outside \t2001:db8::/32 ,10.1.0.0/16",
		  "outside 10.1.0.0/16, 2001:db8::/32" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scope(code_demand_deinit) struct code_demand demand = { 0 };
		char buffer[128];
		struct text text;

		assert_int_equal(parse(rows[i][0], &demand), 0);
		text_init(&text, buffer, sizeof(buffer));
		code_demand_write(&demand, &text);
		assert_string_equal(buffer, rows[i][1]);
	}
}

static void what_is_none_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"Never",
		"always ",
		"outside",
		"outside ",
		"outside10.1.0.0/16",
		"sometimes",
		"outside any",
		"outside 10.1.0.1/16",
		"outside ,",
		"outside 0.0.0.0/0",
		"outside 0.0.0.0/1, 128.0.0.0/1",
		"outside 10.1.0.0/16, 64.0.0.0/7",
		"outside 2000::/3",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct code_demand demand = { .when = CODE_WHEN_ALWAYS };

		assert_int_equal(parse(rows[i], &demand), CODE_E_INVALID);
		assert_int_equal(demand.when, CODE_WHEN_ALWAYS);
	}
}

static bool asks(const char *written, const char *address)
{
	scope(code_demand_deinit) struct code_demand demand = { 0 };
	struct address from;

	assert_int_equal(parse(written, &demand), 0);
	if (!address)
		return code_demand_asks(&demand, NULL);
	assert_int_equal(address_parse(address, &from), 0);
	return code_demand_asks(&demand, &from);
}

static void it_is_asked_where_it_says(void **state)
{
	(void)state;
	assert_false(asks("never", "192.0.2.1"));
	assert_false(asks("never", NULL));
	assert_true(asks("always", "10.1.2.3"));
	assert_true(asks("always", NULL));
	assert_false(asks("outside 10.1.0.0/16", "10.1.255.255"));
	assert_false(asks("outside 10.1.0.0/16", "::ffff:10.1.2.3"));
	assert_true(asks("outside 10.1.0.0/16", "10.2.0.0"));
	assert_true(asks("outside 10.1.0.0/16", "2001:db8::1"));
	/* Unknown means no. */
	assert_true(asks("outside 10.1.0.0/16", NULL));
}

static bool is_weaker(const char *before, const char *after)
{
	scope(code_demand_deinit) struct code_demand was = { 0 };
	scope(code_demand_deinit) struct code_demand is = { 0 };

	assert_int_equal(parse(before, &was), 0);
	assert_int_equal(parse(after, &is), 0);
	return code_demand_is_weaker(&was, &is);
}

static void what_asks_less_is_weaker(void **state)
{
	static const char *const rows[] = {
		/* from the strictest on */
		"always", "outside 10.1.2.0/24", "outside 10.1.0.0/16",
		"outside 10.1.0.0/16, 192.0.2.1", "never"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t j = 0; j < ARRAY_SIZE(rows); j++)
			assert_int_equal(is_weaker(rows[i], rows[j]), j > i);
	assert_true(is_weaker("outside 10.1.0.0/16", "outside 10.2.0.0/16"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(it_is_asked_where_it_says),
		cmocka_unit_test(what_asks_less_is_weaker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
