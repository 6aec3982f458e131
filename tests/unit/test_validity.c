/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When an account is valid, active and at its hours, in a whole daemon; and
 * what a clock that is set back does not lengthen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/core_fixture.h"

#define JAN 66000 /* an administrator */
#define PIET 66001

#define HOUR 3600
#define DAY (24 * HOUR)
#define YEAR (INT64_C(365) * DAY)
/* A Wednesday at noon, in a zone without a summer. */
#define NOON INT64_C(1900238400)

#define CONFLICT "nl.cloxxs.Admin.Conflict"
#define INVALID "nl.cloxxs.Admin.Invalid"

static struct core fixture;
static struct core *const core = &fixture;

static const struct about piet = { .user = "piet",
				   .service = "sshd",
				   .address = "192.0.2.1" };

/* The clock shows seconds, and stays near it. */
static void set_clock(int64_t seconds)
{
	core_world.clock_s = 0;
	core_world.clock_s = seconds - clock_realtime_us() / 1000000;
}

static int setup(void **state)
{
	(void)state;
	assert_int_equal(setenv("TZ", "UTC0", 1), 0);
	core_init(core, "[account]\ninactive = 90d\n"
			"[service login]\nhours = mo-fr 08:00-18:00\n");
	core_world.quick = true;
	set_clock(NOON);
	core_restart(core);
	core_add(core, JAN, "jan", CORE_OLD);
	core_add(core, PIET, "piet", CORE_OLD);
	core_set_role(core, "jan", USER_ROLE_ADMINISTRATOR);
	for (uint32_t uid = JAN; uid <= PIET; uid++)
		core_apply(core, (struct change){ .type = CHANGE_USER_ENABLE,
						  .uid = uid,
						  .at = NOON });
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static const char *set(const char *name, const char *key, json_t *value)
{
	static struct outcome outcome;

	outcome = administer(core, "SetUser",
			     json_pack("{s:s, s:o}", "name", name, key, value));
	return outcome.error;
}

static const char *set_time(const char *name, const char *key, int64_t at)
{
	return set(name, key, json_integer(at));
}

static void expect_phase(struct outcome outcome, const char *reason)
{
	assert_string_equal(outcome.verdict, reason ? "deny" : "allow");
	if (reason)
		assert_string_equal(core_row(core, outcome.reference).reason,
				    reason);
}

/* In every phase the same, with a right password; NULL: he gets in. */
static void expect_piet(const char *reason)
{
	expect_login(core, "piet", CORE_OLD, reason ? "deny" : "allow", reason);
	expect_phase(account(core, 0, piet), reason);
	expect_phase(open_session(core, 0, piet), reason);
}

static void abuse_10_not_yet_and_no_longer(void **state)
{
	(void)state;
	expect_piet(NULL);
	assert_string_equal(set_time("piet", "not_before", NOON + HOUR), "");
	expect_piet("not-yet-valid");
	set_clock(NOON + HOUR);
	expect_piet(NULL);
	assert_string_equal(set_time("piet", "not_after", NOON + 2 * HOUR), "");
	expect_piet(NULL);
	set_clock(NOON + 2 * HOUR + 1);
	expect_piet("no-longer-valid");
	/* A wrong answer does not count where none is asked for. */
	expect_login(core, "piet", CORE_WRONG, "deny", "no-longer-valid");
	assert_int_equal(core_user(core, "piet").failures, 0);
	assert_string_equal(set_time("piet", "not_after", 0), "");
	expect_piet(NULL);
}

static void at_his_hours(void **state)
{
	(void)state;
	assert_string_equal(
		set("piet", "hours", json_string("mo-fr 07:00-20:00")), "");
	assert_string_equal(core_user(core, "piet").hours, "mo-fr 07:00-20:00");
	expect_piet(NULL);
	set_clock(NOON + 8 * HOUR);
	expect_piet("outside-hours");
	set_clock(NOON + 3 * DAY);
	expect_piet("outside-hours");
	assert_string_equal(set("piet", "hours", json_string("")), "");
	assert_string_equal(core_user(core, "piet").hours, "");
	expect_piet(NULL);
}

static void at_the_hours_of_the_service(void **state)
{
	struct about console = piet;

	(void)state;
	console.service = "login";
	assert_string_equal(
		set("piet", "services", json_pack("[s, s]", "sshd", "login")),
		"");
	expect_phase(account(core, 0, console), NULL);
	set_clock(NOON + 6 * HOUR);
	expect_phase(account(core, 0, console), "outside-service-hours");
	expect_piet(NULL);
	/* Changed while it runs: what the file says now. */
	core_configure(core, "[service sshd]\nhours = sa 08:00-18:00\n");
	core_restart(core);
	expect_phase(account(core, 0, console), NULL);
	expect_piet("outside-service-hours");
}

/* What cannot be read lets nobody in. */
static void hours_that_are_damaged(void **state)
{
	(void)state;
	assert_int_equal(store_run(core->daemon.state.store,
				   "UPDATE user SET hours = 'whenever'"
				   " WHERE uid = ?",
				   "i", (int64_t)PIET),
			 0);
	expect_piet("outside-hours");
}

static void away_for_too_long(void **state)
{
	(void)state;
	set_clock(NOON + 90 * DAY - 10);
	expect_piet(NULL);
	set_clock(NOON + 180 * DAY - 20);
	expect_piet(NULL);
	set_clock(NOON + 270 * DAY);
	expect_piet("inactive");
	/* A refusal is no activity. */
	expect_piet("inactive");
	/* Enabled though he is, he is enabled, and begins anew. */
	assert_string_equal(administer(core, "EnableUser",
				       json_pack("{s:s}", "name", "piet"))
				    .error,
			    "");
	expect_piet(NULL);
	assert_string_equal(administer(core, "EnableUser",
				       json_pack("{s:s}", "name", "piet"))
				    .error,
			    CONFLICT);
}

/* By a key, through a session from somewhere; not by a job, nor by another. */
static void what_counts_as_being_there(void **state)
{
	struct about key = piet, job = piet;

	(void)state;
	job.address = NULL;
	set_clock(NOON + 80 * DAY);
	expect_phase(open_session(core, 0, job), NULL);
	assert_int_equal(core_user(core, "piet").active_at, NOON);
	expect_phase(open_session(core, 0, key), NULL);
	assert_in_range(core_user(core, "piet").active_at, NOON + 80 * DAY,
			NOON + 80 * DAY + 60);
	set_clock(NOON + 169 * DAY);
	expect_phase(account(core, 0, key), NULL);
	set_clock(NOON + 171 * DAY);
	expect_phase(account(core, 0, key), "inactive");
	/* A temporary password is there to be used. */
	assert_string_equal(administer(core, "ResetPassword",
				       json_pack("{s:s}", "name", "piet"))
				    .error,
			    "");
	assert_string_equal(account(core, 0, key).verdict, "change");
}

static void what_is_refused(void **state)
{
	(void)state;
	assert_string_equal(set_time("piet", "not_after", -1), INVALID);
	assert_string_equal(set_time("piet", "not_after", INT64_MAX), INVALID);
	assert_string_equal(set("piet", "hours", json_string("mo-fr")),
			    INVALID);
	assert_string_equal(
		set("piet", "hours", json_string("fr-mo 1:00-2:00")), INVALID);
	assert_string_equal(set_time("piet", "not_after", NOON + HOUR), "");
	assert_string_equal(set_time("piet", "not_before", NOON + 2 * HOUR),
			    INVALID);
	assert_int_equal(core_user(core, "piet").not_before, 0);
	assert_string_equal(core_user(core, "piet").hours, "");
}

/* He is not made to end, nor to begin later. */
static void the_last_administrator(void **state)
{
	(void)state;
	assert_string_equal(set_time("jan", "not_after", NOON - 1), CONFLICT);
	assert_string_equal(set_time("jan", "not_before", NOON + HOUR),
			    CONFLICT);
	assert_string_equal(set_time("jan", "not_after", NOON + HOUR), "");
	assert_string_equal(set("jan", "hours", json_string("sa 09:00-12:00")),
			    "");
	/* Another one who is not valid, or was away, is nobody. */
	assert_string_equal(set("piet", "role", json_string("administrator")),
			    "");
	assert_string_equal(set_time("piet", "not_before", NOON + DAY), "");
	assert_string_equal(set_time("jan", "not_after", NOON - 1), CONFLICT);
	assert_string_equal(set_time("piet", "not_before", 0), "");
	core_apply(core, (struct change){ .type = CHANGE_USER_ENABLE,
					  .uid = JAN,
					  .at = NOON + 91 * DAY });
	set_clock(NOON + 91 * DAY);
	assert_string_equal(set_time("jan", "not_after", 0), "");
	assert_string_equal(set_time("jan", "not_after", NOON), CONFLICT);
	assert_string_equal(administer(core, "DeleteUser",
				       json_pack("{s:s}", "name", "jan"))
				    .error,
			    CONFLICT);
}

/* Whose time is over administers nothing, in a session that goes on. */
static void an_administrator_who_has_ended(void **state)
{
	const struct varlink_peer peer = { .uid = JAN };

	(void)state;
	assert_string_equal(set_time("jan", "not_after", NOON + HOUR), "");
	assert_true(service_classify(&peer, &core->daemon.service) &
		    PEER_ADMINISTRATOR);
	set_clock(NOON + HOUR + 1);
	assert_int_equal(service_classify(&peer, &core->daemon.service),
			 PEER_USER);
}

/* The clock is set back, and the daemon started again. */
static void abuse_133_set_back_over_a_restart(void **state)
{
	(void)state;
	assert_string_equal(set_time("piet", "not_after", NOON + HOUR), "");
	set_clock(NOON + 2 * HOUR);
	core_restart(core);
	expect_piet("no-longer-valid");
	set_clock(NOON);
	core_restart(core);
	expect_piet("clock-set-back");
	set_clock(NOON - 10 * YEAR);
	core_restart(core);
	expect_piet("clock-set-back");
	/* Whose account has no end is not kept out by a clock. */
	assert_string_equal(set_time("piet", "not_after", 0), "");
	expect_piet(NULL);
}

static void abuse_133_a_temporary_password(void **state)
{
	struct outcome outcome;

	(void)state;
	core_add_temporary(core, PIET + 1, "eva", CORE_OLD);
	core_apply(core, (struct change){ .type = CHANGE_USER_ENABLE,
					  .uid = PIET + 1,
					  .at = NOON });
	set_clock(NOON + 2 * HOUR);
	core_restart(core);
	expect_login(core, "eva", CORE_OLD, "deny",
		     "temporary-password-expired");
	set_clock(NOON);
	core_restart(core);
	expect_login(core, "eva", CORE_OLD, "deny", "clock-set-back");
	/* A new one can be given, and used, for as long as ever. */
	outcome = administer(core, "ResetPassword",
			     json_pack("{s:s}", "name", "eva"));
	assert_string_equal(outcome.error, "");
	assert_in_range(core_user(core, "eva").temporary_until,
			NOON + 26 * HOUR, NOON + 26 * HOUR + 60);
	assert_string_equal(log_in(core, "eva", outcome.temporary).step,
			    "new_password");
}

/* One who was away too long is not back because the clock is. */
static void abuse_133_and_who_was_away(void **state)
{
	(void)state;
	set_clock(NOON + 91 * DAY);
	core_restart(core);
	expect_piet("inactive");
	set_clock(NOON + DAY);
	core_restart(core);
	expect_piet("clock-set-back");
}

/* Whatever the clock shows, and wherever the daemon begins with it. */
static void abuse_133_lifts_no_lock(void **state)
{
	static const int64_t clocks[] = {
		NOON - 1, /* a leap second, and steps */
		NOON - HOUR,
		NOON + HOUR,
		NOON - YEAR,
		NOON + YEAR,
		0,
		-1,
		-HOUR, /* an RTC that shows less than nothing */
		INT32_MAX,
		(int64_t)INT32_MAX + 1, /* 2038 */
		UINT32_MAX,
		(int64_t)UINT32_MAX + 1, /* 2106 */
		NOON + 100 * YEAR,
	};

	(void)state;
	/* Where nothing else keeps anybody out. */
	core_configure(core, NULL);
	core_restart(core);
	for (int i = 0; i < 3; i++)
		expect_login(core, "piet", CORE_WRONG, "deny", NULL);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(clocks); i++) {
		set_clock(clocks[i / 2]);
		if (i % 2)
			core_restart(core);
		expect_piet("locked");
		assert_int_equal(core_user(core, "piet").failures, 3);
		/* It is no reason to keep others out. */
		expect_login(core, "jan", CORE_OLD, "allow", NULL);
	}
}

/* A jump ahead while it runs is no time that was known. */
static void abuse_133_a_jump_and_back(void **state)
{
	(void)state;
	assert_string_equal(set_time("piet", "not_after", NOON + DAY), "");
	set_clock(NOON + YEAR);
	expect_piet("no-longer-valid");
	set_clock(NOON);
	expect_piet(NULL);
	core_restart(core);
	expect_piet(NULL);
}

static const char *accept_clock(uid_t uid)
{
	static struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, uid);
	outcome = outcome_of(
		talk_call(core, &talk, "nl.cloxxs.Admin.AcceptClock",
			  json_pack("{s:s}", "reason", "it was ahead")));
	talk_close(core, &talk);
	return outcome.error;
}

/* The latest time that the daemon tells it has known. */
static int64_t latest(void)
{
	struct talk talk;
	json_int_t at;
	json_t *reply;

	talk_open(core, &talk, 0);
	reply = talk_call(core, &talk, "nl.cloxxs.Admin.Status", NULL);
	at = json_integer_value(json_object_get(
		json_object_get(reply, "parameters"), "latest"));
	json_decref(reply);
	talk_close(core, &talk);
	return at;
}

static void the_clock_is_accepted(void **state)
{
	(void)state;
	assert_string_equal(accept_clock(0), CONFLICT);
	assert_string_equal(set_time("piet", "not_after", NOON + DAY), "");
	set_clock(NOON + YEAR);
	core_restart(core);
	expect_piet("no-longer-valid");
	set_clock(NOON);
	core_restart(core);
	expect_piet("clock-set-back");
	assert_in_range(latest(), NOON + YEAR, NOON + YEAR + 600);
	assert_string_equal(accept_clock(JAN),
			    "org.varlink.service.PermissionDenied");
	expect_piet("clock-set-back");
	assert_string_equal(accept_clock(0), "");
	assert_int_equal(core_count(core, "clock-accepted"), 1);
	expect_piet(NULL);
	assert_in_range(latest(), NOON, NOON + 600);
	core_restart(core);
	expect_piet(NULL);
	assert_string_equal(accept_clock(0), CONFLICT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(abuse_10_not_yet_and_no_longer),
		TEST(at_his_hours),
		TEST(at_the_hours_of_the_service),
		TEST(hours_that_are_damaged),
		TEST(away_for_too_long),
		TEST(what_counts_as_being_there),
		TEST(what_is_refused),
		TEST(the_last_administrator),
		TEST(an_administrator_who_has_ended),
		TEST(abuse_133_set_back_over_a_restart),
		TEST(abuse_133_a_temporary_password),
		TEST(abuse_133_and_who_was_away),
		TEST(abuse_133_a_jump_and_back),
		TEST(abuse_133_lifts_no_lock),
		TEST(the_clock_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
