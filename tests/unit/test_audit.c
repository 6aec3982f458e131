/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nl.cloxxs.Audit but for single actions: many at once, reading, proving, what
 * is kept, and what was seen in the journal; in a whole daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/anchor.h"
#include "tests/unit/core_fixture.h"

#define ANNA 66000
#define PIET 66001
#define WWW CORE_WWW_DATA
#define AUDIT "nl.cloxxs.Audit."
#define DENIED "org.varlink.service.PermissionDenied"

static struct core fixture;
static struct core *const core = &fixture;

static int setup(void **state)
{
	(void)state;
	core_init(core, "[service accounts]\naccount = www-data\n"
			"proxies = 10.0.0.1\n"
			"[service reports]\naccount = reports\n");
	core_world.quick = true;
	core_add(core, ANNA, "anna", CORE_OLD);
	core_add(core, PIET, "piet", CORE_OLD);
	core_set_services(core, "anna", "accounts");
	core_set_services(core, "piet", "reports");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static int64_t head(void)
{
	return core->daemon.state.ledger.seq;
}

static const char *error_of(const json_t *reply)
{
	const char *error = json_string_value(json_object_get(reply, "error"));

	return error ? error : "";
}

static json_t *member(const json_t *reply, const char *name)
{
	return json_object_get(json_object_get(reply, "parameters"), name);
}

/* The same, with "more": how many entries came before the last reply. */
static json_t *stream(uid_t uid, const char *method, json_t *parameters,
		      const char *name, json_t *into)
{
	struct talk talk;
	json_t *reply;

	talk_open(core, &talk, uid);
	talk_send_more(&talk, method, parameters);
	for (;;) {
		reply = talk_next(core, &talk);
		assert_non_null(reply);
		if (!json_is_true(json_object_get(reply, "continues")))
			break;
		if (into)
			json_array_append(into, member(reply, name));
		json_decref(reply);
	}
	talk_close(core, &talk);
	return reply;
}

static json_t *action(const char *user, const char *what)
{
	return json_pack("{s:s, s:s, s:s}", "user", user, "action", what,
			 "result", "done");
}

static void many_are_all_there(void **state)
{
	int64_t before = head();
	json_t *reply;

	(void)state;
	reply = core_call(core, WWW, AUDIT "RecordMany",
			  json_pack("{s:[o, o, o]}", "records",
				    action("anna", "a"), action("anna", "b"),
				    action("anna", "c")));
	assert_string_equal(error_of(reply), "");
	assert_int_equal(json_integer_value(member(reply, "first")),
			 before + 1);
	assert_int_equal(json_integer_value(member(reply, "last")), before + 3);
	json_decref(reply);
	assert_int_equal(head(), before + 3);
	assert_int_equal(core_count(core, "action"), 3);
}

static void many_with_one_bad_are_none(void **state)
{
	static const struct {
		const char *user, *what, *result, *service;
		const char *error;
	} cases[] = {
		{ "anna", "a/b", "done", "accounts", AUDIT "Invalid" },
		{ "anna", "a", "perhaps", "accounts", AUDIT "Invalid" },
		{ "piet", "a", "done", "accounts", AUDIT "UnknownUser" },
		{ "nobody", "a", "done", "accounts", AUDIT "UnknownUser" },
	};
	int64_t before = head();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *bad =
			json_pack("{s:s, s:s, s:s, s:s}", "user", cases[i].user,
				  "action", cases[i].what, "result",
				  cases[i].result, "service", cases[i].service);
		json_t *reply =
			core_call(core, WWW, AUDIT "RecordMany",
				  json_pack("{s:[o, o]}", "records",
					    action("anna", "good"), bad));

		assert_string_equal(error_of(reply), cases[i].error);
		assert_int_equal(json_integer_value(member(reply, "record")),
				 1);
		json_decref(reply);
	}
	assert_int_equal(head(), before);
}

static void what_is_no_action_is_refused(void **state)
{
	json_t *many = json_array();
	int64_t before = head();
	json_t *const bad[] = {
		json_pack("{s:[]}", "records"),
		json_pack("{s:[i]}", "records", 1),
		json_pack("{s:[{s:s}]}", "records", "user", "anna"),
		json_pack("{s:[{s:s, s:s, s:s, s:i}]}", "records", "user",
			  "anna", "action", "a", "result", "done", "odd", 1),
		json_pack("{s:[{s:s, s:s, s:s, s:{s:i}}]}", "records", "user",
			  "anna", "action", "a", "result", "done", "details",
			  "n", 1),
		json_pack("{s:o}", "records", many),
	};

	(void)state;
	for (int i = 0; i < 257; i++)
		json_array_append_new(many, action("anna", "a"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json_t *reply =
			core_call(core, WWW, AUDIT "RecordMany", bad[i]);

		assert_string_not_equal(error_of(reply), "");
		json_decref(reply);
	}
	assert_int_equal(head(), before);
}

/* Of another's service: refused, and that is recorded. */
static void nobody_records_for_others(void **state)
{
	json_t *others = action("piet", "a"), *reply;

	(void)state;
	json_object_set_new(others, "service", json_string("reports"));
	reply = core_call(core, WWW, AUDIT "RecordMany",
			  json_pack("{s:[o, o]}", "records",
				    action("anna", "a"), others));
	assert_string_equal(error_of(reply), DENIED);
	json_decref(reply);
	reply = core_call(core, ANNA, AUDIT "RecordMany",
			  json_pack("{s:[o]}", "records", action("anna", "a")));
	assert_string_equal(error_of(reply), DENIED);
	json_decref(reply);
	assert_int_equal(core_count(core, "action"), 0);
	assert_true(core_count(core, "call-refused") > 0);
}

static int count_commit(void *userdata)
{
	(*(int *)userdata)++;
	return 0;
}

#define CROWD 20

/* All that wait when the loop comes round are one commit. */
static void a_crowd_is_one_commit(void **state)
{
	sqlite3 *database = store_database(core->daemon.state.store);
	int64_t before = head(), sum = 0;
	struct talk talks[CROWD];
	int n_commits = 0;

	(void)state;
	for (int i = 0; i < CROWD; i++)
		talk_open(core, &talks[i], WWW);
	sqlite3_commit_hook(database, count_commit, &n_commits);
	for (int i = 0; i < CROWD; i++)
		talk_send(&talks[i], AUDIT "Record", action("anna", "a"));
	for (int i = 0; i < CROWD; i++) {
		json_t *reply = talk_wait(core, &talks[i]);

		assert_string_equal(error_of(reply), "");
		sum += json_integer_value(member(reply, "sequence")) - before;
		json_decref(reply);
	}
	sqlite3_commit_hook(database, NULL, NULL);
	assert_int_equal(n_commits, 1);
	/* each its own number */
	assert_int_equal(sum, CROWD * (CROWD + 1) / 2);
	for (int i = 0; i < CROWD; i++)
		talk_close(core, &talks[i]);
}

static void run_sql(const char *sql)
{
	assert_int_equal(store_execute(core->daemon.state.store, sql), 0);
}

/* Nothing of anybody's is there, and each is told. */
static void a_commit_that_fails_fails_for_all(void **state)
{
	int64_t before = head();
	struct talk talks[CROWD];

	(void)state;
	for (int i = 0; i < CROWD; i++)
		talk_open(core, &talks[i], WWW);
	run_sql("ALTER TABLE ledger RENAME TO away");
	for (int i = 0; i < CROWD; i++)
		talk_send(&talks[i], AUDIT "Record", action("anna", "a"));
	for (int i = 0; i < CROWD; i++) {
		json_t *reply = talk_wait(core, &talks[i]);

		assert_string_equal(error_of(reply), AUDIT "Unavailable");
		json_decref(reply);
	}
	run_sql("ALTER TABLE away RENAME TO ledger");
	assert_int_equal(head(), before);
	for (int i = 0; i < CROWD; i++)
		talk_close(core, &talks[i]);
}

/* Who goes before he is answered has recorded, or not: never by half. */
static void who_goes_is_no_harm(void **state)
{
	struct talk talks[3];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
		talk_open(core, &talks[i], WWW);
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
		talk_send(&talks[i], AUDIT "Record", action("anna", "a"));
	talk_close(core, &talks[1]);
	for (size_t i = 0; i < ARRAY_SIZE(talks); i += 2) {
		json_t *reply = talk_wait(core, &talks[i]);

		assert_string_equal(error_of(reply), "");
		json_decref(reply);
		talk_close(core, &talks[i]);
	}
	assert_in_range(core_count(core, "action"), 2, 3);
}

/* Whoever has much to ask keeps no record waiting. */
static void a_flood_of_others_is_not_waited_for(void **state)
{
	struct talk talks[8], one;
	json_t *reply;
	int n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
		talk_open(core, &talks[i], 65534);
	talk_open(core, &one, WWW);
	talk_send(&one, AUDIT "Record", action("anna", "a"));
	/* There is always something else to be read. */
	while (core_count(core, "action") == 0 && n++ < 100000) {
		talk_send(&talks[n % 8], "org.varlink.service.GetInfo", NULL);
		assert_true(core_turn(core, 0) >= 0);
		json_decref(talk_wait(core, &talks[n % 8]));
	}
	assert_int_equal(core_count(core, "action"), 1);
	reply = talk_wait(core, &one);
	assert_string_equal(error_of(reply), "");
	json_decref(reply);
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
		talk_close(core, &talks[i]);
	talk_close(core, &one);
}

/* Room is kept for the records of logins. */
static void applications_do_not_fill_the_disk(void **state)
{
	json_t *reply;

	(void)state;
	core->daemon.service.room_kept = UINT64_MAX;
	reply = core_call(core, WWW, AUDIT "Record", action("anna", "a"));
	assert_string_equal(error_of(reply), AUDIT "Unavailable");
	json_decref(reply);
	expect_login(core, "anna", CORE_OLD, "deny", NULL);
	core->daemon.service.room_kept = 0;
	reply = core_call(core, WWW, AUDIT "Record", action("anna", "a"));
	assert_string_equal(error_of(reply), "");
	json_decref(reply);
}

/* ---- reading */

static void write_some(void)
{
	for (int i = 0; i < 5; i++) {
		json_t *one = action("anna", "budget.write");
		json_t *reply;

		json_object_set_new(one, "project", json_string("budget"));
		json_object_set_new(
			one, "address",
			json_string(i < 2 ? "192.0.2.1" : "198.51.100.9"));
		reply = core_call(core, WWW, AUDIT "Record", one);
		assert_string_equal(error_of(reply), "");
		json_decref(reply);
	}
}

static size_t found(json_t *parameters, json_t *into)
{
	json_t *all = into ? into : json_array();
	json_t *reply = stream(0, AUDIT "Search", parameters, "entry", all);
	size_t n = json_array_size(all);

	assert_string_equal(error_of(reply), "");
	json_decref(reply);
	if (!into)
		json_decref(all);
	return n;
}

static void records_are_found(void **state)
{
	int64_t first;

	(void)state;
	write_some();
	first = head() - 4;
	assert_int_equal(found(json_pack("{s:s}", "event", "action"), NULL), 5);
	assert_int_equal(found(json_pack("{s:s}", "project", "budget"), NULL),
			 5);
	assert_int_equal(found(json_pack("{s:s}", "project", "budge"), NULL),
			 0);
	assert_int_equal(
		found(json_pack("{s:s}", "address", "::ffff:192.0.2.1"), NULL),
		2);
	assert_int_equal(found(json_pack("{s:s, s:s}", "network",
					 "198.51.100.0/24", "event", "action"),
			       NULL),
			 3);
	assert_int_equal(found(json_pack("{s:s, s:s, s:s, s:s}", "user", "anna",
					 "actor", "anna", "service", "accounts",
					 "result", "done"),
			       NULL),
			 5);
	assert_int_equal(found(json_pack("{s:s, s:I}", "event", "action",
					 "first", (json_int_t)first + 1),
			       NULL),
			 4);
	assert_int_equal(found(json_pack("{s:s, s:I}", "event", "action",
					 "last", (json_int_t)first + 1),
			       NULL),
			 2);
	assert_int_equal(
		found(json_pack("{s:s, s:i}", "event", "action", "limit", 3),
		      NULL),
		3);
	assert_int_equal(found(json_pack("{s:s, s:I}", "event", "action",
					 "since", INT64_C(1) << 60),
			       NULL),
			 0);
	assert_int_equal(
		found(json_pack("{s:s, s:i}", "event", "action", "until", 1),
		      NULL),
		0);
}

static void the_last_may_come_first(void **state)
{
	json_t *entries = json_array();
	const json_t *one;

	(void)state;
	write_some();
	assert_int_equal(found(json_pack("{s:s, s:b, s:i}", "event", "action",
					 "reverse", 1, "limit", 2),
			       entries),
			 2);
	one = json_array_get(entries, 0);
	assert_int_equal(json_integer_value(json_object_get(one, "sequence")),
			 head() - 1);
	one = json_array_get(entries, 1);
	assert_int_equal(json_integer_value(json_object_get(one, "sequence")),
			 head() - 2);
	assert_string_equal(json_string_value(json_object_get(one, "address")),
			    "198.51.100.9");
	assert_int_equal(
		strlen(json_string_value(json_object_get(one, "chain"))), 64);
	assert_true(json_is_null(json_object_get(one, "terminal")));
	json_decref(entries);
}

static void slips_are_no_empty_answers(void **state)
{
	static const char *const names[] = { "event", "result", "address",
					     "network" };
	int64_t before = head();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		json_t *reply = stream(0, AUDIT "Search",
				       json_pack("{s:s}", names[i], "logn"),
				       "entry", NULL);

		assert_string_equal(error_of(reply), AUDIT "Invalid");
		assert_string_equal(
			json_string_value(member(reply, "parameter")),
			names[i]);
		json_decref(reply);
	}
	assert_int_equal(head(), before);
}

/* abuse_100: that it is read is recorded, by whom, and first. */
static void abuse_100_reading_is_recorded(void **state)
{
	struct ledger_row row;
	json_t *reply;

	(void)state;
	assert_int_equal(found(json_pack("{s:s}", "user", "anna"), NULL), 0);
	assert_int_equal(core_count(core, "audit-read"), 1);
	assert_int_equal(ledger_next_unpublished(&core->daemon.state.ledger,
						 head(), &row),
			 0);
	assert_string_equal(row.event, "audit-read");
	assert_string_equal(row.actor, "root");
	assert_string_equal(row.details, "source=ledger user=anna");
	reply = core_call(core, 0, AUDIT "TellReading",
			  json_pack("{s:s, s:s}", "source", "journal",
				    "question", "user=piet"));
	assert_string_equal(error_of(reply), "");
	json_decref(reply);
	assert_int_equal(core_count(core, "audit-read"), 2);
	/* What cannot be recorded is not read. */
	run_sql("ALTER TABLE ledger RENAME TO away");
	reply = stream(0, AUDIT "Search", json_object(), "entry", NULL);
	assert_string_equal(error_of(reply), AUDIT "Unavailable");
	json_decref(reply);
	run_sql("ALTER TABLE away RENAME TO ledger");
}

static void others_may_not_read(void **state)
{
	static const uid_t uids[] = { WWW, ANNA, 65534 };
	static const char *const methods[] = { AUDIT "Search", AUDIT "Verify",
					       AUDIT "ListHolds" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uids); i++)
		for (size_t j = 0; j < ARRAY_SIZE(methods); j++) {
			json_t *reply = stream(uids[i], methods[j],
					       json_object(), "entry", NULL);

			assert_string_equal(error_of(reply), DENIED);
			json_decref(reply);
		}
}

/* ---- proving */

static json_t *verify(json_t *parameters)
{
	return stream(0, AUDIT "Verify", parameters, "checked", NULL);
}

static void it_is_proved(void **state)
{
	int64_t last = head();
	json_t *reply = verify(json_object());

	(void)state;
	assert_string_equal(json_string_value(member(reply, "verdict")),
			    "proved");
	assert_int_equal(json_integer_value(member(reply, "first")), 1);
	assert_int_equal(json_integer_value(member(reply, "last")), last);
	assert_int_equal(json_integer_value(member(reply, "checked")), last);
	json_decref(reply);
	assert_int_equal(core_count(core, "audit-proved"), 1);
}

static void what_is_broken_is_named(void **state)
{
	json_t *reply;

	(void)state;
	write_some();
	run_sql("UPDATE ledger SET user = 'eve' WHERE seq = 3");
	reply = verify(json_object());
	assert_string_equal(json_string_value(member(reply, "verdict")),
			    "broken");
	assert_int_equal(json_integer_value(member(reply, "broken")), 3);
	assert_string_equal(json_string_value(member(reply, "fault")),
			    "changed");
	json_decref(reply);
	assert_int_equal(core_count(core, "audit-broken"), 1);
	run_sql("UPDATE ledger SET user = (SELECT user FROM ledger"
		" WHERE seq = 4) WHERE seq = 3");
}

static json_t *with_anchor(json_int_t sequence, const char *chain)
{
	return json_pack("{s:I, s:s}", "sequence", sequence, "chain", chain);
}

static void anchors_are_held_against_it(void **state)
{
	char chain[ANCHOR_CHAIN_TEXT];
	json_int_t sequence;
	json_t *reply;

	(void)state;
	reply = core_call(core, 0, AUDIT "Head", json_object());
	sequence = json_integer_value(member(reply, "sequence"));
	(void)snprintf(chain, sizeof(chain), "%s",
		       json_string_value(member(reply, "chain")));
	assert_int_equal(
		strlen(json_string_value(member(reply, "installation"))), 32);
	json_decref(reply);
	assert_int_equal(sequence, head());
	write_some();
	reply = verify(with_anchor(sequence, chain));
	assert_string_equal(json_string_value(member(reply, "verdict")),
			    "proved");
	json_decref(reply);
	reply = verify(with_anchor(sequence - 1, chain));
	assert_string_equal(json_string_value(member(reply, "fault")),
			    "anchor");
	assert_int_equal(json_integer_value(member(reply, "broken")),
			 sequence - 1);
	json_decref(reply);
	reply = verify(with_anchor(sequence + 1000, chain));
	assert_string_equal(json_string_value(member(reply, "fault")),
			    "missing");
	json_decref(reply);
	reply = verify(with_anchor(sequence, "abc"));
	assert_string_equal(error_of(reply), AUDIT "Invalid");
	json_decref(reply);
	reply = verify(json_pack("{s:s}", "chain", chain));
	assert_string_equal(error_of(reply), AUDIT "Invalid");
	json_decref(reply);
	reply = verify(json_pack("{s:I}", "sequence", sequence));
	assert_string_equal(error_of(reply), AUDIT "Invalid");
	json_decref(reply);
}

/* ---- what is kept */

static json_t *add_hold(json_t *parameters)
{
	return core_call(core, 0, AUDIT "AddHold", parameters);
}

static void holds_come_and_go(void **state)
{
	json_t *holds = json_array();
	json_t *reply, *hold;
	json_int_t id;

	(void)state;
	reply = add_hold(json_pack("{s:s, s:s, s:i, s:i, s:s}", "user", "anna",
				   "class", "logins", "since", 1, "until",
				   2000000, "reason", "case 12"));
	assert_string_equal(error_of(reply), "");
	id = json_integer_value(member(reply, "id"));
	json_decref(reply);
	json_decref(stream(0, AUDIT "ListHolds", json_object(), "hold", holds));
	assert_int_equal(json_array_size(holds), 1);
	hold = json_array_get(holds, 0);
	assert_int_equal(json_integer_value(json_object_get(hold, "id")), id);
	assert_string_equal(json_string_value(json_object_get(hold, "class")),
			    "logins");
	assert_string_equal(json_string_value(json_object_get(hold, "actor")),
			    "root");
	json_decref(holds);
	reply = core_call(
		core, 0, AUDIT "ReleaseHold",
		json_pack("{s:I, s:s}", "id", id, "reason", "settled"));
	assert_string_equal(error_of(reply), "");
	json_decref(reply);
	reply = core_call(
		core, 0, AUDIT "ReleaseHold",
		json_pack("{s:I, s:s}", "id", id, "reason", "settled"));
	assert_string_equal(error_of(reply), AUDIT "NotFound");
	json_decref(reply);
	assert_int_equal(core_count(core, "audit-held"), 1);
	assert_int_equal(core_count(core, "audit-released"), 1);
}

static void what_is_no_hold_is_refused(void **state)
{
	json_t *const bad[] = {
		json_pack("{s:s}", "reason", ""),
		json_pack("{s:s, s:s}", "user", "A b", "reason", "x"),
		json_pack("{s:s, s:s}", "class", "all", "reason", "x"),
		json_pack("{s:i, s:i, s:s}", "since", 5, "until", 5, "reason",
			  "x"),
		json_pack("{s:i, s:s}", "since", -5, "reason", "x"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json_t *reply = add_hold(bad[i]);

		assert_string_equal(error_of(reply), AUDIT "Invalid");
		json_decref(reply);
	}
	assert_int_equal(core_count(core, "audit-held"), 0);
}

static json_t *erase(const char *name, const char *reason)
{
	return stream(0, AUDIT "ErasePerson",
		      json_pack("{s:s, s:s}", "name", name, "reason", reason),
		      "checked", NULL);
}

static void a_person_is_erased(void **state)
{
	json_t *reply;

	(void)state;
	write_some();
	reply = erase("anna", "she asked");
	assert_string_equal(error_of(reply), AUDIT "Conflict");
	json_decref(reply);
	reply = erase("Anna B", "she asked");
	assert_string_equal(error_of(reply), AUDIT "Invalid");
	json_decref(reply);
	reply = erase("anna", "");
	assert_string_equal(error_of(reply), AUDIT "Invalid");
	json_decref(reply);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DELETE, .uid = ANNA });
	reply = erase("anna", "she asked");
	assert_string_equal(error_of(reply), "");
	assert_true(json_integer_value(member(reply, "changed")) >= 5);
	assert_int_equal(strncmp(json_string_value(member(reply, "pseudonym")),
				 "erased-", 7),
			 0);
	json_decref(reply);
	assert_int_equal(found(json_pack("{s:s}", "user", "anna"), NULL), 0);
	/* At its beginning, and with what came of it. */
	assert_int_equal(core_count(core, "audit-erased"), 2);
	reply = verify(json_object());
	assert_string_equal(json_string_value(member(reply, "verdict")),
			    "proved");
	assert_true(json_integer_value(member(reply, "replaced")) >= 5);
	json_decref(reply);
}

/* Once an hour of the steady clock; here the hour is over at once. */
static void let_purge(void)
{
	sd_event_source *timer = core->daemon.purging.timer;

	assert_true(sd_event_source_set_time_relative(timer, 0) >= 0);
	do
		core_settle(core);
	while (core->daemon.purging.is_in_pass && core_turn(core, 10000) > 0);
}

static void what_is_old_goes_by_itself(void **state)
{
	json_t *reply;

	(void)state;
	write_some();
	/* Those of the fixture are of 1970. */
	let_purge();
	let_purge();
	assert_int_equal(core_count(core, "action"), 5);
	assert_int_equal(core_count(core, "user-changed"), 0);
	assert_int_equal(core_count(core, "audit-purged"), 1);
	/* Of a class with a time of its own. */
	core->daemon.settings->audit_keep_application_s = 86400;
	core_world.clock_s += 30 * 86400;
	let_purge();
	assert_int_equal(core_count(core, "action"), 0);
	assert_int_equal(core_count(core, "audit-purged"), 2);
	assert_true(core->daemon.state.ledger.cut.seq > 5);
	core_restart(core);
	reply = verify(json_object());
	assert_string_equal(json_string_value(member(reply, "verdict")),
			    "proved");
	json_decref(reply);
}

/* The head is written down when the daemon ends, for all to read. */
static void the_head_is_written_down(void **state)
{
	struct anchor anchor = { 0 };
	char path[256], line[256];
	struct stat status;
	int64_t last;
	FILE *file;

	(void)state;
	write_some();
	last = head();
	core_stop(core);
	(void)snprintf(path, sizeof(path), "%s/anchors", core->state);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		assert_true(anchor_read(line, &anchor));
	fclose(file);
	assert_true(anchor.sequence >= last);
	core_start(core);
	assert_int_equal(core->daemon.anchors.seq, anchor.sequence);
}

/* Who goes away in the middle of it has done what is recorded. */
static void an_erasure_that_is_broken_off_is_recorded(void **state)
{
	struct talk talk;
	json_t *reply;

	(void)state;
	write_some();
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DELETE, .uid = ANNA });
	talk_open(core, &talk, 0);
	talk_send_more(&talk, AUDIT "ErasePerson",
		       json_pack("{s:s, s:s}", "name", "anna", "reason", "x"));
	talk_close(core, &talk);
	core_settle(core);
	assert_true(core_count(core, "audit-erased") >= 1);
	/* And it may be done again, to its end. */
	reply = erase("anna", "x");
	assert_string_equal(error_of(reply), "");
	json_decref(reply);
	assert_int_equal(found(json_pack("{s:s}", "user", "anna"), NULL), 0);
}

/* ---- the journal */

static json_t *seen(json_int_t first, json_int_t last, json_int_t up_to,
		    json_int_t until)
{
	return core_call(core, 0, AUDIT "Seen",
			 json_pack("{s:[{s:I, s:I}], s:I, s:I}", "ranges",
				   "first", first, "last", last, "last", up_to,
				   "until", until));
}

static int64_t published(const char *sql)
{
	sqlite3_stmt *row;
	int64_t n = 0;

	assert_int_equal(store_bind(core->daemon.state.store, sql, &row, ""),
			 0);
	assert_int_equal(store_step_number(row, &n), 0);
	return n;
}

/* What was not seen twice goes to the journal once more. */
static void what_is_not_seen_is_sent_again(void **state)
{
	const json_int_t later = INT64_C(1) << 60;
	json_t *reply;
	int64_t last;

	(void)state;
	write_some();
	last = head();
	run_sql("UPDATE ledger SET published = 1");
	reply = core_call(core, 0, AUDIT "Unseen", json_object());
	assert_int_equal(json_integer_value(member(reply, "first")), 1);
	assert_int_equal(json_integer_value(member(reply, "last")), last);
	json_decref(reply);
	reply = seen(1, last - 2, last, later);
	assert_int_equal(json_integer_value(member(reply, "lost")), 0);
	json_decref(reply);
	assert_int_equal(published("SELECT count(*) FROM ledger"
				   " WHERE published = 3"),
			 2);
	/* One came late, the other never. */
	reply = seen(last, last, last, later);
	assert_int_equal(json_integer_value(member(reply, "lost")), 1);
	json_decref(reply);
	assert_int_equal(published("SELECT seq FROM ledger"
				   " WHERE published = 0"),
			 last - 1);
	/* Too young to be missed. */
	run_sql("UPDATE ledger SET published = 1");
	reply = seen(1, 1, last, 1);
	json_decref(reply);
	assert_int_equal(published("SELECT count(*) FROM ledger"
				   " WHERE published = 3"),
			 0);
	/* What was never sent is, whatever is said of it. */
	run_sql("UPDATE ledger SET published = 0");
	reply = seen(1, last, last, later);
	json_decref(reply);
	assert_int_equal(published("SELECT count(*) FROM ledger"
				   " WHERE published = 2 AND seq < 4"),
			 0);
	run_sql("UPDATE ledger SET published = 2");
	reply = core_call(core, 0, AUDIT "Unseen", json_object());
	assert_true(json_is_null(member(reply, "first")));
	json_decref(reply);
}

static void others_have_seen_nothing(void **state)
{
	json_t *reply;

	(void)state;
	reply = core_call(core, ANNA, AUDIT "Unseen", json_object());
	assert_string_equal(error_of(reply), DENIED);
	json_decref(reply);
	reply = core_call(
		core, WWW, AUDIT "Seen",
		json_pack("{s:[], s:i, s:i}", "ranges", "last", 0, "until", 0));
	assert_string_equal(error_of(reply), DENIED);
	json_decref(reply);
	reply = core_call(core, 0, AUDIT "Seen",
			  json_pack("{s:[{s:s}], s:i, s:i}", "ranges", "first",
				    "x", "last", 0, "until", 0));
	assert_string_not_equal(error_of(reply), "");
	json_decref(reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_are_all_there),
		TEST(many_with_one_bad_are_none),
		TEST(what_is_no_action_is_refused),
		TEST(nobody_records_for_others),
		TEST(a_crowd_is_one_commit),
		TEST(a_commit_that_fails_fails_for_all),
		TEST(who_goes_is_no_harm),
		TEST(a_flood_of_others_is_not_waited_for),
		TEST(applications_do_not_fill_the_disk),
		TEST(records_are_found),
		TEST(the_last_may_come_first),
		TEST(slips_are_no_empty_answers),
		TEST(abuse_100_reading_is_recorded),
		TEST(others_may_not_read),
		TEST(it_is_proved),
		TEST(what_is_broken_is_named),
		TEST(anchors_are_held_against_it),
		TEST(holds_come_and_go),
		TEST(what_is_no_hold_is_refused),
		TEST(a_person_is_erased),
		TEST(an_erasure_that_is_broken_off_is_recorded),
		TEST(what_is_old_goes_by_itself),
		TEST(the_head_is_written_down),
		TEST(what_is_not_seen_is_sent_again),
		TEST(others_have_seen_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
