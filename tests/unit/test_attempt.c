/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations with the whole daemon: what is counted, what locks, what
 * lifts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/core_fixture.h"

#define PIET 66000
#define MANY 50

static struct core fixture;
static struct core *const core = &fixture;

static int setup(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_add(core, PIET, "piet", CORE_OLD);
	core_world.n_hashed = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static void assert_count(uint32_t failures, bool locked)
{
	struct user user = core_user(core, "piet");

	assert_int_equal(user.failures, failures);
	assert_int_equal(user_is_locked(&user), locked);
	assert_false(user.claim);
}

static void lock_piet(void)
{
	for (int i = 0; i < 3; i++)
		expect_login(core, "piet", CORE_WRONG, "deny",
			     "wrong-password");
	assert_count(3, true);
}

static void a_good_login(void **state)
{
	struct outcome outcome;
	struct user user;

	(void)state;
	outcome = log_in(core, "piet", CORE_OLD);
	assert_string_equal(outcome.verdict, "allow");
	assert_string_equal(outcome.reference, "");
	assert_int_equal(strlen(outcome.pass), 32);
	user = core_user(core, "piet");
	assert_true(user.last_login > 0);
	assert_string_equal(user.last_login_service, "sshd");
	assert_string_equal(user.last_login_address, "192.0.2.1");
	assert_count(0, false);
	assert_int_equal(core_count(core, "login-allowed"), 1);
}

static void abuse_68_three_wrong_and_the_right_one(void **state)
{
	struct ledger_row row;
	struct outcome outcome;

	(void)state;
	for (uint32_t i = 1; i <= 3; i++) {
		expect_login(core, "piet", CORE_WRONG, "deny",
			     "wrong-password");
		assert_count(i, i == 3);
	}
	outcome = log_in(core, "piet", CORE_OLD);
	assert_string_equal(outcome.verdict, "deny");
	row = core_row(core, outcome.reference);
	assert_string_equal(row.reason, "locked");
	assert_non_null(strstr(row.rules, "not-locked=deny"));
	/* Three were compared; the fourth cost as much and met nothing. */
	assert_int_equal(core_world.n_verified, 3);
	assert_int_equal(core_world.n_hashed, 1);
	assert_int_equal(core_count(core, "user-locked"), 1);
	core_restart(core);
	expect_login(core, "piet", CORE_OLD, "deny", "locked");
	assert_count(3, true);
}

/* All that a caller sees of a refusal is the same but for its reference. */
static void refusals_do_not_tell(void **state)
{
	struct outcome outcomes[5];

	(void)state;
	outcomes[0] = log_in(core, "nobody-here", CORE_OLD);
	outcomes[1] = log_in(core, "piet", CORE_WRONG);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DISABLE, .uid = PIET });
	outcomes[2] = log_in(core, "piet", CORE_OLD);
	outcomes[3] = log_in(core, "piet", "");
	outcomes[4] = log_in(core, "Piet\n", CORE_OLD);
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		char expected[64];

		(void)snprintf(expected, sizeof(expected),
			       "Access denied. Reference %s.",
			       outcomes[i].reference);
		assert_string_equal(outcomes[i].message, expected);
		assert_string_equal(outcomes[i].verdict, "deny");
		assert_string_equal(outcomes[i].step, "done");
		assert_string_equal(outcomes[i].pass, "");
		assert_int_equal(strlen(outcomes[i].reference), 9);
	}
}

struct crowd {
	struct talk talks[MANY];
	unsigned int n_allowed, n_denied;
};

/* All of them ask, then all of them answer, then all are awaited. */
static void run_crowd(struct crowd *crowd, const char *user, const char *text)
{
	for (int i = 0; i < MANY; i++) {
		struct outcome outcome;

		talk_open(core, &crowd->talks[i], 0);
		outcome = start(core, &crowd->talks[i],
				(struct about){ .user = user });
		assert_string_equal(outcome.step, "password");
	}
	for (int i = 0; i < MANY; i++)
		send_answer(&crowd->talks[i], text);
	for (int i = 0; i < MANY; i++) {
		struct outcome outcome = wait_outcome(core, &crowd->talks[i]);

		crowd->n_allowed += strcmp(outcome.verdict, "allow") == 0;
		crowd->n_denied += strcmp(outcome.verdict, "deny") == 0;
		talk_close(core, &crowd->talks[i]);
	}
}

static void abuse_69_fifty_wrong_ones_at_once(void **state)
{
	struct crowd crowd = { 0 };

	(void)state;
	run_crowd(&crowd, "piet", CORE_WRONG);
	assert_int_equal(crowd.n_denied, MANY);
	assert_int_equal(core_world.n_verified, 3);
	assert_int_equal(core_world.n_hashed, MANY - 3);
	assert_count(3, true);
	assert_int_equal(core_count(core, "login-denied"), MANY);
	assert_int_equal(core_count(core, "user-locked"), 1);
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM failure"),
			 3);
}

static void abuse_70_fifty_right_ones_at_once(void **state)
{
	struct crowd crowd = { 0 };

	(void)state;
	run_crowd(&crowd, "piet", CORE_OLD);
	assert_int_equal(crowd.n_allowed, MANY);
	assert_int_equal(core_world.n_verified, MANY);
	assert_count(0, false);
}

/* abuse_70: an open prompt holds nobody up, and locks nobody. */
static void open_prompts_hold_nobody_up(void **state)
{
	struct talk talks[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		talk_open(core, &talks[i], 0);
		(void)start(core, &talks[i], (struct about){ .user = "piet" });
	}
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
	for (int i = 0; i < 10; i++)
		talk_close(core, &talks[i]);
	assert_count(0, false);
}

static void a_good_login_clears_the_count(void **state)
{
	(void)state;
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	assert_count(2, false);
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
	assert_count(0, false);
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM failure"),
			 0);
}

/* The count is one for all services, and for changes of the password. */
static void all_wrong_answers_count_together(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	talk_open(core, &talk, 0);
	(void)start(core, &talk,
		    (struct about){ .user = "piet", .service = "sudo" });
	outcome = answer(core, &talk, CORE_WRONG);
	assert_string_equal(outcome.verdict, "deny");
	(void)start(core, &talk,
		    (struct about){ .user = "piet",
				    .service = "passwd",
				    .purpose = "change" });
	outcome = answer(core, &talk, CORE_WRONG);
	assert_string_equal(outcome.verdict, "deny");
	talk_close(core, &talk);
	assert_count(3, true);
}

static void abuse_71_only_an_administrator_unlocks(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	outcome = log_in(core, "piet", CORE_OLD);
	lock_piet();
	/* A pass from before the lock is gone with it. */
	assert_string_equal(account(core, 0,
				    (struct about){ .user = "piet",
						    .address = "192.0.2.1",
						    .pass = outcome.pass })
				    .verdict,
			    "deny");
	expect_login(core, "piet", CORE_OLD, "deny", "locked");
	/* A login by key goes through the account phase alone. */
	outcome = account(
		core, 0,
		(struct about){ .user = "piet", .method = "publickey" });
	assert_string_equal(outcome.verdict, "deny");
	assert_string_equal(core_row(core, outcome.reference).reason, "locked");
	assert_string_equal(
		open_session(core, 0, (struct about){ .user = "piet" }).verdict,
		"deny");
	talk_open(core, &talk, 0);
	(void)start(core, &talk,
		    (struct about){ .user = "piet", .purpose = "change" });
	assert_string_equal(answer(core, &talk, CORE_OLD).verdict, "deny");
	talk_close(core, &talk);
	core_restart(core);
	core_world.clock_s = 10 * 365 * 86400;
	expect_login(core, "piet", CORE_OLD, "deny", "locked");
	core_world.clock_s = 0;
	outcome = administer(core, "ResetPassword",
			     json_pack("{s:s}", "name", "piet"));
	assert_string_equal(outcome.error, "");
	expect_login(core, "piet", outcome.temporary, "deny", "locked");
	(void)administer(core, "DisableUser",
			 json_pack("{s:s}", "name", "piet"));
	(void)administer(core, "EnableUser",
			 json_pack("{s:s}", "name", "piet"));
	(void)administer(
		core, "SetUser",
		json_pack("{s:s, s:[s]}", "name", "piet", "services", "sshd"));
	expect_login(core, "piet", outcome.temporary, "deny", "locked");
	assert_count(3, true);
}

static void abuse_71_an_unlock_needs_a_reason(void **state)
{
	static const char *const none[] = { "", "   " };

	(void)state;
	lock_piet();
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_string_equal(
			administer(core, "UnlockUser",
				   json_pack("{s:s, s:s}", "name", "piet",
					     "reason", none[i]))
				.error,
			"nl.cloxxs.Admin.Invalid");
	assert_string_not_equal(administer(core, "UnlockUser",
					   json_pack("{s:s}", "name", "piet"))
					.error,
				"");
	assert_count(3, true);
	assert_string_equal(administer(core, "UnlockUser",
				       json_pack("{s:s, s:s}", "name", "piet",
						 "reason", "he called"))
				    .error,
			    "");
	assert_count(0, false);
	assert_int_equal(core_count(core, "user-unlocked"), 1);
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
	/* Nothing is left to unlock, and nothing is recorded of it. */
	assert_string_equal(administer(core, "UnlockUser",
				       json_pack("{s:s, s:s}", "name", "piet",
						 "reason", "again"))
				    .error,
			    "nl.cloxxs.Admin.Conflict");
	assert_int_equal(core_count(core, "user-unlocked"), 1);
}

/* An administrator's lock has no failures, and holds all the same. */
static void a_lock_by_hand(void **state)
{
	(void)state;
	assert_string_equal(administer(core, "LockUser",
				       json_pack("{s:s, s:s}", "name", "piet",
						 "reason", "on leave"))
				    .error,
			    "");
	expect_login(core, "piet", CORE_OLD, "deny", "locked");
	assert_count(0, true);
	assert_string_equal(core_user(core, "piet").locked_because, "on leave");
}

/* abuse_94: a reason is kept as it was typed, and escaped once in the audit. */
static void abuse_94_a_reason_of_any_letters(void **state)
{
	(void)state;
	assert_string_equal(administer(core, "LockUser",
				       json_pack("{s:s, s:s}", "name", "piet",
						 "reason", "a\nb"))
				    .error,
			    "nl.cloxxs.Admin.Invalid");
	assert_count(0, false);
	assert_string_equal(administer(core, "LockUser",
				       json_pack("{s:s, s:s}", "name", "piet",
						 "reason", "priv\303\251 \\"))
				    .error,
			    "");
	assert_string_equal(core_user(core, "piet").locked_because,
			    "priv\303\251 \\");
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM ledger WHERE"
				      " details = 'priv\\xc3\\xa9 \\x5c'"),
			 1);
}

static void abuse_73_an_unknown_name(void **state)
{
	int64_t n_users;

	(void)state;
	for (int i = 0; i < 10; i++)
		expect_login(core, "nobody", CORE_WRONG, "deny",
			     "unknown-user");
	n_users = state_number(&core->daemon.state,
			       "SELECT (SELECT count(*) FROM user) +"
			       " (SELECT count(*) FROM failure)");
	assert_int_equal(n_users, 1);
	assert_int_equal(core_world.n_verified, 0);
	assert_int_equal(core_world.n_hashed, 10);
}

static void abuse_74_other_spellings_are_other_names(void **state)
{
	static const char *const names[] = {
		"Piet",        "PIET",         "piet ",  " piet",
		"pi\xc3\xa9t", "pie\xcc\x81t", "piet\n", "",
		"../piet",     "-x",           "piet/x",
	};

	(void)state;
	/* All of them come from one address. */
	core_configure(core, "[throttle]\nfailures = off\n");
	core_restart(core);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		expect_login(core, names[i], CORE_OLD, "deny", "unknown-user");
	assert_count(0, false);
}

static void abuse_75_an_empty_answer(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		expect_login(core, "piet", "", "deny", "empty-answer");
	expect_login(core, "nobody", "", "deny", "unknown-user");
	assert_int_equal(core_world.n_verified, 0);
	assert_int_equal(core_world.n_hashed, 0);
	assert_count(0, false);
}

static void abuse_09_what_sshd_makes_up(void **state)
{
	static const char junk[] = "\b\n\r\177INCORRECT\b\n\r\177INCORRECT\b";
	unsigned int n = 0;

	(void)state;
	for (size_t length = 1; length < sizeof(junk); length += 3) {
		char text[sizeof(junk)];

		memcpy(text, junk, length);
		text[length] = '\0';
		expect_login(core, "piet", text, "deny", "blocked-by-sshd");
		n++;
	}
	assert_count(0, false);
	assert_int_equal(core_world.n_verified, 0);
	assert_int_equal(core_world.n_hashed, n);
	/* Nearly so is a guess. */
	expect_login(core, "piet", "\b\n\r\177INCORRECt", "deny",
		     "wrong-password");
	assert_count(1, false);
}

static void abuse_77_lengths(void **state)
{
	static char text[4097];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	expect_login(core, "piet", text, "deny", "answer-too-long");
	text[1025] = '\0';
	expect_login(core, "piet", text, "deny", "answer-too-long");
	assert_count(0, false);
	assert_int_equal(core_world.n_verified, 0);
	text[1024] = '\0';
	expect_login(core, "piet", text, "deny", "wrong-password");
	assert_count(1, false);
	/* A right password with something behind it is another one. */
	expect_login(core, "piet", CORE_OLD "x", "deny", "wrong-password");
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
}

static void abuse_77_the_last_of_many_bytes(void **state)
{
	static const size_t lengths[] = { 128, 511, 512, 513, 1024 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		char name[16], text[1025];

		memset(text, 'y', sizeof(text));
		text[lengths[i]] = '\0';
		(void)snprintf(name, sizeof(name), "user%zu", i);
		core_add(core, PIET + 1 + (uint32_t)i, name, text);
		text[lengths[i] - 1] = 'z';
		expect_login(core, name, text, "deny", "wrong-password");
		text[lengths[i] - 1] = 'y';
		expect_login(core, name, text, "allow", NULL);
	}
}

static void abuse_78_two_forms_of_one_password(void **state)
{
	(void)state;
	core_add(core, PIET + 1, "jan", "caf\xc3\xa9-met-slagroom");
	expect_login(core, "jan", "cafe\xcc\x81-met-slagroom", "allow", NULL);
	expect_login(core, "jan", "caf\xc3\xa9-met-slagroom", "allow", NULL);
	/* Nothing else is made alike. */
	expect_login(core, "jan", "cafe-met-slagroom", "deny",
		     "wrong-password");
	expect_login(core, "jan", "caf\xc3\xa9-met-slagroom ", "deny",
		     "wrong-password");
}

static void abuse_39_who_leaves_in_the_midst_is_counted(void **state)
{
	struct talk talk;

	(void)state;
	for (uint32_t i = 1; i <= 3; i++) {
		talk_open(core, &talk, 0);
		(void)start(core, &talk, (struct about){ .user = "piet" });
		send_answer(&talk, CORE_WRONG);
		while (!core_user(core, "piet").claim &&
		       core_user(core, "piet").failures < i)
			assert_true(core_turn(core, 1000) >= 0);
		talk_close(core, &talk);
		while (core->daemon.attempts.n_open > 0)
			assert_true(core_turn(core, 1000) >= 0);
		assert_count(i, i == 3);
	}
	assert_int_equal(core_count(core, "login-denied"), 3);
}

/* Who leaves before his turn was never verified, and is not counted. */
static void who_leaves_before_his_turn(void **state)
{
	struct talk talks[5];

	(void)state;
	for (int i = 0; i < 5; i++) {
		talk_open(core, &talks[i], 0);
		(void)start(core, &talks[i], (struct about){ .user = "piet" });
	}
	for (int i = 0; i < 5; i++)
		send_answer(&talks[i], CORE_WRONG);
	while (!core_user(core, "piet").claim)
		assert_true(core_turn(core, 1000) >= 0);
	for (int i = 4; i >= 0; i--) {
		scope_close(&talks[i].fd);
		free(talks[i].bytes);
	}
	while (core->daemon.attempts.n_open > 0)
		assert_true(core_turn(core, 1000) >= 0);
	assert_true(core_world.n_verified < 3);
	assert_count(core_world.n_verified, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_login),
		TEST(abuse_68_three_wrong_and_the_right_one),
		TEST(refusals_do_not_tell),
		TEST(abuse_69_fifty_wrong_ones_at_once),
		TEST(abuse_70_fifty_right_ones_at_once),
		TEST(open_prompts_hold_nobody_up),
		TEST(a_good_login_clears_the_count),
		TEST(all_wrong_answers_count_together),
		TEST(abuse_71_only_an_administrator_unlocks),
		TEST(abuse_71_an_unlock_needs_a_reason),
		TEST(a_lock_by_hand),
		TEST(abuse_94_a_reason_of_any_letters),
		TEST(abuse_73_an_unknown_name),
		TEST(abuse_74_other_spellings_are_other_names),
		TEST(abuse_75_an_empty_answer),
		TEST(abuse_09_what_sshd_makes_up),
		TEST(abuse_77_lengths),
		TEST(abuse_77_the_last_of_many_bytes),
		TEST(abuse_78_two_forms_of_one_password),
		TEST(abuse_39_who_leaves_in_the_midst_is_counted),
		TEST(who_leaves_before_his_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
