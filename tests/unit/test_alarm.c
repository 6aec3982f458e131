/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is an alarm, when it is told, and in which words. No clock but the one
 * that is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/alarm/letter.h"
#include "cloxxsd/alarm/window.h"

#define T INT64_C(1800000000)
#define DAY INT64_C(86400)

static struct settings *settings;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(settings_new(&settings), 0);
	settings->alarm_mail = strdup("alarms@example.org");
	return settings->alarm_mail ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	settings = settings_free(settings);
	return 0;
}

/* ---- rules ---- */

static const struct alarm_facts calm = {
	.now = T,
	.installed = T - 100 * DAY,
	.abroad_whole = true,
	.backup_at = T - 3600,
	.country_is_needed = true,
	.country_is_usable = true,
	.country_built = T - 10 * DAY,
};

static struct alarm_facts facts_of(int which)
{
	struct alarm_facts facts = calm;

	switch (which) {
	case 1:
		facts.n_locked = 4;
		break;
	case 2:
		facts.n_locked = 5;
		facts.n_lock_addresses = 1;
		strcpy(facts.lock_address, "203.0.113.7");
		break;
	case 3:
		facts.n_abroad = 50;
		facts.abroad_whole = false;
		break;
	case 4:
		facts.abroad_whole = false;
		break;
	case 5:
		facts.unpublished_since = T - 601;
		break;
	case 6:
		facts.unpublished_since = T - 600;
		break;
	case 7:
		facts.unseen_since = T - DAY - 1;
		break;
	case 8:
		facts.backup_at = T - 26 * 3600 - 1;
		break;
	case 9:
		facts.backup_at = 0;
		break;
	case 10:
		facts.backup_at = 0;
		facts.installed = T - 3600;
		break;
	case 11:
		facts.country_built = T - 36 * DAY;
		break;
	case 12:
		facts.country_built = T - 36 * DAY;
		facts.country_is_needed = false;
		break;
	case 13:
		facts.country_built = 0;
		facts.country_is_usable = false;
		break;
	case 14:
		facts.country_is_usable = false;
		break;
	case 15:
		facts.configuration_is_refused = true;
		break;
	case 16:
		facts.clock_behind_s = 61;
		break;
	case 17:
		facts.clock_behind_s = 60;
		break;
	case 18:
		facts.gateways[0] =
			(struct alarm_gateway){ "sms", 5, T - 300, T - 400 };
		facts.n_gateways = 1;
		break;
	case 19:
		facts.gateways[0] =
			(struct alarm_gateway){ "sms", 0, 0, T - 400 };
		facts.n_gateways = 1;
		break;
	case 20:
		facts.gateways[0] =
			(struct alarm_gateway){ "sms", 4, T - 9, 0 };
		facts.n_gateways = 1;
		break;
	default:
		break;
	}
	return facts;
}

static const struct {
	int which;
	enum alarm_rule rule;
	enum alarm_verdict verdict;
	const char *detail; /* "": any */
} judgements[] = {
	{ 0, ALARM_MANY_LOCKS, ALARM_QUIET, "" },
	/* One less than the limit: neither yet, nor over. */
	{ 1, ALARM_MANY_LOCKS, ALARM_UNKNOWN, "" },
	{ 2, ALARM_MANY_LOCKS, ALARM_RAISED,
	  "5 users within 10 min, from 1 address; most of them from "
	  "203.0.113.7." },
	{ 3, ALARM_REFUSALS_ABROAD, ALARM_RAISED,
	  "50 refusals within 10 min." },
	{ 0, ALARM_REFUSALS_ABROAD, ALARM_QUIET, "" },
	{ 4, ALARM_REFUSALS_ABROAD, ALARM_UNKNOWN, "" },
	{ 0, ALARM_LEDGER_UNPUBLISHED, ALARM_QUIET, "" },
	{ 5, ALARM_LEDGER_UNPUBLISHED, ALARM_RAISED,
	  "Journald takes none since 10 min." },
	{ 6, ALARM_LEDGER_UNPUBLISHED, ALARM_QUIET, "" },
	{ 7, ALARM_LEDGER_UNPUBLISHED, ALARM_RAISED,
	  "Some were not seen in the journal for 24 h." },
	{ 0, ALARM_BACKUP_OLD, ALARM_QUIET, "" },
	{ 8, ALARM_BACKUP_OLD, ALARM_RAISED, "The newest is 26 h old." },
	{ 9, ALARM_BACKUP_OLD, ALARM_RAISED, "There is none." },
	{ 10, ALARM_BACKUP_OLD, ALARM_QUIET, "" },
	{ 0, ALARM_COUNTRY_DATABASE_OLD, ALARM_QUIET, "" },
	{ 11, ALARM_COUNTRY_DATABASE_OLD, ALARM_RAISED,
	  "It was built 36 days ago." },
	{ 12, ALARM_COUNTRY_DATABASE_OLD, ALARM_QUIET, "" },
	{ 13, ALARM_COUNTRY_DATABASE_OLD, ALARM_RAISED, "There is none." },
	{ 14, ALARM_COUNTRY_DATABASE_OLD, ALARM_RAISED, "" },
	{ 0, ALARM_CONFIGURATION_REFUSED, ALARM_QUIET, "" },
	{ 15, ALARM_CONFIGURATION_REFUSED, ALARM_RAISED, "" },
	{ 16, ALARM_CLOCK_BEHIND, ALARM_RAISED, "It is 61 s behind." },
	{ 17, ALARM_CLOCK_BEHIND, ALARM_QUIET, "" },
	{ 0, ALARM_GATEWAY_FAILING, ALARM_UNKNOWN, "" },
	{ 18, ALARM_GATEWAY_FAILING, ALARM_RAISED,
	  "sms: the last 5 were not accepted, for 5 min." },
	{ 19, ALARM_GATEWAY_FAILING, ALARM_QUIET, "" },
	{ 20, ALARM_GATEWAY_FAILING, ALARM_UNKNOWN, "" },
};

static void test_judgements(void **state)
{
	struct alarm_finding finding;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(judgements); i++) {
		struct alarm_facts facts = facts_of(judgements[i].which);

		alarm_rule_judge(judgements[i].rule, &facts, settings,
				 &finding);
		if (finding.verdict != judgements[i].verdict)
			fail_msg("facts %d, %s: %d", judgements[i].which,
				 alarm_rule_name(judgements[i].rule),
				 (int)finding.verdict);
		if (*judgements[i].detail)
			assert_string_equal(finding.detail,
					    judgements[i].detail);
	}
}

/* Off is quiet, whatever is so; and every rule has all of its words. */
static void test_off(void **state)
{
	struct alarm_finding finding;
	enum alarm_rule found;

	(void)state;
	settings->alarm_locks = settings->alarm_abroad = 0;
	settings->alarm_backup_s = settings->alarm_country_s = 0;
	settings->alarm_ledger_s = settings->alarm_gateway = 0;
	for (int which = 0; which <= 14; which++)
		for (unsigned int i = 0; i < _ALARM_RULE_N; i++) {
			enum alarm_rule rule = (enum alarm_rule)i;
			struct alarm_facts facts = facts_of(which);

			alarm_rule_judge(rule, &facts, settings, &finding);
			assert_int_equal(finding.verdict, ALARM_QUIET);
			assert_true(
				alarm_rule_find(alarm_rule_name(rule), &found));
			assert_int_equal(found, rule);
			assert_non_null(strstr(alarm_rule_text(rule), "."));
			assert_non_null(strstr(alarm_rule_advice(rule), "c"));
		}
}

static void test_happens(void **state)
{
	enum alarm_rule rule;

	(void)state;
	assert_true(alarm_rule_of(EVENT_BREAK_GLASS_USED, REASON_NONE, NULL,
				  &rule));
	assert_int_equal(rule, ALARM_BREAK_GLASS);
	assert_true(alarm_rule_of(EVENT_USER_CHANGED, REASON_NONE,
				  "role: \"user\" -> \"administrator\"",
				  &rule));
	assert_int_equal(rule, ALARM_ADMINISTRATOR_ACT);
	assert_false(alarm_rule_of(EVENT_USER_CHANGED, REASON_NONE,
				   "shell: ...", &rule));
	assert_false(
		alarm_rule_of(EVENT_USER_CHANGED, REASON_NONE, NULL, &rule));
	assert_false(
		alarm_rule_of(EVENT_LOGIN_DENIED, REASON_NONE, NULL, &rule));
	assert_true(alarm_rule_of(EVENT_SECOND_FACTOR_CHANGED, REASON_NONE,
				  "code=\"always\" to \"never\" weaker=yes",
				  &rule));
	assert_true(alarm_rule_of(EVENT_SECOND_FACTOR_CHANGED, REASON_NONE,
				  "totp=in-force other=yes", &rule));
	assert_true(alarm_rule_of(EVENT_RECOVERY_CODES_MADE, REASON_NONE, NULL,
				  &rule));
	assert_false(alarm_rule_of(EVENT_SECOND_FACTOR_CHANGED, REASON_NONE,
				   "phone=\"none\" to \"+31 6 42\"", &rule));
	/* What is an alarm raises none. */
	assert_false(alarm_rule_of(EVENT_ALARM_RAISED, REASON_NONE,
				   "administrator", &rule));
	assert_false(alarm_rule_of(EVENT_ALARM_UNDELIVERED, REASON_NONE, NULL,
				   &rule));
	/* abuse_49: codes for somebody who has the password. */
	assert_true(alarm_rule_of(EVENT_LOGIN_DENIED, REASON_CODES_SPENT, NULL,
				  &rule));
	assert_int_equal(rule, ALARM_CODES_SPENT);
}

/* ---- engine ---- */

static struct alarm_finding finding_of(enum alarm_verdict verdict)
{
	return (struct alarm_finding){ .verdict = verdict,
				       .n = 7,
				       .detail = "Seven." };
}

static enum alarm_turn judge(struct alarm_engine *engine,
			     enum alarm_verdict verdict, int64_t now)
{
	struct alarm_finding finding = finding_of(verdict);

	return alarm_engine_judge(engine, ALARM_BACKUP_OLD, &finding, settings,
				  now);
}

/* What is told at now, and that it went out: "" for nothing. */
static const char *tell(struct alarm_engine *engine, int64_t now)
{
	static const char *const names[] = { "nothing", "raised", "reminder",
					     "over", "happened" };
	struct alarm_state sent;
	enum alarm_rule rule;

	if (!alarm_engine_next(engine, settings, now, 0, &rule))
		return "";
	sent = engine->states[rule];
	alarm_engine_told(engine, rule, &sent, settings, now);
	return names[sent.due];
}

static void test_lasts(void **state)
{
	struct alarm_engine engine = { 0 };

	(void)state;
	assert_int_equal(judge(&engine, ALARM_QUIET, T), ALARM_TURN_NOTHING);
	assert_string_equal(tell(&engine, T), "");
	assert_int_equal(judge(&engine, ALARM_RAISED, T), ALARM_TURN_RAISED);
	assert_string_equal(tell(&engine, T), "raised");
	assert_string_equal(tell(&engine, T), "");
	/* Not again while it lasts, but once a day. */
	for (int64_t at = T; at < T + DAY; at += 15) {
		assert_int_equal(judge(&engine, ALARM_RAISED, at),
				 ALARM_TURN_NOTHING);
		assert_string_equal(tell(&engine, at), "");
	}
	assert_int_equal(judge(&engine, ALARM_RAISED, T + DAY),
			 ALARM_TURN_NOTHING);
	assert_string_equal(tell(&engine, T + DAY), "reminder");
	/* What nobody knows changes nothing. */
	assert_int_equal(judge(&engine, ALARM_UNKNOWN, T + DAY + 60),
			 ALARM_TURN_NOTHING);
	assert_true(engine.states[ALARM_BACKUP_OLD].raised);
	assert_int_equal(judge(&engine, ALARM_QUIET, T + DAY + 120),
			 ALARM_TURN_OVER);
	assert_string_equal(tell(&engine, T + DAY + 120), "over");
	assert_int_equal(judge(&engine, ALARM_QUIET, T + DAY + 180),
			 ALARM_TURN_NOTHING);
	assert_string_equal(tell(&engine, T + DAY + 180), "");
	assert_string_equal(engine.states[ALARM_BACKUP_OLD].detail, "");
}

/* One that comes and goes writes one message a group, about what it is then. */
static void test_flaps(void **state)
{
	struct alarm_engine engine = { 0 };
	int n = 0;

	(void)state;
	settings->alarm_per_hour = 100;
	for (int64_t at = T; at < T + 600; at++) {
		(void)judge(&engine, at % 2 ? ALARM_RAISED : ALARM_QUIET, at);
		n += *tell(&engine, at) != '\0';
	}
	assert_in_range(n, 9, 11);
}

static void test_group(void **state)
{
	struct alarm_engine engine = { 0 };
	struct alarm_state *acts = &engine.states[ALARM_ADMINISTRATOR_ACT];

	(void)state;
	for (int i = 0; i < 40; i++) {
		alarm_engine_happened(&engine, ALARM_ADMINISTRATOR_ACT, "one",
				      T + i, settings);
		assert_string_equal(tell(&engine, T + i), "");
	}
	assert_int_equal(acts->n, 40);
	assert_int_equal(acts->since, T);
	assert_string_equal(tell(&engine, T + 59), "");
	assert_string_equal(tell(&engine, T + 60), "happened");
	assert_string_equal(tell(&engine, T + 600), "");
	/* The next one is another. */
	alarm_engine_happened(&engine, ALARM_ADMINISTRATOR_ACT, "two", T + 700,
			      settings);
	assert_int_equal(acts->n, 1);
	assert_int_equal(acts->since, T + 700);
	assert_string_equal(acts->detail, "two");
	/* Who shortens the group does not wait for the long one. */
	settings->alarm_group_s = 5;
	alarm_engine_loaded(&engine, settings, T + 701);
	assert_string_equal(tell(&engine, T + 705), "");
	assert_string_equal(tell(&engine, T + 706), "happened");
}

/* What happens while a message is on its way is told in the next one. */
static void test_meanwhile(void **state)
{
	struct alarm_engine engine = { 0 };
	struct alarm_state sent;
	enum alarm_rule rule;

	(void)state;
	alarm_engine_happened(&engine, ALARM_BREAK_GLASS, "one", T, settings);
	assert_true(alarm_engine_next(&engine, settings, T + 60, 0, &rule));
	assert_int_equal(rule, ALARM_BREAK_GLASS);
	assert_false(alarm_engine_next(&engine, settings, T + 60,
				       UINT32_C(1) << rule, &rule));
	sent = engine.states[rule];
	alarm_engine_happened(&engine, rule, "two", T + 61, settings);
	alarm_engine_happened(&engine, rule, "three", T + 62, settings);
	alarm_engine_told(&engine, rule, &sent, settings, T + 63);
	assert_int_equal(engine.states[rule].due, ALARM_DUE_HAPPENED);
	assert_int_equal(engine.states[rule].n, 2);
	assert_string_equal(engine.states[rule].detail, "two\nthree");
	assert_int_not_equal(engine.states[rule].number, sent.number);
	assert_string_equal(tell(&engine, T + 64), "");
	assert_string_equal(tell(&engine, T + 63 + 60), "happened");
	/* Over, while that it began is on its way. */
	assert_int_equal(judge(&engine, ALARM_RAISED, T), ALARM_TURN_RAISED);
	sent = engine.states[ALARM_BACKUP_OLD];
	assert_int_equal(judge(&engine, ALARM_QUIET, T + 1), ALARM_TURN_OVER);
	alarm_engine_told(&engine, ALARM_BACKUP_OLD, &sent, settings, T + 2);
	assert_string_equal(tell(&engine, T + 62), "over");
}

/* So many an hour, and none is lost: they wait, and are counted. */
static void test_cap(void **state)
{
	struct alarm_engine engine = { 0 };
	int64_t at = T;

	(void)state;
	settings->alarm_per_hour = 2;
	settings->alarm_group_s = 1;
	for (int i = 0; i < 3; i++, at += 10) {
		(void)judge(&engine, i % 2 ? ALARM_QUIET : ALARM_RAISED, at);
		if (i < 2)
			assert_string_equal(tell(&engine, at),
					    i % 2 ? "over" : "raised");
		else
			assert_string_equal(tell(&engine, at), "");
	}
	assert_int_equal(engine.n_held, 1);
	/* What is urgent goes all the same. */
	alarm_engine_happened(&engine, ALARM_BREAK_GLASS, "one", at, settings);
	assert_string_equal(tell(&engine, at + 1), "happened");
	/* Settings that are read again make no room. */
	alarm_engine_loaded(&engine, settings, at + 2);
	assert_string_equal(tell(&engine, T + 3599), "");
	assert_string_equal(tell(&engine, T + 3600), "raised");
	assert_int_equal(engine.n_held, 0);
}

/* One that comes and goes leaves the hour to others. */
static void test_cap_of_a_rule(void **state)
{
	struct alarm_engine engine = { 0 };
	int n = 0;

	(void)state;
	settings->alarm_per_hour = 20;
	settings->alarm_group_s = 1;
	for (int i = 0; i < 100; i++) {
		(void)judge(&engine, i % 2 ? ALARM_QUIET : ALARM_RAISED,
			    T + i * 10);
		n += *tell(&engine, T + i * 10) != '\0';
	}
	assert_int_equal(n, 5);
	alarm_engine_happened(&engine, ALARM_ADMINISTRATOR_ACT, "one", T + 1001,
			      settings);
	assert_string_equal(tell(&engine, T + 1002), "happened");
}

/* There was nobody to tell; then there is. */
static void test_no_address(void **state)
{
	struct alarm_engine engine = { 0 };
	struct alarm_state copy;
	char *mail = settings->alarm_mail;
	enum alarm_rule rule;

	(void)state;
	settings->alarm_mail = NULL;
	assert_int_equal(judge(&engine, ALARM_RAISED, T), ALARM_TURN_RAISED);
	assert_true(alarm_engine_next(&engine, settings, T, 0, &rule));
	copy = engine.states[rule];
	alarm_engine_told(&engine, rule, &copy, settings, 0);
	assert_int_equal(judge(&engine, ALARM_RAISED, T + 15),
			 ALARM_TURN_NOTHING);
	assert_string_equal(tell(&engine, T + 15), "");
	settings->alarm_mail = mail;
	assert_int_equal(judge(&engine, ALARM_RAISED, T + 30),
			 ALARM_TURN_NOTHING);
	assert_string_equal(tell(&engine, T + 30), "raised");
}

/* A clock that is set back puts nothing off for long. */
static void test_clock(void **state)
{
	struct alarm_engine engine = { 0 };

	(void)state;
	assert_int_equal(judge(&engine, ALARM_RAISED, T), ALARM_TURN_RAISED);
	assert_string_equal(tell(&engine, T), "raised");
	assert_int_equal(judge(&engine, ALARM_QUIET, T - 30 * DAY),
			 ALARM_TURN_OVER);
	assert_string_equal(tell(&engine, T - 30 * DAY), "over");
}

/* ---- letter and window ---- */

static void test_letter(void **state)
{
	const struct alarm_state raised = {
		.raised = true,
		.since = T,
		.n = 5,
		.due = ALARM_DUE_RAISED,
		.detail = "5 users within 10 min.\nAnd more.",
	};
	struct alarm_state over = raised;
	struct letter letter;

	(void)state;
	letter_write(&letter, ALARM_MANY_LOCKS, &raised, "gate.example.org", 3,
		     T + 60);
	assert_string_equal(letter.subject,
			    "[cloxxs gate.example.org] many-locks");
	assert_string_equal(
		letter.text,
		"Many users were locked by wrong answers within a short time.\n"
		"\n"
		"Host:     gate.example.org\n"
		"Rule:     many-locks\n"
		"Since:    2027-01-15T08:00:00Z\n"
		"How many: 5\n"
		"Seen:     5 users within 10 min.\n"
		"          And more.\n"
		"\n"
		"To do: Somebody tries passwords. Block the address before "
		"the host, look with cloxxsctl status, and unlock with "
		"cloxxsctl user unlock-all --locked-since 1h --reason TEXT.\n"
		"\n"
		"You are told again while it lasts, and when it is over.\n"
		"\n"
		"Messages held back before this one, for there were too many "
		"in an hour: 3. See cloxxsctl alarm list.\n");
	over.due = ALARM_DUE_OVER;
	letter_write(&letter, ALARM_MANY_LOCKS, &over, "gate", 0, T + 60);
	assert_string_equal(letter.subject, "[cloxxs gate] over: many-locks");
	assert_non_null(strstr(letter.text, "Until:    2027-01-15T08:01:00Z"));
	assert_null(strstr(letter.text, "To do"));
}

static void test_window(void **state)
{
	struct window window;

	(void)state;
	window_init(&window, 600, 1000);
	for (int i = 0; i < 50; i++)
		window_add(&window, 1000 + i);
	assert_int_equal(window_count(&window, 1100), 50);
	assert_false(window_is_whole(&window, 1599));
	assert_true(window_is_whole(&window, 1600));
	assert_int_equal(window_count(&window, 1590), 50);
	assert_in_range(window_count(&window, 1620), 1, 40);
	assert_int_equal(window_count(&window, 1700), 0);
	window_add(&window, 1701);
	assert_int_equal(window_count(&window, 1000000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_judgements, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_off, setup, teardown),
		cmocka_unit_test_setup_teardown(test_happens, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lasts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flaps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_group, setup, teardown),
		cmocka_unit_test_setup_teardown(test_meanwhile, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_cap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cap_of_a_rule, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_address, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_clock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_letter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_window, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
