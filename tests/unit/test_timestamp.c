/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moments as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "base/timestamp.h"

static void what_is_read(void **state)
{
	static const struct {
		const char *text;
		enum timestamp_side side;
		int64_t seconds;
	} rows[] = {
		{ "2027-01-31", TIMESTAMP_BEGIN, 1801350000 },
		{ "2027-01-31", TIMESTAMP_END, 1801436399 },
		{ "2027-01-31T09:00", TIMESTAMP_BEGIN, 1801382400 },
		{ "2027-01-31 09:00", TIMESTAMP_END, 1801382400 },
		{ "2027-01-31T09:00:30", TIMESTAMP_END, 1801382430 },
		{ "2027-01-31T08:00:00Z", TIMESTAMP_BEGIN, 1801382400 },
		{ "2027-01-31T08:00Z", TIMESTAMP_BEGIN, 1801382400 },
		{ "2027-01-31T09:00:00+01:00", TIMESTAMP_BEGIN, 1801382400 },
		{ "2027-01-31T02:30:00-05:30", TIMESTAMP_BEGIN, 1801382400 },
		/* In summer, and on the days when it begins and ends. */
		{ "2027-07-01T10:00", TIMESTAMP_BEGIN, 1814428800 },
		{ "2026-03-29", TIMESTAMP_BEGIN, 1774738800 },
		{ "2026-03-29", TIMESTAMP_END, 1774821599 },
		{ "2026-10-25", TIMESTAMP_END, 1792969199 },
		{ "2026-03-29 01:59", TIMESTAMP_BEGIN, 1774745940 },
		{ "2026-03-29 03:00", TIMESTAMP_BEGIN, 1774746000 },
		{ "2026-03-29T02:30Z", TIMESTAMP_BEGIN, 1774751400 },
		{ "2026-06-24 08:30", TIMESTAMP_BEGIN, 1782282600 },
		{ "2026-12-24 03:00:30-05:30", TIMESTAMP_BEGIN, 1798101030 },
		{ "2026-12-24T08:30:00+01:00", TIMESTAMP_END, 1798097400 },
		{ "1970-01-01 01:00:01", TIMESTAMP_BEGIN, 1 },
		{ "2028-02-29", TIMESTAMP_BEGIN, 1835391600 },
		{ "9999-12-31T22:59:59Z", TIMESTAMP_END, 253402297199 },
	};

	(void)state;
	assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t seconds = -1;

		if (!timestamp_read(rows[i].text, rows[i].side, &seconds) ||
		    seconds != rows[i].seconds)
			fail_msg("%s: %lld", rows[i].text, (long long)seconds);
	}
}

static void what_is_none(void **state)
{
	static const char *const rows[] = {
		"",
		"tomorrow",
		"2027",
		"2027-01",
		"2027-1-31",
		"27-01-31",
		"2027-02-30",
		"2027-02-29",
		"2026-02-30 08:00",
		"2026-02-30T08:00Z",
		/* Summer time leaps over these. */
		"2026-03-29 02:00",
		"2026-03-29T02:30:00",
		"2026-03-29 02:59:59",
		"2027-13-01",
		"2027-00-01",
		"2027-01-00",
		"2027-01-31T",
		"2027-01-31T9:00",
		"2027-01-31T09",
		"2027-01-31T24:00",
		"2027-01-31T09:60",
		"2027-01-31T09:00:",
		"2027-01-31T09:00:60",
		"2027-01-31T09:00:00 ",
		"2027-01-31T09:00:00+1:00",
		"2027-01-31T09:00:00+0100",
		"2027-01-31T09:00:00+01",
		"2027-01-31T09:00:00+24:00",
		"2027-01-31T09:00:00Zulu",
		"2027-01-31Z",
		"2027-01-31+01:00",
		"31-01-2027",
		"2027/01/31",
		"1798101000",
		"now",
		" 2027-01-31",
		"2027-01-31T09:00:00.5",
		"1969-12-31T12:00",
		"1970-01-01 00:59",
		"1970-01-01T00:00:00Z",
		"1970-01-01T00:00:00+01:00",
		"+027-01-31",
	};
	int64_t seconds = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (timestamp_read(rows[i], TIMESTAMP_BEGIN, &seconds))
			fail_msg("'%s' was read", rows[i]);
	assert_int_equal(seconds, 42);
}

static void what_is_written_is_read_again(void **state)
{
	static const int64_t rows[] = { 1, 1801382400, 4102444800,
					TIMESTAMP_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char buffer[TIMESTAMP_TEXT_MAX];
		int64_t seconds = 0;
		struct text text;

		text_init(&text, buffer, sizeof(buffer));
		timestamp_write(rows[i], &text);
		assert_false(text_is_cut(&text));
		assert_true(timestamp_read(buffer, TIMESTAMP_END, &seconds));
		assert_int_equal(seconds, rows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(what_is_written_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
