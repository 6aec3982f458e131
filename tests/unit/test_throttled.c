/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole daemon, and addresses from which many wrong answers come: who must
 * wait, what is recorded of it, and when there is an alarm. */
#include <limits.h>
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
#define BAD "198.51.100.66"
#define GOOD "192.0.2.1"
#define WINDOW_S 600
#define LIMIT 10

static struct core fixture;
static struct core *const core = &fixture;

static int setup(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_world.quick = true;
	core_add(core, PIET, "piet", CORE_OLD);
	core_add(core, PIET + 1, "anna", CORE_OLD);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static struct outcome from(const char *address, const char *user,
			   const char *password)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, 0);
	outcome = start(core, &talk,
			(struct about){ .user = user, .address = address });
	assert_string_equal(outcome.step, "password");
	outcome = answer(core, &talk, password);
	talk_close(core, &talk);
	return outcome;
}

static void expect(const char *address, const char *user, const char *password,
		   const char *verdict)
{
	assert_string_equal(from(address, user, password).verdict, verdict);
}

/* So many wrong answers about users whom there are not. */
static void guess(const char *address, int n)
{
	char name[32];

	for (int i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "ghost%d", i);
		expect(address, name, CORE_WRONG, "deny");
	}
}

static int64_t number(const char *sql)
{
	return state_number(&core->daemon.state, sql);
}

static int64_t n_records(void)
{
	return core->daemon.state.ledger.seq;
}

static void nothing_counts_for_a_user_meanwhile(void **state)
{
	(void)state;
	guess(BAD, LIMIT);
	assert_int_equal(core_count(core, "address-throttled"), 1);
	for (int i = 0; i < 5; i++) {
		expect(BAD, "piet", CORE_WRONG, "deny");
		expect(BAD, "piet", CORE_OLD, "deny");
	}
	assert_int_equal(core_user(core, "piet").failures, 0);
	assert_int_equal(core_world.n_verified, 0);
	/* And each of them took the work of a verification. */
	assert_int_equal(core_world.n_hashed - 2, LIMIT + 10);
}

static void only_that_address_waits(void **state)
{
	(void)state;
	guess(BAD, LIMIT);
	expect(BAD, "piet", CORE_OLD, "deny");
	expect(GOOD, "piet", CORE_OLD, "allow");
	expect(NULL, "piet", CORE_OLD, "allow");
	/* abuse_10: no password is asked there. */
	assert_string_equal(account(core, 0,
				    (struct about){ .user = "piet",
						    .address = BAD,
						    .method = "publickey" })
				    .verdict,
			    "allow");
	assert_string_equal(
		open_session(core, 0,
			     (struct about){ .user = "piet", .address = BAD })
			.verdict,
		"allow");
}

static void a_right_one_makes_good_for_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < LIMIT; i++) {
		expect(BAD, "piet", CORE_OLD, "allow");
		guess(BAD, 1);
	}
	expect(BAD, "piet", CORE_OLD, "deny");
}

static void whoever_has_no_address_never_waits(void **state)
{
	(void)state;
	guess(NULL, 3 * LIMIT);
	expect(NULL, "piet", CORE_OLD, "allow");
	assert_int_equal(core_count(core, "address-throttled"), 0);
}

/* What does not take the work of a verification counts for nobody. */
static void abuse_75_empty_answers_count_for_no_address(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * LIMIT; i++)
		expect(BAD, "piet", "", "deny");
	expect(BAD, "piet", CORE_OLD, "allow");
}

static void abuse_09_what_sshd_makes_up_counts(void **state)
{
	(void)state;
	for (int i = 0; i < LIMIT; i++)
		expect(BAD, "piet", "\b\n\r\177INCORRECT", "deny");
	expect(BAD, "piet", CORE_OLD, "deny");
	assert_int_equal(core_user(core, "piet").failures, 0);
}

/* abuse_68: the lock is not forgotten with it. */
static void a_restart_forgets_who_must_wait(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		expect(BAD, "anna", CORE_WRONG, "deny");
	guess(BAD, LIMIT - 3);
	expect(BAD, "piet", CORE_OLD, "deny");
	core_restart(core);
	expect(BAD, "piet", CORE_OLD, "allow");
	expect(BAD, "anna", CORE_OLD, "deny");
	assert_true(core_user(core, "anna").locked_at > 0);
}

/* What one is told tells nobody whether there is such a user. */
static void abuse_79_one_reference_for_all(void **state)
{
	static const char *const users[] = { "piet", "anna", "ghost", "Piet",
					     "piet" };
	struct outcome first;
	struct ledger_row row;

	(void)state;
	core_apply(core, (struct change){ .type = CHANGE_USER_DISABLE,
					  .uid = PIET + 1 });
	guess(BAD, LIMIT);
	first = from(BAD, "nobody", CORE_WRONG);
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		struct outcome outcome = from(BAD, users[i], CORE_WRONG);

		assert_string_equal(outcome.reference, first.reference);
		assert_string_equal(outcome.message, first.message);
	}
	assert_string_equal(from(BAD, "piet", CORE_OLD).reference,
			    first.reference);
	assert_string_equal(from(BAD, "piet", "").reference, first.reference);
	row = core_row(core, first.reference);
	assert_string_equal(row.event, "address-throttled");
	assert_string_equal(row.reason, "throttled");
	assert_string_equal(row.address, BAD);
	assert_string_equal(row.rules, "throttle=deny");
	assert_string_equal(row.details, "source=" BAD " wait=37s limit=10 "
					 "window=600s");
}

/* What the counted rows say, all of them. */
static int64_t n_counted(void)
{
	return number("SELECT coalesce(sum(n), 0) FROM refusal");
}

static int64_t n_told(void)
{
	return number("SELECT coalesce(sum(substr(details, 3)), 0) FROM ledger"
		      " WHERE event = 'refusals-counted'");
}

/* abuse_62, abuse_93: each refusal is in one record, and they are few. */
static void abuse_62_a_storm_makes_few_records(void **state)
{
	int64_t before;

	(void)state;
	guess(BAD, LIMIT);
	before = n_records();
	guess(BAD, 500);
	for (int i = 0; i < 100; i++)
		expect(BAD, "piet", CORE_WRONG, "deny");
	assert_int_equal(n_records(), before);
	assert_int_equal(n_counted(), 600);
	/* unknown-user, throttled */
	assert_int_equal(number("SELECT count(*) FROM refusal"), 2);
	assert_int_equal(number("SELECT count(*) FROM refusal WHERE"
				" user LIKE 'ghost%'"),
			 0);
	/* abuse_127: a kill loses none of them. */
	core_restart(core);
	assert_int_equal(n_counted(), 600);
	assert_int_equal(n_told(), 0);
	core_world.clock_s += WINDOW_S + 1;
	core_restart(core);
	core_settle(core);
	assert_int_equal(n_counted(), 0);
	assert_int_equal(n_told(), 600);
	assert_int_equal(core_count(core, "refusals-counted"), 2);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" event = 'refusals-counted' AND user = 'piet'"
				" AND reason = 'throttled' AND"
				" address = '" BAD "' AND service = 'sshd'"),
			 1);
	assert_int_equal(core_user(core, "piet").failures, 0);
}

static int64_t n_rows(void)
{
	return number("SELECT (SELECT count(*) FROM ledger) +"
		      " (SELECT count(*) FROM refusal) +"
		      " (SELECT count(*) FROM failure) +"
		      " (SELECT count(*) FROM user)");
}

static void abuse_73_an_unknown_name_a_thousand_times(void **state)
{
	int64_t before;

	(void)state;
	core_configure(core, "[throttle]\nwindow = 1d\n");
	core_restart(core);
	before = n_rows();
	for (int i = 0; i < 1000; i++)
		expect(BAD, "who-is-that", CORE_WRONG, "deny");
	/* Ten of them, that he must wait, and the count of the others. */
	assert_int_equal(n_rows() - before, LIMIT + 2);
	assert_int_equal(core_world.n_hashed - 2, 1000);
}

/* abuse_133: a clock that is set back keeps nothing waiting for it. */
static void counted_before_the_clock_was_set_back(void **state)
{
	(void)state;
	core_world.clock_s = 86400;
	guess(BAD, LIMIT + 5);
	core_world.clock_s = 0;
	core_restart(core);
	core_settle(core);
	assert_int_equal(n_counted(), 0);
	assert_int_equal(n_told(), 5);
}

#define CROWD (3 * LIMIT)

/* None beyond the limit is told to be right, however many come at once. */
static void many_at_once(void **state)
{
	struct talk talks[CROWD], last;
	struct outcome outcome;

	(void)state;
	core_world.quick = false;
	core_add(core, PIET + 2, "kees", CORE_OLD);
	for (int i = 0; i < CROWD; i++) {
		talk_open(core, &talks[i], 0);
		(void)start(core, &talks[i],
			    (struct about){ .user = "ghost", .address = BAD });
	}
	talk_open(core, &last, 0);
	(void)start(core, &last,
		    (struct about){ .user = "kees", .address = BAD });
	for (int i = 0; i < CROWD; i++)
		send_answer(&talks[i], CORE_WRONG);
	while (hasher_n_open(core->daemon.attempts.hasher) < CROWD)
		assert_true(core_turn(core, 0) >= 0);
	outcome = answer(core, &last, CORE_OLD);
	assert_string_equal(outcome.verdict, "deny");
	assert_string_equal(core_row(core, outcome.reference).reason,
			    "throttled");
	/* It was under way when the limit was reached. */
	assert_int_equal(core_world.n_verified, 1);
	assert_int_equal(core_count(core, "address-throttled"), 1);
	assert_int_equal(core_user(core, "kees").failures, 0);
	assert_false(core_user(core, "kees").claim);
	talk_close(core, &last);
	for (int i = 0; i < CROWD; i++) {
		assert_string_equal(wait_outcome(core, &talks[i]).verdict,
				    "deny");
		talk_close(core, &talks[i]);
	}
}

/* What the disk had to take of one answer: pages of the store. */
static int pages_of(const char *address, const char *user)
{
	sqlite3 *database = store_database(core->daemon.state.store);
	int before, after, unused;

	core_settle(core);
	assert_int_equal(sqlite3_db_status(database,
					   SQLITE_DBSTATUS_CACHE_WRITE, &before,
					   &unused, 0),
			 0);
	expect(address, user, CORE_WRONG, "deny");
	assert_int_equal(sqlite3_db_status(database,
					   SQLITE_DBSTATUS_CACHE_WRITE, &after,
					   &unused, 0),
			 0);
	return after - before;
}

/* The least of some: now and then a page is full, and another one begun. */
static int least_of(const char *address, const char *const *users)
{
	int least = INT_MAX;

	for (int i = 0; i < 6; i++) {
		int pages = pages_of(address, users[i % 2]);

		if (pages < least)
			least = pages;
	}
	return least;
}

/* Also where nothing of it is about a user. */
static void abuse_79_refusals_write_as_much(void **state)
{
	static const char *const known[] = { "piet", "kees" };
	static const char *const unknown[] = { "ghost", "nobody" };
	static const char *const disabled[] = { "anna", "anna" };
	int wrong;

	(void)state;
	core_configure(core, "[lockout]\nfailures = 10\n");
	core_restart(core);
	core_add(core, PIET + 2, "kees", CORE_OLD);
	core_apply(core, (struct change){ .type = CHANGE_USER_DISABLE,
					  .uid = PIET + 1 });
	guess(BAD, LIMIT + 1);
	/* Nobody publishes, so nothing is marked as published. */
	core_settle(core);
	core->daemon.state.committed = NULL;
	wrong = least_of("192.0.2.11", known);
	assert_int_equal(least_of("192.0.2.12", unknown), wrong);
	assert_int_equal(least_of("192.0.2.13", disabled), wrong);
	assert_int_equal(least_of(BAD, known), wrong);
	assert_int_equal(least_of(BAD, unknown), wrong);
	assert_int_equal(least_of(BAD, disabled), wrong);
}

static void ipv6_is_counted_by_its_network(void **state)
{
	struct ledger_row row;
	char address[40];

	(void)state;
	for (int i = 0; i < LIMIT; i++) {
		(void)snprintf(address, sizeof(address), "2001:db8:1:2::%x",
			       i + 1);
		guess(address, 1);
	}
	expect("2001:db8:1:2:ffff::1", "piet", CORE_OLD, "deny");
	row = core_row(core,
		       from("2001:db8:1:2::77", "piet", CORE_OLD).reference);
	assert_non_null(strstr(row.details, "source=2001:db8:1:2::/64 "));
	assert_int_equal(number("SELECT count(*) FROM refusal WHERE"
				" address = '2001:db8:1:2::/64'"),
			 1);
	expect("2001:db8:1:3::1", "piet", CORE_OLD, "allow");
}

static void off_is_off(void **state)
{
	(void)state;
	core_configure(core, "[throttle]\nfailures = off\n");
	core_restart(core);
	guess(BAD, 5 * LIMIT);
	expect(BAD, "piet", CORE_OLD, "allow");
}

static void who_is_exempt_never_waits(void **state)
{
	(void)state;
	core_configure(core, "[throttle]\nexempt = 198.51.100.64/26\n");
	core_restart(core);
	guess(BAD, 3 * LIMIT);
	expect(BAD, "piet", CORE_OLD, "allow");
	guess("198.51.100.3", LIMIT);
	expect("198.51.100.3", "piet", CORE_OLD, "deny");
	assert_int_equal(core_count(core, "address-throttled"), 1);
}

/* Whoever may not come from there is counted where he comes from alone: no
 * user's count moves, and few records are made. */
static void abuse_62_a_thousand_from_where_nobody_may_come(void **state)
{
	int64_t before;

	(void)state;
	core_configure_all(core, "[throttle]\nwindow = 1d\n");
	core_restart(core);
	before = n_records();
	for (int i = 0; i < 1000; i++)
		expect(BAD, "piet", i % 2 ? CORE_WRONG : CORE_OLD, "deny");
	assert_int_equal(core_user(core, "piet").failures, 0);
	assert_int_equal(core_world.n_verified, 0);
	assert_int_equal(n_records() - before, LIMIT + 1);
	assert_int_equal(number("SELECT n FROM refusal WHERE user = 'piet' AND"
				" reason = 'geoip-missing'"),
			 1000 - LIMIT);
}

static void lock(const char *address, const char *user)
{
	for (int i = 0; i < 3; i++)
		expect(address, user, CORE_WRONG, "deny");
	assert_true(core_user(core, user).locked_at > 0);
	core_settle(core);
}

static void abuse_76_an_alarm_when_many_are_locked(void **state)
{
	char name[16], address[32];

	(void)state;
	for (int i = 0; i < 7; i++) {
		(void)snprintf(name, sizeof(name), "user%d", i);
		(void)snprintf(address, sizeof(address), "198.51.100.%d",
			       i / 2);
		core_add(core, PIET + 10 + (uint32_t)i, name, CORE_OLD);
		lock(i == 0 ? NULL : address, name);
		assert_int_equal(core_count(core, "many-locks"), i >= 4);
	}
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" event = 'many-locks' AND"
				" address = '198.51.100.1' AND details ="
				" 'users=5 window=600s addresses=4"
				" most=198.51.100.1 met=2'"),
			 1);
}

/* Those of an administrator are none, nor those of long ago. */
static void locks_that_are_no_alarm(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < 12; i++) {
		(void)snprintf(name, sizeof(name), "user%d", i);
		core_add(core, PIET + 10 + (uint32_t)i, name, CORE_OLD);
		if (i < 4)
			core_apply(core, (struct change){
						 .type = CHANGE_USER_LOCK,
						 .uid = PIET + 10 + (uint32_t)i,
						 .at = 1,
						 .text = "by hand" });
		else
			lock(NULL, name);
		if (i == 7)
			core_world.clock_s += WINDOW_S + 1;
	}
	core_settle(core);
	assert_int_equal(core_count(core, "many-locks"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_counts_for_a_user_meanwhile),
		TEST(only_that_address_waits),
		TEST(a_right_one_makes_good_for_nothing),
		TEST(whoever_has_no_address_never_waits),
		TEST(abuse_75_empty_answers_count_for_no_address),
		TEST(abuse_09_what_sshd_makes_up_counts),
		TEST(a_restart_forgets_who_must_wait),
		TEST(abuse_79_one_reference_for_all),
		TEST(abuse_62_a_storm_makes_few_records),
		TEST(abuse_73_an_unknown_name_a_thousand_times),
		TEST(counted_before_the_clock_was_set_back),
		TEST(many_at_once),
		TEST(abuse_79_refusals_write_as_much),
		TEST(ipv6_is_counted_by_its_network),
		TEST(off_is_off),
		TEST(who_is_exempt_never_waits),
		TEST(abuse_62_a_thousand_from_where_nobody_may_come),
		TEST(abuse_76_an_alarm_when_many_are_locked),
		TEST(locks_that_are_no_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
