/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alarms through the whole daemon: from what happens to the courier that hears
 * of it, over restarts and without a courier. The test moves the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/core_fixture.h"

#define ANNA 66000
#define ADMIN "nl.cloxxs.Admin."
#define LINES                                                       \
	"[lockout]\nalarm_locks = 2\n[alarms]\n"                    \
	"mail = alarms@example.org\ngroup = 1s\nbackup_age = off\n" \
	"country_database_age = off\nledger_lag = off\n"

static struct core core;
static int listener = -1;

/* What the courier was handed last. */
static struct {
	unsigned int n;
	char kind[16], to[64], subject[256], text[4096], reference[128];
	const char *answer; /* NULL: "accepted" */
} heard;

static void courier_listen(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	listener =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(listener >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%.100s",
		       core.courier);
	assert_int_equal(
		bind(listener, (struct sockaddr *)&address, sizeof(address)),
		0);
	assert_int_equal(listen(listener, 8), 0);
}

static void take(const json_t *parameters, const char *name, char *place,
		 size_t size)
{
	const char *value =
		json_string_value(json_object_get(parameters, name));

	(void)snprintf(place, size, "%s", value ? value : "");
}

static void hear(int fd)
{
	char bytes[16384], answer[128];
	json_t *call;
	const json_t *parameters;
	ssize_t n;

	for (int i = 0;
	     (n = recv(fd, bytes, sizeof(bytes) - 1, MSG_DONTWAIT)) <= 0; i++) {
		assert_true(i < 100);
		(void)core_turn(&core, 1000);
	}
	call = json_loads(bytes, 0, NULL);
	assert_non_null(call);
	parameters = json_object_get(call, "parameters");
	take(parameters, "kind", heard.kind, sizeof(heard.kind));
	take(parameters, "to", heard.to, sizeof(heard.to));
	take(parameters, "subject", heard.subject, sizeof(heard.subject));
	take(parameters, "text", heard.text, sizeof(heard.text));
	take(parameters, "reference", heard.reference, sizeof(heard.reference));
	heard.n++;
	json_decref(call);
	(void)snprintf(answer, sizeof(answer),
		       "{\"parameters\":{\"result\":\"%s\","
		       "\"route\":\"mail\",\"detail\":null}}",
		       heard.answer ? heard.answer : "accepted");
	assert_true(send(fd, answer, strlen(answer) + 1, MSG_NOSIGNAL) > 0);
}

static void turn(void)
{
	int fd = listener >= 0 ? accept(listener, NULL, NULL) : -1;

	if (fd >= 0) {
		hear(fd);
		close(fd);
	}
	(void)core_turn(&core, 1000);
}

/* So many seconds later: what is an alarm then, and is told. */
static void later(int64_t seconds)
{
	core_world.clock_s += seconds;
	core_world.steady_s += seconds;
	alarm_watch_look(&core.daemon.alarm_watch);
	for (int i = 0; i < 20; i++)
		turn();
}

static void begin(const char *lines)
{
	memset(&heard, 0, sizeof(heard));
	core_init(&core, lines);
	core_world.quick = true;
	core_world.alarms = true;
	core_restart(&core);
	core_add(&core, ANNA, "anna", CORE_OLD);
	core_add(&core, ANNA + 1, "bert", CORE_OLD);
}

static void finish(void)
{
	scope_close(&listener);
	(void)unlink(core.courier);
	core_finish(&core);
}

static void lock(const char *name)
{
	for (int i = 0; i < 3; i++)
		expect_login(&core, name, CORE_WRONG, "deny", NULL);
}

static void unlock(const char *name)
{
	struct outcome outcome = administer(
		&core, "UnlockUser",
		json_pack("{s:s, s:s}", "name", name, "reason", "he rang"));

	assert_string_equal(outcome.error, "");
}

static void expect_heard(unsigned int n, const char *subject, const char *words)
{
	if (heard.n != n || !strstr(heard.subject, subject) ||
	    !strstr(heard.text, words))
		fail_msg("%u: %s\n%s", heard.n, heard.subject, heard.text);
}

static void test_lock_spike(void **state)
{
	(void)state;
	begin(LINES);
	courier_listen();
	lock("anna");
	later(1);
	assert_int_equal(heard.n, 0);
	lock("bert");
	later(1);
	expect_heard(1, "] many-locks", "most of them from 192.0.2.1");
	assert_string_equal(heard.kind, "mail");
	assert_string_equal(heard.to, "alarms@example.org");
	assert_int_equal(core_count(&core, "alarm-raised"), 1);
	/* Not again. */
	later(30);
	later(30);
	assert_int_equal(heard.n, 1);
	unlock("anna");
	unlock("bert");
	later(5);
	later(5);
	assert_int_equal(core_count(&core, "alarm-over"), 1);
	/* That it is over, and two acts of an administrator in one. */
	assert_int_equal(heard.n, 3);
	assert_int_equal(core_count(&core, "alarm-raised"), 2);
	finish();
}

static void test_group_of_acts(void **state)
{
	(void)state;
	begin(LINES);
	courier_listen();
	core_set_role(&core, "anna", USER_ROLE_ADMINISTRATOR);
	lock("bert");
	unlock("bert");
	lock("bert");
	unlock("bert");
	later(0);
	later(3);
	expect_heard(1, "administrator-act", "How many: 2");
	assert_non_null(
		strstr(heard.text, "user-unlocked: user bert, by root"));
	assert_int_equal(core_count(&core, "alarm-raised"), 1);
	later(30);
	assert_int_equal(heard.n, 1);
	finish();
}

/* It is neither told again nor forgotten. */
static void test_restart(void **state)
{
	char reference[128];

	(void)state;
	begin(LINES);
	courier_listen();
	lock("anna");
	lock("bert");
	later(1);
	expect_heard(1, "many-locks", "");
	core_restart(&core);
	later(1);
	later(60);
	assert_int_equal(heard.n, 1);
	assert_int_equal(core_count(&core, "alarm-raised"), 1);
	/* Once a day it is told that it lasts: here it does not any more. */
	later(3600);
	expect_heard(2, "over: many-locks", "Until:");
	memcpy(reference, heard.reference, sizeof(reference));
	assert_int_equal(core_count(&core, "alarm-over"), 1);
	core_restart(&core);
	later(60);
	assert_int_equal(heard.n, 2);
	finish();
}

/* It ended before it was kept that it was looked at: it is looked at then. */
static void test_crash(void **state)
{
	struct alarm_watch *watch = &core.daemon.alarm_watch;

	(void)state;
	begin(LINES);
	courier_listen();
	lock("bert");
	later(1);
	watch->timer = sd_event_source_disable_unref(watch->timer);
	unlock("bert");
	core_restart(&core);
	later(0);
	later(5);
	expect_heard(1, "administrator-act", "user bert");
	core_restart(&core);
	later(5);
	assert_int_equal(heard.n, 1);
	finish();
}

static void test_no_courier(void **state)
{
	(void)state;
	begin(LINES);
	lock("anna");
	lock("bert");
	later(1);
	later(1);
	assert_int_equal(core_count(&core, "alarm-raised"), 1);
	assert_int_equal(core_count(&core, "alarm-undelivered"), 1);
	core_add(&core, ANNA + 2, "carla", CORE_OLD);
	expect_login(&core, "carla", CORE_OLD, "allow", NULL);
	later(61);
	later(61);
	later(121);
	assert_int_equal(core_count(&core, "alarm-undelivered"), 1);
	assert_true(core.daemon.alarm_watch.delivery.undelivered);
	courier_listen();
	later(241);
	expect_heard(1, "many-locks", "");
	assert_false(core.daemon.alarm_watch.delivery.undelivered);
	finish();
}

/* Nobody is to be told: it is recorded all the same. */
static void test_no_address(void **state)
{
	struct talk talk;
	json_t *reply, *rule;
	size_t i;
	bool found = false;

	(void)state;
	begin("[lockout]\nalarm_locks = 2\n[alarms]\nledger_lag = off\n"
	      "backup_age = off\n");
	lock("anna");
	lock("bert");
	later(1);
	assert_int_equal(core_count(&core, "alarm-raised"), 1);
	assert_int_equal(core_count(&core, "alarm-undelivered"), 0);
	talk_open(&core, &talk, 0);
	reply = talk_call(&core, &talk, ADMIN "Alarms", NULL);
	json_array_foreach(
		json_object_get(json_object_get(reply, "parameters"), "rules"),
		i, rule)
	{
		if (strcmp(json_string_value(json_object_get(rule, "rule")),
			   "many-locks") != 0)
			continue;
		found = json_is_true(json_object_get(rule, "raised")) &&
			json_is_true(json_object_get(rule, "on")) &&
			json_is_null(json_object_get(rule, "told_at")) &&
			json_integer_value(json_object_get(rule, "n")) == 2;
	}
	assert_true(found);
	assert_true(json_is_null(
		json_object_get(json_object_get(reply, "parameters"), "mail")));
	json_decref(reply);
	talk_close(&core, &talk);
	finish();
}

/* A reminder once a day. */
static void test_reminder(void **state)
{
	(void)state;
	begin("[alarms]\nwebhook = ops\ngroup = 1s\n"
	      "country_database_age = off\nledger_lag = off\n");
	courier_listen();
	later(27 * 3600);
	later(1);
	expect_heard(1, "] backup-old", "There is none.");
	assert_string_equal(heard.kind, "webhook");
	assert_string_equal(heard.to, "ops");
	later(23 * 3600);
	assert_int_equal(heard.n, 1);
	later(3600);
	expect_heard(2, "still: backup-old", "There is none.");
	finish();
}

/* What an application records, in calls of many, each one commit. */
static void flood(int n_calls)
{
	struct talk talk;

	core_set_services(&core, "anna", "accounts");
	talk_open(&core, &talk, CORE_WWW_DATA);
	for (int i = 0; i < n_calls; i++) {
		json_t *records = json_array(), *reply;

		for (int k = 0; k < 256; k++)
			json_array_append_new(
				records,
				json_pack("{s:s, s:s, s:s}", "user", "anna",
					  "action", "a", "result", "done"));
		reply = talk_call(&core, &talk, "nl.cloxxs.Audit.RecordMany",
				  json_pack("{s:o}", "records", records));
		assert_null(json_object_get(reply, "error"));
		json_decref(reply);
	}
	talk_close(&core, &talk);
	/* The world has one peer at a time; the courier's is another. */
	talk_open(&core, &talk, 0);
	talk_close(&core, &talk);
}

/* Whoever records without end keeps nobody from being told. */
static void test_flood(void **state)
{
	struct alarm_watch *watch = &core.daemon.alarm_watch;
	int64_t until;

	(void)state;
	begin("[alarms]\nmail = alarms@example.org\ngroup = 30s\n"
	      "backup_age = off\ncountry_database_age = off\n"
	      "ledger_lag = off\n[service accounts]\naccount = www-data\n");
	courier_listen();
	lock("bert");
	later(1);
	later(5);
	assert_false(watch->behind);
	/* Nothing of it is read, for none of it can be an alarm. */
	flood(4);
	assert_false(watch->behind);
	assert_int_equal(watch->engine.seq, core.daemon.state.ledger.seq);
	/* And where it must be, it is read as fast as the loop turns. */
	unlock("bert");
	flood(40);
	assert_true(watch->behind);
	until = clock_monotonic_us() + 20000000;
	while (watch->behind && clock_monotonic_us() < until)
		turn();
	assert_false(watch->behind);
	later(40);
	expect_heard(1, "administrator-act", "user bert");
	finish();
}

static void look(void)
{
	alarm_watch_look(&core.daemon.alarm_watch);
}

/* A commit tells of the last of many records; the first makes an administrator.
 */
static void test_import(void **state)
{
	struct talk talk;
	json_t *users = json_array();
	char name[16];

	(void)state;
	begin(LINES);
	courier_listen();
	later(5);
	for (int i = 0; i < 250; i++) {
		(void)snprintf(name, sizeof(name), "user%d", i);
		json_array_append_new(
			users, json_pack("{s:s, s:s, s:[s]}", "name", name,
					 "role", i ? "user" : "administrator",
					 "services", "sshd"));
	}
	talk_open(&core, &talk, 0);
	json_decref(talk_call(&core, &talk, ADMIN "ImportBegin",
			      json_pack("{s:b}", "update", 0)));
	json_decref(talk_call(&core, &talk, ADMIN "ImportUsers",
			      json_pack("{s:o}", "users", users)));
	core_world.after_turn = look;
	json_decref(talk_call(&core, &talk, ADMIN "ImportCommit",
			      json_pack("{s:b}", "dry_run", 0)));
	core_world.after_turn = NULL;
	talk_close(&core, &talk);
	assert_int_equal(core_count(&core, "user-added"), 250);
	later(5);
	later(5);
	expect_heard(1, "administrator-act", "user user0");
	finish();
}

/* abuse-98: what cannot be read, or is not there any more, is an alarm itself,
 * and hides nothing. */
static void test_damaged_ledger(void **state)
{
	struct alarm_watch *watch = &core.daemon.alarm_watch;

	(void)state;
	begin(LINES);
	courier_listen();
	lock("bert");
	later(1);
	later(5);
	unlock("bert");
	assert_int_equal(
		store_run(core.daemon.state.store,
			  "UPDATE ledger SET event = printf('%.*c', 60, 'x')"
			  " WHERE seq = ?",
			  "i", watch->engine.seq + 1),
		0);
	lock("bert");
	unlock("bert");
	later(5);
	later(5);
	assert_int_equal(heard.n, 2);
	assert_int_equal(core_count(&core, "alarm-raised"), 2);
	assert_false(watch->behind);
	assert_int_equal(
		store_run(core.daemon.state.store,
			  "UPDATE ledger SET event = 'user-unlocked' WHERE"
			  " event GLOB 'xxx*'",
			  ""),
		0);
	finish();
}

static void test_shorter_ledger(void **state)
{
	(void)state;
	begin(LINES);
	courier_listen();
	later(5);
	core.daemon.alarm_watch.timer =
		sd_event_source_disable_unref(core.daemon.alarm_watch.timer);
	assert_int_equal(store_run(core.daemon.state.store,
				   "UPDATE alarm_engine SET seq = 100000", ""),
			 0);
	core_restart(&core);
	later(5);
	later(5);
	expect_heard(1, "audit-broken", "and had 100000");
	finish();
}

/* abuse-105: the disk is full when it begins; it is told, and recorded later.
 */
static void test_unrecorded(void **state)
{
	struct alarm_watch *watch = &core.daemon.alarm_watch;

	(void)state;
	begin(LINES);
	courier_listen();
	lock("anna");
	lock("bert");
	assert_int_equal(store_run(core.daemon.state.store,
				   "CREATE TEMP TRIGGER full BEFORE INSERT ON"
				   " main.ledger BEGIN"
				   " SELECT raise(ABORT, 'full'); END",
				   ""),
			 0);
	later(1);
	expect_heard(1, "many-locks", "");
	assert_int_equal(core_count(&core, "alarm-raised"), 0);
	assert_true(watch->unwritten);
	assert_int_equal(store_run(core.daemon.state.store,
				   "DROP TRIGGER temp.full", ""),
			 0);
	later(15);
	assert_int_equal(core_count(&core, "alarm-raised"), 1);
	assert_int_equal(heard.n, 1);
	finish();
}

/* abuse-100: neither a letter that waits nor the store has the name. */
static void test_erasure(void **state)
{
	struct outcome outcome;
	struct talk talk;
	json_t *reply;
	bool more;

	(void)state;
	begin(LINES);
	later(5);
	lock("bert");
	unlock("bert");
	later(5);
	outcome = administer(&core, "DeleteUser",
			     json_pack("{s:s}", "name", "bert"));
	assert_string_equal(outcome.error, "");
	talk_open(&core, &talk, 0);
	talk_send_more(&talk, "nl.cloxxs.Audit.ErasePerson",
		       json_pack("{s:s, s:s}", "name", "bert", "reason",
				 "he asked"));
	do {
		reply = talk_next(&core, &talk);
		assert_null(json_object_get(reply, "error"));
		more = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
	} while (more);
	talk_close(&core, &talk);
	for (int i = 0; i < 20; i++)
		turn();
	courier_listen();
	later(3700);
	later(3700);
	assert_true(heard.n > 0);
	assert_null(strstr(heard.text, "bert"));
	finish();
}

static void set_factor(json_t *parameters)
{
	struct outcome outcome =
		administer(&core, "SetSecondFactor", parameters);

	assert_string_equal(outcome.error, "");
	later(5);
	later(5);
}

/* Whoever had a second factor gets another, or is asked less. */
static void test_second_factors(void **state)
{
	(void)state;
	begin(LINES);
	courier_listen();
	set_factor(json_pack("{s:s, s:s, s:s}", "name", "anna", "code",
			     "always", "phone", "+31612345678"));
	assert_int_equal(heard.n, 0);
	set_factor(json_pack("{s:s, s:s}", "name", "anna", "code",
			     "outside 10.0.0.0/8"));
	/* He is told by SMS, and the administrators by mail. */
	expect_heard(2, "administrator-act", "user anna");
	set_factor(json_pack("{s:s, s:s}", "name", "anna", "phone",
			     "+31687654321"));
	assert_int_equal(core_count(&core, "alarm-raised"), 2);
	set_factor(json_pack("{s:s, s:s}", "name", "anna", "code", "always"));
	assert_int_equal(core_count(&core, "alarm-raised"), 2);
	finish();
}

/* A try that failed is not answered by what the courier said then. */
static void test_tries(void **state)
{
	char first[sizeof(heard.reference)];

	(void)state;
	begin(LINES);
	courier_listen();
	heard.answer = "unreachable";
	lock("anna");
	lock("bert");
	later(1);
	memcpy(first, heard.reference, sizeof(first));
	later(61);
	assert_int_equal(heard.n, 2);
	assert_string_not_equal(heard.reference, first);
	memcpy(first, heard.reference, sizeof(first));
	core_restart(&core);
	later(1);
	later(61);
	assert_int_equal(heard.n, 4);
	assert_string_not_equal(heard.reference, first);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lock_spike),
		cmocka_unit_test(test_group_of_acts),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_no_courier),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_reminder),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_damaged_ledger),
		cmocka_unit_test(test_shorter_ledger),
		cmocka_unit_test(test_unrecorded),
		cmocka_unit_test(test_second_factors),
		cmocka_unit_test(test_erasure),
		cmocka_unit_test(test_tries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
