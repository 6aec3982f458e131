/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes from the ledger, what stays, and that it is provable all along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/state/erasure.h"
#include "cloxxsd/state/ledger_proof.h"
#include "cloxxsd/state/retention.h"
#include "tests/unit/state_fixture.h"

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)
#define BEGIN (1000 * DAY)

static struct state_fixture fixture;
static struct state_fixture *const f = &fixture;

static int setup(void **state)
{
	(void)state;
	state_fixture_init(f);
	state_fixture_open(f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_fixture_deinit(f);
	return 0;
}

static void write_one(enum event event, const char *user, int64_t at_us)
{
	struct change_set set = { 0 };
	struct record record = record_of(event, user);

	record.at_us = at_us;
	record.address = "192.0.2.1";
	change_set_record(&set, record);
	assert_int_equal(state_apply(&f->state, &set), 0);
}

/* One of each class an hour. */
static void write_hours(int n)
{
	for (int i = 0; i < n; i++) {
		int64_t at = BEGIN + i * HOUR;

		write_one(EVENT_LOGIN_ALLOWED, "piet", at);
		write_one(EVENT_USER_ADDED, "anna", at);
		write_one(EVENT_ACTION, "jan", at);
	}
}

static int64_t number(const char *sql)
{
	return state_number(&f->state, sql);
}

/* Statements are known by where their text stands: it is one for all. */
static int64_t number_of(const char *sql, const char *text)
{
	sqlite3_stmt *row;
	int64_t n = 0;

	assert_int_equal(store_bind(f->state.store, sql, &row, "t", text), 0);
	assert_int_equal(store_step_number(row, &n), 0);
	return n;
}

static int64_t count(const char *event)
{
	return number_of("SELECT count(*) FROM ledger WHERE event = ?", event);
}

static void prove(void)
{
	int64_t seq = 0;

	if (ledger_prove(&f->state.ledger, &seq) != 0)
		fail_msg("record %lld is broken", (long long)seq);
	state_fixture_close(f);
	state_fixture_open(f);
	assert_int_equal(ledger_prove(&f->state.ledger, &seq), 0);
}

/* A pass; how it ended. */
static int pass_in_steps(const int64_t keep_us[_EVENT_CLASS_N], int64_t now_us,
			 int64_t n)
{
	struct retention_pass *pass = calloc(1, sizeof(*pass));
	int64_t seq;
	int r;

	assert_non_null(pass);
	assert_int_equal(retention_begin(&f->state, keep_us, now_us, pass), 0);
	do
		r = retention_step(&f->state, pass, n, now_us, &seq);
	while (r == RETENTION_E_MORE);
	free(pass);
	return r;
}

/* As many passes as it takes, each an hour later. */
static void purge(const int64_t keep_us[_EVENT_CLASS_N], int64_t now_us,
		  int n_passes)
{
	for (int i = 0; i < n_passes; i++)
		assert_int_equal(pass_in_steps(keep_us, now_us, 7), 0);
}

static void classes_have_their_own_time(void **state)
{
	const int64_t keep_us[_EVENT_CLASS_N] = {
		[EVENT_CLASS_LOGIN] = 10 * HOUR,
		[EVENT_CLASS_ADMINISTRATION] = 400 * DAY,
		[EVENT_CLASS_APPLICATION] = 20 * HOUR,
	};
	const int64_t now = BEGIN + 30 * HOUR;

	(void)state;
	write_hours(30);
	purge(keep_us, now, 20);
	/* those of hours 20 to 29, all, and those of 10 to 29 */
	assert_int_equal(count("login-allowed"), 10);
	assert_int_equal(count("user-added"), 30);
	assert_int_equal(count("action"), 20);
	assert_true(count("audit-purged") > 0);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE event = ''"
				" AND (user IS NOT NULL OR address IS NOT NULL"
				" OR actor IS NOT NULL)"),
			 0);
	/* Nothing of it goes to the journal any more. */
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE event = ''"
				" AND published != 2"),
			 0);
	/* An administrator's record is the second of all. */
	assert_int_equal(f->state.ledger.cut.seq, 1);
	prove();
}

static void expect_foreign(int64_t seq)
{
	struct ledger_proof proof;
	struct ledger_row row;

	ledger_proof_init(&proof, &f->state.ledger);
	assert_int_equal(ledger_proof_step(&proof, 100000), LEDGER_E_BROKEN);
	assert_int_equal(proof.fault, LEDGER_FAULT_FOREIGN);
	assert_int_equal(proof.seq + 1, seq);
	assert_int_equal(ledger_find(&f->state.ledger, "FFFF-0001", &row),
			 LEDGER_E_UNKNOWN);
	assert_int_equal(ledger_next_unpublished(&f->state.ledger, 1, &row), 0);
	assert_true(row.seq > f->state.ledger.cut.seq);
}

/* An anchor of the last that went is held against the cut-off. */
static void expect_anchor_of_the_cut(void)
{
	struct ledger_proof proof;

	ledger_proof_init(&proof, &f->state.ledger);
	proof.anchor_seq = f->state.ledger.cut.seq;
	memcpy(proof.anchor_chain, f->state.ledger.cut.chain,
	       sizeof(proof.anchor_chain));
	assert_int_equal(ledger_proof_step(&proof, 100000), 0);
	ledger_proof_init(&proof, &f->state.ledger);
	proof.anchor_seq = f->state.ledger.cut.seq;
	assert_int_equal(ledger_proof_step(&proof, 100000), LEDGER_E_BROKEN);
	assert_int_equal(proof.fault, LEDGER_FAULT_ANCHOR);
}

static void the_first_ones_are_cut_off(void **state)
{
	const int64_t keep_us[_EVENT_CLASS_N] = { 5 * HOUR, 5 * HOUR,
						  5 * HOUR };
	int64_t n;

	(void)state;
	write_hours(30);
	n = f->state.ledger.seq;
	purge(keep_us, BEGIN + 30 * HOUR, 20);
	assert_int_equal(f->state.ledger.cut.seq, 75);
	assert_int_equal(number("SELECT min(seq) FROM ledger"), 76);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE seq <= 90"),
			 15);
	assert_true(f->state.ledger.seq > n);
	prove();
	/* What is put there since is none of ours. */
	assert_int_equal(store_execute(f->state.store,
				       "INSERT INTO ledger (seq, at, event,"
				       " result, reason, reference, chain)"
				       " VALUES (7, 0, 'x', 'done', 'none',"
				       " 'FFFF-0001', zeroblob(32))"),
			 0);
	expect_foreign(7);
	assert_int_equal(store_execute(f->state.store,
				       "DELETE FROM ledger WHERE seq = 7"),
			 0);
	expect_anchor_of_the_cut();
	/* It goes on from there. */
	write_one(EVENT_LOGIN_ALLOWED, "piet", BEGIN + 31 * HOUR);
	prove();
}

/* Whoever removes records cannot sign for it. */
static void a_cut_off_of_others_is_none(void **state)
{
	static const char *const sql[] = {
		"DELETE FROM ledger_cut",
		"UPDATE ledger_cut SET seq = 76; DELETE FROM ledger"
		" WHERE seq = 76",
		"UPDATE ledger_cut SET at = at + 1",
		"UPDATE ledger_cut SET chain = (SELECT chain FROM ledger"
		" WHERE seq = 80), seq = 80; DELETE FROM ledger"
		" WHERE seq <= 80",
		"UPDATE ledger_cut SET proof = zeroblob(32)",
		"UPDATE ledger_cut SET proof = zeroblob(3)",
	};
	const int64_t keep_us[_EVENT_CLASS_N] = { 5 * HOUR, 5 * HOUR,
						  5 * HOUR };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sql); i++) {
		int64_t seq = 0;
		int r;

		write_hours(30);
		purge(keep_us, BEGIN + 30 * HOUR, 20);
		assert_int_equal(store_execute(f->state.store, sql[i]), 0);
		state_fixture_close(f);
		r = state_fixture_try(f, NULL);
		if (r == 0)
			r = ledger_prove(&f->state.ledger, &seq);
		if (r == 0)
			fail_msg("was taken: %s", sql[i]);
		state_fixture_deinit(f);
		state_fixture_init(f);
		state_fixture_open(f);
	}
}

/* However far it jumps: two hours a pass. */
static void a_clock_that_jumps_ahead_empties_nothing(void **state)
{
	const int64_t keep_us[_EVENT_CLASS_N] = { DAY, DAY, DAY };

	(void)state;
	write_hours(30);
	purge(keep_us, BEGIN + 4000 * DAY, 3);
	/* Of the first six hours. */
	assert_int_equal(f->state.ledger.cut.seq, 18);
	assert_int_equal(count("login-allowed"), 24);
	prove();
	/* With the right time nothing more. */
	purge(keep_us, BEGIN + 26 * HOUR, 5);
	assert_int_equal(f->state.ledger.cut.seq, 18);
	/* One that was written while it was wrong does not stop what is behind
	 * it. */
	write_one(EVENT_LOGIN_ALLOWED, "piet", BEGIN + 4000 * DAY);
	write_one(EVENT_LOGIN_ALLOWED, "piet", BEGIN + 31 * HOUR);
	write_one(EVENT_USER_ADDED, "piet", BEGIN + 90 * HOUR);
	purge(keep_us, BEGIN + 90 * HOUR, 40);
	assert_int_equal(number("SELECT count(*) FROM ledger"
				" WHERE user = 'piet'"),
			 1);
	prove();
}

/* Two wrong clocks, one behind the other: what was known to be later tells. */
static void a_clock_behind_what_was_known_purges_nothing(void **state)
{
	const int64_t keep_us[_EVENT_CLASS_N] = { DAY, DAY, DAY };

	(void)state;
	write_hours(3);
	write_one(EVENT_LOGIN_DENIED, "piet", 60 * HOUR);
	latest_accept(&f->state.latest, (BEGIN + 3 * HOUR) / 1000000);
	purge(keep_us, 100 * HOUR, 10);
	assert_int_equal(count("login-allowed"), 3);
	assert_int_equal(count("login-denied"), 1);
	assert_int_equal(f->state.ledger.cut.seq, 0);
}

static void a_clock_that_is_set_back_purges_nothing(void **state)
{
	const int64_t keep_us[_EVENT_CLASS_N] = { DAY, DAY, DAY };

	(void)state;
	write_hours(5);
	purge(keep_us, BEGIN - 100 * DAY, 5);
	assert_int_equal(f->state.ledger.cut.seq, 0);
	assert_int_equal(count("login-allowed"), 5);
}

static int64_t hold(const char *user, enum event_class class, int64_t since_us,
		    int64_t until_us)
{
	const struct record record = record_of(EVENT_AUDIT_HELD, user);
	struct hold one = { .class = class,
			    .since_us = since_us,
			    .until_us = until_us,
			    .reason = "a lawsuit",
			    .actor = "root" };

	if (user)
		(void)snprintf(one.user, sizeof(one.user), "%s", user);
	assert_int_equal(retention_hold(&f->state, &one, &record), 0);
	return one.id;
}

static void what_is_on_hold_stays(void **state)
{
	const struct record record = record_of(EVENT_AUDIT_RELEASED, NULL);
	const int64_t keep_us[_EVENT_CLASS_N] = { DAY, DAY, DAY };
	const int64_t now = BEGIN + 100 * DAY;
	int64_t of_piet, of_class, of_time;

	(void)state;
	write_hours(10);
	of_piet = hold("piet", _EVENT_CLASS_N, 0, INT64_MAX);
	of_class = hold(NULL, EVENT_CLASS_APPLICATION, BEGIN, BEGIN + 2 * HOUR);
	of_time =
		hold(NULL, _EVENT_CLASS_N, BEGIN + 4 * HOUR, BEGIN + 5 * HOUR);
	assert_true(of_piet < of_class && of_class < of_time);
	purge(keep_us, now, 20);
	assert_int_equal(count("login-allowed"), 10);
	assert_int_equal(count("action"), 3);
	assert_int_equal(number("SELECT count(*) FROM ledger"
				" WHERE event = 'user-added'"
				" AND user = 'anna'"),
			 1);
	assert_int_equal(f->state.ledger.cut.seq, 0);
	prove();
	assert_int_equal(retention_release(&f->state, of_piet, &record), 0);
	assert_int_equal(retention_release(&f->state, of_piet, &record),
			 HOLD_E_UNKNOWN);
	purge(keep_us, now, 20);
	assert_int_equal(count("login-allowed"), 1);
	assert_int_equal(retention_release(&f->state, of_class, &record), 0);
	assert_int_equal(retention_release(&f->state, of_time, &record), 0);
	purge(keep_us, now, 20);
	assert_int_equal(number("SELECT count(*) FROM ledger"
				" WHERE user = 'jan'"),
			 0);
	prove();
}

/* Also one that was made while records were on their way out. */
static void a_hold_holds_at_once(void **state)
{
	const int64_t keep_us[_EVENT_CLASS_N] = { DAY, DAY, DAY };
	struct retention_pass *pass = calloc(1, sizeof(*pass));
	const int64_t now = BEGIN + 100 * DAY;
	int64_t seq;
	int r;

	(void)state;
	assert_non_null(pass);
	write_hours(2);
	assert_int_equal(retention_begin(&f->state, keep_us, now, pass), 0);
	assert_int_equal(retention_step(&f->state, pass, 1, now, &seq),
			 RETENTION_E_MORE);
	assert_int_equal(count("login-allowed"), 1);
	(void)hold("jan", _EVENT_CLASS_N, 0, INT64_MAX);
	do
		r = retention_step(&f->state, pass, 1, now, &seq);
	while (r == RETENTION_E_MORE);
	assert_int_equal(r, 0);
	assert_int_equal(count("login-allowed"), 0);
	assert_int_equal(count("action"), 2);
	free(pass);
	prove();
}

/* What he did as root by sudo names him in its details alone. */
static void a_hold_is_of_who_is_named(void **state)
{
	const int64_t keep_us[_EVENT_CLASS_N] = { DAY, DAY, DAY };
	struct record record = record_of(EVENT_USER_UNLOCKED, "anna");
	struct change_set set = { 0 };

	(void)state;
	write_hours(2);
	record.at_us = BEGIN;
	record.details = "reason=she rang login=piet";
	change_set_record(&set, record);
	assert_int_equal(state_apply(&f->state, &set), 0);
	(void)hold("piet", _EVENT_CLASS_N, 0, INT64_MAX);
	purge(keep_us, BEGIN + 100 * DAY, 20);
	assert_int_equal(count("user-unlocked"), 1);
	assert_int_equal(count("login-allowed"), 2);
	assert_int_equal(count("action"), 0);
}

static void there_are_so_many_holds(void **state)
{
	const struct record record = record_of(EVENT_AUDIT_HELD, NULL);
	struct hold one = { .class = _EVENT_CLASS_N,
			    .until_us = INT64_MAX,
			    .reason = "x",
			    .actor = "root" };

	(void)state;
	for (int i = 0; i < HOLDS_MAX; i++)
		assert_int_equal(retention_hold(&f->state, &one, &record), 0);
	assert_int_equal(retention_hold(&f->state, &one, &record), HOLD_E_FULL);
	assert_int_equal(f->state.ledger.seq, HOLDS_MAX);
}

/* It is evidence, and what is behind it too. */
static void what_was_changed_stops_it(void **state)
{
	const int64_t keep_us[_EVENT_CLASS_N] = { DAY, DAY, DAY };
	int64_t n;

	(void)state;
	write_hours(10);
	assert_int_equal(store_execute(f->state.store,
				       "UPDATE ledger SET user = 'eve'"
				       " WHERE seq = 4"),
			 0);
	n = f->state.ledger.seq;
	for (int i = 0; i < 10; i++)
		(void)pass_in_steps(keep_us, BEGIN + 100 * DAY, 100);
	assert_int_equal(pass_in_steps(keep_us, BEGIN + 100 * DAY, 100),
			 RETENTION_E_BROKEN);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE seq = 4"
				" AND user = 'eve'"),
			 1);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE seq > 4"
				" AND user = 'piet'"),
			 8);
	assert_true(f->state.ledger.seq >= n);
}

static void erase(const char *name, struct erasure *erasure)
{
	struct record record = record_of(EVENT_AUDIT_ERASED, NULL);
	int r;

	assert_int_equal(erasure_begin(&f->state, name, erasure), 0);
	do
		r = erasure_step(&f->state, erasure, 3);
	while (r == ERASURE_MORE);
	assert_int_equal(r, 0);
	record.user = erasure->pseudonym;
	assert_int_equal(erasure_finish(&f->state, erasure, &record), 0);
}

static int64_t mentions(const char *text)
{
	return number_of("SELECT count(*) FROM ledger WHERE instr("
			 "coalesce(user, '') || ' ' || coalesce(actor, '') ||"
			 " ' ' || coalesce(details, '') || ' ' ||"
			 " coalesce(object, ''), ?)",
			 text);
}

/* Only who was a user is erased. */
static void come_and_go(void)
{
	struct user user = user_of(66000, "piet");

	apply(f,
	      (struct change){
		      .type = CHANGE_USER_ADD, .uid = 66000, .user = &user },
	      0);
	apply(f, (struct change){ .type = CHANGE_USER_DELETE, .uid = 66000 },
	      0);
}

static void nobody_else_is_erased(void **state)
{
	static const char *const names[] = { "root", "cloxxsd", "anna", "yes" };
	struct erasure *erasure = calloc(1, sizeof(*erasure));

	(void)state;
	assert_non_null(erasure);
	come_and_go();
	write_hours(1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(erasure_begin(&f->state, names[i], erasure),
				 ERASURE_E_UNKNOWN);
	assert_int_equal(erasure_begin(&f->state, "piet", erasure), 0);
	free(erasure);
}

/* abuse_100 */
static void who_is_erased_is_a_pseudonym(void **state)
{
	struct erasure *erasure = calloc(1, sizeof(*erasure));
	struct change_set set = { 0 };
	struct record record = record_of(EVENT_GRANT_SET, "jan");

	(void)state;
	assert_non_null(erasure);
	come_and_go();
	write_hours(4);
	record.actor = "piet";
	record.details = "holder=piet was=piets piet-2 Piet opiet;"
			 " piet.pdf \033piet\033 piet";
	record.object = "line of piet";
	record.address = "192.0.2.9";
	change_set_record(&set, record);
	assert_int_equal(state_apply(&f->state, &set), 0);
	erase("piet", erasure);
	assert_int_equal(erasure->counts.n_held, 0);
	assert_int_equal(erasure->counts.n_broken, 0);
	assert_int_equal(strncmp(erasure->pseudonym, "erased-", 7), 0);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" user = 'piet' OR actor = 'piet'"),
			 0);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" address = '192.0.2.9'"),
			 0);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" details LIKE 'holder=erased-% was=piets"
				" piet-2 Piet opiet; erased-%.pdf"
				" \\x1berased-%\\x1b erased-%'"
				" AND object LIKE 'line of erased-%'"
				" AND user = 'jan'"),
			 1);
	assert_int_equal(number("SELECT count(*) FROM retired_uid"
				" WHERE name LIKE 'erased-%' AND uid = 66000"),
			 1);
	/* One and the same for all, and the others are as they were. */
	assert_true(mentions(erasure->pseudonym) >= 6);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" user = 'anna' AND address = '192.0.2.1'"),
			 4);
	prove();
	/* Again: there is nothing left, and it does no harm. */
	erase("piet", erasure);
	assert_int_equal(erasure->counts.n_changed, 0);
	prove();
	free(erasure);
}

static void holds_and_evidence_are_not_erased(void **state)
{
	struct erasure *erasure = calloc(1, sizeof(*erasure));

	(void)state;
	assert_non_null(erasure);
	come_and_go();
	write_hours(6);
	(void)hold("piet", _EVENT_CLASS_N, BEGIN, BEGIN + 2 * HOUR);
	assert_int_equal(store_execute(f->state.store,
				       "UPDATE ledger SET at = at + 1"
				       " WHERE seq = 12"),
			 0);
	erase("piet", erasure);
	assert_int_equal(erasure->counts.n_held, 2);
	assert_int_equal(erasure->counts.n_broken, 1);
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE"
				" event = 'login-allowed' AND user = 'piet'"),
			 3);
	free(erasure);
}

/* Nothing is half done: neither the rows nor the head. */
static void a_step_is_whole(void **state)
{
	const int64_t keep_us[_EVENT_CLASS_N] = { DAY, DAY, DAY };
	struct ledger before;

	(void)state;
	write_hours(10);
	/* The record cannot be written: a row of its number is there. */
	assert_int_equal(store_execute(f->state.store,
				       "INSERT INTO ledger (seq, at, event,"
				       " result, reason, chain) VALUES (31, 0,"
				       " 'x', 'done', 'none', zeroblob(32))"),
			 0);
	before = f->state.ledger;
	assert_true(pass_in_steps(keep_us, BEGIN + 100 * DAY, 100) < 0);
	assert_memory_equal(&f->state.ledger, &before, sizeof(before));
	assert_int_equal(number("SELECT count(*) FROM ledger WHERE event = ''"
				" OR proof IS NOT NULL"),
			 0);
	assert_int_equal(number("SELECT count(*) FROM retention"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(classes_have_their_own_time),
		TEST(the_first_ones_are_cut_off),
		TEST(a_cut_off_of_others_is_none),
		TEST(a_clock_that_jumps_ahead_empties_nothing),
		TEST(a_clock_behind_what_was_known_purges_nothing),
		TEST(a_clock_that_is_set_back_purges_nothing),
		TEST(what_is_on_hold_stays),
		TEST(a_hold_holds_at_once),
		TEST(a_hold_is_of_who_is_named),
		TEST(there_are_so_many_holds),
		TEST(what_was_changed_stops_it),
		TEST(nobody_else_is_erased),
		TEST(who_is_erased_is_a_pseudonym),
		TEST(holds_and_evidence_are_not_erased),
		TEST(a_step_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
