/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom an administrator leaves alone, and whom even root cannot take away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/core_fixture.h"

#define JAN 66000  /* an administrator */
#define ANNA 66001 /* protected */
#define PIET 66002
#define GLASS 66003 /* for emergencies */

#define ROOT_ONLY "nl.cloxxs.Admin.RootOnly"
#define CONFLICT "nl.cloxxs.Admin.Conflict"

static struct core fixture;
static struct core *const core = &fixture;

static int setup(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_world.quick = true;
	core_add(core, JAN, "jan", CORE_OLD);
	core_add(core, ANNA, "anna", CORE_OLD);
	core_add(core, PIET, "piet", CORE_OLD);
	core_set_role(core, "jan", USER_ROLE_ADMINISTRATOR);
	core_protect(core, "anna");
	core_add_break_glass(core, GLASS, "glass");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static struct outcome administer_as(uid_t uid, const char *method,
				    json_t *parameters)
{
	char name[64];
	struct outcome outcome;
	struct talk talk;

	(void)snprintf(name, sizeof(name), "nl.cloxxs.Admin.%s", method);
	talk_open(core, &talk, uid);
	outcome = outcome_of(talk_call(core, &talk, name, parameters));
	talk_close(core, &talk);
	return outcome;
}

static void expect(uid_t uid, const char *method, json_t *parameters,
		   const char *error)
{
	struct outcome outcome = administer_as(uid, method, parameters);

	if (strcmp(outcome.error, error) != 0)
		fail_msg("%s by %u: '%s' instead of '%s'", method, uid,
			 outcome.error, error);
}

static json_t *about_user(const char *name)
{
	return json_pack("{s:s}", "name", name);
}

static json_t *because(const char *name)
{
	return json_pack("{s:s, s:s}", "name", name, "reason", "why not");
}

static json_t *with(const char *name, const char *key, json_t *value)
{
	return json_pack("{s:s, s:o}", "name", name, key, value);
}

/* Every way to become her, as jan; and root does each. */
static void who_is_protected(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		uid_t uid = i == 0 ? JAN : 0;
		const char *error = i == 0 ? ROOT_ONLY : "";

		expect(uid, "ResetPassword", about_user("anna"), error);
		expect(uid, "SetUser",
		       with("anna", "services", json_pack("[s]", "sshd")),
		       error);
		expect(uid, "SetUser",
		       with("anna", "role", json_string("administrator")),
		       error);
		expect(uid, "SetUser",
		       with("anna", "shell", json_string("/home/jan/sh")),
		       error);
		expect(uid, "SetUser", with("anna", "protected", json_false()),
		       error);
		core_set_role(core, "anna", USER_ROLE_USER);
		core_protect(core, "anna");
		/* To keep her out is another thing. */
		expect(JAN, "LockUser", because("anna"), "");
		expect(uid, "UnlockUser", because("anna"), error);
		expect(JAN, "DisableUser", because("anna"), "");
		expect(uid, "EnableUser", about_user("anna"), error);
		expect(uid, "DeleteUser", about_user("anna"), error);
		if (i == 0) {
			expect(0, "UnlockUser", because("anna"), "");
			expect(0, "EnableUser", about_user("anna"), "");
		}
	}
	assert_true(core_count(core, "call-refused") > 0);
}

/* Nor does he take the mark off anybody, or put it on. */
static void the_mark_is_roots(void **state)
{
	(void)state;
	expect(JAN, "SetUser", with("piet", "protected", json_true()),
	       ROOT_ONLY);
	expect(JAN, "AddUser", with("eva", "protected", json_true()),
	       ROOT_ONLY);
	expect(0, "SetUser", with("piet", "protected", json_true()), "");
	expect(JAN, "ResetPassword", about_user("piet"), ROOT_ONLY);
	expect(0, "SetUser", with("piet", "protected", json_false()), "");
	expect(JAN, "ResetPassword", about_user("piet"), "");
	expect(0, "AddUser", with("eva", "protected", json_true()), "");
	assert_true(core_user(core, "eva").protected);
}

static void an_account_for_emergencies(void **state)
{
	(void)state;
	expect(JAN, "LockUser", because("glass"), ROOT_ONLY);
	expect(JAN, "DisableUser", because("glass"), ROOT_ONLY);
	expect(JAN, "DeleteUser", about_user("glass"), ROOT_ONLY);
	expect(JAN, "ResetPassword", about_user("glass"), ROOT_ONLY);
	expect(JAN, "SetUser", with("glass", "services", json_array()),
	       ROOT_ONLY);
	expect(0, "LockUser", because("glass"), "");
	expect(JAN, "UnlockUser", because("glass"), ROOT_ONLY);
	expect(0, "DeleteUser", about_user("glass"), "");
}

static void take_jan_away(const char *error)
{
	expect(0, "LockUser", because("jan"), error);
	if (!*error)
		expect(0, "UnlockUser", because("jan"), "");
	expect(0, "DisableUser", because("jan"), error);
	if (!*error)
		expect(0, "EnableUser", about_user("jan"), "");
	expect(0, "SetUser", with("jan", "role", json_string("user")), error);
	if (!*error)
		core_set_role(core, "jan", USER_ROLE_ADMINISTRATOR);
}

static void the_last_administrator(void **state)
{
	struct user piet;

	(void)state;
	take_jan_away(CONFLICT);
	expect(0, "DeleteUser", about_user("jan"), CONFLICT);
	expect(JAN, "DeleteUser", about_user("jan"), CONFLICT);
	/* An account for emergencies is no administrator of every day. */
	core_set_role(core, "glass", USER_ROLE_ADMINISTRATOR);
	take_jan_away(CONFLICT);
	/* Nor is one who is locked, disabled, or let his password lapse. */
	core_set_role(core, "piet", USER_ROLE_ADMINISTRATOR);
	take_jan_away("");
	expect(0, "LockUser", because("piet"), "");
	take_jan_away(CONFLICT);
	expect(0, "UnlockUser", because("piet"), "");
	expect(0, "DisableUser", because("piet"), "");
	take_jan_away(CONFLICT);
	expect(0, "EnableUser", about_user("piet"), "");
	expect(0, "ResetPassword", about_user("piet"), "");
	take_jan_away("");
	piet = core_user(core, "piet");
	core_world.clock_s += piet.temporary_until - piet.password_changed + 1;
	take_jan_away(CONFLICT);
	core_world.clock_s = 0;
	expect(0, "DeleteUser", about_user("jan"), "");
	expect(0, "DeleteUser", about_user("piet"), CONFLICT);
}

/* Wrong answers lock him all the same, and root lifts that. */
static void wrong_answers_lock_the_last(void **state)
{
	struct user jan;

	(void)state;
	for (int i = 0; i < 3; i++)
		expect_login(core, "jan", CORE_WRONG, "deny", "wrong-password");
	jan = core_user(core, "jan");
	assert_true(user_is_locked(&jan));
	expect(0, "UnlockUser", because("jan"), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_is_protected),
		TEST(the_mark_is_roots),
		TEST(an_account_for_emergencies),
		TEST(the_last_administrator),
		TEST(wrong_answers_lock_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
