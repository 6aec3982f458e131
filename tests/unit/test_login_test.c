/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tests of a login go its way, leave nothing of one, and are no oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/state/login_test.h"
#include "tests/unit/core_fixture.h"

#define PIET 66000
#define TRUUS 66001
#define MANY 20

static struct core fixture;
static struct core *const core = &fixture;

static int setup(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_add(core, PIET, "piet", CORE_OLD);
	core_add_temporary(core, TRUUS, "truus", CORE_OLD);
	core_world.n_verified = core_world.n_hashed = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static uint32_t n_wrong(uint32_t uid)
{
	uint32_t n = 0;

	assert_int_equal(login_test_count(core->daemon.state.store, uid, &n),
			 0);
	return n;
}

/* The end of a test; "" for what was not in it. */
struct end {
	char error[64];
	char message[256], reference[16];
	char verdict[16], reason[40];
	char account[16], account_reason[40];
};

static void take(const json_t *object, const char *name, char *buffer,
		 size_t size)
{
	const char *value = json_string_value(json_object_get(object, name));

	(void)snprintf(buffer, size, "%s", value ? value : "");
}

static struct end end_of(json_t *reply)
{
	const json_t *parameters = json_object_get(reply, "parameters");
	const json_t *login = json_object_get(parameters, "login");
	const json_t *account = json_object_get(parameters, "account");
	struct end end = { 0 };

	assert_non_null(reply);
	assert_null(json_object_get(parameters, "pass"));
	take(reply, "error", end.error, sizeof(end.error));
	take(parameters, "message", end.message, sizeof(end.message));
	take(parameters, "reference", end.reference, sizeof(end.reference));
	take(login, "verdict", end.verdict, sizeof(end.verdict));
	take(login, "reason", end.reason, sizeof(end.reason));
	take(account, "verdict", end.account, sizeof(end.account));
	take(account, "reason", end.account_reason, sizeof(end.account_reason));
	json_decref(reply);
	return end;
}

static void begin_test(struct talk *talk, const char *user)
{
	struct outcome outcome;

	talk_open(core, talk, 0);
	outcome = outcome_of(
		talk_call(core, talk, "nl.cloxxs.Admin.TestLogin",
			  json_pack("{s:s, s:s, s:s}", "user", user, "service",
				    "sshd", "address", "192.0.2.1")));
	assert_string_equal(outcome.error, "");
	assert_string_equal(outcome.step, "password");
	assert_string_equal(outcome.prompt, "Password: ");
}

static void send_test(struct talk *talk, const char *password)
{
	talk_send(talk, "nl.cloxxs.Admin.TestAnswer",
		  json_pack("{s:s}", "answer", password));
}

static struct end test(const char *user, const char *password)
{
	struct talk talk;
	struct end end;

	begin_test(&talk, user);
	send_test(&talk, password);
	end = end_of(talk_wait(core, &talk));
	talk_close(core, &talk);
	return end;
}

static void expect(const char *user, const char *password, const char *verdict,
		   const char *reason)
{
	struct end end = test(user, password);
	char message[256];

	if (strcmp(end.verdict, verdict) != 0 ||
	    strcmp(end.reason, reason) != 0)
		fail_msg("%s: %s %s", end.verdict, end.reason, end.error);
	if (strcmp(verdict, "deny") != 0)
		return;
	/* What denies behind the password is told to who proved it. */
	(void)snprintf(message, sizeof(message), "%s Reference %s.",
		       strcmp(reason, "temporary-password-expired") == 0
			       ? "Your temporary password has expired. Ask your "
				 "administrator for a new one."
			       : "Access denied.",
		       end.reference);
	assert_string_equal(end.message, message);
	assert_string_equal(end.account, "");
	assert_string_equal(core_row(core, end.reference).event,
			    "login-tested");
	assert_string_equal(core_row(core, end.reference).reason, reason);
}

static int64_t n_records(void)
{
	struct ledger_counts counts;

	assert_int_equal(ledger_count(&core->daemon.state.ledger, &counts), 0);
	return counts.all;
}

static void a_right_one_leaves_one_record(void **state)
{
	struct user before, after;
	struct end end;
	int64_t n;

	(void)state;
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	before = core_user(core, "piet");
	n = n_records();
	end = test("piet", CORE_OLD);
	assert_string_equal(end.verdict, "allow");
	assert_string_equal(end.reason, "password-verified");
	assert_string_equal(end.account, "allow");
	assert_string_equal(end.account_reason, "rules-passed");
	assert_string_equal(end.reference, "");
	assert_string_equal(end.message, "");
	/* No failure was reset, and no login was one. */
	after = core_user(core, "piet");
	assert_int_equal(after.failures, 2);
	assert_memory_equal(&after, &before, sizeof(after));
	assert_int_equal(n_wrong(PIET), 0);
	assert_int_equal(n_records(), n + 1);
	assert_int_equal(core_count(core, "login-tested"), 1);
	assert_int_equal(core_count(core, "login-allowed"), 0);
}

static void abuse_68_a_test_is_no_fourth_guess(void **state)
{
	struct user before = core_user(core, "piet"), after;

	(void)state;
	for (uint32_t i = 1; i <= 3; i++) {
		expect("piet", CORE_WRONG, "deny", "wrong-password");
		assert_int_equal(n_wrong(PIET), i);
	}
	expect("piet", CORE_OLD, "deny", "tests-spent");
	expect("piet", CORE_WRONG, "deny", "tests-spent");
	assert_int_equal(core_world.n_verified, 3);
	core_restart(core);
	expect("piet", CORE_OLD, "deny", "tests-spent");
	assert_int_equal(core_world.n_verified, 3);
	/* The user knows of nothing. */
	after = core_user(core, "piet");
	assert_memory_equal(&after, &before, sizeof(after));
	assert_int_equal(core_count(core, "user-locked"), 0);
	/* A good login of his is the end of it. */
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
	assert_int_equal(n_wrong(PIET), 0);
	expect("piet", CORE_OLD, "allow", "password-verified");
}

static void failures_of_logins_leave_fewer(void **state)
{
	(void)state;
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	expect("piet", CORE_WRONG, "deny", "wrong-password");
	expect("piet", CORE_OLD, "deny", "tests-spent");
	assert_int_equal(core_world.n_verified, 3);
	/* Tests do not take the user's own tries. */
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
}

static void right_ones_are_not_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		expect("piet", CORE_OLD, "allow", "password-verified");
	expect("piet", CORE_WRONG, "deny", "wrong-password");
	expect("piet", CORE_OLD, "allow", "password-verified");
	/* Nor do they take back what was. */
	assert_int_equal(n_wrong(PIET), 1);
}

static void a_locked_user_is_not_verified(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		expect_login(core, "piet", CORE_WRONG, "deny",
			     "wrong-password");
	expect("piet", CORE_OLD, "deny", "locked");
	assert_int_equal(core_world.n_verified, 3);
	assert_int_equal(n_wrong(PIET), 0);
}

static void unlocking_lifts_it(void **state)
{
	struct outcome outcome;

	(void)state;
	for (int i = 0; i < 3; i++)
		expect("piet", CORE_WRONG, "deny", "wrong-password");
	outcome = administer(core, "UnlockUser",
			     json_pack("{s:s, s:s}", "name", "piet", "reason",
				       "tested too often"));
	assert_string_equal(outcome.error, "");
	assert_int_equal(n_wrong(PIET), 0);
	expect("piet", CORE_OLD, "allow", "password-verified");
	/* There is nothing more to lift. */
	outcome = administer(
		core, "UnlockUser",
		json_pack("{s:s, s:s}", "name", "piet", "reason", "again"));
	assert_string_equal(outcome.error, "nl.cloxxs.Admin.Conflict");
}

static void every_gate_is_asked(void **state)
{
	(void)state;
	expect("nobody-here", CORE_OLD, "deny", "unknown-user");
	expect("piet", "", "deny", "empty-answer");
	expect("piet", "\b\n\r\177INCORRECT", "deny", "blocked-by-sshd");
	core_apply(core, (struct change){ .type = CHANGE_USER_DISABLE,
					  .uid = PIET,
					  .at = 5 });
	expect("piet", CORE_OLD, "deny", "disabled");
	assert_int_equal(core_world.n_verified, 0);
	assert_int_equal(n_wrong(PIET), 0);
	assert_int_equal(core_count(core, "login-tested"), 4);
}

/* He would be asked for another password; a test does not choose one. */
static void a_temporary_password_stays(void **state)
{
	struct user before = core_user(core, "truus"), after;
	struct end end;

	(void)state;
	end = test("truus", CORE_OLD);
	assert_string_equal(end.verdict, "change");
	assert_string_equal(end.account, "change");
	after = core_user(core, "truus");
	assert_memory_equal(&after, &before, sizeof(after));
	core_world.clock_s = 3700;
	expect("truus", CORE_OLD, "deny", "temporary-password-expired");
	assert_int_equal(n_wrong(TRUUS), 0);
}

static void an_emergency_is_not_used(void **state)
{
	struct end end;
	struct user user;

	(void)state;
	user = core_user(core, "piet");
	assert_int_equal(store_run(core->daemon.state.store,
				   "UPDATE user SET break_glass = 1,"
				   " opened_at = 1, open_until = ?"
				   " WHERE name = 'piet'",
				   "i", INT64_C(253402300799)),
			 0);
	end = test("piet", CORE_OLD);
	assert_string_equal(end.verdict, "allow");
	assert_int_equal(core_count(core, "break-glass-used"), 0);
	assert_int_equal(store_run(core->daemon.state.store,
				   "UPDATE user SET break_glass = 0,"
				   " opened_at = 0, open_until = 0"
				   " WHERE name = 'piet'",
				   ""),
			 0);
	assert_int_equal(core_user(core, "piet").credential, user.credential);
}

static void it_is_for_root(void **state)
{
	static const char *const methods[] = { "nl.cloxxs.Admin.TestLogin",
					       "nl.cloxxs.Admin.TestAnswer" };

	(void)state;
	/* An administrator is not enough. */
	core_set_role(core, "piet", USER_ROLE_ADMINISTRATOR);
	for (uid_t uid = PIET; uid <= TRUUS; uid++)
		for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
			struct outcome outcome;
			struct talk talk;

			talk_open(core, &talk, uid);
			outcome = outcome_of(talk_call(
				core, &talk, methods[i],
				i == 0 ? json_pack("{s:s, s:s}", "user", "piet",
						   "service", "sshd")
				       : json_pack("{s:s}", "answer",
						   CORE_OLD)));
			talk_close(core, &talk);
			assert_string_equal(
				outcome.error,
				"org.varlink.service.PermissionDenied");
		}
	assert_int_equal(core_world.n_verified, 0);
}

/* Neither conversation is gone on with by the methods of the other. */
static void it_is_no_login(void **state)
{
	struct outcome outcome;
	struct talk talk;
	struct end end;

	(void)state;
	begin_test(&talk, "piet");
	outcome = answer(core, &talk, CORE_OLD);
	assert_string_equal(outcome.error, "nl.cloxxs.Login.NoAttempt");
	talk_close(core, &talk);
	talk_open(core, &talk, 0);
	outcome = start(core, &talk, (struct about){ .user = "piet" });
	assert_string_equal(outcome.step, "password");
	send_test(&talk, CORE_OLD);
	end = end_of(talk_wait(core, &talk));
	assert_string_equal(end.error, "nl.cloxxs.Admin.Conflict");
	/* It goes on as if nothing had been. */
	outcome = answer(core, &talk, CORE_OLD);
	assert_string_equal(outcome.verdict, "allow");
	/* The second of two tests on one connection ends the first. */
	talk_close(core, &talk);
	begin_test(&talk, "piet");
	send_test(&talk, CORE_OLD);
	end = end_of(talk_wait(core, &talk));
	assert_string_equal(end.verdict, "allow");
	send_test(&talk, CORE_OLD);
	end = end_of(talk_wait(core, &talk));
	assert_string_equal(end.error, "nl.cloxxs.Admin.Conflict");
	talk_close(core, &talk);
}

static void abuse_69_a_crowd_of_tests(void **state)
{
	struct talk talks[MANY];
	unsigned int wrong = 0, spent = 0;

	(void)state;
	for (int i = 0; i < MANY; i++)
		begin_test(&talks[i], "piet");
	for (int i = 0; i < MANY; i++)
		send_test(&talks[i], CORE_WRONG);
	for (int i = 0; i < MANY; i++) {
		struct end end = end_of(talk_wait(core, &talks[i]));

		wrong += strcmp(end.reason, "wrong-password") == 0;
		spent += strcmp(end.reason, "tests-spent") == 0;
		talk_close(core, &talks[i]);
	}
	assert_int_equal(wrong, 3);
	assert_int_equal(spent, MANY - 3);
	assert_int_equal(core_world.n_verified, 3);
}

/* Sends the answer, and stops where it is claimed and nothing is told yet. */
static void claim(struct talk *talk, const char *password)
{
	begin_test(talk, "piet");
	send_test(talk, password);
	for (int i = 0; i < 1000 && n_wrong(PIET) == 0; i++)
		assert_true(core_turn(core, 1000) >= 0);
	assert_int_equal(n_wrong(PIET), 1);
	assert_int_equal(core_count(core, "login-tested"), 0);
}

/* Whoever hangs up, or kills us, before he hears it, has asked all the same. */
static void it_counts_before_it_is_told(void **state)
{
	struct talk talk;

	(void)state;
	claim(&talk, CORE_WRONG);
	talk_close(core, &talk);
	for (int i = 0; i < 1000 && core->daemon.attempts.first; i++)
		assert_true(core_turn(core, 10000) >= 0);
	assert_int_equal(n_wrong(PIET), 1);
	assert_int_equal(core_count(core, "login-tested"), 1);
}

static void who_changed_meanwhile_is_not_told_of(void **state)
{
	struct talk talk;
	struct end end;

	(void)state;
	claim(&talk, CORE_WRONG);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_UNLOCK, .uid = PIET });
	assert_int_equal(n_wrong(PIET), 0);
	end = end_of(talk_wait(core, &talk));
	talk_close(core, &talk);
	assert_string_equal(end.verdict, "deny");
	assert_string_equal(end.reason, "superseded");
}

static void what_cannot_be_recorded_is_not_told(void **state)
{
	struct store *store = core->daemon.state.store;
	struct talk talk;
	struct end end;

	(void)state;
	begin_test(&talk, "piet");
	assert_int_equal(
		store_run(store, "ALTER TABLE ledger RENAME TO away", ""), 0);
	send_test(&talk, CORE_OLD);
	end = end_of(talk_wait(core, &talk));
	talk_close(core, &talk);
	assert_int_equal(
		store_run(store, "ALTER TABLE away RENAME TO ledger", ""), 0);
	assert_string_equal(end.error, "nl.cloxxs.Admin.Unavailable");
	assert_string_equal(end.verdict, "");
	/* Right or wrong, it stays counted. */
	assert_int_equal(n_wrong(PIET), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_right_one_leaves_one_record),
		CASE(abuse_68_a_test_is_no_fourth_guess),
		CASE(failures_of_logins_leave_fewer),
		CASE(right_ones_are_not_counted),
		CASE(a_locked_user_is_not_verified),
		CASE(unlocking_lifts_it),
		CASE(every_gate_is_asked),
		CASE(a_temporary_password_stays),
		CASE(an_emergency_is_not_used),
		CASE(it_is_for_root),
		CASE(it_is_no_login),
		CASE(abuse_69_a_crowd_of_tests),
		CASE(it_counts_before_it_is_told),
		CASE(who_changed_meanwhile_is_not_told_of),
		CASE(what_cannot_be_recorded_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
