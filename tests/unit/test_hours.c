/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hours as they are written, refused and asked; and the wall clock over the
 * days on which summer begins and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "policy/hours.h"

static struct hours hours_of(const char *written)
{
	struct hours hours = { 0 };
	char why[256];
	struct text text;

	text_init(&text, why, sizeof(why));
	if (hours_parse(written, &hours, &text) != 0)
		fail_msg("'%s' is refused: %s", written, why);
	return hours;
}

static void what_is_written_is_read(void **state)
{
	static const struct {
		const char *written, *read;
	} rows[] = {
		{ "always", "always" },
		{ "  Always", "always" },
		{ "mo-fr 07:00-20:00", "mo-fr 07:00-20:00" },
		{ "mo-fr 07:00-20:00,sa 09:00-12:00",
		  "mo-fr 07:00-20:00, sa 09:00-12:00" },
		{ " MO-Fr\t07:00-20:00 , sa 09:00-12:00 ",
		  "mo-fr 07:00-20:00, sa 09:00-12:00" },
		{ "su 00:00-24:00", "su 00:00-24:00" },
		{ "07:30-19:45", "07:30-19:45" },
		{ "mo-su 07:30-19:45", "07:30-19:45" },
		{ "fr 22:00-06:00", "fr 22:00-06:00" },
		{ "22:00-00:00", "22:00-00:00" },
		{ "sa-sa 10:00-11:00", "sa 10:00-11:00" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hours hours = hours_of(rows[i].written), again;
		char buffer[HOURS_TEXT_MAX];
		struct text text;

		text_init(&text, buffer, sizeof(buffer));
		hours_write(&hours, &text);
		assert_string_equal(buffer, rows[i].read);
		again = hours_of(buffer);
		assert_memory_equal(&again, &hours, sizeof(hours));
	}
}

static void what_is_none_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *written, *part, *fault;
	} rows[] = {
		{ "", "\"\"", "no range" },
		{ "mo-fr", "\"mo-fr\"", "no range" },
		{ "mo-fr 07:00", "\"mo-fr 07:00\"", "no range" },
		{ "mo-fr 7:00-20:00", "7:00", "no range" },
		{ "mo-fr 07:00-20:00,", "\"\"", "no range" },
		{ "mo-fr 07:00-20:00,,sa 09:00-12:00", "\"\"", "no range" },
		{ "mo-fr 07:00-20:00 sa 09:00-12:00", "sa", "no range" },
		{ "mo-fr 07:00-25:00", "25:00", "no range" },
		{ "mo-fr 07:00-24:01", "24:01", "no range" },
		{ "mo-fr 07:60-20:00", "07:60", "no range" },
		{ "xx 07:00-20:00", "xx", "no range" },
		{ "mon 07:00-20:00", "mon", "no range" },
		{ "mo07:00-20:00", "mo07", "no range" },
		{ "mo,tu 07:00-20:00", "\"mo\"", "no range" },
		{ "always, mo 07:00-20:00", "always", "no range" },
		{ "sa 09:00-12:00, fr-mo 07:00-20:00", "\"fr-mo 07:00-20:00\"",
		  "backwards" },
		{ "mo 07:00-07:00", "\"mo 07:00-07:00\"", "no time" },
		{ "mo 00:00-00:00", "00:00-00:00", "no time" },
		{ "mo 24:00-06:00", "24:00-06:00", "no time" },
		{ "mo \xc3\xa9", "\\xc3", "no range" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hours hours = { .n = 7 };
		char why[512];
		struct text text;

		text_init(&text, why, sizeof(why));
		assert_int_equal(hours_parse(rows[i].written, &hours, &text),
				 HOURS_E_INVALID);
		if (!strstr(why, rows[i].part) || !strstr(why, rows[i].fault))
			fail_msg("'%s': %s", rows[i].written, why);
		assert_int_equal(hours.n, 7);
	}
}

static void so_many_ranges_and_no_more(void **state)
{
	char many[512] = "", buffer[HOURS_TEXT_MAX], why[256];
	struct hours hours;
	struct text text, error;

	(void)state;
	text_init(&text, many, sizeof(many));
	for (int i = 0; i < HOURS_RANGES_MAX; i++)
		text_add_format(&text, "%smo-fr %02d:00-%02d:30",
				i > 0 ? ", " : "", i, i);
	hours = hours_of(many);
	text_init(&text, buffer, sizeof(buffer));
	hours_write(&hours, &text);
	assert_false(text_is_cut(&text));
	assert_string_equal(buffer, many);
	strncat(many, ", sa 10:00-11:00", sizeof(many) - strlen(many) - 1);
	text_init(&error, why, sizeof(why));
	assert_int_equal(hours_parse(many, &hours, &error), HOURS_E_INVALID);
	assert_non_null(strstr(why, "more than 16"));
}

static void when_they_are(void **state)
{
	static const struct {
		const char *hours;
		uint8_t day;
		unsigned int hour, minute;
		bool in;
	} rows[] = {
		{ "always", HOURS_SUNDAY, 3, 0, true },
		{ "mo-fr 07:00-20:00", HOURS_MONDAY, 6, 59, false },
		{ "mo-fr 07:00-20:00", HOURS_MONDAY, 7, 0, true },
		{ "mo-fr 07:00-20:00", HOURS_FRIDAY, 19, 59, true },
		{ "mo-fr 07:00-20:00", HOURS_FRIDAY, 20, 0, false },
		{ "mo-fr 07:00-20:00", HOURS_SATURDAY, 12, 0, false },
		{ "mo-fr 07:00-20:00, sa 09:00-12:00", HOURS_SATURDAY, 11, 59,
		  true },
		{ "su 00:00-24:00", HOURS_SUNDAY, 23, 59, true },
		{ "su 00:00-24:00", HOURS_MONDAY, 0, 0, false },
		{ "fr 22:00-06:00", HOURS_FRIDAY, 21, 59, false },
		{ "fr 22:00-06:00", HOURS_FRIDAY, 22, 0, true },
		{ "fr 22:00-06:00", HOURS_SATURDAY, 5, 59, true },
		{ "fr 22:00-06:00", HOURS_SATURDAY, 6, 0, false },
		{ "fr 22:00-06:00", HOURS_FRIDAY, 5, 59, false },
		{ "su 22:00-06:00", HOURS_MONDAY, 5, 59, true },
		{ "22:00-06:00", HOURS_WEDNESDAY, 3, 0, true },
		{ "22:00-06:00", HOURS_WEDNESDAY, 12, 0, false },
		{ "mo 22:00-00:00", HOURS_MONDAY, 23, 59, true },
		{ "mo 22:00-00:00", HOURS_TUESDAY, 0, 0, false },
		/* What is no moment of a week is in nothing but always. */
		{ "00:00-24:00", _HOURS_DAY_N, 12, 0, false },
		{ "00:00-24:00", 255, 12, 0, false },
		{ "00:00-24:00", HOURS_MONDAY, 24, 0, false },
	};
	const struct hours never = hours_never();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hours hours = hours_of(rows[i].hours);
		const struct hours_moment moment = {
			rows[i].day,
			(uint16_t)(rows[i].hour * 60 + rows[i].minute)
		};

		if (hours_contain(&hours, &moment) != rows[i].in)
			fail_msg("%s: %u %02u:%02u", rows[i].hours, rows[i].day,
				 rows[i].hour, rows[i].minute);
		assert_false(hours_contain(&never, &moment));
	}
}

/* In Amsterdam, 2026: summer begins on 29 March and ends on 25 October. */
static void the_days_on_which_the_clock_is_moved(void **state)
{
	static const struct {
		int64_t at;
		unsigned int day, hour, minute;
		bool in; /* su 02:00-03:00 */
	} rows[] = {
		{ 1774745999, HOURS_SUNDAY, 1, 59, false },
		{ 1774746000, HOURS_SUNDAY, 3, 0, false }, /* 02:00 is none */
		{ 1774749599, HOURS_SUNDAY, 3, 59, false },
		{ 1792886400 - 1, HOURS_SUNDAY, 1, 59, false },
		{ 1792886400, HOURS_SUNDAY, 2, 0, true },
		{ 1792889999, HOURS_SUNDAY, 2, 59, true },
		{ 1792890000, HOURS_SUNDAY, 2, 0, true }, /* once more */
		{ 1792893599, HOURS_SUNDAY, 2, 59, true },
		{ 1792893600, HOURS_SUNDAY, 3, 0, false },
	};
	struct hours hours = hours_of("su 02:00-03:00");

	(void)state;
	assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hours_moment moment;
		unsigned int day, minute;

		assert_true(clock_wall(rows[i].at, &day, &minute));
		assert_int_equal(day, rows[i].day);
		assert_int_equal(minute, rows[i].hour * 60 + rows[i].minute);
		moment =
			(struct hours_moment){ (uint8_t)day, (uint16_t)minute };
		assert_int_equal(hours_contain(&hours, &moment), rows[i].in);
	}
}

/* The zone is that of now, not that of the first question. */
static void the_zone_is_looked_at_anew(void **state)
{
	unsigned int day, minute;

	(void)state;
	assert_int_equal(setenv("TZ", "UTC0", 1), 0);
	assert_true(clock_wall(0, &day, &minute));
	assert_int_equal(day, HOURS_THURSDAY);
	assert_int_equal(minute, 0);
	assert_int_equal(setenv("TZ", "XXX1", 1), 0);
	assert_true(clock_wall(0, &day, &minute));
	assert_int_equal(day, HOURS_WEDNESDAY);
	assert_int_equal(minute, 23 * 60);
	assert_false(clock_wall(INT64_MAX, &day, &minute));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_none_is_refused_with_its_place),
		cmocka_unit_test(so_many_ranges_and_no_more),
		cmocka_unit_test(when_they_are),
		cmocka_unit_test(the_days_on_which_the_clock_is_moved),
		cmocka_unit_test(the_zone_is_looked_at_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
