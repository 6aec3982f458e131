/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What sequence numbers tell, and spans of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cloxxsctl/audit/gaps.h"

#define CHAIN_A "aaaaaaaaaaaaaaaa0000000000000000"
#define CHAIN_B "bbbbbbbbbbbbbbbb0000000000000000"

static void test_again(void **state)
{
	scope(audit_gaps_deinit) struct audit_gaps gaps = { 0 };

	(void)state;
	assert_false(audit_gaps_has(&gaps, 7));
	assert_int_equal(audit_gaps_take(&gaps, 7, CHAIN_A, 1), AUDIT_NEW);
	assert_true(audit_gaps_has(&gaps, 7));
	assert_int_equal(audit_gaps_take(&gaps, 7, CHAIN_A, 1), AUDIT_AGAIN);
	/* Texts were taken out of it. */
	assert_int_equal(audit_gaps_take(&gaps, 7, CHAIN_A, 2), AUDIT_AGAIN);
	/* Records of before had no chain. */
	assert_int_equal(audit_gaps_take(&gaps, 7, NULL, 1), AUDIT_AGAIN);
	assert_int_equal(audit_gaps_take(&gaps, 8, NULL, 1), AUDIT_NEW);
	assert_int_equal(audit_gaps_take(&gaps, 8, CHAIN_A, 1), AUDIT_AGAIN);
	assert_int_equal(gaps.n_twice, 0);
	/* What it had then counts from now on. */
	assert_int_equal(audit_gaps_take(&gaps, 8, CHAIN_B, 1), AUDIT_OTHER);
	assert_int_equal(audit_gaps_take(&gaps, 7, CHAIN_B, 1), AUDIT_OTHER);
	assert_int_equal(audit_gaps_take(&gaps, 7, CHAIN_B, 1), AUDIT_OTHER);
	assert_int_equal(audit_gaps_take(&gaps, 9, NULL, 1), AUDIT_NEW);
	assert_int_equal(audit_gaps_take(&gaps, 9, NULL, 2), AUDIT_OTHER);
	assert_int_equal(audit_gaps_take(&gaps, 10, NULL, 1), AUDIT_NEW);
	assert_int_equal(audit_gaps_take(&gaps, 10, CHAIN_A, 2), AUDIT_OTHER);
	assert_int_equal(gaps.n_twice, 4);
	assert_int_equal(gaps.twice[0], 8);
	assert_int_equal(gaps.twice[1], 7);
}

static const char *missing_of(struct audit_gaps *gaps, int64_t low,
			      int64_t high, char buffer[256])
{
	struct text text;

	text_init(&text, buffer, 256);
	assert_int_equal(audit_gaps_find(gaps, low, high), 0);
	audit_gaps_write_missing(gaps, &text);
	return buffer;
}

static void test_missing(void **state)
{
	static const int64_t numbers[] = { 12, 3, 5, 4, 9 };
	static const struct {
		int64_t low, high;
		const char *said;
	} rows[] = {
		{ 0, 0, "records 6-8 and 10-11 are not in this journal" },
		{ 9, 0, "records 10-11 are not in this journal" },
		{ 8, 0, "records 6-8 and 10-11 are not in this journal" },
		{ 0, 9, "records 6-8 are not in this journal" },
		{ 0, 5, "" },
		{ 12, 0, "" },
		{ 5, 9, "records 6-8 are not in this journal" },
	};
	scope(audit_gaps_deinit) struct audit_gaps gaps = { 0 };
	char buffer[256];

	(void)state;
	assert_string_equal(missing_of(&gaps, 0, 0, buffer), "");
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_int_equal(audit_gaps_take(&gaps, numbers[i], NULL, 0),
				 AUDIT_NEW);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(
			missing_of(&gaps, rows[i].low, rows[i].high, buffer),
			rows[i].said);
	assert_int_equal(audit_gaps_take(&gaps, 11, NULL, 0), AUDIT_NEW);
	assert_string_equal(missing_of(&gaps, 9, 0, buffer),
			    "record 10 is not in this journal");
}

/* Every seventh is not there. */
static void test_many(void **state)
{
	scope(audit_gaps_deinit) struct audit_gaps gaps = { 0 };
	char buffer[256];

	(void)state;
	for (int64_t n = 100000; n > 0; n--)
		if (n % 7)
			assert_int_equal(audit_gaps_take(&gaps, n, CHAIN_A, 0),
					 AUDIT_NEW);
	assert_int_equal(gaps.n_seen, 100000 - 100000 / 7);
	for (int64_t n = 1; n <= 100000; n++)
		assert_int_equal(audit_gaps_has(&gaps, n), n % 7 != 0);
	missing_of(&gaps, 0, 0, buffer);
	assert_int_equal(gaps.missing.n, 100000 / 7);
	assert_non_null(strstr(buffer, "records 7, 14, 21, "));
	assert_non_null(strstr(buffer, " and 14273 more gaps are not"));
}

#define NUMBERS 64

static void same_as(const struct audit_spans *spans, const bool *there)
{
	bool found[NUMBERS + 2] = { 0 };
	int64_t before = -1;

	for (size_t i = 0; i < spans->n; i++) {
		/* In order, and none touches another. */
		assert_true(spans->spans[i].first > before + 1);
		assert_true(spans->spans[i].last >= spans->spans[i].first);
		before = spans->spans[i].last;
		for (int64_t n = spans->spans[i].first; n <= before; n++)
			found[n] = true;
	}
	assert_memory_equal(found, there, sizeof(found));
}

/* Beside the simplest thing that does the same. */
static void test_spans(void **state)
{
	(void)state;
	srandom(1);
	for (int round = 0; round < 300; round++) {
		scope(audit_spans_deinit) struct audit_spans spans = { 0 };
		bool there[NUMBERS + 2] = { 0 };

		for (int64_t n = 1; n <= NUMBERS; n++) {
			there[n] = random() % 4 != 0;
			if (there[n])
				assert_int_equal(audit_spans_add(&spans, n), 0);
		}
		same_as(&spans, there);
		for (int i = 0; i < 100; i++) {
			int64_t n = random() % (NUMBERS + 2);

			there[n] = false;
			assert_int_equal(audit_spans_remove(&spans, n), 0);
			same_as(&spans, there);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
