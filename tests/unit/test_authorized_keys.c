/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What sshd asks for keys with, and what it is given of whatever comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "authorized_keys/question.h"
#include "base/clock.h"
#include "base/text.h"
#include "libcloxxs/authorized_keys.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/raw_map.h"

struct rig {
	struct scratch scratch;
	struct fake_daemon daemon;
	char told[16384];
	struct text text;
};

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	scratch_init(&rig->scratch);
	fake_daemon_init(&rig->daemon, rig->scratch.directory);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	fake_daemon_deinit(&rig->daemon);
	scratch_deinit(&rig->scratch);
	free(rig);
	return 0;
}

static int take(const char *key, void *userdata)
{
	text_add_format(userdata, "%s|", key);
	return 0;
}

static int ask(struct rig *rig, const char *const *script, uint32_t timeout_ms)
{
	const int64_t uid = 66000;
	const struct authorized_keys_args args = {
		.socket = rig->daemon.path,
		.user = "anna",
		.service = "sshd",
		.address = "192.0.2.7",
		.system_uid = &uid,
		.timeout_ms = timeout_ms,
	};

	text_init(&rig->text, rig->told, sizeof(rig->told));
	fake_daemon_script(&rig->daemon, script);
	return authorized_keys_ask(&args, take, &rig->text);
}

static void none_and_one(void **state)
{
	static const char *const none[] = { "", NULL };
	static const char *const one[] = { "\"key\":\"ssh-ed25519 AAAA\"",
					   NULL };
	struct rig *rig = *state;

	assert_int_equal(ask(rig, none, 10000), 0);
	assert_string_equal(rig->told, "");
	assert_string_equal(fake_daemon_request(&rig->daemon, 0),
			    "{\"method\":\"nl.cloxxs.Login.AuthorizedKeys\","
			    "\"more\":true,\"parameters\":{\"user\":\"anna\","
			    "\"service\":\"sshd\",\"address\":\"192.0.2.7\","
			    "\"system_uid\":66000}}");
	assert_int_equal(ask(rig, one, 10000), 0);
	assert_string_equal(rig->told, "ssh-ed25519 AAAA|");
}

static void what_is_no_answer(void **state)
{
	static const struct {
		const char *reply;
		int error;
	} rows[] = {
		{ "%close", LOGIN_E_UNREACHABLE },
		{ "%half", LOGIN_E_UNREACHABLE },
		{ "%large", LOGIN_E_BROKEN },
		{ "!no", LOGIN_E_BROKEN },
		{ "!{\"error\":\"org.varlink.service.PermissionDenied\"}",
		  LOGIN_E_REFUSED },
		{ "\"key\":1", LOGIN_E_BROKEN },
		{ "\"key\":[\"ssh-ed25519 AAAA\"]", LOGIN_E_BROKEN },
		{ "\"key\":\"a\\nb\"", LOGIN_E_BROKEN },
		{ "\"key\":\"a\\u001b[2J\"", LOGIN_E_BROKEN },
		/* Continued, and then nothing: not all of them. */
		{ "!{\"parameters\":{\"key\":\"a\"},\"continues\":true}",
		  LOGIN_E_TIMEOUT },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const script[] = { rows[i].reply, NULL };
		int r = ask(rig, script,
			    rows[i].error == LOGIN_E_TIMEOUT ? 100 : 10000);

		if (r != rows[i].error)
			fail_msg("%s: %d", rows[i].reply, r);
	}
}

static void abuse_3_in_time(void **state)
{
	static const char *const scripts[][2] = { { "%silent", NULL },
						  { "%drip", NULL },
						  { "%wait", NULL } };
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		int64_t begun = clock_monotonic_us();

		assert_int_not_equal(ask(rig, scripts[i], 150), 0);
		/* A machine that does other things may be late, not for ever.
		 */
		assert_true(clock_monotonic_us() - begun < 30000000);
	}
}

static void nobody_there(void **state)
{
	struct rig *rig = *state;
	const struct authorized_keys_args args = { .socket = "/nowhere/s",
						   .user = "anna",
						   .service = "sshd",
						   .timeout_ms = 1000 };
	struct authorized_keys_args unfit = args;

	assert_int_equal(authorized_keys_ask(&args, take, &rig->text),
			 LOGIN_E_UNREACHABLE);
	unfit.user = "\xff";
	assert_int_equal(authorized_keys_ask(&unfit, take, &rig->text),
			 LOGIN_E_UNFIT);
}

static void questions(void **state)
{
	static const struct {
		const char *arguments[6];
		int result;
		const char *address;
	} rows[] = {
		{ { "anna" }, 0, NULL },
		{ { "anna", "66000" }, 0, NULL },
		{ { "anna", "66000", "192.0.2.7 51234 10.0.0.1 22" },
		  0,
		  "192.0.2.7" },
		{ { "anna", "66000", "2001:db8::1 1 2001:db8::2 22" },
		  0,
		  "2001:db8::1" },
		{ { "anna", "66000", "UNKNOWN" }, 0, "UNKNOWN" },
		{ { NULL }, QUESTION_E_USAGE, NULL },
		{ { "anna", "66000", "a", "b" }, QUESTION_E_USAGE, NULL },
		{ { "anna", "" }, QUESTION_E_USAGE, NULL },
		{ { "anna", "-1" }, QUESTION_E_USAGE, NULL },
		{ { "anna", "66000x" }, QUESTION_E_USAGE, NULL },
		{ { "anna", "4295033296" }, QUESTION_E_USAGE, NULL },
		{ { "anna", "66000", "" }, QUESTION_E_USAGE, NULL },
		{ { "anna", "66000", " 192.0.2.7" }, QUESTION_E_USAGE, NULL },
		/* Root, and whoever else is of this host, waits for nobody. */
		{ { "root", "0" }, QUESTION_E_NOT_OURS, NULL },
		{ { "anna", "1000" }, QUESTION_E_NOT_OURS, NULL },
		/* abuse_7 */
		{ { "" }, QUESTION_E_NOT_OURS, NULL },
		{ { "--help" }, QUESTION_E_NOT_OURS, NULL },
		{ { "-rf" }, QUESTION_E_NOT_OURS, NULL },
		{ { "../x" }, QUESTION_E_NOT_OURS, NULL },
		{ { "anna\n" }, QUESTION_E_NOT_OURS, NULL },
		{ { "anna;id" }, QUESTION_E_NOT_OURS, NULL },
		{ { "a23456789012345678901234567890123" },
		  QUESTION_E_NOT_OURS,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *argv[8] = { (char[]){ "cloxxs-authorized-keys" } };
		struct question question;
		int argc = 1, r;

		for (; rows[i].arguments[argc - 1]; argc++)
			argv[argc] = strdup(rows[i].arguments[argc - 1]);
		r = question_read(argc, argv, &question);
		if (r != rows[i].result)
			fail_msg("%zu: %d", i, r);
		if (r == 0) {
			assert_string_equal(question.user, "anna");
			assert_int_equal(question.has_uid, argc > 2);
			assert_int_equal(question.has_address,
					 rows[i].address != NULL);
		}
		if (r == 0 && question.has_uid)
			assert_int_equal(question.uid, 66000);
		if (r == 0 && question.has_address)
			assert_string_equal(question.address, rows[i].address);
		while (argc > 1)
			free(argv[--argc]);
	}
}

static void a_long_connection(void **state)
{
	char long_one[600], name[] = "anna", uid[] = "66000";
	char program[] = "cloxxs-authorized-keys";
	char *argv[] = { program, name, uid, long_one, NULL };
	struct question question;

	(void)state;
	memset(long_one, '1', sizeof(long_one));
	long_one[sizeof(long_one) - 1] = '\0';
	assert_int_equal(question_read(4, argv, &question), QUESTION_E_USAGE);
	long_one[QUESTION_ADDRESS_MAX - 1] = ' ';
	assert_int_equal(question_read(4, argv, &question), 0);
	assert_int_equal(strlen(question.address), QUESTION_ADDRESS_MAX - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(none_and_one),
		TEST(what_is_no_answer),
		TEST(abuse_3_in_time),
		TEST(nobody_there),
		cmocka_unit_test(questions),
		cmocka_unit_test(a_long_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
