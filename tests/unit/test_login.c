/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "libcloxxs/login.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/raw_map.h"

struct rig {
	struct scratch scratch;
	struct fake_daemon daemon;
	struct login login;
	struct login_step step;
	struct login_reply reply;
};

static const struct login_who alice = { .user = "alice", .service = "sshd" };

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	scratch_init(&rig->scratch);
	fake_daemon_init(&rig->daemon, rig->scratch.directory);
	rig->login.channel = CHANNEL_INIT;
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	login_deinit(&rig->login);
	fake_daemon_deinit(&rig->daemon);
	scratch_deinit(&rig->scratch);
	free(rig);
	return 0;
}

static void begin(struct rig *rig, const char *const *script,
		  uint32_t timeout_ms, uint32_t silence_ms)
{
	const struct login_args args = { rig->daemon.path, timeout_ms,
					 silence_ms };

	login_deinit(&rig->login);
	fake_daemon_script(&rig->daemon, script);
	login_init(&rig->login, &args);
}

static int start(struct rig *rig)
{
	return login_start(&rig->login, LOGIN_INTENT_LOGIN, &alice, &rig->step);
}

static void test_conversation(void **state)
{
	static const char *const script[] = {
		"+\"step\":\"password\",\"prompt\":\"Password: \"",
		"++\"step\":\"done\",\"verdict\":\"allow\",\"pass\":\"p4ss\"",
		NULL
	};
	struct rig *rig = *state;
	scope(secret_deinit) struct secret answer = { 0 };

	begin(rig, script, 10000, 10000);
	assert_int_equal(start(rig), 0);
	assert_int_equal(rig->step.kind, LOGIN_STEP_PASSWORD);
	assert_string_equal(rig->step.text, "Password: ");
	assert_int_equal(secret_set(&answer, "a\"b", 3), 0);
	assert_int_equal(login_answer(&rig->login, &answer, &rig->step), 0);
	assert_int_equal(rig->step.kind, LOGIN_STEP_DONE);
	assert_int_equal(rig->step.verdict, LOGIN_ALLOW);
	assert_string_equal(rig->step.pass.bytes, "p4ss");
	assert_string_equal(fake_daemon_request(&rig->daemon, 0),
			    "{\"method\":\"nl.cloxxs.Login.Start\","
			    "\"more\":true,\"parameters\":{"
			    "\"purpose\":\"login\",\"user\":\"alice\","
			    "\"service\":\"sshd\"}}");
	assert_string_equal(fake_daemon_request(&rig->daemon, 1),
			    "{\"method\":\"nl.cloxxs.Login.Answer\","
			    "\"more\":true,"
			    "\"parameters\":{\"answer\":\"a\\\"b\"}}");
	assert_int_equal(fake_daemon_n_connections(&rig->daemon), 1);
}

static void test_every_parameter(void **state)
{
	static const char *const script[] = { "\"verdict\":\"change\"", NULL };
	struct rig *rig = *state;
	scope(secret_deinit) struct secret pass = { 0 };
	const int64_t uid = 66001;
	const struct login_who who = {
		.user = "alice",
		.service = "sshd",
		.address = "192.0.2.1",
		.terminal = "ssh",
		.requester = "bob",
		.language = "nl",
		.system_uid = &uid,
		.pass = &pass,
	};

	assert_int_equal(secret_set(&pass, "p4ss", 4), 0);
	begin(rig, script, 10000, 10000);
	assert_int_equal(
		login_account(&rig->login, &who, "publickey", &rig->reply), 0);
	assert_int_equal(rig->reply.verdict, LOGIN_CHANGE);
	assert_string_equal(fake_daemon_request(&rig->daemon, 0),
			    "{\"method\":\"nl.cloxxs.Login.Account\","
			    "\"parameters\":{\"user\":\"alice\","
			    "\"service\":\"sshd\",\"address\":\"192.0.2.1\","
			    "\"terminal\":\"ssh\",\"requester\":\"bob\","
			    "\"language\":\"nl\",\"system_uid\":66001,"
			    "\"pass\":\"p4ss\",\"method\":\"publickey\"}}");
}

/* Who is not of Cloxxs has proved nothing to it. */
static void test_unmanaged(void **state)
{
	static const char *const script[] = { "\"verdict\":\"allow\"", NULL };
	struct rig *rig = *state;
	scope(secret_deinit) struct secret pass = { 0 };
	const struct login_who who = {
		.user = "root",
		.service = "sshd",
		.address = "192.0.2.1",
		.pass = &pass,
	};

	assert_int_equal(secret_set(&pass, "p4ss", 4), 0);
	begin(rig, script, 10000, 10000);
	assert_int_equal(
		login_unmanaged(&rig->login, &who, "publickey", &rig->reply),
		0);
	assert_int_equal(rig->reply.verdict, LOGIN_ALLOW);
	assert_string_equal(fake_daemon_request(&rig->daemon, 0),
			    "{\"method\":\"nl.cloxxs.Login.Unmanaged\","
			    "\"parameters\":{\"user\":\"root\","
			    "\"service\":\"sshd\",\"address\":\"192.0.2.1\","
			    "\"method\":\"publickey\"}}");
}

/* What the daemon may answer to Start, and what it comes to. */
static const struct {
	const char *reply;
	int expected;
	enum login_verdict verdict;
} replies[] = {
	{ "\"step\":\"done\",\"verdict\":\"allow\"", 0, LOGIN_ALLOW },
	{ "\"step\":\"done\",\"verdict\":\"deny\"", 0, LOGIN_DENY },
	{ "\"step\":\"done\",\"verdict\":\"change\"", 0, LOGIN_CHANGE },
	{ "\"step\":\"done\",\"verdict\":\"unavailable\"", 0,
	  LOGIN_UNAVAILABLE },
	{ "\"step\":\"done\"", 0, LOGIN_DENY },
	{ "\"step\":\"done\",\"verdict\":\"ALLOW\"", 0, LOGIN_DENY },
	{ "\"step\":\"done\",\"verdict\":\"allowed\"", 0, LOGIN_DENY },
	{ "\"step\":\"done\",\"verdict\":true", LOGIN_E_BROKEN, LOGIN_DENY },
	{ "\"step\":\"DONE\",\"verdict\":\"allow\"", LOGIN_E_BROKEN,
	  LOGIN_DENY },
	{ "\"verdict\":\"allow\"", LOGIN_E_BROKEN, LOGIN_DENY },
	{ "\"step\":\"wait\",\"verdict\":\"allow\"", LOGIN_E_BROKEN,
	  LOGIN_DENY },
	{ "\"step\":\"password\",\"prompt\":\"\\u001b[2J\"", LOGIN_E_BROKEN,
	  LOGIN_DENY },
	{ "\"step\":\"password\",\"prompt\":\"\\u009b2J\"", LOGIN_E_BROKEN,
	  LOGIN_DENY },
	{ "\"step\":\"done\",\"verdict\":\"allow\",\"pass\":\"a b\"",
	  LOGIN_E_BROKEN, LOGIN_DENY },
	{ "\"step\":\"done\",\"verdict\":\"allow\",\"pass\":\"a\\nb\"",
	  LOGIN_E_BROKEN, LOGIN_DENY },
	{ "\"step\":\"done\",\"verdict\":\"allow\",\"reference\":\"\\n\"",
	  LOGIN_E_BROKEN, LOGIN_DENY },
	{ "\"step\":\"done\",\"verdict\":\"allow\",\"more\":{}", LOGIN_E_BROKEN,
	  LOGIN_DENY },
	{ "!{\"error\":\"nl.cloxxs.Login.Busy\"}", LOGIN_E_BUSY, LOGIN_DENY },
	{ "!{\"error\":\"org.varlink.service.PermissionDenied\"}",
	  LOGIN_E_REFUSED, LOGIN_DENY },
	{ "!{\"error\":\"x.Y\",\"parameters\":{\"step\":\"done\","
	  "\"verdict\":\"allow\"}}",
	  LOGIN_E_REFUSED, LOGIN_DENY },
	{ "!{\"continues\":true,\"parameters\":{\"step\":\"done\","
	  "\"verdict\":\"allow\"}}",
	  LOGIN_E_BROKEN, LOGIN_DENY },
	{ "!nonsense", LOGIN_E_BROKEN, LOGIN_DENY },
	{ "!", LOGIN_E_BROKEN, LOGIN_DENY },
	{ "%close", LOGIN_E_UNREACHABLE, LOGIN_DENY },
	{ "%half", LOGIN_E_UNREACHABLE, LOGIN_DENY },
	{ "%large", LOGIN_E_BROKEN, LOGIN_DENY },
};

static void test_replies(void **state)
{
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		const char *const script[] = { replies[i].reply, NULL };
		int r;

		begin(rig, script, 30000, 30000);
		r = start(rig);
		if (r != replies[i].expected)
			fail_msg("%s: %d", replies[i].reply, r);
		assert_int_equal(rig->step.verdict, replies[i].verdict);
		if (r != 0) {
			assert_int_equal(rig->step.kind, _LOGIN_STEP_NONE);
			assert_true(secret_is_empty(&rig->step.pass));
			assert_int_equal(rig->login.channel.fd, -1);
		}
	}
}

/* A daemon that gives no whole message meets the silence limit. */
static void test_silence_abuse_03(void **state)
{
	static const char *const daemons[] = { "%silent", "%drip", "+%silent",
					       "+%drip" };
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
		const char *const script[] = { daemons[i], NULL };
		int64_t begun = clock_monotonic_us(), took;

		begin(rig, script, 600000, 150);
		assert_int_equal(start(rig), LOGIN_E_TIMEOUT);
		took = clock_monotonic_us() - begun;
		assert_true(took >= 150000);
		/* Far from the total time, on the slowest machine. */
		assert_true(took < 300 * INT64_C(1000000));
		assert_true(secret_is_empty(&rig->step.pass));
	}
}

/* One that only ever says "wait" outlives the silence limit, not the total. */
static void test_wait_for_ever_abuse_03(void **state)
{
	static const char *const script[] = { "%wait", NULL };
	struct rig *rig = *state;
	int64_t begun = clock_monotonic_us();

	begin(rig, script, 400, 60000);
	assert_int_equal(start(rig), LOGIN_E_TIMEOUT);
	assert_true(clock_monotonic_us() - begun >= 400000);
	assert_true(rig->login.left_us <= 0);
	/* Nothing is left for another call. */
	assert_int_equal(start(rig), LOGIN_E_TIMEOUT);
}

/* Time between two calls is the user's, and not counted. */
static void test_thinking_does_not_count(void **state)
{
	static const char *const script[] = { "\"step\":\"password\"",
					      "\"step\":\"done\"", NULL };
	struct rig *rig = *state;
	scope(secret_deinit) struct secret answer = { 0 };
	int64_t left;

	begin(rig, script, 60000, 60000);
	assert_int_equal(start(rig), 0);
	left = rig->login.left_us;
	assert_true(left < 60000000);
	assert_int_equal(login_answer(&rig->login, &answer, &rig->step), 0);
	assert_true(rig->login.left_us < left);
}

static void test_missing_abuse_02(void **state)
{
	static const char *const script[] = { NULL };
	struct rig *rig = *state;

	begin(rig, script, 30000, 30000);
	rig->login.socket = "/nonexistent/cloxxsd.sock";
	assert_int_equal(start(rig), LOGIN_E_UNREACHABLE);
	assert_int_equal(login_probe(&rig->login), LOGIN_E_UNREACHABLE);
	assert_int_equal(login_close_session(&rig->login, "s"),
			 LOGIN_E_UNREACHABLE);
}

/* Nothing that is not text is sent, nor cut to fit. */
static void test_unfit(void **state)
{
	static const char *const script[] = { "\"step\":\"password\"",
					      "\"step\":\"done\"", NULL };
	struct rig *rig = *state;
	const struct login_who latin = { .user = "\xe9", .service = "sshd" };
	scope(secret_deinit) struct secret answer = { 0 };

	begin(rig, script, 30000, 30000);
	assert_int_equal(login_start(&rig->login, LOGIN_INTENT_LOGIN, &latin,
				     &rig->step),
			 LOGIN_E_UNFIT);
	assert_int_equal(start(rig), 0);
	assert_int_equal(secret_set(&answer, "caf\xe9", 4), 0);
	assert_int_equal(login_answer(&rig->login, &answer, &rig->step),
			 LOGIN_E_UNFIT);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 1);
}

/* The longest answer, each byte of which is escaped, arrives whole. */
static void test_longest_answer_abuse_77(void **state)
{
	static const char *const script[] = { "\"step\":\"password\"",
					      "\"step\":\"done\"", NULL };
	struct rig *rig = *state;
	scope(secret_deinit) struct secret answer = { 0 };
	char bytes[SECRET_MAX];
	const char *request;

	memset(bytes, 1, sizeof(bytes));
	assert_int_equal(secret_set(&answer, bytes, sizeof(bytes)), 0);
	begin(rig, script, 30000, 30000);
	assert_int_equal(start(rig), 0);
	assert_int_equal(login_answer(&rig->login, &answer, &rig->step), 0);
	request = fake_daemon_request(&rig->daemon, 1);
	assert_int_equal(strlen(strstr(request, "\\u0001")),
			 6 * SECRET_MAX + strlen("\"}}"));
}

static void test_session(void **state)
{
	static const char *const script[] = {
		"\"verdict\":\"allow\",\"session\":\"s1\"", "",
		"\"verdict\":\"allow\",\"session\":\"a b\"", NULL
	};
	struct rig *rig = *state;

	begin(rig, script, 30000, 30000);
	assert_int_equal(login_open_session(&rig->login, &alice, &rig->reply),
			 0);
	assert_int_equal(rig->reply.verdict, LOGIN_ALLOW);
	assert_string_equal(rig->reply.session, "s1");
	assert_int_equal(login_close_session(&rig->login, "s1"), 0);
	assert_string_equal(fake_daemon_request(&rig->daemon, 1),
			    "{\"method\":\"nl.cloxxs.Login.CloseSession\","
			    "\"parameters\":{\"session\":\"s1\"}}");
	assert_int_equal(login_open_session(&rig->login, &alice, &rig->reply),
			 LOGIN_E_BROKEN);
	assert_int_equal(rig->reply.verdict, LOGIN_DENY);
}

/* What was called without "more" is answered once. */
static void test_not_continued(void **state)
{
	static const char *const close[] = { "+", NULL };
	static const char *const account[] = { "+\"verdict\":\"allow\"", NULL };
	struct rig *rig = *state;

	begin(rig, close, 30000, 30000);
	assert_int_equal(login_close_session(&rig->login, "s1"),
			 LOGIN_E_BROKEN);
	begin(rig, account, 30000, 30000);
	assert_int_equal(login_account(&rig->login, &alice, NULL, &rig->reply),
			 LOGIN_E_BROKEN);
	assert_int_equal(rig->reply.verdict, LOGIN_DENY);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_conversation),
		case_of(test_every_parameter),
		case_of(test_unmanaged),
		case_of(test_replies),
		case_of(test_silence_abuse_03),
		case_of(test_wait_for_ever_abuse_03),
		case_of(test_thinking_does_not_count),
		case_of(test_missing_abuse_02),
		case_of(test_unfit),
		case_of(test_longest_answer_abuse_77),
		case_of(test_session),
		case_of(test_not_continued),
	};

	return cmocka_run_group_tests_name("login", tests, NULL, NULL);
}
