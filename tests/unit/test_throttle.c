/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which sources wait, for how long, and what another's storm changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <malloc.h>
#include <sodium.h>

#include "cloxxsd/attempt/throttle.h"

#define SECOND INT64_C(1000000)
#define PLACES 1024
#define BAD "192.0.2.66"

/* One answer leaks in 60 s; the first wait is 37.5 s. */
static const struct throttle_limit limit = { 10, 600, NULL };
static const struct throttle_limit off = { 0, 600, NULL };

static struct throttle *throttle;

static int setup(void **state)
{
	(void)state;
	return sodium_init() < 0 || throttle_new(PLACES, &throttle) != 0;
}

static int teardown(void **state)
{
	(void)state;
	throttle = throttle_free(throttle);
	return 0;
}

/* Seconds that it waits from now on; 0: it does not. */
static double count(const char *address, double now_s)
{
	int64_t wait_us = 0;
	bool waits = throttle_count(throttle, &limit, address,
				    (int64_t)(now_s * 1e6), &wait_us);

	assert_int_equal(waits, wait_us > 0);
	return (double)wait_us / 1e6;
}

static bool waits(const char *address, double now_s)
{
	char reference[REFERENCE_MAX];

	return throttle_waits(throttle, &limit, address, (int64_t)(now_s * 1e6),
			      reference);
}

/* Until it waits; how long then. */
static double fill(const char *address, double now_s)
{
	for (int i = 0; i < 9; i++)
		assert_true(count(address, now_s) == 0);
	return count(address, now_s);
}

/* Wrong answers, each so long after the one before, until it waits; 0: never.
 */
static void one_after_another(void **state)
{
	static const struct {
		double apart_s;
		int n;
	} cases[] = {
		{ 0, 10 },  { 1, 10 }, { 6, 10 }, { 7, 11 },   { 30, 18 },
		{ 50, 50 }, { 60, 0 }, { 61, 0 }, { 3600, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char address[40];
		int n = 0;

		(void)snprintf(address, sizeof(address), "198.51.100.%zu", i);
		while (n < 200 && count(address, n * cases[i].apart_s) == 0)
			n++;
		if ((n == 200 ? 0 : n + 1) != cases[i].n)
			fail_msg("each %g s: %d instead of %d",
				 cases[i].apart_s, n + 1, cases[i].n);
	}
}

static void it_waits_and_no_longer(void **state)
{
	(void)state;
	assert_true(fill(BAD, 1000) == 37.5);
	assert_true(waits(BAD, 1000));
	assert_true(waits(BAD, 1037.4));
	assert_false(waits(BAD, 1037.5));
}

static void attempts_while_it_waits_change_nothing(void **state)
{
	(void)state;
	(void)fill(BAD, 1000);
	for (int i = 0; i < 1000; i++)
		assert_true(count(BAD, 1001 + i * 0.03) == 0);
	assert_false(waits(BAD, 1037.5));
	assert_true(count(BAD, 1037.5) == 75);
}

/* One answer a wait, each wait twice the last, up to the window. */
static void the_wait_grows_up_to_the_window(void **state)
{
	static const double expected[] = { 37.5, 75, 150, 300, 600, 600, 600 };
	double now_s = 1000, wait_s = fill(BAD, now_s);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(wait_s == expected[i]);
		now_s += wait_s;
		assert_false(waits(BAD, now_s));
		wait_s = count(BAD, now_s);
	}
}

static void a_quiet_window_and_all_is_forgotten(void **state)
{
	double now_s = 1000, wait_s = fill(BAD, now_s);

	(void)state;
	for (int i = 0; i < 5; i++) {
		now_s += wait_s;
		wait_s = count(BAD, now_s);
	}
	assert_true(wait_s == 600);
	/* Not quite: it leaked nine, which is room for as many. */
	now_s += wait_s + 599;
	for (int i = 0; i < 8; i++)
		assert_true(count(BAD, now_s) == 0);
	assert_true(count(BAD, now_s) == 600);
	assert_true(fill(BAD, now_s + 1200) == 37.5);
}

/* What is one source, and what are two. */
static void sources(void **state)
{
	static const struct {
		const char *of, *other;
		bool same;
	} cases[] = {
		{ BAD, BAD, true },
		{ BAD, "192.0.2.67", false },
		{ BAD, "::ffff:192.0.2.66", true },
		{ "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true },
		{ "2001:db8:1:2::1", "2001:db8:1:2::", true },
		{ "2001:db8:1:2::1", "2001:db8:1:3::1", false },
		{ "::1", "127.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double now_s = 10000.0 * (double)(i + 1);

		(void)fill(cases[i].of, now_s);
		if (waits(cases[i].other, now_s) != cases[i].same)
			fail_msg("%s, %s", cases[i].of, cases[i].other);
	}
}

static void nobody_without_an_address(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(count("", 1000) == 0);
		assert_true(count("console", 1000) == 0);
	}
	assert_false(waits("", 1000));
	assert_false(waits("console", 1000));
}

static void off_is_off(void **state)
{
	char reference[REFERENCE_MAX];
	int64_t wait_us;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_false(
			throttle_count(throttle, &off, BAD, SECOND, &wait_us));
	assert_false(waits(BAD, 1));
	(void)fill(BAD, 1);
	assert_false(throttle_waits(throttle, &off, BAD, SECOND, reference));
	assert_true(waits(BAD, 1));
}

static void its_reference(void **state)
{
	char reference[REFERENCE_MAX];

	(void)state;
	(void)fill(BAD, 1000);
	assert_true(throttle_waits(throttle, &limit, BAD, 1000 * SECOND,
				   reference));
	assert_string_equal(reference, "");
	throttle_name(throttle, BAD, "ABCD-EFGH");
	throttle_name(throttle, "192.0.2.67", "XXXX-XXXX");
	assert_true(throttle_waits(throttle, &limit, BAD, 1001 * SECOND,
				   reference));
	assert_string_equal(reference, "ABCD-EFGH");
	/* Of that wait, not of the next. */
	assert_true(count(BAD, 1040) == 75);
	assert_true(throttle_waits(throttle, &limit, BAD, 1041 * SECOND,
				   reference));
	assert_string_equal(reference, "");
}

static void name_of(uint32_t i, char ret[40])
{
	(void)snprintf(ret, 40, "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255,
		       i & 255);
}

/*
 * A million addresses, with as many answers as each has for nothing: whoever
 * waits still waits afterwards, and no byte was allocated.
 */
static void abuse_62_a_million_addresses(void **state)
{
	struct mallinfo2 before, after;
	char address[40];

	(void)state;
	(void)fill(BAD, 1000);
	before = mallinfo2();
	for (uint32_t i = 0; i < 1000000; i++) {
		name_of(i, address);
		for (int k = 0; k < 9; k++)
			(void)count(address, 1001);
	}
	after = mallinfo2();
	assert_int_equal(before.uordblks, after.uordblks);
	assert_true(waits(BAD, 1002));
	assert_true(count(BAD, 1040) == 75);
}

/* With all places waiting, one more has one; what goes is not the longest. */
static void when_all_wait(void **state)
{
	unsigned int n = 0;
	char address[40];

	(void)state;
	assert_true(fill(BAD, 1000) == 37.5);
	for (double now_s = 1037.5; now_s < 2000; now_s += 600)
		while (count(BAD, now_s) == 0)
			;
	for (uint32_t i = 0; i < 20 * PLACES; i++) {
		name_of(i, address);
		(void)fill(address, 1640);
		n += waits(address, 1641);
	}
	assert_int_equal(n, 20 * PLACES);
	assert_true(waits(BAD, 1641));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_after_another),
		TEST(it_waits_and_no_longer),
		TEST(attempts_while_it_waits_change_nothing),
		TEST(the_wait_grows_up_to_the_window),
		TEST(a_quiet_window_and_all_is_forgotten),
		TEST(sources),
		TEST(nobody_without_an_address),
		TEST(off_is_off),
		TEST(its_reference),
		TEST(abuse_62_a_million_addresses),
		TEST(when_all_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
