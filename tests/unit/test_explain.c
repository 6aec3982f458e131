/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is explained is what is decided; and explaining does nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/core_fixture.h"

#define PIET 66000
#define TRUUS 66001

static struct core fixture;
static struct core *const core = &fixture;

static int setup(void **state)
{
	(void)state;
	/* All come from one address. */
	core_init(core, "[throttle]\nfailures = off\n");
	core_add(core, PIET, "piet", CORE_OLD);
	core_add_temporary(core, TRUUS, "truus", CORE_OLD);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static int64_t now_s(void)
{
	return clock_realtime_us() / 1000000;
}

/* What would be decided; text members, "" where they are not there. */
struct told {
	char error[64], parameter[32];
	char verdict[16], reason[40], advice[160], rules[512];
	bool known;
};

static void take(const json_t *object, const char *name, char *buffer,
		 size_t size)
{
	const char *value = json_string_value(json_object_get(object, name));

	(void)snprintf(buffer, size, "%s", value ? value : "");
}

/* As login_rules_write() has them. */
static void take_rules(const json_t *rules, struct text *text)
{
	const json_t *rule;
	size_t i;

	assert_int_equal(json_array_size(rules), _LOGIN_RULE_N);
	json_array_foreach((json_t *)rules, i, rule)
	{
		assert_true(json_is_string(json_object_get(rule, "text")));
		text_add_format(
			text, "%s%s=%s", i > 0 ? " " : "",
			json_string_value(json_object_get(rule, "rule")),
			json_string_value(json_object_get(rule, "outcome")));
	}
}

static struct told told_of(json_t *reply, const char *part)
{
	const json_t *parameters = json_object_get(reply, "parameters");
	const json_t *decision = json_object_get(parameters, part);
	struct told told = { 0 };
	struct text text;

	assert_non_null(reply);
	take(reply, "error", told.error, sizeof(told.error));
	take(parameters, "parameter", told.parameter, sizeof(told.parameter));
	if (!*told.error) {
		take(decision, "verdict", told.verdict, sizeof(told.verdict));
		take(decision, "reason", told.reason, sizeof(told.reason));
		take(decision, "advice", told.advice, sizeof(told.advice));
		text_init(&text, told.rules, sizeof(told.rules));
		take_rules(json_object_get(decision, "rules"), &text);
		told.known = json_is_true(json_object_get(parameters, "known"));
	}
	json_decref(reply);
	return told;
}

#define HERE "192.0.2.1"

static json_t *question_from(const char *user, const char *service,
			     const char *address)
{
	return json_pack("{s:s, s:s, s:s*}", "user", user, "service", service,
			 "address", address);
}

static json_t *question(const char *user, const char *service)
{
	return question_from(user, service, HERE);
}

static json_t *ask(uid_t uid, json_t *parameters)
{
	struct talk talk;
	json_t *reply;

	talk_open(core, &talk, uid);
	reply = talk_call(core, &talk, "nl.cloxxs.Admin.ExplainLogin",
			  parameters);
	talk_close(core, &talk);
	return reply;
}

static struct told explain(const char *user, const char *service,
			   const char *part)
{
	return told_of(ask(0, question(user, service)), part);
}

static int64_t n_records(void)
{
	struct ledger_counts counts;

	assert_int_equal(ledger_count(&core->daemon.state.ledger, &counts), 0);
	return counts.all;
}

static void expect(const struct told *told, const char *verdict,
		   const char *reason)
{
	assert_string_equal(told->error, "");
	if (strcmp(told->verdict, verdict) != 0 ||
	    strcmp(told->reason, reason) != 0)
		fail_msg("%s: %s", told->verdict, told->reason);
}

/* Each reason that a store can give, with what would allow it. */
static void every_gate_is_told(void **state)
{
	static const struct {
		struct change change;
		const char *user, *service, *verdict, *reason, *advice;
	} rows[] = {
		{ { 0 }, "piet", "sshd", "allow", "password-verified", "" },
		{ { 0 },
		  "truus",
		  "sshd",
		  "change",
		  "must-change",
		  "Log in and choose a new password." },
		{ { 0 },
		  "piet",
		  "cron",
		  "deny",
		  "service-not-allowed",
		  "cloxxsctl user set piet --services LIST" },
		{ { 0 },
		  "nobody-here",
		  "sshd",
		  "deny",
		  "unknown-user",
		  "cloxxsctl user add nobody-here --services SERVICE" },
		{ { .type = CHANGE_USER_LOCK, .at = 5, .text = "lost" },
		  "piet",
		  "sshd",
		  "deny",
		  "locked",
		  "cloxxsctl user unlock piet --reason TEXT" },
		{ { .type = CHANGE_USER_DISABLE, .at = 5 },
		  "piet",
		  "sshd",
		  "deny",
		  "disabled",
		  "cloxxsctl user enable piet" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct change change = rows[i].change;
		struct told told;

		change.uid = PIET;
		if (change.type != _CHANGE_NONE)
			core_apply(core, change);
		told = explain(rows[i].user, rows[i].service, "login");
		expect(&told, rows[i].verdict, rows[i].reason);
		assert_string_equal(told.advice, rows[i].advice);
		assert_int_equal(told.known,
				 strcmp(rows[i].user, "nobody-here") != 0);
	}
}

/* One way of a login, and what its record must say. */
static void compare(struct about about)
{
	struct told told = told_of(
		ask(0, question_from(about.user, about.service, about.address)),
		"login");
	struct outcome outcome;
	struct ledger_row row;
	struct talk talk;

	talk_open(core, &talk, 0);
	start(core, &talk, about);
	outcome = answer(core, &talk, CORE_OLD);
	talk_close(core, &talk);
	assert_string_equal(outcome.verdict, told.verdict);
	if (*outcome.reference) {
		row = core_row(core, outcome.reference);
		assert_string_equal(row.reason, told.reason);
		assert_string_equal(row.rules, told.rules);
	}
	told = told_of(
		ask(0, question_from(about.user, about.service, about.address)),
		"account");
	outcome = account(core, 0, about);
	assert_string_equal(outcome.verdict, told.verdict);
	if (*outcome.reference) {
		row = core_row(core, outcome.reference);
		assert_string_equal(row.reason, told.reason);
		assert_string_equal(row.rules, told.rules);
	}
}

/* The record of a login that is tried says word for word the same. */
static void it_is_what_the_login_decides(void **state)
{
	static const char *const users[] = { "piet", "jan", "kees",
					     "nobody-here", "Piet\n" };
	static const char *const services[] = { "sshd", "sudo", "cron" };
	static const char *const addresses[] = { HERE, "8.8.8.8", "fe80::1",
						 NULL };

	(void)state;
	core_add(core, 66010, "jan", CORE_OLD);
	core_add(core, 66011, "kees", CORE_OLD);
	core_apply(core, (struct change){ .type = CHANGE_USER_LOCK,
					  .uid = 66010,
					  .at = 5,
					  .text = "lost" });
	core_apply(core, (struct change){ .type = CHANGE_USER_DISABLE,
					  .uid = 66011,
					  .at = 5 });
	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		for (size_t j = 0; j < ARRAY_SIZE(services); j++)
			for (size_t k = 0; k < ARRAY_SIZE(addresses); k++)
				compare((struct about){ .user = users[i],
							.service = services[j],
							.address =
								addresses[k] });
}

/* A clock is a fact: what is asked for tomorrow is not asked of today. */
static void the_moment_is_asked_about(void **state)
{
	static const struct {
		int64_t after_s;
		const char *verdict, *reason;
	} rows[] = {
		{ 0, "change", "must-change" },
		{ 3000, "change", "must-change" },
		{ 3700, "deny", "temporary-password-expired" },
		{ INT64_C(86400) * 36500, "deny",
		  "temporary-password-expired" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int j = 0; j < 2; j++) {
			json_t *parameters = question("truus", "sshd");
			struct told told;

			json_object_set_new(
				parameters, "at",
				json_integer(now_s() + rows[i].after_s));
			told = told_of(ask(0, parameters),
				       j > 0 ? "account" : "login");
			expect(&told, rows[i].verdict, rows[i].reason);
		}
}

/* At which hours, by the clock on the wall of that moment. */
static void hours_are_asked_about(void **state)
{
	int64_t noon = now_s() - now_s() % 86400 + 86400 + 12 * 3600;

	(void)state;
	assert_int_equal(setenv("TZ", "UTC0", 1), 0);
	(void)administer(core, "SetUser",
			 json_pack("{s:s, s:s}", "name", "piet", "hours",
				   "08:00-18:00"));
	for (int i = 0; i < 2; i++) {
		json_t *parameters = question("piet", "sshd");
		struct told told;

		json_object_set_new(parameters, "at",
				    json_integer(noon + i * 7 * 3600));
		told = told_of(ask(0, parameters), "login");
		expect(&told, i == 0 ? "allow" : "deny",
		       i == 0 ? "password-verified" : "outside-hours");
	}
}

static void the_emergency_is_asked_about(void **state)
{
	struct told told;
	json_t *parameters;

	(void)state;
	administer(
		core, "PrepareBreakGlass",
		json_pack("{s:s, s:[s]}", "name", "fire", "services", "sshd"));
	told = explain("fire", "sshd", "login");
	expect(&told, "deny", "break-glass-closed");
	administer(core, "OpenBreakGlass",
		   json_pack("{s:s, s:s, s:i, s:b}", "name", "fire", "reason",
			     "fire", "ttl", 3600, "remote", 1));
	told = explain("fire", "sshd", "login");
	expect(&told, "allow", "password-verified");
	parameters = question("fire", "sshd");
	json_object_set_new(parameters, "at", json_integer(now_s() + 3700));
	told = told_of(ask(0, parameters), "login");
	expect(&told, "deny", "break-glass-closed");
	/* It was told of, not used. */
	assert_int_equal(core_count(core, "break-glass-used"), 0);
}

static void without_a_password_it_may_differ(void **state)
{
	struct told told;

	(void)state;
	core_apply(core, (struct change){ .type = CHANGE_PASSWORD,
					  .uid = PIET,
					  .password = &(struct sealed){ 0 },
					  .kind = USER_PASSWORD_NONE });
	told = explain("piet", "sshd", "login");
	expect(&told, "deny", "no-password");
	told = explain("piet", "sshd", "account");
	expect(&told, "allow", "rules-passed");
}

static void the_uid_of_the_system_is_asked_about(void **state)
{
	static const struct {
		const char *user;
		int uid; /* 0: not said */
		const char *reason;
	} rows[] = {
		{ "piet", 0, "password-verified" },
		{ "piet", PIET, "password-verified" },
		{ "piet", 1000, "name-collision" },
		{ "nobody-here", 1000, "unknown-user" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_t *parameters = question(rows[i].user, "sshd");
		struct told told;

		if (rows[i].uid != 0)
			json_object_set_new(parameters, "system_uid",
					    json_integer(rows[i].uid));
		told = told_of(ask(0, parameters), "login");
		assert_string_equal(told.reason, rows[i].reason);
	}
}

static void it_does_nothing(void **state)
{
	struct user before = core_user(core, "piet"), after;
	int64_t n = n_records();

	(void)state;
	core_world.n_hashed = core_world.n_verified = 0;
	for (int i = 0; i < 20; i++) {
		(void)explain("piet", "sshd", "login");
		(void)explain("nobody-here", "sshd", "login");
	}
	after = core_user(core, "piet");
	assert_memory_equal(&after, &before, sizeof(after));
	assert_int_equal(n_records(), n);
	assert_int_equal(core_world.n_hashed + core_world.n_verified, 0);
	assert_int_equal(core->daemon.attempts.n_open, 0);
}

/* Nobody learns of others, nor of himself, how he would be judged. */
static void it_is_for_administrators(void **state)
{
	struct told told;

	(void)state;
	told = told_of(ask(PIET, question("truus", "sshd")), "login");
	assert_string_equal(told.error, "org.varlink.service.PermissionDenied");
	told = told_of(ask(PIET, question("piet", "sshd")), "login");
	assert_string_equal(told.error, "org.varlink.service.PermissionDenied");
	core_set_role(core, "piet", USER_ROLE_ADMINISTRATOR);
	told = told_of(ask(PIET, question("truus", "sshd")), "login");
	expect(&told, "change", "must-change");
}

static void what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *question, *error, *parameter;
	} rows[] = {
		{ "{'user': 'piet', 'service': 'a b'}", "Invalid", "service" },
		{ "{'user': 'piet', 'service': ''}", "Invalid", "service" },
		{ "{'user': 'piet', 'service': 'sshd', 'address': 'home'}",
		  "Invalid", "address" },
		{ "{'user': 'piet', 'service': 'sshd', 'address': ''}",
		  "Invalid", "address" },
		{ "{'user': 'piet', 'service': 'sshd', 'at': -1}", "Invalid",
		  "at" },
		{ "{'user': 'piet', 'service': 'sshd', 'at': 253402300800}",
		  "Invalid", "at" },
		{ "{'user': 'piet', 'service': 'sshd', 'at': 'now'}",
		  "InvalidParameter", "at" },
		{ "{'user': 'piet'}", "InvalidParameter", "service" },
		{ "{'service': 'sshd'}", "InvalidParameter", "user" },
		{ "{'user': 'piet', 'service': 'sshd', 'password': 'x'}",
		  "InvalidParameter", "password" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[128];
		struct told told;

		(void)snprintf(text, sizeof(text), "%s", rows[i].question);
		for (char *c = text; *c; c++)
			*c = *c == '\'' ? '"' : *c;
		told = told_of(ask(0, json_loads(text, 0, NULL)), "login");
		assert_string_equal(strrchr(told.error, '.') + 1,
				    rows[i].error);
		assert_string_equal(told.parameter, rows[i].parameter);
	}
}

/* The refusals of one list, newest first, as references with a blank. */
static void list_refusals(json_t *parameters, char ret_list[256],
			  char ret_error[64])
{
	struct talk talk;
	struct text text;
	json_t *reply;
	bool more;

	text_init(&text, ret_list, 256);
	talk_open(core, &talk, 0);
	talk_send_more(&talk, "nl.cloxxs.Admin.ListRefusals", parameters);
	do {
		reply = talk_next(core, &talk);
		more = json_is_true(json_object_get(reply, "continues"));
		take(reply, "error", ret_error, 64);
		if (more)
			text_add_format(
				&text, "%s ",
				json_string_value(json_object_get(
					json_object_get(
						json_object_get(reply,
								"parameters"),
						"refusal"),
					"reference")));
		json_decref(reply);
	} while (more);
	talk_close(core, &talk);
}

/* Of users who are not there too, and none that was no refusal. */
static void the_last_refusals_are_told(void **state)
{
	struct outcome piet, nobody, truus;
	char list[256], error[64], expected[64];

	(void)state;
	piet = log_in(core, "piet", CORE_WRONG);
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
	nobody = log_in(core, "nobody", CORE_WRONG);
	truus = log_in(core, "truus", CORE_WRONG);
	list_refusals(json_object(), list, error);
	(void)snprintf(expected, sizeof(expected), "%s %s %s ", truus.reference,
		       nobody.reference, piet.reference);
	assert_string_equal(list, expected);
	list_refusals(json_pack("{s:i}", "limit", 1), list, error);
	(void)snprintf(expected, sizeof(expected), "%s ", truus.reference);
	assert_string_equal(list, expected);
	list_refusals(json_pack("{s:s}", "user", "piet"), list, error);
	(void)snprintf(expected, sizeof(expected), "%s ", piet.reference);
	assert_string_equal(list, expected);
	list_refusals(json_pack("{s:i}", "limit", 0), list, error);
	assert_string_equal(error, "nl.cloxxs.Admin.Invalid");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_gate_is_told),
		CASE(it_is_what_the_login_decides),
		CASE(the_moment_is_asked_about),
		CASE(hours_are_asked_about),
		CASE(the_emergency_is_asked_about),
		CASE(without_a_password_it_may_differ),
		CASE(the_uid_of_the_system_is_asked_about),
		CASE(it_does_nothing),
		CASE(it_is_for_administrators),
		CASE(what_cannot_be_is_refused),
		CASE(the_last_refusals_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
