/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a country database is fetched from, its checksum, and the file that one
 * becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "courier/country_settings.h"
#include "courier/country_store.h"
#include "tests/unit/failing_malloc.h"
#include "tests/unit/scratch.h"

#define MARK "\xab\xcd\xefMaxMind.com"
/* 2027-01-01 00:00:00 UTC */
#define NEW_YEAR INT64_C(1798761600)
#define ABC_CAPITALS                       \
	"BA7816BF8F01CFEA414140DE5DAE2223" \
	"B00361A396177A9CB410FF61F20015AD"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_urls(void **state)
{
	static const struct {
		unsigned int source;
		const char *url;
		int64_t now_s;
		unsigned int months_ago;
		const char *expected;
	} rows[] = {
		{ COUNTRY_SOURCE_DBIP, NULL, NEW_YEAR, 0,
		  "https://download.db-ip.com/free/"
		  "dbip-country-lite-2027-01.mmdb.gz" },
		{ COUNTRY_SOURCE_DBIP, NULL, NEW_YEAR, 1,
		  "https://download.db-ip.com/free/"
		  "dbip-country-lite-2026-12.mmdb.gz" },
		{ COUNTRY_SOURCE_DBIP, NULL, NEW_YEAR - 1, 0,
		  "https://download.db-ip.com/free/"
		  "dbip-country-lite-2026-12.mmdb.gz" },
		{ COUNTRY_SOURCE_MAXMIND, NULL, NEW_YEAR, 0,
		  "https://download.maxmind.com/geoip/databases/"
		  "GeoLite2-Country/download?suffix=tar.gz" },
		{ COUNTRY_SOURCE_IPINFO, NULL, NEW_YEAR, 0,
		  "https://ipinfo.io/data/ipinfo_lite.mmdb" },
		{ COUNTRY_SOURCE_MAXMIND, "https://x/y", NEW_YEAR, 0,
		  "https://x/y?suffix=tar.gz" },
		{ COUNTRY_SOURCE_URL, "https://x/y", NEW_YEAR, 1,
		  "https://x/y" },
		{ COUNTRY_SOURCE_URL, "https://x/{month}/y?{month}", NEW_YEAR,
		  1, "https://x/2026-12/y?{month}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct country_settings settings = {
			.source = rows[i].source,
			.url = (char *)(uintptr_t)rows[i].url,
		};
		char url[COUNTRY_URL_MAX];

		assert_true(country_settings_url(&settings, rows[i].now_s,
						 rows[i].months_ago, url));
		assert_string_equal(url, rows[i].expected);
		assert_int_equal(country_settings_are_monthly(&settings),
				 rows[i].source == COUNTRY_SOURCE_DBIP ||
					 i == ARRAY_SIZE(rows) - 1);
	}
}

static void test_checksum_urls(void **state)
{
	struct country_settings settings = { .source = COUNTRY_SOURCE_MAXMIND };
	char url[COUNTRY_URL_MAX];

	(void)state;
	assert_true(country_settings_checksum_url(&settings, url));
	assert_string_equal(url, "https://download.maxmind.com/geoip/databases/"
				 "GeoLite2-Country/download"
				 "?suffix=tar.gz.sha256");
	settings.source = COUNTRY_SOURCE_DBIP;
	assert_true(country_settings_checksum_url(&settings, url));
	assert_string_equal(url, "");
}

static void test_digest(void **state)
{
	static const char *const good[] = {
		ABC,
		ABC "\n",
		ABC "  file\n",
		ABC "\tfile",
		ABC_CAPITALS "\r\n",
	};
	static const char *const bad[] = { "",      " " ABC, ABC "0",
					   ABC "x", "abc",   "0x" ABC };
	char text[DIGEST_SIZE];

	(void)state;
	assert_int_equal(digest_of("abc", text), 0);
	assert_string_equal(text, ABC);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		text[0] = '\0';
		assert_true(digest_read(good[i], text));
		assert_string_equal(text, ABC);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(digest_read(bad[i], text));
}

static struct scratch scratch;

static int set_up(void **state)
{
	(void)state;
	scratch_init(&scratch);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_deinit(&scratch);
	return 0;
}

/* What became of a file with these bytes. */
static int keep(const char *bytes, size_t n, struct country_state *state)
{
	struct country_store *store = NULL;
	int r = country_store_new(scratch.path, &store);

	if (r == 0)
		r = country_store_put(store, bytes, n);
	if (r == 0)
		r = country_store_keep(store, state);
	country_store_free(store);
	return r;
}

static bool is_there(const char *name)
{
	char path[128];

	return access(scratch_path(&scratch, name, path), F_OK) == 0;
}

static struct country_state made_state(void)
{
	struct country_state state = { .etag = "\"1\"", .fetched = NEW_YEAR };

	memcpy(state.url, ABC, sizeof(state.url));
	return state;
}

static void test_kept(void **unused)
{
	static const char bytes[] = "tree" MARK "metadata";
	struct country_state state = made_state(), read = { 0 };
	struct stat status;
	char path[128];

	(void)unused;
	assert_int_equal(keep(bytes, sizeof(bytes) - 1, &state), 0);
	assert_int_equal(state.bytes, sizeof(bytes) - 1);
	assert_int_equal(country_state_read(scratch.path, &read), 0);
	assert_memory_equal(&read, &state, sizeof(state));
	assert_int_equal(
		stat(scratch_path(&scratch, COUNTRY_FILE, path), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_false(is_there(COUNTRY_FILE ".new"));
	/* One that is none leaves it. */
	assert_int_equal(keep("MaxMind.com", 11, &state),
			 COUNTRY_STORE_E_FORMAT);
	assert_false(is_there(COUNTRY_FILE ".new"));
	assert_int_equal(country_state_read(scratch.path, &read), 0);
	assert_int_equal(read.bytes, sizeof(bytes) - 1);
	/* What is known of one that is not there any more, is not known. */
	scratch_write(&scratch, COUNTRY_FILE, "other", 5, 0644);
	assert_int_equal(country_state_read(scratch.path, &read), 0);
	assert_string_equal(read.etag, "");
	assert_int_equal(read.bytes, 0);
}

/* The mark stands in the last 128 KiB. */
static void test_mark(void **unused)
{
	static char bytes[200 << 10];
	struct country_state state = made_state();

	(void)unused;
	memcpy(bytes + 100, MARK, sizeof(MARK) - 1);
	assert_int_equal(keep(bytes, sizeof(bytes), &state),
			 COUNTRY_STORE_E_FORMAT);
	memcpy(bytes + sizeof(bytes) - 1000, MARK, sizeof(MARK) - 1);
	assert_int_equal(keep(bytes, sizeof(bytes), &state), 0);
	assert_int_equal(keep("", 0, &state), COUNTRY_STORE_E_FORMAT);
}

/* A state that was not left by us is none. */
static void test_states(void **unused)
{
	static const char *const states[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"sha256\":3,\"bytes\":5}",
		"{\"sha256\":\"abc\",\"bytes\":5}",
		"{\"sha256\":\"" ABC "\",\"bytes\":4}",
		"{\"sha256\":\"" ABC "\",\"bytes\":-5}",
		"{\"sha256\":\"" ABC "\",\"bytes\":\"5\"}",
	};
	struct country_state read;

	(void)unused;
	scratch_write(&scratch, COUNTRY_FILE, "12345", 5, 0644);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		scratch_write(&scratch, "countries.state", states[i],
			      strlen(states[i]), 0600);
		assert_int_equal(country_state_read(scratch.path, &read), 0);
		assert_string_equal(read.sha256, "");
	}
	assert_int_equal(country_state_read("/nowhere", &read), 0);
	assert_string_equal(read.sha256, "");
}

/* abuse-130: the Nth allocation fails, and the former one is left. */
static void test_abuse_130(void **unused)
{
	static const char first[] = "1" MARK, other[] = "22" MARK;
	struct country_state state = made_state(), read;

	(void)unused;
	assert_int_equal(keep(first, sizeof(first) - 1, &state), 0);
	for (unsigned int n = 1;; n++) {
		bool failed;
		int r;

		state = made_state();
		failing_malloc_start(n);
		r = keep(other, sizeof(other) - 1, &state);
		failed = failing_malloc_has_failed();
		assert_int_equal(failing_malloc_stop(), 0);
		assert_int_equal(r, failed ? -ENOMEM : 0);
		assert_false(is_there(COUNTRY_FILE ".new"));
		assert_int_equal(country_state_read(scratch.path, &read), 0);
		assert_int_equal(read.bytes, failed ? sizeof(first) - 1
						    : sizeof(other) - 1);
		if (failed)
			continue;
		assert_true(n > 2);
		return;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_checksum_urls),
		cmocka_unit_test(test_digest),
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mark, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_states, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_abuse_130, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
