/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An account for emergencies, from its envelope to its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/core_fixture.h"

#define PIET 66000
#define JAN 66001 /* an administrator */
#define CONFLICT "nl.cloxxs.Admin.Conflict"
#define DENIED "org.varlink.service.PermissionDenied"
#define HOUR 3600

static struct core fixture;
static struct core *const core = &fixture;
static char password[40];

static json_t *call_as(uid_t uid, const char *method, json_t *parameters)
{
	struct talk talk;
	char name[64];
	json_t *reply;

	(void)snprintf(name, sizeof(name), "nl.cloxxs.Admin.%s", method);
	talk_open(core, &talk, uid);
	reply = talk_call(core, &talk, name, parameters);
	talk_close(core, &talk);
	return reply;
}

static void expect(uid_t uid, const char *method, json_t *parameters,
		   const char *error)
{
	struct outcome outcome = outcome_of(call_as(uid, method, parameters));

	if (strcmp(outcome.error, error) != 0)
		fail_msg("%s: '%s' instead of '%s'", method, outcome.error,
			 error);
}

static void prepare(void)
{
	json_t *reply = call_as(
		0, "PrepareBreakGlass",
		json_pack("{s:s, s:[s]}", "name", "fire", "services", "sshd"));
	json_t *parameters = json_object_get(reply, "parameters");

	assert_non_null(json_object_get(parameters, "password"));
	(void)snprintf(
		password, sizeof(password), "%s",
		json_string_value(json_object_get(parameters, "password")));
	json_decref(reply);
}

static json_t *opening(const char *name, int ttl)
{
	return json_pack("{s:s, s:s, s:i}", "name", name, "reason", "fire",
			 "ttl", ttl);
}

static int setup(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_world.quick = true;
	core_add(core, PIET, "piet", CORE_OLD);
	core_add(core, JAN, "jan", CORE_OLD);
	core_set_role(core, "jan", USER_ROLE_ADMINISTRATOR);
	prepare();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static void expect_key(const char *verdict)
{
	struct outcome outcome = account(
		core, 0, (struct about){ .user = "fire", .service = "sshd" });

	assert_string_equal(outcome.verdict, verdict);
}

static void closed(void **state)
{
	struct user fire = core_user(core, "fire");

	(void)state;
	assert_true(fire.break_glass);
	assert_int_equal(fire.password_kind, USER_PASSWORD_CHOSEN);
	assert_int_equal(strlen(password), 29);
	expect_login(core, "fire", password, "deny", "break-glass-closed");
	for (int i = 0; i < 4; i++)
		expect_login(core, "fire", CORE_WRONG, "deny",
			     "break-glass-closed");
	expect_key("deny");
	assert_int_equal(core_user(core, "fire").failures, 0);
	assert_int_equal(core_count(core, "break-glass-prepared"), 1);
	assert_int_equal(core_count(core, "break-glass-used"), 0);
}

static void opened(void **state)
{
	struct outcome outcome;

	(void)state;
	expect(0, "OpenBreakGlass", opening("fire", HOUR), "");
	expect(0, "OpenBreakGlass", opening("fire", HOUR), CONFLICT);
	expect_login(core, "fire", password, "allow", NULL);
	expect_key("allow");
	outcome = open_session(
		core, 0, (struct about){ .user = "fire", .service = "sshd" });
	assert_string_equal(outcome.verdict, "allow");
	assert_int_equal(core_count(core, "break-glass-opened"), 1);
	assert_int_equal(core_count(core, "break-glass-used"), 2);
	expect(0, "CloseBreakGlass", json_pack("{s:s}", "name", "fire"), "");
	expect(0, "CloseBreakGlass", json_pack("{s:s}", "name", "fire"),
	       CONFLICT);
	expect_login(core, "fire", password, "deny", "break-glass-closed");
	expect_key("deny");
}

static void wrong_answers_count(void **state)
{
	(void)state;
	expect(0, "OpenBreakGlass", opening("fire", HOUR), "");
	for (int i = 0; i < 3; i++)
		expect_login(core, "fire", CORE_WRONG, "deny",
			     "wrong-password");
	expect_login(core, "fire", password, "deny", "locked");
}

static void wait_closed(void)
{
	for (int i = 0; i < 100 && core_user(core, "fire").open_until; i++)
		(void)core_turn(core, 100000);
	assert_int_equal(core_user(core, "fire").open_until, 0);
	assert_int_equal(core_count(core, "break-glass-closed"), 1);
}

static void it_closes_itself(void **state)
{
	(void)state;
	expect(0, "OpenBreakGlass", opening("fire", HOUR), "");
	core_world.clock_s += HOUR - 1;
	expect_login(core, "fire", password, "allow", NULL);
	core_world.clock_s += 2;
	expect_login(core, "fire", password, "deny", "break-glass-closed");
	wait_closed();
	/* abuse_71: a clock that is set back opens nothing again. */
	core_world.clock_s -= HOUR;
	expect_login(core, "fire", password, "deny", "break-glass-closed");
}

static void a_clock_set_back(void **state)
{
	(void)state;
	expect(0, "OpenBreakGlass", opening("fire", HOUR), "");
	core_world.clock_s -= HOUR;
	expect_login(core, "fire", password, "deny", "break-glass-closed");
	wait_closed();
}

/* No longer than it was given, whatever the clock of the day says. */
static void the_steady_clock_decides(void **state)
{
	(void)state;
	expect(0, "OpenBreakGlass", opening("fire", HOUR), "");
	(void)core_turn(core, 10000);
	assert_int_equal(core->daemon.closing.n, 1);
	core->daemon.closing.open[0].until_us = 0;
	wait_closed();
	expect_login(core, "fire", password, "deny", "break-glass-closed");
}

/* abuse_127: over while the daemon was down. */
static void over_while_down(void **state)
{
	(void)state;
	expect(0, "OpenBreakGlass", opening("fire", HOUR), "");
	core_restart(core);
	expect_login(core, "fire", password, "allow", NULL);
	core_stop(core);
	core_world.clock_s += HOUR;
	core_start(core);
	assert_int_equal(core_user(core, "fire").open_until, 0);
	assert_int_equal(core_count(core, "break-glass-closed"), 1);
}

static void a_new_envelope(void **state)
{
	char former[40];

	(void)state;
	expect(0, "OpenBreakGlass", opening("fire", HOUR), "");
	memcpy(former, password, sizeof(former));
	prepare();
	expect_login(core, "fire", password, "deny", "break-glass-closed");
	expect(0, "OpenBreakGlass", opening("fire", HOUR), "");
	expect_login(core, "fire", former, "deny", "wrong-password");
	expect_login(core, "fire", password, "allow", NULL);
	assert_string_equal(core_user(core, "fire").services, "sshd");
}

static json_t *from(const char *terminal, bool remote)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:b}", "name", "fire", "reason",
			 "fire", "ttl", HOUR, "terminal", terminal, "remote",
			 (int)remote);
}

static void who_and_where(void **state)
{
	static const char *const consoles[] = { "tty1", "ttyS0", "hvc0",
						"console", "ttyAMA0" };
	static const char *const elsewhere[] = { "pts/0",  "tty",   "ttyS",
						 "ttyS0x", "hvc/0", "" };

	(void)state;
	expect(JAN, "OpenBreakGlass", opening("fire", HOUR), DENIED);
	expect(JAN, "CloseBreakGlass", json_pack("{s:s}", "name", "fire"),
	       DENIED);
	expect(JAN, "PrepareBreakGlass", json_pack("{s:s}", "name", "x"),
	       DENIED);
	expect(PIET, "OpenBreakGlass", opening("fire", HOUR), DENIED);
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		expect(0, "OpenBreakGlass", from(elsewhere[i], false),
		       CONFLICT);
	for (size_t i = 0; i < ARRAY_SIZE(consoles); i++) {
		expect(0, "OpenBreakGlass", from(consoles[i], false), "");
		expect(0, "CloseBreakGlass", json_pack("{s:s}", "name", "fire"),
		       "");
	}
	expect(0, "OpenBreakGlass", from("pts/0", true), "");
}

static void what_cannot_be(void **state)
{
	(void)state;
	expect(0, "OpenBreakGlass", opening("fire", 59),
	       "nl.cloxxs.Admin.Invalid");
	expect(0, "OpenBreakGlass", opening("fire", 86401),
	       "nl.cloxxs.Admin.Invalid");
	expect(0, "OpenBreakGlass", opening("piet", HOUR), CONFLICT);
	expect(0, "OpenBreakGlass", opening("nobody-here", HOUR),
	       "nl.cloxxs.Admin.NotFound");
	expect(0, "PrepareBreakGlass", json_pack("{s:s}", "name", "piet"),
	       "nl.cloxxs.Admin.AlreadyExists");
	expect(0, "ResetPassword", json_pack("{s:s}", "name", "fire"),
	       CONFLICT);
	expect(0, "UnlockUser",
	       json_pack("{s:s, s:s, s:b}", "name", "fire", "reason", "x",
			 "reset_password", 1),
	       CONFLICT);
}

/* As administrator it rules only while it is open. */
static void its_authority_ends(void **state)
{
	struct user fire = core_user(core, "fire");

	(void)state;
	core_set_role(core, "fire", USER_ROLE_ADMINISTRATOR);
	expect(fire.uid, "Status", NULL, DENIED);
	expect(0, "OpenBreakGlass", opening("fire", HOUR), "");
	expect(fire.uid, "Status", NULL, "");
	expect(0, "CloseBreakGlass", json_pack("{s:s}", "name", "fire"), "");
	expect(fire.uid, "Status", NULL, DENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(closed),
		TEST(opened),
		TEST(wrong_answers_count),
		TEST(it_closes_itself),
		TEST(a_clock_set_back),
		TEST(the_steady_clock_decides),
		TEST(over_while_down),
		TEST(a_new_envelope),
		TEST(who_and_where),
		TEST(what_cannot_be),
		TEST(its_authority_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
