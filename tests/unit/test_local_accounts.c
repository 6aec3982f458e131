/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of passwd and group, also such as no program writes, and the service
 * accounts that are read from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/scope.h"
#include "cloxxsd/service/accounts.h"
#include "cloxxsd/service/local_accounts.h"
#include "tests/unit/scratch.h"

#define NAME "anna"
#define ID 66001

static void lines(void **state)
{
	static const struct {
		const char *text;
		int found;
	} rows[] = {
		{ "", _LOCAL_ACCOUNTS_NONE },
		{ "anna:x:1000:1000::/home/anna:/bin/sh\n",
		  LOCAL_ACCOUNTS_NAME },
		{ "jan:x:66001:1000::/home/jan:/bin/sh\n", LOCAL_ACCOUNTS_ID },
		{ "jan:x:66001:\n", LOCAL_ACCOUNTS_ID },
		{ "jan:x:1000:66001::/:/bin/sh\n", _LOCAL_ACCOUNTS_NONE },
		{ "jan:x:1:\nanna:x:2:\n", LOCAL_ACCOUNTS_NAME },
		{ "anna2:x:1:\nann:x:2:\n", _LOCAL_ACCOUNTS_NONE },
		{ "anna::", LOCAL_ACCOUNTS_NAME },
		/* No line of such a file: nothing, or as much as can be told.
		 */
		{ "\n\n:\n::\n:::\n", _LOCAL_ACCOUNTS_NONE },
		{ "jan:66001\n", _LOCAL_ACCOUNTS_NONE },
		{ "jan:x:66001\n", _LOCAL_ACCOUNTS_NONE },
		{ "jan:x:66001x:\n", _LOCAL_ACCOUNTS_NONE },
		{ "jan:x::66001:\n", _LOCAL_ACCOUNTS_NONE },
		/* 2^32 more than the id. */
		{ "jan:x:4295033297:\n", _LOCAL_ACCOUNTS_NONE },
	};
	struct scratch scratch;
	char path[128];

	(void)state;
	scratch_init(&scratch);
	(void)scratch_path(&scratch, "passwd", path);
	assert_int_equal(local_accounts_find(path, NAME, ID), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scratch_write(&scratch, "passwd", rows[i].text,
			      strlen(rows[i].text), 0644);
		if (local_accounts_find(path, NAME, ID) != rows[i].found)
			fail_msg("%s", rows[i].text);
	}
	assert_true(local_accounts_find(scratch.path, NAME, ID) < 0);
	scratch_deinit(&scratch);
}

static void uids(void **state)
{
	static const struct {
		const char *text;
		int found;
		uint32_t uid;
	} rows[] = {
		{ "", 0, 0 },
		{ "anna:x:33:34::/:/bin/sh\n", LOCAL_ACCOUNTS_NAME, 33 },
		{ "anna:x:0:0::/:/bin/sh\n", LOCAL_ACCOUNTS_NAME, 0 },
		{ "an:x:1:1:\nannas:x:2:2:\n", 0, 0 },
		/* The first of two, as for who logs in. */
		{ "anna:x:33:\nanna:x:34:\n", LOCAL_ACCOUNTS_NAME, 33 },
		{ "anna:x:\nanna:x:34:\n", 0, 0 },
		{ "anna:x:-1:\n", 0, 0 },
		{ "anna:x:4294967295:\n", 0, 0 },
		{ "anna:x:4294967328:\n", 0, 0 },
		{ "anna:x:33\n", 0, 0 },
		{ "#anna:x:33:\n+anna:x:33:\n", 0, 0 },
	};
	struct scratch scratch;
	uint32_t uid = 7;
	char path[128];

	(void)state;
	scratch_init(&scratch);
	(void)scratch_path(&scratch, "passwd", path);
	assert_int_equal(local_accounts_uid(path, NAME, &uid), -ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uid = 7;
		scratch_write(&scratch, "passwd", rows[i].text,
			      strlen(rows[i].text), 0644);
		if (local_accounts_uid(path, NAME, &uid) != rows[i].found ||
		    uid != (rows[i].found ? rows[i].uid : 7))
			fail_msg("%s", rows[i].text);
	}
	scratch_deinit(&scratch);
}

static const char two_services[] =
	"[service accounts]\naccount = www-data\nproxies = direct\n"
	"[service reports]\naccount = reports\n"
	"[service sshd]\nhours = always\n";

/* What each of the two is, and which service uid 33 and 34 speak for. */
static const struct {
	const char *passwd; /* NULL: there is no such file */
	enum account_state accounts, reports;
	const char *of_33, *of_34;
} bindings[] = {
	{ "www-data:x:33:33:\nreports:x:34:34:\n", ACCOUNT_BOUND, ACCOUNT_BOUND,
	  "accounts", "reports" },
	{ "www-data:x:34:33:\n", ACCOUNT_BOUND, ACCOUNT_MISSING, NULL,
	  "accounts" },
	{ "", ACCOUNT_MISSING, ACCOUNT_MISSING, NULL, NULL },
	{ NULL, ACCOUNT_UNREADABLE, ACCOUNT_UNREADABLE, NULL, NULL },
	{ "www-data:x:33:33:\nreports:x:33:34:\n", ACCOUNT_SHARED,
	  ACCOUNT_SHARED, NULL, NULL },
	{ "www-data:x:0:0:\nreports:x:34:34:\n", ACCOUNT_ROOT, ACCOUNT_BOUND,
	  NULL, "reports" },
	{ "www-data:x:66001:1:\nreports:x:34:34:\n", ACCOUNT_OF_USERS,
	  ACCOUNT_BOUND, NULL, "reports" },
	{ "www-data:x:33:33:\nreports:x:34:34:\n" CLOXXS_USER ":x:33:33:\n",
	  ACCOUNT_DAEMON, ACCOUNT_BOUND, NULL, "reports" },
};

static void expect_service(const struct accounts *accounts, uid_t uid,
			   const char *name)
{
	const struct settings_service *service =
		accounts_service_of(accounts, uid);
	uid_t back = 0;

	if (!name) {
		assert_null(service);
		return;
	}
	assert_non_null(service);
	assert_string_equal(service->name, name);
	assert_true(accounts_uid_of(accounts, name, &back));
	assert_int_equal(back, uid);
}

static void bound(void **state)
{
	char lines[sizeof(two_services)], path[128], why[256];
	struct accounts accounts = { 0 };
	struct settings *settings;
	struct scratch scratch;
	struct text error;
	uid_t uid;

	(void)state;
	scratch_init(&scratch);
	(void)scratch_path(&scratch, "passwd", path);
	memcpy(lines, two_services, sizeof(lines));
	text_init(&error, why, sizeof(why));
	assert_int_equal(settings_parse("x", lines, sizeof(lines) - 1, &error,
					&settings),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(bindings); i++) {
		const char *passwd = bindings[i].passwd;

		(void)unlink(path);
		if (passwd)
			scratch_write(&scratch, "passwd", passwd,
				      strlen(passwd), 0644);
		accounts_bind(&accounts, settings, path);
		assert_int_equal(accounts.n, 2);
		assert_int_equal(accounts.accounts[0].state,
				 bindings[i].accounts);
		assert_int_equal(accounts.accounts[1].state,
				 bindings[i].reports);
		assert_int_equal(!account_fault(&accounts.accounts[0]),
				 bindings[i].accounts == ACCOUNT_BOUND);
		expect_service(&accounts, 33, bindings[i].of_33);
		expect_service(&accounts, 34, bindings[i].of_34);
		expect_service(&accounts, 0, NULL);
		expect_service(&accounts, 66001, NULL);
		assert_false(accounts_uid_of(&accounts, "sshd", &uid));
	}
	settings_free(settings);
	scratch_deinit(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(uids),
		cmocka_unit_test(bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
