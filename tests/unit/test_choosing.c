/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choosing a password by the settings: history, ages, lists, trials. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cloxxsd/attempt/sha1.h"
#include "cloxxsd/state/history.h"
#include "tests/unit/core_fixture.h"

#define PIET 66000
#define DAY 86400

/* Good ones, by every rule. */
static const char *const good[] = {
	CORE_NEW,
	"klaver-mist-gordel-1",
	"pluimvee-as-ketel-88",
	"hagelslag-om-negen-4",
	"trommel-ui-vlinder-5",
};

static struct core fixture;
static struct core *const core = &fixture;

static const struct about piet = { .user = "piet", .address = "192.0.2.1" };
static const struct about change = { .user = "piet",
				     .address = "192.0.2.1",
				     .purpose = "change" };

static void begin(const char *lines)
{
	core_init(core, lines);
	core_world.quick = true;
	core_add(core, PIET, "piet", CORE_OLD);
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static void expect_step(struct outcome outcome, const char *step)
{
	if (strcmp(outcome.step, step) != 0)
		fail_msg("'%s' (%s%s) instead of '%s'", outcome.step,
			 outcome.error, outcome.verdict, step);
}

/* A change from one to the other; what the last answer gave. */
static struct outcome change_to(const char *from, const char *to)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, PIET);
	expect_step(start(core, &talk, change), "password");
	outcome = answer(core, &talk, from);
	if (strcmp(outcome.step, "new_password") == 0)
		outcome = answer(core, &talk, to);
	if (strcmp(outcome.step, "new_password") == 0 &&
	    !strchr(outcome.prompt, '\n'))
		outcome = answer(core, &talk, to);
	talk_close(core, &talk);
	return outcome;
}

static void must_change(const char *from, const char *to)
{
	struct outcome outcome = change_to(from, to);

	if (strcmp(outcome.verdict, "allow") != 0)
		fail_msg("'%s': %s", to, outcome.prompt);
}

static void must_not_change(const char *from, const char *to, const char *why)
{
	struct outcome outcome = change_to(from, to);

	expect_step(outcome, "new_password");
	if (!strstr(outcome.prompt, why))
		fail_msg("'%s': %s", to, outcome.prompt);
}

static int64_t n_former(void)
{
	return state_number(&core->daemon.state,
			    "SELECT count(*) FROM former_password");
}

/* abuse_82: none of the last ones, however often one changes. */
static void abuse_82_former_ones(void **state)
{
	(void)state;
	begin("[password]\nhistory = 2\n");
	must_change(CORE_OLD, good[0]);
	must_not_change(good[0], CORE_OLD, "yours before");
	must_change(good[0], good[1]);
	must_not_change(good[1], good[0], "yours before");
	must_not_change(good[1], CORE_OLD, "yours before");
	must_change(good[1], good[2]);
	/* The third from the end may come again. */
	assert_int_equal(n_former(), 2);
	must_not_change(good[2], good[0], "yours before");
	must_change(good[2], CORE_OLD);
	assert_int_equal(core_user(core, "piet").failures, 0);
	/* None of it stands in the store as it was typed, or unsealed. */
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM former_password"
				      " WHERE instr(password, 'argon') > 0"),
			 0);
}

/* An administrator's reset is no way around it, and no former one itself. */
static void abuse_82_former_ones_and_resets(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	begin("[password]\nhistory = 3\n");
	must_change(CORE_OLD, good[0]);
	for (int i = 0; i < 4; i++)
		outcome = administer(core, "ResetPassword",
				     json_pack("{s:s}", "name", "piet"));
	assert_int_equal(n_former(), 2);
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, piet), "password");
	expect_step(answer(core, &talk, outcome.temporary), "new_password");
	expect_step(answer(core, &talk, good[0]), "new_password");
	outcome = answer(core, &talk, good[0]);
	expect_step(outcome, "new_password");
	assert_non_null(strstr(outcome.prompt, "yours before"));
	expect_step(answer(core, &talk, good[1]), "new_password");
	assert_string_equal(answer(core, &talk, good[1]).verdict, "allow");
	talk_close(core, &talk);
}

/* What is no longer asked is no longer kept, and a user's goes with him. */
static void former_ones_are_dropped(void **state)
{
	(void)state;
	begin("[password]\nhistory = 5\n");
	must_change(CORE_OLD, good[0]);
	must_change(good[0], good[1]);
	assert_int_equal(n_former(), 2);
	core_configure(core, "[password]\nhistory = 1\n");
	core_restart(core);
	must_change(good[1], CORE_OLD);
	assert_int_equal(n_former(), 1);
	administer(core, "DeleteUser", json_pack("{s:s}", "name", "piet"));
	assert_int_equal(n_former(), 0);
	core_add(core, PIET + 1, "piet2", CORE_OLD);
}

/* A former one that does not open is left out; the others count. */
static void damaged_former_ones(void **state)
{
	struct secret *former;
	size_t n;

	(void)state;
	begin("[password]\nhistory = 5\n");
	must_change(CORE_OLD, good[0]);
	must_change(good[0], good[1]);
	/* A value at another's place is no value: it was moved there. */
	assert_int_equal(store_execute(core->daemon.state.store,
				       "UPDATE former_password SET password ="
				       " (SELECT password FROM user)"
				       " WHERE at = (SELECT min(at)"
				       " FROM former_password)"),
			 0);
	assert_int_equal(
		history_read(&core->daemon.state, PIET, 5, &former, &n), 0);
	assert_int_equal(n, 1);
	history_free(former, n);
	must_not_change(good[1], good[0], "yours before");
}

/* Where there are none, or none was asked for, there is no array. */
static void no_former_ones(void **state)
{
	struct secret other, *former;
	size_t n;

	(void)state;
	begin("[password]\nhistory = 5\n");
	for (uint32_t asked = 0; asked <= 5; asked += 5) {
		former = &other;
		n = 7;
		assert_int_equal(history_read(&core->daemon.state, PIET, asked,
					      &former, &n),
				 0);
		assert_null(former);
		assert_int_equal(n, 0);
	}
}

/* The first hash that begins waits for the gate. */
static sem_t gate;
static _Atomic bool is_shut;

static void pass_gate(void)
{
	if (atomic_exchange(&is_shut, false))
		(void)sem_wait(&gate);
}

/* Proves the password, and is about to say good[i] the second time. */
static void come_to_choose(struct talk *talk, int i)
{
	talk_open(core, talk, PIET);
	expect_step(start(core, talk, change), "password");
	expect_step(answer(core, talk, CORE_OLD), "new_password");
	expect_step(answer(core, talk, good[i]), "new_password");
}

/* However many new passwords one offers, others have their workers. */
static void one_hash_at_a_time(void **state)
{
	struct talk talks[3];
	struct outcome outcome;

	(void)state;
	begin("[password]\nhistory = 24\n");
	core_add(core, PIET + 1, "erik", CORE_OLD);
	for (int i = 0; i < 3; i++)
		come_to_choose(&talks[i], i);
	assert_int_equal(sem_init(&gate, 0, 0), 0);
	is_shut = true;
	core_world.before_hash = pass_gate;
	for (int i = 0; i < 3; i++) {
		send_answer(&talks[i], good[i]);
		core_settle(core);
	}
	/* The other worker takes in order: what came before erik is done. */
	expect_login(core, "erik", CORE_OLD, "allow", NULL);
	assert_int_equal(core_count(core, "password-changed"), 0);
	assert_int_equal(hasher_n_open(core->daemon.attempts.hasher), 1);
	/* Who goes while he waits proved his password: that is told. */
	talk_close(core, &talks[1]);
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM ledger"
				      " WHERE reason = 'abandoned'"),
			 1);
	assert_int_equal(sem_post(&gate), 0);
	assert_string_equal(wait_outcome(core, &talks[0]).verdict, "allow");
	outcome = wait_outcome(core, &talks[2]);
	assert_string_equal(outcome.verdict, "deny");
	assert_string_equal(core_row(core, outcome.reference).reason,
			    "superseded");
	talk_close(core, &talks[0]);
	talk_close(core, &talks[2]);
	expect_login(core, "piet", good[0], "allow", NULL);
	core_world.before_hash = NULL;
	(void)sem_destroy(&gate);
}

/* A clock that was set back puts the newest among the oldest no more. */
static void former_ones_keep_their_order(void **state)
{
	(void)state;
	begin("[password]\nhistory = 2\n");
	must_change(CORE_OLD, good[0]);
	core_world.clock_s = -100 * DAY;
	must_change(good[0], good[1]);
	must_change(good[1], good[2]);
	must_not_change(good[2], good[1], "yours before");
	must_not_change(good[2], good[0], "yours before");
	core_world.clock_s = 0;
}

/* An old one is right, and good for nothing but choosing another. */
static void too_old(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	begin("[password]\npreset = custom\nmax_age = 30d\nmin_age = 24h\n"
	      "history = 4\n");
	/* The fixture's is of 1970. */
	outcome = account(core, 0, piet);
	assert_string_equal(outcome.verdict, "change");
	assert_string_equal(open_session(core, 0, piet).verdict, "change");
	assert_string_equal(
		account(core, 0,
			(struct about){ .user = "piet", .service = "sudo" })
			.verdict,
		"change");
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, piet), "password");
	outcome = answer(core, &talk, CORE_OLD);
	expect_step(outcome, "new_password");
	assert_non_null(strstr(outcome.prompt, "too old"));
	outcome = answer(core, &talk, CORE_OLD);
	assert_non_null(strstr(outcome.prompt, "same as the old"));
	expect_step(answer(core, &talk, good[0]), "new_password");
	outcome = answer(core, &talk, good[0]);
	assert_string_equal(outcome.verdict, "allow");
	talk_close(core, &talk);
	assert_int_equal(core_count(core, "password-changed"), 1);
	assert_string_equal(account(core, 0, piet).verdict, "allow");
	expect_login(core, "piet", good[0], "allow", NULL);
	/* abuse_82: and back to the old one before a day is over? */
	outcome = change_to(good[0], good[1]);
	assert_string_equal(outcome.verdict, "deny");
	assert_string_equal(core_row(core, outcome.reference).reason,
			    "password-too-young");
	core_world.clock_s = 25 * 3600;
	must_change(good[0], good[1]);
	core_world.clock_s += 30 * DAY;
	assert_string_equal(account(core, 0, piet).verdict, "change");
	assert_int_equal(core_user(core, "piet").failures, 0);
	core_world.clock_s = 0;
}

/* Cron and the user's manager cannot ask for another. */
static void too_old_for_nobody_there(void **state)
{
	static const char *const services[] = { "cron", "systemd-user" };

	(void)state;
	begin("[password]\npreset = custom\nmax_age = 30d\n");
	(void)administer(core, "SetUser",
			 json_pack("{s:s, s:[s, s]}", "name", "piet",
				   "services", "sshd", "cron"));
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		const struct about about = { .user = "piet",
					     .service = services[i],
					     .address = "192.0.2.1" };

		assert_string_equal(account(core, 0, about).verdict, "allow");
		assert_string_equal(open_session(core, 0, about).verdict,
				    "allow");
	}
	assert_string_equal(account(core, 0, piet).verdict, "change");
}

/* The list is looked at when a password is chosen, and never else. */
static void abuse_82_breached(void **state)
{
	char list[128], lines[256], hex[64];
	uint8_t digest[SHA1_BYTES];

	(void)state;
	begin(NULL);
	scratch_path(&core->scratch, "list", list);
	(void)snprintf(lines, sizeof(lines), "[password]\nbreached = %s\n",
		       list);
	core_configure(core, lines);
	core_restart(core);
	/* It is missing: no login hangs on it, and no change passes it. */
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
	must_not_change(CORE_OLD, good[0], "cannot be looked up");
	sha1(good[0], strlen(good[0]), digest);
	for (size_t i = 0; i < SHA1_BYTES; i++)
		(void)snprintf(hex + 2 * i, 3, "%02X", digest[i]);
	memcpy(hex + 40, ":7\r\n", 5);
	scratch_write(&core->scratch, "list", hex, 44, 0644);
	must_not_change(CORE_OLD, good[0], "stolen");
	must_change(CORE_OLD, good[1]);
	/* Of another order, or another's: the same as missing. */
	scratch_write(&core->scratch, "list", "zzz\n", 4, 0644);
	must_not_change(good[1], good[2], "cannot be looked up");
	expect_login(core, "piet", good[1], "allow", NULL);
	assert_int_equal(core_user(core, "piet").failures, 0);
}

/* What goes beyond the preset is told, and taken. */
static void on_trial(void **state)
{
	static const char lines[] =
		"[password]\nminlen = 40\nhistory = 3\nbadwords = kiwi\n"
		"breached = /nonexistent/list\ntrial = yes\n";

	(void)state;
	begin(lines);
	/* The words of the list, the length, and a list that is not there. */
	must_change(CORE_OLD, good[0]);
	assert_int_equal(core_count(core, "password-trial"), 1);
	must_change(good[0], CORE_OLD);
	assert_int_equal(core_count(core, "password-trial"), 2);
	/* The preset's own are in force. */
	must_not_change(CORE_OLD, "zwavel-tjilp-1", "shorter than 15");
	must_not_change(CORE_OLD, "cloxxs-zwavel-honing", "'cloxxs'");
	must_not_change(CORE_OLD, "piet-zwavel-tjilp-honing", "user name");
	must_not_change(CORE_OLD, "incomprehensibility", "dictionary");
	must_not_change(CORE_OLD, CORE_OLD, "same as the old");
	assert_int_equal(core_count(core, "password-trial"), 2);
}

/* Ten former ones of the preset bio are no trial's. */
static void on_trial_the_preset_stays(void **state)
{
	(void)state;
	begin("[password]\npreset = bio\nhistory = 24\ntrial = yes\n");
	core_world.clock_s = 0;
	must_change(CORE_OLD, good[0]);
	core_world.clock_s += 25 * 3600;
	must_not_change(good[0], CORE_OLD, "yours before");
	must_not_change(good[0], "zwaveltjilphoni", "at least: 3");
	assert_int_equal(core_count(core, "password-trial"), 0);
	core_world.clock_s = 0;
}

/* What was wrong last stands with the refusal. */
static void refusals_name_the_rule(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	begin(NULL);
	talk_open(core, &talk, PIET);
	expect_step(start(core, &talk, change), "password");
	expect_step(answer(core, &talk, CORE_OLD), "new_password");
	for (int i = 0; i < 3; i++)
		outcome = answer(core, &talk, "short");
	assert_string_equal(outcome.verdict, "deny");
	assert_int_equal(
		state_number(&core->daemon.state,
			     "SELECT count(*) FROM ledger WHERE details ="
			     " 'password=too-short'"),
		1);
	talk_close(core, &talk);
}

static const char *outcome_in(const json_t *reply, const char *name)
{
	const json_t *rule;
	size_t i;

	json_array_foreach(
		json_object_get(json_object_get(reply, "parameters"), "rules"),
		i, rule)
	{
		if (strcmp(json_string_value(json_object_get(rule, "rule")),
			   name) == 0)
			return json_string_value(
				json_object_get(rule, "outcome"));
	}
	return "";
}

static json_t *check(const char *password, const char *name)
{
	struct talk talk;
	json_t *reply;

	talk_open(core, &talk, 0);
	reply = talk_call(
		core, &talk, "nl.cloxxs.Admin.CheckPassword",
		json_pack("{s:s, s:s*}", "password", password, "user", name));
	talk_close(core, &talk);
	return reply;
}

static const char *verdict_in(const json_t *reply)
{
	const char *verdict = json_string_value(json_object_get(
		json_object_get(reply, "parameters"), "verdict"));

	return verdict ? verdict : "";
}

/* It is no oracle: what is stored is not asked, counted or recorded. */
static void checking_asks_nothing_stored(void **state)
{
	json_t *reply;
	int64_t seq;

	(void)state;
	begin("[password]\nhistory = 3\n");
	must_change(CORE_OLD, good[0]);
	seq = core->daemon.state.ledger.seq;
	core_world.n_verified = 0;
	reply = check(good[0], "piet");
	assert_string_equal(verdict_in(reply), "allow");
	assert_string_equal(outcome_in(reply, "present"), "skipped");
	assert_string_equal(outcome_in(reply, "history"), "skipped");
	assert_string_equal(outcome_in(reply, "name"), "pass");
	json_decref(reply);
	reply = check(CORE_OLD, "piet");
	assert_string_equal(verdict_in(reply), "allow");
	json_decref(reply);
	reply = check("piet", "piet");
	assert_string_equal(verdict_in(reply), "deny");
	assert_string_equal(outcome_in(reply, "length"), "deny");
	assert_string_equal(outcome_in(reply, "name"), "deny");
	json_decref(reply);
	reply = check("piet-zwavel-tjilp-honing", NULL);
	assert_string_equal(verdict_in(reply), "allow");
	assert_string_equal(outcome_in(reply, "name"), "skipped");
	json_decref(reply);
	reply = check("zwavel-tjilp-honing\x01", NULL);
	assert_string_equal(verdict_in(reply), "deny");
	assert_string_equal(outcome_in(reply, "text"), "deny");
	json_decref(reply);
	assert_int_equal(core->daemon.state.ledger.seq, seq);
	assert_int_equal(core_world.n_verified, 0);
	assert_int_equal(core_user(core, "piet").failures, 0);
}

static void checking_searches_the_list(void **state)
{
	json_t *reply;

	(void)state;
	begin("[password]\nbreached = /nonexistent/list\n");
	reply = check(good[0], NULL);
	assert_string_equal(verdict_in(reply), "deny");
	assert_string_equal(outcome_in(reply, "breached"), "deny");
	json_decref(reply);
	core_configure(core, "[password]\nbreached = /nonexistent/list\n"
			     "trial = yes\n");
	core_restart(core);
	reply = check(good[0], NULL);
	assert_string_equal(verdict_in(reply), "allow");
	assert_string_equal(outcome_in(reply, "breached"), "trial");
	json_decref(reply);
}

/* What is made keeps the rules, whatever they are. */
static void what_is_made_is_taken(void **state)
{
	static const char *const policies[] = {
		NULL,
		"[password]\npreset = bio\n",
		"[password]\npreset = custom\nucredit = -3\ndcredit = -2\n"
		"lcredit = -2\nocredit = -2\nminclass = 4\n",
	};

	(void)state;
	begin(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		struct talk talk;
		json_t *reply, *judged;
		const char *made;

		core_configure(core, policies[i]);
		core_restart(core);
		talk_open(core, &talk, 0);
		reply = talk_call(core, &talk,
				  "nl.cloxxs.Admin.GeneratePassword",
				  json_object());
		made = json_string_value(json_object_get(
			json_object_get(reply, "parameters"), "password"));
		assert_non_null(made);
		judged = check(made, "piet");
		assert_string_equal(verdict_in(judged), "allow");
		talk_close(core, &talk);
		json_decref(judged);
		json_decref(reply);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(abuse_82_former_ones, teardown),
		cmocka_unit_test_teardown(abuse_82_former_ones_and_resets,
					  teardown),
		cmocka_unit_test_teardown(former_ones_are_dropped, teardown),
		cmocka_unit_test_teardown(damaged_former_ones, teardown),
		cmocka_unit_test_teardown(no_former_ones, teardown),
		cmocka_unit_test_teardown(one_hash_at_a_time, teardown),
		cmocka_unit_test_teardown(former_ones_keep_their_order,
					  teardown),
		cmocka_unit_test_teardown(too_old, teardown),
		cmocka_unit_test_teardown(too_old_for_nobody_there, teardown),
		cmocka_unit_test_teardown(abuse_82_breached, teardown),
		cmocka_unit_test_teardown(on_trial, teardown),
		cmocka_unit_test_teardown(on_trial_the_preset_stays, teardown),
		cmocka_unit_test_teardown(refusals_name_the_rule, teardown),
		cmocka_unit_test_teardown(checking_asks_nothing_stored,
					  teardown),
		cmocka_unit_test_teardown(checking_searches_the_list, teardown),
		cmocka_unit_test_teardown(what_is_made_is_taken, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
