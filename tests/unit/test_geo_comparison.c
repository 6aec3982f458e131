/* SPDX-License-Identifier: GPL-3.0-or-later */
/* abuse_43: which country database may take the place of the one in force
 * before anybody has looked at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloxxsd/geo/comparison.h"
#include "tests/unit/country_file.h"

#define NOW INT64_C(1790000000)
#define DAY INT64_C(86400)
#define NESTED COUNTRY_RECORD_NESTED

static struct geo_database *open_rows(const struct country_row *rows,
				      int64_t built, unsigned int ip_version)
{
	const struct country_file file = { .rows = rows,
					   .type = "Test",
					   .built = built,
					   .ip_version = ip_version };
	scope(scope_free) unsigned char *bytes = NULL;
	scope(scope_close) int fd = memfd_create("file", MFD_CLOEXEC);
	struct geo_database *database = NULL;
	char buffer[256] = "";
	struct text why;
	size_t n = 0;

	text_init(&why, buffer, sizeof(buffer));
	bytes = country_file_make(&file, &n);
	assert_int_equal(write(fd, bytes, n), n);
	if (geo_database_read(fd, NOW, &why, &database) != 0)
		fail_msg("%s", buffer);
	return database;
}

static const char *const dutch[] = { "NL", NULL };
static const char *const low[] = { "NL", "BE", "LU", NULL };
static const char *const any[] = { "any", NULL };

/* Why fresh is refused; "": it may come. */
static const char *compare(const struct country_row *before,
			   const struct country_row *after,
			   const char *const *countries)
{
	scope(geo_database_freep) struct geo_database *in_force = NULL;
	scope(geo_database_freep) struct geo_database *fresh = NULL;
	static char buffer[256];
	struct geo_listed listed;
	struct text why;
	int r;

	in_force = open_rows(before, NOW - DAY, 6);
	fresh = open_rows(after, NOW - DAY, 6);
	geo_listed_set(&listed, countries);
	text_init(&why, buffer, sizeof(buffer));
	r = geo_compare(in_force, fresh, &listed, &why);
	assert_int_equal(r != 0, buffer[0] != '\0');
	assert_true(r == 0 || r == GEO_DATABASE_E_REFUSED);
	assert_false(text_is_cut(&why));
	return buffer;
}

#define ROWS(...)                     \
	(const struct country_row[])  \
	{                             \
		__VA_ARGS__,          \
		{                     \
			NULL, 0, NULL \
		}                     \
	}

/* In 145/8 are 256 networks of 16 bits, of each of which one address is
 * asked. */
static const struct {
	const struct country_row *before, *after;
	const char *const *countries;
	const char *why;
} rows[] = {
	{ ROWS({ "145.0.0.0/8", NESTED, "NL" }),
	  ROWS({ "145.0.0.0/8", NESTED, "NL" }), dutch, "" },
	/* What no rule lists may move. */
	{ ROWS({ "145.0.0.0/8", NESTED, "NL" }, { "25.0.0.0/8", NESTED, "GB" }),
	  ROWS({ "145.0.0.0/8", NESTED, "NL" }, { "25.0.0.0/8", NESTED, "DE" }),
	  dutch, "" },
	{ ROWS({ "145.0.0.0/8", NESTED, "NL" }),
	  ROWS({ "145.0.0.0/8", NESTED, "BE" }), low, "" },
	{ ROWS({ "145.0.0.0/8", NESTED, "NL" }),
	  ROWS({ "145.0.0.0/8", NESTED, "BE" }), dutch,
	  "lets in others by their country: of 256 addresses of IPv4 that "
	  "either lets in, 256 are let in by one alone" },
	{ ROWS({ "145.0.0.0/8", NESTED, "NL" }),
	  ROWS({ "145.0.0.0/8", NESTED, "BE" }), any, "" },
	/* All the world becomes Dutch. */
	{ ROWS({ "145.0.0.0/8", NESTED, "NL" }),
	  ROWS({ "0.0.0.0/1", NESTED, "NL" }, { "128.0.0.0/1", NESTED, "NL" }),
	  dutch, "lets in others" },
	/* 16 of 272, 32 of 288: 11 of 100. */
	{ ROWS({ "145.0.0.0/8", NESTED, "NL" }),
	  ROWS({ "145.0.0.0/8", NESTED, "NL" },
	       { "25.0.0.0/12", NESTED, "NL" }),
	  dutch, "" },
	{ ROWS({ "145.0.0.0/8", NESTED, "NL" }),
	  ROWS({ "145.0.0.0/8", NESTED, "NL" },
	       { "25.0.0.0/11", NESTED, "NL" }),
	  dutch, "32 are let in by one alone" },
	{ ROWS({ "145.0.0.0/8", NESTED, "NL" },
	       { "25.0.0.0/11", NESTED, "NL" }),
	  ROWS({ "145.0.0.0/8", NESTED, "NL" }), dutch,
	  "32 are let in by one alone" },
	/* 8 say nothing, 9 do. */
	{ ROWS({ "145.0.0.0/13", NESTED, "NL" }),
	  ROWS({ "145.0.0.0/13", NESTED, "DE" }), dutch, "" },
	{ ROWS({ "145.0.0.0/13", NESTED, "NL" },
	       { "145.8.0.0/16", NESTED, "NL" }),
	  ROWS({ "145.0.0.0/13", NESTED, "DE" },
	       { "145.8.0.0/16", NESTED, "DE" }),
	  dutch, "9 are let in by one alone" },
	/* IPv6 is judged by itself: IPv4 does not outweigh it. */
	{ ROWS({ "145.0.0.0/8", NESTED, "NL" }, { "2a00::/13", NESTED, "NL" },
	       { "2a08::/13", NESTED, "DE" }),
	  ROWS({ "145.0.0.0/8", NESTED, "NL" }, { "2a00::/13", NESTED, "NL" },
	       { "2a08::/13", NESTED, "NL" }),
	  dutch,
	  "of 4096 addresses of IPv6 that either lets in, 2048 are let in by "
	  "one alone" },
	{ ROWS({ "2001:600::/23", NESTED, "NL" }),
	  ROWS({ "2001:600::/23", NESTED, "DE" }), dutch, "addresses of IPv6" },
	/* Half of its networks, and one less. */
	{ ROWS({ "1.0.0.0/24", NESTED, "DE" }, { "1.0.2.0/24", NESTED, "DE" },
	       { "1.0.4.0/24", NESTED, "DE" }, { "1.0.6.0/24", NESTED, "DE" }),
	  ROWS({ "1.0.0.0/24", NESTED, "DE" }, { "1.0.2.0/24", NESTED, "DE" }),
	  dutch, "" },
	{ ROWS({ "1.0.0.0/24", NESTED, "DE" }, { "1.0.2.0/24", NESTED, "DE" },
	       { "1.0.4.0/24", NESTED, "DE" }, { "1.0.6.0/24", NESTED, "DE" }),
	  ROWS({ "1.0.0.0/24", NESTED, "DE" }), dutch,
	  "has lost much: it holds 1 networks, the one in force 4" },
};

static void test_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why = compare(rows[i].before, rows[i].after,
					  rows[i].countries);

		if (*rows[i].why ? !strstr(why, rows[i].why) : *why != '\0')
			fail_msg("row %zu: \"%s\", not \"%s\"", i, why,
				 rows[i].why);
	}
}

static const char *compare_frames(int64_t before, int64_t after,
				  unsigned int ip_before, unsigned int ip_after)
{
	static const struct country_row one[] = {
		{ "145.0.0.0/8", NESTED, "NL" },
		{ NULL, 0, NULL },
	};
	scope(geo_database_freep) struct geo_database *in_force = NULL;
	scope(geo_database_freep) struct geo_database *fresh = NULL;
	static char buffer[256];
	struct geo_listed listed;
	struct text why;

	in_force = open_rows(one, before, ip_before);
	fresh = open_rows(one, after, ip_after);
	geo_listed_set(&listed, dutch);
	text_init(&why, buffer, sizeof(buffer));
	(void)!geo_compare(in_force, fresh, &listed, &why);
	return buffer;
}

static void test_frames(void **state)
{
	(void)state;
	assert_string_equal(compare_frames(NOW - DAY, NOW - DAY, 6, 6), "");
	assert_string_equal(compare_frames(NOW - DAY, NOW, 6, 6), "");
	/* 1790000000 is 2026-09-21. */
	assert_string_equal(compare_frames(NOW, NOW - DAY, 6, 6),
			    "is older than the one in force: built on "
			    "2026-09-20, that one on 2026-09-21");
	assert_string_equal(compare_frames(NOW, NOW, 6, 4),
			    "holds IPv4 alone, the one in force IPv6 too");
	assert_string_equal(compare_frames(NOW, NOW, 4, 6), "");
	assert_string_equal(compare_frames(NOW, NOW, 4, 4), "");
}

static void test_listed(void **state)
{
	static const char *const odd[] = { "NL", "nl", "", "XX", NULL };
	struct geo_listed listed;
	unsigned int n = 0;

	(void)state;
	geo_listed_set(&listed, odd);
	for (size_t i = 0; i < 26; i++)
		for (size_t j = 0; j < 26; j++)
			n += listed.has[i][j];
	assert_int_equal(n, 1);
	assert_true(listed.has['N' - 'A']['L' - 'A']);
	assert_false(listed.is_any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compared),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
