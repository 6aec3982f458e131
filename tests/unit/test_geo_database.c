/* SPDX-License-Identifier: GPL-3.0-or-later */
/* abuse_43, abuse_60: country databases, and what pretends to be one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloxxsd/geo/database.h"
#include "tests/unit/country_file.h"
#include "tests/unit/failing_malloc.h"

#define NOW INT64_C(1790000000)
#define BUILT (NOW - 86400)

static const struct country_file sound = { .rows = country_rows,
					   .type = "Test-Country",
					   .built = BUILT,
					   .ip_version = 6 };

static int file_of(const void *bytes, size_t n)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	return fd;
}

static int read_bytes(const void *bytes, size_t n, struct text *why,
		      struct geo_database **database)
{
	int fd = file_of(bytes, n);
	int r = geo_database_read(fd, NOW, why, database);

	close(fd);
	return r;
}

static int read_file(const struct country_file *file, struct text *why,
		     struct geo_database **database)
{
	scope(scope_free) unsigned char *bytes = NULL;
	size_t n = 0;

	bytes = country_file_make(file, &n);
	return read_bytes(bytes, n, why, database);
}

static struct geo_database *take(const struct country_file *file)
{
	struct geo_database *database = NULL;
	char buffer[256] = "";
	struct text why;

	text_init(&why, buffer, sizeof(buffer));
	if (read_file(file, &why, &database) != 0)
		fail_msg("%s", buffer);
	return database;
}

static void expect(const struct geo_database *database, const char *text,
		   const char *country)
{
	char code[COUNTRY_SIZE] = "--";
	struct address address;
	int r;

	assert_int_equal(address_parse(text, &address), 0);
	r = geo_database_country(database, &address, code);
	if (r != (country ? 0 : GEO_DATABASE_E_UNKNOWN) ||
	    strcmp(code, country ? country : "--") != 0)
		fail_msg("%s: %d, %s", text, r, code);
}

static void abuse_60_countries(void **state)
{
	scope(geo_database_freep) struct geo_database *database = take(&sound);

	(void)state;
	expect(database, "145.97.20.1", "NL");
	expect(database, "::ffff:145.97.20.1", "NL");
	expect(database, "64:ff9b::145.97.20.1", "NL");
	expect(database, "2001:610::1", "NL");
	expect(database, "203.0.113.127", "NL");
	expect(database, "203.0.113.128", NULL);
	expect(database, "198.51.100.7", "DE");
	expect(database, "2001:db8::1", "DE");
	expect(database, "2001:db8:8000::1", NULL);
	expect(database, "25.1.2.3", "GB");
	/* no record */
	expect(database, "192.0.2.1", NULL);
	expect(database, "2a00::1", NULL);
	expect(database, "::", NULL);
	/* only where it was registered */
	expect(database, "31.13.1.1", NULL);
	/* no countries */
	expect(database, "62.0.1.1", NULL);
	expect(database, "62.1.1.1", NULL);
	expect(database, "62.2.1.1", NULL);
	expect(database, "62.3.1.1", NULL);
	expect(database, "62.4.1.1", NULL);
	/* the other schema, whose "country" is a name */
	expect(database, "62.5.1.1", "BE");
}

static void facts_are_counted(void **state)
{
	scope(geo_database_freep) struct geo_database *database = take(&sound);
	const struct geo_database_facts *facts = geo_database_facts(database);

	(void)state;
	assert_string_equal(facts->type, "Test-Country");
	assert_true(facts->built == BUILT);
	assert_int_equal(facts->networks, 10);
	assert_int_equal(facts->countries, 4);
	assert_true(facts->has_ipv6);
}

static const struct country_row flat_rows[] = {
	{ "145.97.0.0/16", COUNTRY_RECORD_FLAT, "NL" },
	{ "198.51.100.0/24", COUNTRY_RECORD_FLAT, "DE" },
	{ NULL, 0, NULL },
};

static void abuse_60_only_ipv4(void **state)
{
	struct country_file file = sound;
	scope(geo_database_freep) struct geo_database *database = NULL;

	(void)state;
	file.rows = flat_rows;
	file.ip_version = 4;
	database = take(&file);
	expect(database, "145.97.20.1", "NL");
	expect(database, "::ffff:198.51.100.1", "DE");
	expect(database, "2001:610::1", NULL);
	expect(database, "::9161:1401", NULL);
	expect(database, "192.0.2.1", NULL);
	assert_false(geo_database_facts(database)->has_ipv6);
	assert_string_equal(geo_database_facts(database)->schema,
			    "country_code");
}

/* What it was made from may go: the copy stays. */
static void abuse_43_the_file_is_cut(void **state)
{
	scope(geo_database_freep) struct geo_database *database = NULL;
	scope(scope_free) unsigned char *bytes = NULL;
	char buffer[256];
	struct text why;
	size_t n = 0;
	int fd;

	(void)state;
	bytes = country_file_make(&sound, &n);
	fd = file_of(bytes, n);
	text_init(&why, buffer, sizeof(buffer));
	assert_int_equal(geo_database_read(fd, NOW, &why, &database), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	expect(database, "145.97.20.1", "NL");
}

static void refuse(const void *bytes, size_t n, const char *sentence)
{
	struct geo_database *database = NULL;
	char buffer[256] = "";
	struct text why;
	int r;

	text_init(&why, buffer, sizeof(buffer));
	r = read_bytes(bytes, n, &why, &database);
	if (r != GEO_DATABASE_E_REFUSED || database ||
	    !strstr(buffer, sentence))
		fail_msg("%d: \"%s\", not \"%s\"", r, buffer, sentence);
}

static void refuse_file(const struct country_file *file, const char *sentence)
{
	scope(scope_free) unsigned char *bytes = NULL;
	size_t n = 0;

	bytes = country_file_make(file, &n);
	refuse(bytes, n, sentence);
}

#define with(member, value)                               \
	({                                                \
		struct country_file changed_file = sound; \
		changed_file.member = (value);            \
		changed_file;                             \
	})

static void abuse_43_frames(void **state)
{
	static const struct country_row others[] = {
		{ "145.97.0.0/16", COUNTRY_RECORD_REGISTERED, "NL" },
		{ "62.0.0.0/16", COUNTRY_RECORD_NESTED, "EU" },
		{ "62.4.0.0/16", COUNTRY_RECORD_NOTHING, NULL },
		{ NULL, 0, NULL },
	};
	const struct country_file files[] = {
		with(built, 1),           with(built, 1000),
		with(built, NOW + 90000), with(built, INT64_MAX),
		with(format, 3),          with(rows, others),
	};
	static const char *const sentences[] = {
		"when it was built",
		"when it was built",
		"in the future",
		"in the future",
		"format",
		"holds no countries",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		refuse_file(&files[i], sentences[i]);
}

static void abuse_43_trees(void **state)
{
	/* Into nowhere, into the gap, out of the data. */
	struct country_file files[] = {
		with(left, 0x7ffffff0),
		with(left, COUNTRY_FILE_DATA - 8),
		with(left, COUNTRY_FILE_DATA | 60000),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		refuse_file(&files[i], "is damaged: its tree leads");
}

static void abuse_43_no_database(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *sentence;
	} cases[] = {
		{ "", 0, "is empty" },
		{ "x", 1, "is no country database" },
		{ "\x1f\x8b\x08", 3, "gunzip" },
		{ "PK\x03\x04", 4, "ZIP" },
		{ "<!DOCTYPE html>", 15, "web page" },
		{ "\xab\xcd\xefMaxMind.com", 14, "is no country database" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		refuse(cases[i].bytes, cases[i].n, cases[i].sentence);
}

/* Cut anywhere, or any byte of it changed: refused or taken, nothing else. */
static void abuse_43_cut_and_changed(void **state)
{
	scope(scope_free) unsigned char *bytes = NULL;
	size_t n = 0, n_taken = 0;

	(void)state;
	bytes = country_file_make(&sound, &n);
	for (size_t i = 0; i < n; i += 7) {
		struct geo_database *database = NULL;
		char buffer[256] = "";
		struct text why;
		int r;

		text_init(&why, buffer, sizeof(buffer));
		r = read_bytes(bytes, i, &why, &database);
		assert_int_equal(r, GEO_DATABASE_E_REFUSED);
		assert_string_not_equal(buffer, "");
	}
	for (size_t i = 0; i < n; i++) {
		struct geo_database *database = NULL;
		char buffer[256] = "", code[COUNTRY_SIZE];
		struct address address;
		struct text why;
		int r;

		bytes[i] ^= 0xff;
		text_init(&why, buffer, sizeof(buffer));
		r = read_bytes(bytes, n, &why, &database);
		bytes[i] ^= 0xff;
		if (r != 0)
			continue;
		n_taken++;
		assert_int_equal(address_parse("145.97.20.1", &address), 0);
		(void)!geo_database_country(database, &address, code);
		geo_database_free(database);
	}
	/* The gap, the types, the codes: those change nothing else. */
	assert_in_range(n_taken, 1, n - 1);
}

/* Memory that runs out leaves nothing behind. (The library's own memory is not
 * ours to make fail.) */
static void every_allocation(void **state)
{
	scope(scope_free) unsigned char *bytes = NULL;
	size_t n = 0;

	(void)state;
	bytes = country_file_make(&sound, &n);
	for (unsigned int nth = 1;; nth++) {
		struct geo_database *database = NULL;
		char buffer[256] = "";
		struct text why;
		bool failed;
		int r;

		text_init(&why, buffer, sizeof(buffer));
		failing_malloc_start(nth);
		r = read_bytes(bytes, n, &why, &database);
		failed = failing_malloc_has_failed();
		geo_database_free(database);
		assert_int_equal(failing_malloc_stop(), 0);
		assert_int_equal(r, failed ? -ENOMEM : 0);
		if (!failed)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abuse_60_countries),
		cmocka_unit_test(facts_are_counted),
		cmocka_unit_test(abuse_60_only_ipv4),
		cmocka_unit_test(abuse_43_the_file_is_cut),
		cmocka_unit_test(abuse_43_frames),
		cmocka_unit_test(abuse_43_trees),
		cmocka_unit_test(abuse_43_no_database),
		cmocka_unit_test(abuse_43_cut_and_changed),
		cmocka_unit_test(every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
