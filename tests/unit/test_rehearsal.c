/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cloxxsd/attempt/rehearsal.h"

/* No turn of the loop takes as long. */
#define LONG_US UINT64_C(60000000)

static sd_event *event;
static struct rehearsal *rehearsal;
static void *rehearsed; /* whose turn it was last */
static unsigned int n_rehearsed;

static void rehearse(void *userdata)
{
	rehearsed = userdata;
	n_rehearsed++;
}

static int begin(void **state)
{
	(void)state;
	n_rehearsed = 0;
	rehearsed = NULL;
	return sd_event_new(&event) < 0 ||
	       rehearsal_new(event, rehearse, &rehearsal) != 0;
}

static int end(void **state)
{
	(void)state;
	rehearsal = rehearsal_free(rehearsal);
	event = sd_event_unref(event);
	return 0;
}

/* Nothing is due: a turn that waits for nothing finds nothing. */
static void expect_nothing(void)
{
	assert_int_equal(sd_event_run(event, 0), 0);
	assert_int_equal(n_rehearsed, 0);
}

static void before_the_end(void **state)
{
	int64_t begun_us, took_us = 40000;
	char one, other;

	(void)state;
	rehearsal_end(rehearsal, &one, took_us);
	begun_us = clock_monotonic_us();
	rehearsal_plan(rehearsal, &other);
	while (n_rehearsed == 0)
		assert_true(sd_event_run(event, LONG_US) >= 0);
	assert_ptr_equal(rehearsed, &other);
	assert_in_range(clock_monotonic_us() - begun_us, took_us * 9 / 10,
			LONG_US);
	/* Once. */
	n_rehearsed = 0;
	expect_nothing();
	rehearsal_end(rehearsal, &other, took_us);
}

/* How long the first one takes nobody knows. */
static void first_has_none(void **state)
{
	char one;

	(void)state;
	rehearsal_plan(rehearsal, &one);
	expect_nothing();
	rehearsal_end(rehearsal, &one, 0);
	rehearsal_plan(rehearsal, &one);
	expect_nothing();
}

/* What has ended may be freed. */
static void forgotten_at_the_end(void **state)
{
	char one;

	(void)state;
	rehearsal_end(rehearsal, &one, 1);
	rehearsal_plan(rehearsal, &one);
	rehearsal_end(rehearsal, &one, 1);
	expect_nothing();
}

/* It is for the last one; the end of another leaves it. */
static void last_one_only(void **state)
{
	char one, other;

	(void)state;
	rehearsal_end(rehearsal, &one, 2);
	rehearsal_plan(rehearsal, &one);
	rehearsal_plan(rehearsal, &other);
	rehearsal_end(rehearsal, &one, 2);
	while (n_rehearsed == 0)
		assert_true(sd_event_run(event, LONG_US) >= 0);
	assert_ptr_equal(rehearsed, &other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(before_the_end),
		TEST(first_has_none),
		TEST(forgotten_at_the_end),
		TEST(last_one_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
