/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One at a time for each user, in order, whoever leaves when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/attempt/lane.h"

#define PIET 66000
/* In the same bucket. */
#define JAN (PIET + 256)

static struct lanes *lanes;
/* Whose turns came, in order. */
static char turns[64];

struct one {
	struct lane_place place; /* first */
	char name;
	bool leaves; /* within its turn */
};

static void on_turn(struct lane_place *place)
{
	struct one *one = (struct one *)place;

	turns[strlen(turns)] = one->name;
	if (one->leaves)
		lane_leave(lanes, place);
}

static struct one one(char name)
{
	return (struct one){ .place = { .turn = on_turn }, .name = name };
}

static void enter(uint32_t uid, struct one *who)
{
	assert_int_equal(lane_enter(lanes, uid, &who->place), 0);
}

static void leave(struct one *who)
{
	lane_leave(lanes, &who->place);
}

static int setup(void **state)
{
	(void)state;
	memset(turns, 0, sizeof(turns));
	return lanes_new(&lanes);
}

static int teardown(void **state)
{
	(void)state;
	lanes = lanes_free(lanes);
	return 0;
}

static void in_order(void **state)
{
	struct one a = one('a'), b = one('b'), c = one('c');

	(void)state;
	enter(PIET, &a);
	enter(PIET, &b);
	enter(PIET, &c);
	assert_string_equal(turns, "a");
	leave(&a);
	assert_string_equal(turns, "ab");
	/* Back at the end. */
	enter(PIET, &a);
	leave(&b);
	leave(&c);
	assert_string_equal(turns, "abca");
	leave(&a);
}

static void users_do_not_meet(void **state)
{
	struct one a = one('a'), b = one('b'), c = one('c');

	(void)state;
	enter(PIET, &a);
	enter(JAN, &b);
	enter(PIET + 1, &c);
	assert_string_equal(turns, "abc");
	leave(&a);
	leave(&c);
	leave(&b);
	enter(JAN, &a);
	leave(&a);
	assert_string_equal(turns, "abca");
}

static void leaving_while_waiting(void **state)
{
	struct one a = one('a'), b = one('b'), c = one('c'), d = one('d');

	(void)state;
	enter(PIET, &a);
	enter(PIET, &b);
	enter(PIET, &c);
	enter(PIET, &d);
	leave(&b);
	leave(&d);
	assert_string_equal(turns, "a");
	enter(PIET, &b);
	leave(&a);
	leave(&c);
	assert_string_equal(turns, "acb");
	leave(&b);
	/* Twice is once. */
	leave(&b);
	leave(&d);
	assert_string_equal(turns, "acb");
}

static void leaving_within_the_turn(void **state)
{
	struct one a = one('a'), b = one('b'), c = one('c'), d = one('d');

	(void)state;
	a.leaves = b.leaves = c.leaves = true;
	enter(PIET, &a);
	assert_string_equal(turns, "a");
	enter(PIET, &d);
	enter(PIET, &b);
	enter(PIET, &c);
	leave(&d);
	assert_string_equal(turns, "adbc");
	enter(PIET, &d);
	assert_string_equal(turns, "adbcd");
	leave(&d);
}

static void from_within(struct lane_place *place)
{
	struct one *who = (struct one *)place;
	struct one *next = who + 1;

	turns[strlen(turns)] = who->name;
	if (next->name)
		enter(PIET, next);
	leave(who);
}

/* Entering and leaving from within a turn, in a lane that is about to go. */
static void entering_within_the_turn(void **state)
{
	struct one all[4] = { one('a'), one('b'), one('c') };

	(void)state;
	for (int i = 0; i < 3; i++)
		all[i].place.turn = from_within;
	enter(PIET, &all[0]);
	assert_string_equal(turns, "abc");
}

static void only_count(struct lane_place *place)
{
	turns[0]++;
	lane_leave(lanes, place);
}

/* As many as attempts may be, all of them let by at once: a lock was set. */
static void a_crowd_that_leaves(void **state)
{
	static struct lane_place places[65536];
	struct one first = one('a');

	(void)state;
	enter(PIET, &first);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		places[i].turn = only_count;
		assert_int_equal(lane_enter(lanes, PIET, &places[i]), 0);
	}
	turns[0] = 0;
	leave(&first);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		assert_null(places[i].lane);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_order),
		TEST(users_do_not_meet),
		TEST(leaving_while_waiting),
		TEST(leaving_within_the_turn),
		TEST(entering_within_the_turn),
		TEST(a_crowd_that_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
