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
	static const char answer[] = "{\"parameters\":{\"result\":\"accepted\","
				     "\"route\":\"mail\",\"detail\":null}}";
	char bytes[16384];
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
	assert_true(send(fd, answer, sizeof(answer), MSG_NOSIGNAL) > 0);
}

/* So many seconds later: what is an alarm then, and is told. */
static void later(int64_t seconds)
{
	core_world.clock_s += seconds;
	core_world.steady_s += seconds;
	alarm_watch_look(&core.daemon.alarm_watch);
	for (int i = 0; i < 20; i++) {
		int fd = listener >= 0 ? accept(listener, NULL, NULL) : -1;

		if (fd >= 0) {
			hear(fd);
			close(fd);
		}
		(void)core_turn(&core, 1000);
	}
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
