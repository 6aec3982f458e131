/* SPDX-License-Identifier: GPL-3.0-or-later */
/* abuse_43, abuse_60: the country database in force, and how it is replaced. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloxxsd/geo/geo.h"
#include "cloxxsd/geo/intake.h"
#include "tests/unit/country_file.h"
#include "tests/unit/scratch.h"

#define NOW INT64_C(1790000000)
#define DAY INT64_C(86400)

static const struct country_row german_rows[] = {
	{ "145.97.0.0/16", COUNTRY_RECORD_FLAT, "DE" },
	{ NULL, 0, NULL },
};

static struct scratch scratch;

static int setup(void **state)
{
	char path[128];

	(void)state;
	scratch_init(&scratch);
	return mkdir(scratch_path(&scratch, "private", path), 0700);
}

static int teardown(void **state)
{
	(void)state;
	scratch_deinit(&scratch);
	return 0;
}

static unsigned char *make(const struct country_row *rows, int64_t built,
			   size_t *n)
{
	return country_file_make(&(struct country_file){ .rows = rows,
							 .type = "Test",
							 .built = built,
							 .ip_version = 6 },
				 n);
}

static void write_own(const struct country_row *rows, int64_t built)
{
	scope(scope_free) unsigned char *bytes = NULL;
	size_t n = 0;

	bytes = make(rows, built, &n);
	scratch_write(&scratch, GEO_FILE, bytes, n, 0600);
}

static bool is_there(const char *name)
{
	char path[128];

	return access(scratch_path(&scratch, name, path), F_OK) == 0;
}

static int ask(const struct geo *geo, const char *text, int64_t now_s,
	       char ret_country[COUNTRY_SIZE])
{
	struct address address;

	assert_int_equal(address_parse(text, &address), 0);
	memcpy(ret_country, "--", COUNTRY_SIZE);
	return geo_country(geo, &address, now_s, 45 * DAY, ret_country);
}

static void expect(const struct geo *geo, const char *text, const char *country)
{
	char code[COUNTRY_SIZE];
	int r = ask(geo, text, NOW, code);

	if (r != (country ? 0 : GEO_E_UNKNOWN) ||
	    strcmp(code, country ? country : "--") != 0)
		fail_msg("%s: %s, %s", text, geo_error_name(r), code);
}

static void missing(void **state)
{
	char code[COUNTRY_SIZE];
	struct geo geo;

	(void)state;
	assert_int_equal(geo_init(&geo, scratch.path, NOW), GEO_E_MISSING);
	assert_string_equal(geo.fault, "");
	assert_int_equal(ask(&geo, "145.97.20.1", NOW, code), GEO_E_MISSING);
	assert_string_equal(code, "--");
	geo_deinit(&geo);
}

static void damaged(void **state)
{
	char code[COUNTRY_SIZE], path[128];
	struct geo geo;

	(void)state;
	scratch_write(&scratch, GEO_FILE, "garbage", 7, 0600);
	assert_int_equal(geo_init(&geo, scratch.path, NOW), GEO_E_MISSING);
	assert_non_null(strstr(geo.fault, "is no country database"));
	assert_int_equal(ask(&geo, "145.97.20.1", NOW, code), GEO_E_MISSING);
	geo_deinit(&geo);
	/* A link, and what is no file: not followed, and nothing waits. */
	assert_int_equal(unlink(scratch_path(&scratch, GEO_FILE, path)), 0);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_int_equal(geo_init(&geo, scratch.path, NOW), GEO_E_MISSING);
	assert_string_not_equal(geo.fault, "");
	geo_deinit(&geo);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(geo_init(&geo, scratch.path, NOW), GEO_E_MISSING);
	assert_string_not_equal(geo.fault, "");
	geo_deinit(&geo);
	assert_int_equal(unlink(path), 0);
}

/* Nothing that is not global has a country, whatever the database says. */
static void abuse_60_by_class(void **state)
{
	struct geo geo;

	(void)state;
	write_own(country_rows, NOW - DAY);
	assert_int_equal(geo_init(&geo, scratch.path, NOW), 0);
	expect(&geo, "145.97.20.1", "NL");
	expect(&geo, "64:ff9b::145.97.20.1", "NL");
	expect(&geo, "198.51.100.1", "DE");
	expect(&geo, "2001:db8::1", "DE");
	expect(&geo, "31.13.0.1", NULL);
	expect(&geo, "10.0.0.1", NULL);
	expect(&geo, "64:ff9b::10.0.0.1", NULL);
	expect(&geo, "fd00::1", NULL);
	expect(&geo, "2002:9161:1401::1", NULL);
	expect(&geo, "127.0.0.1", NULL);
	geo_deinit(&geo);
}

static void old(void **state)
{
	char code[COUNTRY_SIZE];
	struct geo geo;

	(void)state;
	write_own(country_rows, NOW - 45 * DAY);
	assert_int_equal(geo_init(&geo, scratch.path, NOW), 0);
	assert_int_equal(ask(&geo, "145.97.20.1", NOW, code), 0);
	assert_int_equal(ask(&geo, "145.97.20.1", NOW + 1, code), GEO_E_OLD);
	assert_string_equal(code, "--");
	/* It stays so for what has no country anyway. */
	assert_int_equal(ask(&geo, "10.0.0.1", NOW + 1, code), GEO_E_OLD);
	assert_int_equal(geo_check(&geo, NOW + 1, 45 * DAY), GEO_E_OLD);
	assert_int_equal(geo_check(&geo, NOW + 1, 46 * DAY), 0);
	geo_deinit(&geo);
	/* One that is too old at the start is opened: it tells its age. */
	assert_int_equal(geo_init(&geo, scratch.path, NOW + 400 * DAY), 0);
	assert_int_equal(ask(&geo, "145.97.20.1", NOW + 400 * DAY, code),
			 GEO_E_OLD);
	geo_deinit(&geo);
}

/* Takes bytes in, in pieces; what is proved is in *database. */
static int take_in(struct geo_intake *intake, const unsigned char *bytes,
		   size_t n, struct text *why, struct geo_database **database)
{
	for (size_t at = 0; at < n; at += 1000) {
		size_t piece = n - at < 1000 ? n - at : 1000;

		assert_int_equal(geo_intake_put(intake, bytes + at, piece), 0);
	}
	return geo_intake_prove(intake, NOW, 45 * DAY, why, database);
}

static void swapped(void **state)
{
	scope(scope_free) unsigned char *bytes = NULL;
	struct geo_database *database = NULL;
	struct geo_intake *intake;
	struct geo geo;
	char buffer[256] = "", path[128];
	struct text why;
	struct stat status;
	size_t n = 0;

	(void)state;
	write_own(country_rows, NOW - 10 * DAY);
	assert_int_equal(geo_init(&geo, scratch.path, NOW), 0);
	bytes = make(german_rows, NOW - DAY, &n);
	text_init(&why, buffer, sizeof(buffer));
	assert_int_equal(geo_intake_new(scratch.path, n, &intake), 0);
	assert_int_equal(take_in(intake, bytes, n, &why, &database), 0);
	expect(&geo, "145.97.20.1", "NL");
	assert_int_equal(geo_intake_install(intake), 0);
	geo_take(&geo, database, NOW);
	geo_intake_free(intake);
	expect(&geo, "145.97.20.1", "DE");
	assert_true(geo.taken == NOW);
	assert_false(is_there(GEO_FILE_NEW));
	assert_int_equal(stat(scratch_path(&scratch, GEO_FILE, path), &status),
			 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	geo_deinit(&geo);
	/* And so after a start. */
	assert_int_equal(geo_init(&geo, scratch.path, NOW), 0);
	expect(&geo, "145.97.20.1", "DE");
	geo_deinit(&geo);
}

static void refused(const unsigned char *bytes, size_t n, size_t told,
		    const char *sentence)
{
	struct geo_database *database = NULL;
	struct geo_intake *intake;
	char buffer[256] = "";
	struct text why;

	text_init(&why, buffer, sizeof(buffer));
	assert_int_equal(geo_intake_new(scratch.path, told, &intake), 0);
	assert_int_equal(take_in(intake, bytes, n, &why, &database),
			 GEO_DATABASE_E_REFUSED);
	if (!strstr(buffer, sentence))
		fail_msg("\"%s\"", buffer);
	assert_null(database);
	geo_intake_free(intake);
	assert_false(is_there(GEO_FILE_NEW));
	assert_true(is_there(GEO_FILE));
}

static void abuse_43_the_former_stays(void **state)
{
	scope(scope_free) unsigned char *sound = NULL, *aged = NULL;
	struct geo_intake *intake;
	size_t n = 0, n_aged = 0;
	struct geo geo;

	(void)state;
	write_own(country_rows, NOW - 10 * DAY);
	sound = make(german_rows, NOW - DAY, &n);
	aged = make(german_rows, NOW - 60 * DAY, &n_aged);
	refused((const unsigned char *)"garbage", 7, 7, "is no country");
	refused(sound, n / 2, n / 2, "is no country");
	refused(sound, n - 1, n, "is cut");
	refused(aged, n_aged, n_aged, "was built 60 days ago");
	/* More than was told of. */
	assert_int_equal(geo_intake_new(scratch.path, n - 1, &intake), 0);
	assert_int_equal(geo_intake_put(intake, sound, n),
			 GEO_INTAKE_E_TOO_MUCH);
	geo_intake_free(intake);
	assert_int_equal(geo_init(&geo, scratch.path, NOW), 0);
	expect(&geo, "145.97.20.1", "NL");
	geo_deinit(&geo);
}

/* A disk that takes no more: nothing is left of it, and the former one is. */
static void no_room(void **state)
{
	const struct rlimit little = { 4096, RLIM_INFINITY };
	static const unsigned char bytes[8192];
	struct geo_intake *intake;
	struct rlimit before;

	(void)state;
	write_own(country_rows, NOW - DAY);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(geo_intake_new(scratch.path, sizeof(bytes), &intake),
			 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	assert_int_equal(geo_intake_put(intake, bytes, sizeof(bytes)), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	geo_intake_free(intake);
	assert_false(is_there(GEO_FILE_NEW));
	assert_true(is_there(GEO_FILE));
}

/* What an import left when the daemon was killed goes at the next start. */
static void left_behind(void **state)
{
	struct geo geo;

	(void)state;
	write_own(country_rows, NOW - DAY);
	scratch_write(&scratch, GEO_FILE_NEW, "half", 4, 0600);
	assert_int_equal(geo_init(&geo, scratch.path, NOW), 0);
	assert_false(is_there(GEO_FILE_NEW));
	geo_deinit(&geo);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(geo_error_name(0), "ok");
	assert_string_equal(geo_error_name(GEO_E_OLD), "old");
	assert_string_equal(geo_error_name(GEO_E_UNKNOWN), "unknown");
	assert_string_equal(geo_error_name(GEO_E_MISSING), "missing");
	assert_string_equal(geo_error_name(77), "missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(missing, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(abuse_60_by_class, setup,
						teardown),
		cmocka_unit_test_setup_teardown(old, setup, teardown),
		cmocka_unit_test_setup_teardown(swapped, setup, teardown),
		cmocka_unit_test_setup_teardown(abuse_43_the_former_stays,
						setup, teardown),
		cmocka_unit_test_setup_teardown(no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(left_behind, setup, teardown),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
