/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The installed library, through its public header alone. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "libcloxxs/cloxxs.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/raw_map.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct rig {
	struct scratch scratch;
	struct fake_daemon daemon;
	struct cloxxs_login *login;
};

static struct cloxxs_login *login_to(const struct rig *rig)
{
	struct cloxxs_login *login = NULL;

	assert_int_equal(cloxxs_login_new("alice", "accounts", &login), 0);
	assert_int_equal(
		cloxxs_login_set(login, CLOXXS_ITEM_SOCKET, rig->daemon.path),
		0);
	cloxxs_login_set_deadlines(login, 20000, 20000);
	return login;
}

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	scratch_init(&rig->scratch);
	fake_daemon_init(&rig->daemon, rig->scratch.directory);
	rig->login = login_to(rig);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	assert_null(cloxxs_login_free(rig->login));
	fake_daemon_deinit(&rig->daemon);
	scratch_deinit(&rig->scratch);
	free(rig);
	return 0;
}

static void serve(struct rig *rig, const char *const *script)
{
	fake_daemon_script(&rig->daemon, script);
}

static void assert_nothing(const struct cloxxs_login *login)
{
	assert_int_equal(cloxxs_login_verdict(login), CLOXXS_DENY);
	assert_int_equal(cloxxs_login_step(login), CLOXXS_STEP_NONE);
	assert_string_equal(cloxxs_login_text(login), "");
	assert_string_equal(cloxxs_login_reference(login), "");
}

/* A temporary password, a new one, an account check, a session, its end. */
static void test_whole_login(void **state)
{
	static const char *const script[] = {
		"+\"step\":\"password\",\"prompt\":\"Password: \"",
		"\"step\":\"new_password\",\"prompt\":\"New: \"",
		"\"step\":\"done\",\"verdict\":\"allow\",\"pass\":\"p4ss\"",
		"\"verdict\":\"allow\"",
		"\"verdict\":\"allow\",\"session\":\"s-1\"",
		"",
		NULL
	};
	struct rig *rig = *state;
	struct cloxxs_login *login = rig->login;

	serve(rig, script);
	assert_nothing(login);
	assert_int_equal(
		cloxxs_login_set(login, CLOXXS_ITEM_ADDRESS, "192.0.2.1"), 0);
	assert_int_equal(cloxxs_login_start(login, CLOXXS_LOGIN), 0);
	assert_int_equal(cloxxs_login_step(login), CLOXXS_STEP_PASSWORD);
	assert_string_equal(cloxxs_login_text(login), "Password: ");
	assert_int_equal(cloxxs_login_answer(login, "first", 5), 0);
	assert_int_equal(cloxxs_login_step(login), CLOXXS_STEP_NEW_PASSWORD);
	assert_int_equal(cloxxs_login_verdict(login), CLOXXS_DENY);
	assert_int_equal(cloxxs_login_answer(login, "sec\"ond", 7), 0);
	assert_int_equal(cloxxs_login_step(login), CLOXXS_STEP_DONE);
	assert_int_equal(cloxxs_login_verdict(login), CLOXXS_ALLOW);
	assert_int_equal(cloxxs_login_account(login), 0);
	assert_int_equal(cloxxs_login_verdict(login), CLOXXS_ALLOW);
	assert_int_equal(cloxxs_login_open_session(login), 0);
	assert_int_equal(cloxxs_login_verdict(login), CLOXXS_ALLOW);
	assert_string_equal(cloxxs_login_get(login, CLOXXS_ITEM_SESSION),
			    "s-1");
	assert_int_equal(cloxxs_login_close_session(login), 0);
	assert_int_equal(cloxxs_login_close_session(login), CLOXXS_E_MISUSE);
	assert_string_equal(fake_daemon_request(&rig->daemon, 0),
			    "{\"method\":\"nl.cloxxs.Login.Start\","
			    "\"more\":true,\"parameters\":{"
			    "\"purpose\":\"login\",\"user\":\"alice\","
			    "\"service\":\"accounts\","
			    "\"address\":\"192.0.2.1\"}}");
	assert_string_equal(fake_daemon_request(&rig->daemon, 4),
			    "{\"method\":\"nl.cloxxs.Login.OpenSession\","
			    "\"parameters\":{\"user\":\"alice\","
			    "\"service\":\"accounts\","
			    "\"address\":\"192.0.2.1\",\"pass\":\"p4ss\"}}");
	assert_int_equal(fake_daemon_n_connections(&rig->daemon), 1);
}

static const struct {
	const char *reply, *name;
	int expected;
	enum cloxxs_step step;
	enum cloxxs_verdict verdict;
} rows[] = {
	{ "\"step\":\"done\",\"verdict\":\"allow\"", "ok", CLOXXS_OK,
	  CLOXXS_STEP_DONE, CLOXXS_ALLOW },
	{ "\"step\":\"done\",\"verdict\":\"deny\"", "ok", CLOXXS_OK,
	  CLOXXS_STEP_DONE, CLOXXS_DENY },
	{ "\"step\":\"done\",\"verdict\":\"unavailable\"", "ok", CLOXXS_OK,
	  CLOXXS_STEP_DONE, CLOXXS_UNAVAILABLE },
	{ "\"step\":\"done\",\"verdict\":\"anything\"", "ok", CLOXXS_OK,
	  CLOXXS_STEP_DONE, CLOXXS_DENY },
	{ "\"step\":\"code\"", "ok", CLOXXS_OK, CLOXXS_STEP_CODE, CLOXXS_DENY },
	{ "\"step\":\"notice\"", "ok", CLOXXS_OK, CLOXXS_STEP_NOTICE,
	  CLOXXS_DENY },
	{ "\"step\":\"dance\",\"verdict\":\"allow\"", "broken", CLOXXS_E_BROKEN,
	  CLOXXS_STEP_NONE, CLOXXS_DENY },
	{ "!nonsense", "broken", CLOXXS_E_BROKEN, CLOXXS_STEP_NONE,
	  CLOXXS_DENY },
	{ "!{\"error\":\"nl.cloxxs.Login.Busy\"}", "busy", CLOXXS_E_BUSY,
	  CLOXXS_STEP_NONE, CLOXXS_DENY },
	{ "!{\"error\":\"org.varlink.service.PermissionDenied\"}", "refused",
	  CLOXXS_E_REFUSED, CLOXXS_STEP_NONE, CLOXXS_DENY },
	{ "%close", "unreachable", CLOXXS_E_UNREACHABLE, CLOXXS_STEP_NONE,
	  CLOXXS_DENY },
};

static void test_every_answer(void **state)
{
	struct rig *rig = *state;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *const script[] = { rows[i].reply, NULL };
		int r;

		serve(rig, script);
		r = cloxxs_login_start(rig->login, CLOXXS_LOGIN);
		if (r != rows[i].expected)
			fail_msg("%s: %d", rows[i].reply, r);
		assert_string_equal(cloxxs_error_name(r), rows[i].name);
		assert_int_equal(cloxxs_login_step(rig->login), rows[i].step);
		assert_int_equal(cloxxs_login_verdict(rig->login),
				 rows[i].verdict);
	}
}

/* What was allowed before is not allowed by a call that fails. */
static void test_no_verdict_survives(void **state)
{
	static const char *const script[] = {
		"\"step\":\"done\",\"verdict\":\"allow\",\"pass\":\"p4ss\"",
		"!nonsense", NULL
	};
	struct rig *rig = *state;

	serve(rig, script);
	assert_int_equal(cloxxs_login_start(rig->login, CLOXXS_LOGIN), 0);
	assert_int_equal(cloxxs_login_verdict(rig->login), CLOXXS_ALLOW);
	assert_int_equal(cloxxs_login_account(rig->login), CLOXXS_E_BROKEN);
	assert_nothing(rig->login);
	assert_int_equal(cloxxs_login_open_session(rig->login),
			 CLOXXS_E_UNREACHABLE);
	assert_nothing(rig->login);
	assert_null(cloxxs_login_get(rig->login, CLOXXS_ITEM_SESSION));
}

/* A pass belongs to one login and one session. */
static void test_pass_is_used_once(void **state)
{
	static const char *const script[] = {
		"\"step\":\"done\",\"verdict\":\"allow\",\"pass\":\"p4ss\"",
		"\"verdict\":\"allow\",\"session\":\"s-1\"",
		"\"verdict\":\"allow\",\"session\":\"s-2\"",
		"\"step\":\"done\",\"verdict\":\"allow\",\"pass\":\"n3w\"",
		"\"step\":\"password\"",
		"\"verdict\":\"deny\"",
		NULL
	};
	struct rig *rig = *state;

	serve(rig, script);
	assert_int_equal(cloxxs_login_start(rig->login, CLOXXS_LOGIN), 0);
	assert_int_equal(cloxxs_login_open_session(rig->login), 0);
	assert_int_equal(cloxxs_login_open_session(rig->login), 0);
	assert_non_null(strstr(fake_daemon_request(&rig->daemon, 1), "p4ss"));
	assert_null(strstr(fake_daemon_request(&rig->daemon, 2), "p4ss"));
	assert_int_equal(cloxxs_login_start(rig->login, CLOXXS_LOGIN), 0);
	assert_int_equal(cloxxs_login_start(rig->login, CLOXXS_LOGIN), 0);
	assert_int_equal(cloxxs_login_account(rig->login), 0);
	assert_null(strstr(fake_daemon_request(&rig->daemon, 5), "n3w"));
}

static void test_misuse(void **state)
{
	static const char *const script[] = { "\"step\":\"password\"",
					      "\"step\":\"done\"", NULL };
	struct rig *rig = *state;
	struct cloxxs_login *login = rig->login;
	struct cloxxs_login *none = NULL;
	char large[1100];

	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	assert_int_equal(cloxxs_login_new("a\xff", "accounts", &none),
			 CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_login_new("alice", large, &none),
			 CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_login_new(NULL, "accounts", &none),
			 CLOXXS_E_UNFIT);
	assert_null(none);
	assert_int_equal(cloxxs_login_set(login, (enum cloxxs_item)0, "x"),
			 CLOXXS_E_MISUSE);
	assert_int_equal(cloxxs_login_set(login, (enum cloxxs_item)99, "x"),
			 CLOXXS_E_MISUSE);
	assert_null(cloxxs_login_get(login, (enum cloxxs_item)99));
	assert_int_equal(cloxxs_login_answer(login, "x", 1), CLOXXS_E_MISUSE);
	assert_int_equal(cloxxs_login_close_session(login), CLOXXS_E_MISUSE);
	assert_int_equal(cloxxs_login_start(login, (enum cloxxs_purpose)7),
			 CLOXXS_E_MISUSE);
	serve(rig, script);
	assert_int_equal(cloxxs_login_start(login, CLOXXS_LOGIN), 0);
	assert_int_equal(cloxxs_login_set(login, CLOXXS_ITEM_SOCKET, "/x"),
			 CLOXXS_E_MISUSE);
	/* An answer that cannot be sent leaves the question standing. */
	assert_int_equal(cloxxs_login_answer(login, large, 1025),
			 CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_login_answer(login, "a\0b", 3), CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_login_answer(login, "\xc3", 1), CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_login_step(login), CLOXXS_STEP_PASSWORD);
	assert_int_equal(cloxxs_login_answer(login, large, 1024), 0);
	assert_int_equal(cloxxs_login_step(login), CLOXXS_STEP_DONE);
	assert_int_equal(cloxxs_login_answer(login, "x", 1), CLOXXS_E_MISUSE);
	assert_string_equal(cloxxs_error_name(-ENOMEM), "system");
	assert_string_equal(cloxxs_error_name(99), "unknown");
}

static void test_deadlines_abuse_03(void **state)
{
	static const char *const silent[] = { "%silent", NULL };
	static const char *const waiting[] = { "%wait", NULL };
	struct rig *rig = *state;

	serve(rig, silent);
	cloxxs_login_set_deadlines(rig->login, 0, 100);
	assert_int_equal(cloxxs_login_start(rig->login, CLOXXS_LOGIN),
			 CLOXXS_E_TIMEOUT);
	assert_nothing(rig->login);
	serve(rig, waiting);
	cloxxs_login_set_deadlines(rig->login, 300, 60000);
	assert_int_equal(cloxxs_login_start(rig->login, CLOXXS_LOGIN),
			 CLOXXS_E_TIMEOUT);
	assert_nothing(rig->login);
}

/* Objects in many threads know nothing of each other. */
static void *log_in(void *userdata)
{
	struct cloxxs_login *login = login_to(userdata);
	intptr_t n = 0;

	for (int i = 0; i < 4; i++) {
		if (cloxxs_login_account(login) != 0)
			break;
		n += cloxxs_login_verdict(login) == CLOXXS_ALLOW;
	}
	cloxxs_login_free(login);
	return (void *)n;
}

static void test_threads(void **state)
{
	const char *script[33];
	struct rig *rig = *state;
	pthread_t threads[8];

	for (int i = 0; i < 32; i++)
		script[i] = "\"verdict\":\"allow\"";
	script[32] = NULL;
	serve(rig, script);
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_in, rig),
				 0);
	for (size_t i = 0; i < LENGTH(threads); i++) {
		void *n;

		assert_int_equal(pthread_join(threads[i], &n), 0);
		assert_int_equal((intptr_t)n, 4);
	}
}

/* A session goes on only if the daemon says so, and that it is his. */
static void test_check_session(void **state)
{
	static const struct {
		const char *reply;
		int expected;
		enum cloxxs_verdict verdict;
	} answers[] = {
		{ "\"verdict\":\"allow\",\"user\":\"alice\"", 0, CLOXXS_ALLOW },
		{ "\"verdict\":\"allow\",\"user\":\"bob\"", 0, CLOXXS_DENY },
		{ "\"verdict\":\"allow\"", 0, CLOXXS_DENY },
		{ "\"verdict\":\"deny\"", 0, CLOXXS_DENY },
		{ "\"verdict\":\"unavailable\"", 0, CLOXXS_UNAVAILABLE },
		{ "", CLOXXS_E_BROKEN, CLOXXS_DENY },
		{ "%close", CLOXXS_E_UNREACHABLE, CLOXXS_DENY },
	};
	struct rig *rig = *state;
	struct cloxxs_login *login = rig->login;

	assert_int_equal(cloxxs_login_check_session(login), CLOXXS_E_MISUSE);
	for (size_t i = 0; i < LENGTH(answers); i++) {
		const char *script[] = { answers[i].reply, NULL };

		serve(rig, script);
		assert_int_equal(
			cloxxs_login_set(login, CLOXXS_ITEM_SESSION, "s-1"), 0);
		assert_int_equal(cloxxs_login_check_session(login),
				 answers[i].expected);
		assert_int_equal(cloxxs_login_verdict(login),
				 answers[i].verdict);
		assert_string_equal(fake_daemon_request(&rig->daemon, 0),
				    "{\"method\":\"nl.cloxxs.Login."
				    "CheckSession\",\"parameters\":{"
				    "\"session\":\"s-1\"}}");
		cloxxs_login_free(login);
		rig->login = login = login_to(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole_login, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_every_answer, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_verdict_survives, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_pass_is_used_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_check_session, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_misuse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadlines_abuse_03, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
