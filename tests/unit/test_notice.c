/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The notice in a conversation, and what a session begins with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/state/visit.h"
#include "tests/unit/core_fixture.h"

#define PIET 66000
#define JAN 66001
#define NO_ATTEMPT "nl.cloxxs.Login.NoAttempt"

#define ASK "[notice]\nrequire = ask\nversion = 1\n"
#define STRICT "[notice]\nrequire = yes\nversion = 1\n"

static struct core fixture;
static struct core *const core = &fixture;

static const struct about piet = { .user = "piet", .address = "192.0.2.1" };

static void begin(const char *lines)
{
	core_init(core, lines);
	core_world.quick = true;
	core_add(core, PIET, "piet", CORE_OLD);
}

static int setup(void **state)
{
	(void)state;
	begin(NULL);
	return 0;
}

static int setup_ask(void **state)
{
	(void)state;
	begin(ASK);
	return 0;
}

static int setup_strict(void **state)
{
	(void)state;
	begin(STRICT);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static void expect_step(const struct outcome *outcome, const char *step)
{
	if (strcmp(outcome->step, step) != 0)
		fail_msg("'%s' (%s%s) instead of '%s'", outcome->step,
			 outcome->error, outcome->verdict, step);
}

static void expect_denied(struct outcome outcome, const char *reason)
{
	assert_string_equal(outcome.verdict, "deny");
	assert_string_equal(core_row(core, outcome.reference).reason, reason);
}

static bool has_accepted(uint32_t uid, const char *version)
{
	struct acceptance acceptance;

	return acceptance_find(core->daemon.state.store, uid, version,
			       &acceptance) == 0;
}

/* A login up to the question, which it must come to. */
static struct outcome ask(struct talk *talk)
{
	struct outcome outcome;

	talk_open(core, talk, 0);
	(void)start(core, talk, piet);
	outcome = answer(core, talk, CORE_OLD);
	expect_step(&outcome, "notice");
	return outcome;
}

/* One that answers it so. */
static struct outcome log_in_and(const char *typed)
{
	struct outcome outcome;
	struct talk talk;

	(void)ask(&talk);
	outcome = answer(core, &talk, typed);
	talk_close(core, &talk);
	return outcome;
}

static void speak_dutch(void)
{
	struct user user = core_user(core, "piet");

	memcpy(user.language, "nl", sizeof("nl"));
	core_set(core, &user);
}

/* As a reload does it, without its signal. */
static void reload(const char *lines)
{
	struct daemon *daemon = &core->daemon;
	struct settings *settings;
	char findings[512];
	struct text error;

	core_configure(core, lines);
	text_init(&error, findings, sizeof(findings));
	if (daemon_load_settings(&daemon->options, &error, &settings) != 0)
		fail_msg("%s", findings);
	settings_free(daemon->settings);
	daemon->settings = settings;
	daemon->attempts.settings = settings;
}

/* With nothing configured it is shown at each login. */
static void promise_S09_it_is_shown(void **state)
{
	struct outcome outcome;
	struct about about = piet;

	(void)state;
	outcome = log_in(core, "piet", CORE_OLD);
	assert_string_equal(outcome.verdict, "allow");
	assert_non_null(strstr(outcome.message, "Confidentiality\n"));
	assert_non_null(strstr(outcome.message, "Free text"));
	about.pass = outcome.pass;
	outcome = open_session(core, 0, about);
	assert_string_equal(outcome.verdict, "allow");
	assert_non_null(strstr(outcome.message, "Confidentiality\n"));
	assert_int_equal(core_count(core, "notice-accepted"), 0);
	speak_dutch();
	outcome = log_in(core, "piet", CORE_OLD);
	assert_non_null(strstr(outcome.message, "Vertrouwelijkheid\n"));
}

/* What acts for him, and not he, is shown nothing. */
static void programs_are_shown_nothing(void **state)
{
	static const struct about abouts[] = {
		{ .user = "piet",
		  .service = "sudo",
		  .requester = "piet",
		  .terminal = "/dev/pts/1" },
		{ .user = "piet", .service = "sudo", .requester = "root" },
		{ .user = "piet", .service = "sudo", .terminal = "cron" },
		{ .user = "piet", .service = "sudo" },
	};
	struct outcome outcome;

	(void)state;
	(void)open_session(core, 0, piet);
	for (size_t i = 0; i < ARRAY_SIZE(abouts); i++) {
		outcome = open_session(core, 0, abouts[i]);
		assert_string_equal(outcome.verdict, "allow");
		assert_string_equal(outcome.message, "");
	}
	/* Nor to himself, who speaks to the daemon. */
	outcome = open_session(core, PIET, piet);
	assert_string_equal(outcome.message, "");
}

static void it_is_not_shown_where_that_is_off(void **state)
{
	(void)state;
	reload("[notice]\nshow = no\n[login]\nlast_login = no\n");
	assert_string_equal(log_in(core, "piet", CORE_OLD).message, "");
	for (int i = 0; i < 2; i++)
		assert_string_equal(open_session(core, 0, piet).message, "");
}

static void promise_S09_it_is_accepted_once(void **state)
{
	static const char *const words[] = { "yes", "JA", " Yes ", "ja" };
	struct acceptance acceptance;
	struct outcome outcome;
	struct talk talk;
	char version[24], lines[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		(void)snprintf(version, sizeof(version), "%zu", i + 1);
		outcome = ask(&talk);
		assert_non_null(strstr(outcome.prompt, "Confidentiality\n"));
		assert_non_null(strstr(outcome.prompt, "Type yes to accept: "));
		assert_string_equal(outcome.pass, "");
		assert_false(has_accepted(PIET, version));
		outcome = answer(core, &talk, words[i]);
		talk_close(core, &talk);
		assert_string_equal(outcome.verdict, "allow");
		assert_string_equal(outcome.message, "");
		assert_int_equal(strlen(outcome.pass), 32);
		assert_true(has_accepted(PIET, version));
		assert_int_equal(core_count(core, "notice-accepted"), i + 1);
		/* From now on nothing is asked, or shown. */
		outcome = log_in(core, "piet", CORE_OLD);
		assert_string_equal(outcome.verdict, "allow");
		assert_string_equal(outcome.message, "");
		assert_null(strstr(open_session(core, 0, piet).message,
				   "Confidentiality"));
		/* Another version asks again. */
		(void)snprintf(lines, sizeof(lines),
			       "[notice]\nrequire = ask\nversion = %zu\n",
			       i + 2);
		reload(lines);
	}
	assert_int_equal(acceptance_find(core->daemon.state.store, PIET, "1",
					 &acceptance),
			 0);
	assert_string_equal(acceptance.language, "en");
	assert_string_equal(acceptance.service, "sshd");
	assert_string_equal(acceptance.address, "192.0.2.1");
}

static void in_his_language(void **state)
{
	struct acceptance acceptance;
	struct outcome outcome;
	struct talk talk;

	(void)state;
	speak_dutch();
	outcome = ask(&talk);
	assert_non_null(strstr(outcome.prompt, "Vertrouwelijkheid\n"));
	assert_non_null(strstr(outcome.prompt, "Typ ja om te aanvaarden: "));
	assert_string_equal(answer(core, &talk, "ja").verdict, "allow");
	talk_close(core, &talk);
	assert_int_equal(acceptance_find(core->daemon.state.store, PIET, "1",
					 &acceptance),
			 0);
	assert_string_equal(acceptance.language, "nl");
}

/* Who has no language of his own is spoken to in that of his client. */
static void in_that_of_his_client(void **state)
{
	struct about about = piet;
	struct acceptance acceptance;
	struct outcome outcome;
	struct talk talk;

	(void)state;
	about.language = "nl_NL.UTF-8";
	talk_open(core, &talk, 0);
	(void)start(core, &talk, about);
	outcome = answer(core, &talk, CORE_OLD);
	assert_non_null(strstr(outcome.prompt, "Vertrouwelijkheid\n"));
	outcome = answer(core, &talk, "nee");
	assert_non_null(
		strstr(outcome.message, "U hebt de instructie niet aanvaard."));
	talk_close(core, &talk);
	talk_open(core, &talk, 0);
	(void)start(core, &talk, about);
	(void)answer(core, &talk, CORE_OLD);
	assert_string_equal(answer(core, &talk, "ja").verdict, "allow");
	talk_close(core, &talk);
	assert_int_equal(acceptance_find(core->daemon.state.store, PIET, "1",
					 &acceptance),
			 0);
	assert_string_equal(acceptance.language, "nl");
	(void)open_session(core, 0, about);
	assert_non_null(strstr(open_session(core, 0, about).message,
			       "Laatste aanmelding: "));
}

static json_t *about_json(void)
{
	return json_pack("{s:s, s:s, s:s}", "user", "piet", "service", "sshd",
			 "address", "192.0.2.1");
}

static void expect_decision(const json_t *reply, const char *of,
			    const char *verdict, const char *reason)
{
	const json_t *decision =
		json_object_get(json_object_get(reply, "parameters"), of);
	const json_t *told = json_object_get(decision, "verdict");

	assert_non_null(decision);
	assert_string_equal(json_string_value(told), verdict);
	told = json_object_get(decision, "reason");
	assert_string_equal(json_string_value(told), reason);
}

/* By a key nobody can be asked: see the reason. */
static void it_is_explained(void **state)
{
	struct talk talk;
	json_t *reply;

	(void)state;
	talk_open(core, &talk, 0);
	reply = talk_call(core, &talk, "nl.cloxxs.Admin.ExplainLogin",
			  about_json());
	expect_decision(reply, "login", "notice", "notice-due");
	expect_decision(reply, "account", "deny", "notice-not-accepted");
	json_decref(reply);
	talk_close(core, &talk);
}

/* A test of a login goes on as if it were accepted, and accepts nothing. */
static void a_test_is_not_asked(void **state)
{
	struct visit visit;
	struct talk talk;
	json_t *reply;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		talk_open(core, &talk, 0);
		json_decref(talk_call(core, &talk, "nl.cloxxs.Admin.TestLogin",
				      about_json()));
		talk_send(&talk, "nl.cloxxs.Admin.TestAnswer",
			  json_pack("{s:s}", "answer",
				    i == 0 ? CORE_WRONG : CORE_OLD));
		reply = talk_wait(core, &talk);
		talk_close(core, &talk);
		if (i == 0)
			json_decref(reply);
	}
	expect_decision(reply, "login", "allow", "password-verified");
	expect_decision(reply, "account", "allow", "rules-passed");
	json_decref(reply);
	assert_false(has_accepted(PIET, "1"));
	assert_int_equal(core_count(core, "notice-accepted"), 0);
	assert_int_equal(visit_find(core->daemon.state.store, PIET, &visit), 0);
	assert_int_equal(visit.failed, 0);
}

static void anything_but_yes_is_no(void **state)
{
	static const char *const words[] = { "",     "no",   "nee",
					     "y",    "yess", "yes ja",
					     "ye s", "1",    CORE_OLD };
	char long_answer[2000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		expect_denied(log_in_and(words[i]), "notice-declined");
	memset(long_answer, ' ', sizeof(long_answer) - 1);
	memcpy(long_answer, "yes", 3);
	long_answer[sizeof(long_answer) - 1] = '\0';
	expect_denied(log_in_and(long_answer), "notice-declined");
	assert_int_equal(core_user(core, "piet").failures, 0);
	assert_false(has_accepted(PIET, "1"));
	assert_int_equal(core_count(core, "notice-accepted"), 0);
	assert_int_equal(core_count(core, "login-allowed"), 0);
	assert_string_equal(log_in_and("yes").verdict, "allow");
}

/* The count is set to zero by who comes in, not by the right password alone. */
static void a_count_stands_until_it_is_accepted(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		expect_login(core, "piet", CORE_WRONG, "deny",
			     "wrong-password");
	expect_denied(log_in_and("no"), "notice-declined");
	assert_int_equal(core_user(core, "piet").failures, 2);
	assert_string_equal(log_in_and("yes").verdict, "allow");
	assert_int_equal(core_user(core, "piet").failures, 0);
}

static void whoever_goes_has_not_accepted(void **state)
{
	struct talk talk;

	(void)state;
	(void)ask(&talk);
	/* Nothing is held while it waits. */
	assert_false(core_user(core, "piet").claim);
	talk_close(core, &talk);
	core_settle(core);
	assert_int_equal(core_count(core, "login-denied"), 1);
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM ledger WHERE"
				      " reason = 'abandoned'"),
			 1);
	assert_int_equal(core_user(core, "piet").failures, 0);
	assert_false(has_accepted(PIET, "1"));
}

static void an_open_question_holds_nobody_up(void **state)
{
	struct talk talks[20];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
		(void)ask(&talks[i]);
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++) {
		assert_string_equal(answer(core, &talks[i], "yes").verdict,
				    "allow");
		talk_close(core, &talks[i]);
	}
	assert_int_equal(core_count(core, "login-allowed"), ARRAY_SIZE(talks));
}

/* sshd's mode "password" has no way to ask. */
static void who_cannot_be_asked(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	(void)ask(&talk);
	outcome = outcome_of(talk_call(core, &talk, "nl.cloxxs.Login.Answer",
				       json_object()));
	expect_denied(outcome, "cannot-ask");
	assert_string_equal(answer(core, &talk, "yes").error, NO_ATTEMPT);
	talk_close(core, &talk);
	assert_int_equal(core_user(core, "piet").failures, 0);
	assert_int_equal(core_count(core, "login-denied"), 1);
}

static void a_key_may_wait(void **state)
{
	struct outcome outcome;

	(void)state;
	assert_string_equal(account(core, 0, piet).verdict, "allow");
	outcome = open_session(core, 0, piet);
	assert_string_equal(outcome.verdict, "allow");
	assert_non_null(strstr(outcome.message, "Confidentiality\n"));
	assert_string_equal(log_in_and("yes").verdict, "allow");
}

static void promise_S09_a_key_does_not_go_around_it(void **state)
{
	struct about within = { .user = "piet",
				.service = "sudo",
				.requester = "piet" };

	(void)state;
	expect_denied(account(core, 0, piet), "notice-not-accepted");
	expect_denied(open_session(core, 0, piet), "notice-not-accepted");
	/* Who says from elsewhere that he is within is not. */
	within.address = "192.0.2.1";
	expect_denied(account(core, 0, within), "notice-not-accepted");
	within.address = NULL;
	assert_string_equal(account(core, 0, within).verdict, "allow");
	assert_string_equal(log_in_and("yes").verdict, "allow");
	assert_string_equal(account(core, 0, piet).verdict, "allow");
	assert_string_equal(open_session(core, 0, piet).verdict, "allow");
	reload("[notice]\nrequire = yes\nversion = 2\n");
	expect_denied(account(core, 0, piet), "notice-not-accepted");
}

/* What was read is what is accepted. */
static void another_text_while_it_is_read(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	(void)ask(&talk);
	reload("[notice]\nrequire = ask\nversion = 2\n");
	outcome = answer(core, &talk, "yes");
	expect_step(&outcome, "notice");
	assert_int_equal(core_count(core, "notice-accepted"), 0);
	assert_string_equal(answer(core, &talk, "yes").verdict, "allow");
	talk_close(core, &talk);
	assert_false(has_accepted(PIET, "1"));
	assert_true(has_accepted(PIET, "2"));
}

static void what_comes_between(void **state)
{
	struct talk talk;

	(void)state;
	(void)ask(&talk);
	core_apply(core, (struct change){ .type = CHANGE_USER_LOCK,
					  .uid = PIET,
					  .at = 1,
					  .text = "test" });
	expect_denied(answer(core, &talk, "yes"), "locked");
	talk_close(core, &talk);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_UNLOCK, .uid = PIET });
	/* Locked and unlocked again: it is another credential. */
	(void)ask(&talk);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_UNLOCK, .uid = PIET });
	expect_denied(answer(core, &talk, "yes"), "superseded");
	talk_close(core, &talk);
	(void)ask(&talk);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DELETE, .uid = PIET });
	expect_denied(answer(core, &talk, "yes"), "unknown-user");
	talk_close(core, &talk);
	assert_int_equal(core_count(core, "notice-accepted"), 0);
}

/* First another password, then the notice: each stands by itself. */
static void behind_a_temporary_password(void **state)
{
	static const struct about jan = { .user = "jan" };
	struct outcome outcome;
	struct talk talk;

	(void)state;
	core_add_temporary(core, JAN, "jan", CORE_OLD);
	talk_open(core, &talk, 0);
	(void)start(core, &talk, jan);
	outcome = answer(core, &talk, CORE_OLD);
	expect_step(&outcome, "new_password");
	(void)answer(core, &talk, CORE_NEW);
	outcome = answer(core, &talk, CORE_NEW);
	expect_step(&outcome, "notice");
	assert_int_equal(core_user(core, "jan").password_kind,
			 USER_PASSWORD_CHOSEN);
	assert_int_equal(core_user(core, "jan").last_login, 0);
	expect_denied(answer(core, &talk, "no"), "notice-declined");
	talk_close(core, &talk);
	assert_int_equal(core_count(core, "password-changed"), 1);
	talk_open(core, &talk, 0);
	(void)start(core, &talk, jan);
	outcome = answer(core, &talk, CORE_NEW);
	expect_step(&outcome, "notice");
	assert_string_equal(answer(core, &talk, "yes").verdict, "allow");
	talk_close(core, &talk);
	assert_true(core_user(core, "jan").last_login > 0);
}

static void a_change_of_ones_own_asks_nothing(void **state)
{
	struct about about = piet;
	struct outcome outcome;
	struct talk talk;

	(void)state;
	about.purpose = "change";
	talk_open(core, &talk, 0);
	(void)start(core, &talk, about);
	outcome = answer(core, &talk, CORE_OLD);
	expect_step(&outcome, "new_password");
	(void)answer(core, &talk, CORE_NEW);
	outcome = answer(core, &talk, CORE_NEW);
	assert_string_equal(outcome.verdict, "allow");
	assert_string_equal(outcome.message, "");
	talk_close(core, &talk);
}

/* What cannot be written was not accepted. */
static void an_acceptance_is_written_first(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	(void)ask(&talk);
	assert_int_equal(store_run(core->daemon.state.store,
				   "CREATE TEMP TRIGGER no BEFORE INSERT ON"
				   " main.acceptance BEGIN"
				   " SELECT raise(ABORT, 'full'); END",
				   ""),
			 0);
	outcome = answer(core, &talk, "yes");
	assert_string_equal(outcome.verdict, "unavailable");
	assert_string_equal(outcome.pass, "");
	talk_close(core, &talk);
	assert_false(has_accepted(PIET, "1"));
	assert_int_equal(core_user(core, "piet").last_login, 0);
	assert_int_equal(
		store_run(core->daemon.state.store, "DROP TRIGGER no", ""), 0);
}

static void expect_visit(const char *expected)
{
	struct outcome outcome = open_session(core, 0, piet);
	const char *found = strstr(outcome.message, "Last login: ");

	assert_non_null(found);
	/* Whatever day and zone it is here. */
	found = strstr(found, " from ");
	assert_non_null(found);
	assert_string_equal(found, expected);
}

static void it_is_told_when_he_was_last_here(void **state)
{
	struct visit visit;

	(void)state;
	assert_null(strstr(open_session(core, 0, piet).message, "Last login"));
	expect_visit(" from 192.0.2.1 (sshd). Failed attempts since: 0");
	/* Wrong ones count, and those of whoever is locked by them. */
	for (int i = 0; i < 4; i++)
		(void)log_in(core, "piet", CORE_WRONG);
	(void)log_in(core, "piet", CORE_OLD);
	/* Not what nobody typed. */
	(void)log_in(core, "piet", "");
	(void)log_in(core, "nobody", CORE_OLD);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_UNLOCK, .uid = PIET });
	expect_visit(" from 192.0.2.1 (sshd). Failed attempts since: 5");
	expect_visit(" from 192.0.2.1 (sshd). Failed attempts since: 0");
	assert_int_equal(store_run(core->daemon.state.store,
				   "UPDATE visit SET failed = 99", ""),
			 0);
	expect_visit(" from 192.0.2.1 (sshd). Failed attempts since: 99");
	assert_int_equal(store_run(core->daemon.state.store,
				   "UPDATE visit SET failed = 1000", ""),
			 0);
	expect_visit(" from 192.0.2.1 (sshd). Failed attempts since: 100+");
	/* Who speaks for himself did not come in. */
	(void)open_session(core, PIET, piet);
	assert_int_equal(visit_find(core->daemon.state.store, PIET, &visit), 0);
	assert_string_equal(visit.address, "192.0.2.1");
}

static void a_terminal_is_a_place_too(void **state)
{
	static const struct about console = { .user = "piet",
					      .service = "sudo",
					      .terminal = "/dev/tty1" };
	struct outcome outcome;

	(void)state;
	(void)open_session(core, 0, console);
	speak_dutch();
	outcome = open_session(core, 0, console);
	assert_non_null(strstr(outcome.message, "Laatste aanmelding: "));
	assert_non_null(strstr(outcome.message,
			       " op /dev/tty1 (sudo). Mislukte pogingen "
			       "sindsdien: 0"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define ASKED(name) cmocka_unit_test_setup_teardown(name, setup_ask, teardown)
#define REQUIRED(name) \
	cmocka_unit_test_setup_teardown(name, setup_strict, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(promise_S09_it_is_shown),
		TEST(programs_are_shown_nothing),
		TEST(it_is_not_shown_where_that_is_off),
		ASKED(promise_S09_it_is_accepted_once),
		ASKED(in_his_language),
		ASKED(in_that_of_his_client),
		REQUIRED(it_is_explained),
		REQUIRED(a_test_is_not_asked),
		ASKED(anything_but_yes_is_no),
		ASKED(a_count_stands_until_it_is_accepted),
		ASKED(whoever_goes_has_not_accepted),
		ASKED(an_open_question_holds_nobody_up),
		ASKED(who_cannot_be_asked),
		ASKED(a_key_may_wait),
		REQUIRED(promise_S09_a_key_does_not_go_around_it),
		ASKED(another_text_while_it_is_read),
		ASKED(what_comes_between),
		ASKED(behind_a_temporary_password),
		ASKED(a_change_of_ones_own_asks_nothing),
		ASKED(an_acceptance_is_written_first),
		TEST(it_is_told_when_he_was_last_here),
		TEST(a_terminal_is_a_place_too),
	};

	return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
