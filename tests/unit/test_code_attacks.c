/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways around the second factor that somebody found, each closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/courier_fixture.h"

#define PIET 66000
#define JAN 66001
#define PHONE "+31612345642"
#define ALWAYS "[service sshd]\ncode = always\n"

static struct core fixture;
static struct core *const core = &fixture;
static const struct about piet = { .user = "piet", .address = "192.0.2.1" };

static int setup(void **state)
{
	(void)state;
	memset(&courier, 0, sizeof(courier));
	core_init(core, ALWAYS);
	core_world.quick = true;
	core_add(core, PIET, "piet", CORE_OLD);
	core_add(core, JAN, "jan", CORE_OLD);
	courier_listen(core);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	courier_end();
	core_finish(core);
	return 0;
}

/* After the password, at about's service and address. */
static struct outcome begin(struct talk *talk, struct about about)
{
	talk_open(core, talk, 0);
	(void)start(core, talk, about);
	return answer(core, talk, CORE_OLD);
}

static void expect_step(struct outcome outcome, const char *step)
{
	assert_string_equal(outcome.error, "");
	assert_string_equal(outcome.step, step);
}

static void expect_allowed(struct outcome outcome)
{
	expect_step(outcome, "done");
	assert_string_equal(outcome.verdict, "allow");
}

static void expect_denied(struct outcome outcome, const char *reason)
{
	expect_step(outcome, "done");
	assert_string_equal(outcome.verdict, "deny");
	assert_string_equal(core_row(core, outcome.reference).reason, reason);
}

/* Of the account phase and of a session, which have no steps. */
static void expect_refused(struct outcome outcome, const char *reason)
{
	assert_string_equal(outcome.verdict, "deny");
	assert_string_equal(core_row(core, outcome.reference).reason, reason);
}

static uint32_t failures(const char *user)
{
	return core_user(core, user).failures;
}

/* A login that asks for no code gives no guess at a code back. */
static void abuse_68_a_password_alone_forgives_no_code(void **state)
{
	static const struct about elsewhere[] = {
		{ .user = "piet", .service = "imap", .address = "192.0.2.1" },
		{ .user = "piet", .address = "198.51.100.9" },
	};

	(void)state;
	courier_reconfigure(core, "[service sshd]\n"
				  "code = outside 198.51.100.0/24\n");
	core_set_services(core, "piet", "sshd,imap");
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		struct talk talk, other;

		have_factor(core, PIET, NULL, NULL, SEED);
		(void)log_in(core, "piet", CORE_WRONG);
		(void)begin(&talk, piet);
		expect_step(answer(core, &talk, "000"), "code");
		assert_int_equal(failures("piet"), 2);
		expect_allowed(begin(&other, elsewhere[i]));
		talk_close(core, &other);
		/* The wrong password is forgiven, the wrong code is not. */
		assert_int_equal(failures("piet"), 1);
		expect_step(answer(core, &talk, "001"), "code");
		expect_allowed(begin(&other, elsewhere[i]));
		talk_close(core, &other);
		expect_denied(answer(core, &talk, "002"), "wrong-code");
		talk_close(core, &talk);
		assert_true(core_user(core, "piet").locked_at != 0);
		core_apply(core, (struct change){ .type = CHANGE_USER_UNLOCK,
						  .uid = PIET });
	}
}

/* Each wrong code counts for its source, in an attempt that goes on too. */
static void wrong_codes_make_their_source_wait(void **state)
{
	struct talk talk;

	(void)state;
	courier_reconfigure(core, ALWAYS "[throttle]\nfailures = 3\n"
					 "exempt = none\n");
	have_factor(core, PIET, NULL, NULL, SEED);
	have_factor(core, JAN, NULL, NULL, SEED);
	(void)begin(&talk, piet);
	for (int i = 0; i < 2; i++)
		expect_step(answer(core, &talk, "000"), "code");
	talk_close(core, &talk);
	(void)begin(&talk,
		    (struct about){ .user = "jan", .address = "192.0.2.1" });
	expect_step(answer(core, &talk, "000"), "code");
	talk_close(core, &talk);
	assert_int_equal(core_count(core, "address-throttled"), 1);
}

/* Who comes from afar and says that he is another one is himself. */
static void a_name_from_afar_spares_no_code(void **state)
{
	struct about about = piet;

	(void)state;
	have_factor(core, PIET, NULL, NULL, SEED);
	about.requester = "mallory";
	assert_string_equal(open_session(core, 0, about).verdict, "deny");
	about.method = "publickey";
	assert_string_equal(account(core, 0, about).verdict, "deny");
}

static void a_wrong_code_is_wrong_when_none_is_asked_any_more(void **state)
{
	struct settings_service *service = &core->daemon.settings->services[0];
	struct outcome outcome;
	struct talk talk;

	(void)state;
	have_factor(core, PIET, NULL, NULL, SEED);
	(void)begin(&talk, piet);
	for (int i = 0; i < 2; i++)
		expect_step(answer(core, &talk, "000"), "code");
	service->code.when = CODE_WHEN_NEVER;
	outcome = answer(core, &talk, "000");
	service->code.when = CODE_WHEN_ALWAYS;
	expect_denied(outcome, "superseded");
	assert_string_equal(outcome.pass, "");
	talk_close(core, &talk);
}

static void a_code_is_of_the_way_by_which_it_went(void **state)
{
	struct recovery_codes codes = { .n = 1 };
	char text[RECOVERY_CODE_TEXT], code[16];
	struct talk talk;

	(void)state;
	have_factor(core, PIET, PHONE, NULL, SEED);
	(void)begin(&talk, piet);
	expect_step(answer(core, &talk, "sms"), "code");
	expect_step(answer(core, &talk, "app"), "code");
	expect_allowed(answer(core, &talk, courier.code));
	talk_close(core, &talk);
	/* And burns no recovery code. */
	have_factor(core, PIET, PHONE, NULL, NULL);
	recovery_code_make(text);
	assert_true(recovery_code_digest(PIET, text, codes.digests[0]));
	core_apply(core, (struct change){ .type = CHANGE_RECOVERY_CODES,
					  .uid = PIET,
					  .recovery_codes = &codes });
	(void)begin(&talk, piet);
	memcpy(code, courier.code, sizeof(code));
	courier.result = "unreachable";
	expect_step(answer(core, &talk, "again"), "code");
	expect_allowed(answer(core, &talk, code));
	talk_close(core, &talk);
	(void)begin(&talk, piet);
	expect_allowed(answer(core, &talk, text));
	talk_close(core, &talk);
}

/* What does not open is no way, and can be set anew. */
static void a_damaged_number_locks_nobody_out(void **state)
{
	struct second_factor factor;
	struct sealed *phone = &factor.values[FACTOR_PHONE];
	struct talk talk;

	(void)state;
	have_factor(core, PIET, PHONE, NULL, SEED);
	assert_int_equal(
		second_factor_find(core->daemon.state.store, PIET, &factor), 0);
	phone->bytes[phone->n - 1] ^= 1;
	core_apply(core, (struct change){ .type = CHANGE_SECOND_FACTOR,
					  .uid = PIET,
					  .second_factor = &factor });
	expect_step(begin(&talk, piet), "code");
	expect_allowed(answer(core, &talk, app_code(SEED, 0)));
	talk_close(core, &talk);
	assert_string_equal(administer(core, "GetSecondFactor",
				       json_pack("{s:s}", "name", "piet"))
				    .error,
			    "");
	assert_string_equal(administer(core, "SetSecondFactor",
				       json_pack("{s:s, s:s}", "name", "piet",
						 "phone", "none"))
				    .error,
			    "");
	assert_int_equal(
		second_factor_find(core->daemon.state.store, PIET, &factor), 0);
	assert_int_equal(phone->n, 0);
}

/* What did not leave is not counted: an outage is over when it is over. */
static void an_outage_spends_no_codes(void **state)
{
	struct talk talk;

	(void)state;
	have_factor(core, PIET, PHONE, NULL, NULL);
	courier.result = "unreachable";
	for (int i = 0; i < 8; i++) {
		expect_denied(begin(&talk, piet), "code-not-sent");
		talk_close(core, &talk);
	}
	courier.result = "accepted";
	expect_step(begin(&talk, piet), "code");
	talk_close(core, &talk);
	/* What may have left is. */
	courier.result = "uncertain";
	for (int i = 0; i < 4; i++) {
		expect_step(begin(&talk, piet), "code");
		talk_close(core, &talk);
	}
	expect_denied(begin(&talk, piet), "codes-spent");
	talk_close(core, &talk);
}

static void accept_clock(void)
{
	const struct record record = { .at_us = clock_realtime_us(),
				       .event = EVENT_CODE_SENT,
				       .result = RECORD_DONE,
				       .actor = "root" };

	assert_int_equal(state_accept_clock(&core->daemon.state, &record), 0);
}

/* abuse_133: a clock that ran ahead, and was set right, keeps nobody out. */
static void abuse_133_codes_of_a_clock_that_ran_ahead(void **state)
{
	struct talk talk;

	(void)state;
	have_factor(core, PIET, PHONE, NULL, NULL);
	core_world.clock_s += 365 * 86400;
	(void)begin(&talk, piet);
	for (int i = 0; i < 4; i++)
		expect_step(answer(core, &talk, "again"), "code");
	talk_close(core, &talk);
	core_world.clock_s -= 365 * 86400;
	accept_clock();
	expect_denied(begin(&talk, piet), "codes-spent");
	talk_close(core, &talk);
	core_world.clock_s += 3601;
	expect_step(begin(&talk, piet), "code");
	talk_close(core, &talk);
}

/* And one that is set back revives no code of an app, used or not. */
static void abuse_133_no_code_revives(void **state)
{
	char code[8];
	struct talk talk;

	(void)state;
	have_factor(core, PIET, NULL, NULL, SEED);
	(void)snprintf(code, sizeof(code), "%s", app_code(SEED, 0));
	core_world.clock_s += 3600;
	courier_reconfigure(core, ALWAYS);
	(void)log_in(core, "piet", CORE_WRONG);
	core_world.clock_s -= 3600;
	(void)begin(&talk, piet);
	expect_step(answer(core, &talk, code), "code");
	talk_close(core, &talk);
	accept_clock();
	(void)begin(&talk, piet);
	expect_allowed(answer(core, &talk, app_code(SEED, 0)));
	talk_close(core, &talk);
}

/* Nobody finds out less because the one before him guessed codes. */
static void wrong_codes_are_told_at_the_next_login(void **state)
{
	struct about about = piet;
	struct outcome outcome;
	struct talk talk;

	(void)state;
	have_factor(core, PIET, NULL, NULL, SEED);
	for (int steps = 0; steps < 2; steps++) {
		(void)begin(&talk, piet);
		for (int i = 0; i < 2 * steps; i++)
			expect_step(answer(core, &talk, "000"), "code");
		outcome = answer(core, &talk, app_code(SEED, steps));
		expect_allowed(outcome);
		talk_close(core, &talk);
		about.pass = outcome.pass;
		outcome = open_session(core, 0, about);
	}
	assert_non_null(strstr(outcome.message, "2"));
}

/* Where no code is asked for, none is taken off the password; nor said so. */
static void one_string_only_where_it_is_asked(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	courier_reconfigure(core, "[service sshd]\n"
				  "code = outside 192.0.2.0/24\n"
				  "code_in_password = yes\n");
	have_factor(core, PIET, NULL, NULL, SEED);
	talk_open(core, &talk, 0);
	outcome = start(core, &talk, piet);
	assert_string_equal(outcome.prompt, "Password: ");
	expect_allowed(answer(core, &talk, CORE_OLD));
	talk_close(core, &talk);
	talk_open(core, &talk, 0);
	outcome = start(
		core, &talk,
		(struct about){ .user = "nobody", .address = "198.51.100.1" });
	assert_non_null(strstr(outcome.prompt, "app"));
	talk_close(core, &talk);
}

/* Sent once more in another form of Unicode, as a terminal may. */
static void the_password_repeated_is_no_code(void **state)
{
	const char *const other = "zwavel-tjilp-ho\xcc\x88ning-7";
	struct talk talk;

	(void)state;
	core_add(core, 66002, "els", "zwavel-tjilp-h\xc3\xb6ning-7");
	have_factor(core, 66002, NULL, NULL, SEED);
	talk_open(core, &talk, 0);
	(void)start(core, &talk,
		    (struct about){ .user = "els", .address = "192.0.2.1" });
	expect_step(answer(core, &talk, other), "code");
	expect_denied(answer(core, &talk, other), "cannot-ask");
	assert_int_equal(failures("els"), 0);
	talk_close(core, &talk);
}

static void settle(void)
{
	for (int i = 0; i < 50; i++)
		(void)core_turn(core, 1000);
}

/* Who holds an administrator's session does not make it his own. */
static void nobody_changes_his_own(void **state)
{
	static const char *const names[] = { "SetSecondFactor", "MakeTotp",
					     "MakeRecoveryCodes" };
	struct talk talk;

	(void)state;
	core_set_role(core, "piet", USER_ROLE_ADMINISTRATOR);
	core_set_role(core, "jan", USER_ROLE_ADMINISTRATOR);
	have_factor(core, JAN, PHONE, NULL, SEED);
	talk_open(core, &talk, PIET);
	core_world.peer = 0; /* the courier is root again */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char method[64];
		json_t *reply;

		(void)snprintf(method, sizeof(method), "nl.cloxxs.Admin.%s",
			       names[i]);
		reply = talk_call(core, &talk, method,
				  json_pack("{s:s}", "name", "piet"));
		assert_string_equal(
			json_string_value(json_object_get(reply, "error")),
			"nl.cloxxs.Admin.Conflict");
		json_decref(reply);
	}
	/* And of others he is told. */
	json_decref(talk_call(core, &talk, "nl.cloxxs.Admin.MakeRecoveryCodes",
			      json_pack("{s:s}", "name", "jan")));
	talk_close(core, &talk);
	settle();
	assert_int_equal(courier.n_sms, 1);
	assert_string_equal(courier.to, PHONE);
}

/* abuse_53: however many locks were told of before. */
static void abuse_53_no_storm_hides_a_changed_number(void **state)
{
	(void)state;
	have_factor(core, JAN, NULL, "jan@example.nl", NULL);
	have_factor(core, PIET, PHONE, NULL, NULL);
	for (int i = 0; i < 205; i++) {
		core_apply(core, (struct change){ .type = CHANGE_USER_LOCK,
						  .uid = JAN,
						  .at = 1,
						  .text = "why" });
		core_apply(core, (struct change){ .type = CHANGE_USER_UNLOCK,
						  .uid = JAN });
		settle();
	}
	assert_int_equal(courier.n_mail, 200);
	assert_true(core_count(core, "user-told") > 200);
	(void)administer(core, "SetSecondFactor",
			 json_pack("{s:s, s:s}", "name", "piet", "phone",
				   "+31612345699"));
	settle();
	assert_int_equal(courier.n_sms, 1);
	assert_string_equal(courier.to, PHONE);
}

static json_t *question(const char *user)
{
	return json_pack("{s:s, s:s, s:s}", "user", user, "service", "sshd",
			 "address", "192.0.2.1");
}

/* The parameters of its end: it asks for nothing beside the password. */
static json_t *test_login(struct talk *talk, const char *user)
{
	json_t *reply, *parameters;

	expect_step(
		outcome_of(talk_call(core, talk, "nl.cloxxs.Admin.TestLogin",
				     question(user))),
		"password");
	reply = talk_call(core, talk, "nl.cloxxs.Admin.TestAnswer",
			  json_pack("{s:s}", "answer", CORE_OLD));
	parameters = json_incref(json_object_get(reply, "parameters"));
	json_decref(reply);
	assert_string_equal(
		json_string_value(json_object_get(parameters, "step")), "done");
	return parameters;
}

static json_t *explain(const char *user)
{
	struct talk talk;
	json_t *reply, *parameters;

	talk_open(core, &talk, 0);
	reply = talk_call(core, &talk, "nl.cloxxs.Admin.ExplainLogin",
			  question(user));
	talk_close(core, &talk);
	parameters = json_incref(json_object_get(reply, "parameters"));
	json_decref(reply);
	return parameters;
}

/* Takes parameters. */
static void expect_told(json_t *parameters, const char *login,
			const char *account, bool code_due)
{
	const char *found[2];

	for (int i = 0; i < 2; i++)
		found[i] = json_string_value(json_object_get(
			json_object_get(parameters, i ? "account" : "login"),
			"reason"));
	assert_string_equal(found[0], login);
	assert_string_equal(found[1] ? found[1] : "", account);
	assert_int_equal(json_is_true(json_object_get(parameters, "code_due")),
			 code_due);
	json_decref(parameters);
}

/* A number that may be no longer is no way, and a test of a login says so. */
static void a_test_says_what_a_login_would(void **state)
{
	struct talk talk;

	(void)state;
	have_factor(core, PIET, "+99812345678", NULL, NULL);
	talk_open(core, &talk, 0);
	expect_told(test_login(&talk, "piet"), "no-second-factor", "", false);
	talk_close(core, &talk);
	expect_told(explain("piet"), "no-second-factor", "code-not-proved",
		    false);
}

/* A code that is still to be typed is no denial, by whichever way it comes. */
static void a_code_to_be_typed_is_no_denial(void **state)
{
	static const struct {
		const char *phone, *seed, *lines;
	} rows[] = {
		{ PHONE, NULL, ALWAYS },
		{ NULL, SEED, ALWAYS },
		{ NULL, SEED, ALWAYS "code_in_password = yes\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct talk talk;

		courier_reconfigure(core, rows[i].lines);
		have_factor(core, PIET, rows[i].phone, NULL, rows[i].seed);
		talk_open(core, &talk, 0);
		expect_told(test_login(&talk, "piet"), "password-verified",
			    "rules-passed", true);
		talk_close(core, &talk);
		/* A key alone proves none. */
		expect_told(explain("piet"), "password-verified",
			    "code-not-proved", true);
	}
	courier_reconfigure(core, "");
	expect_told(explain("piet"), "password-verified", "rules-passed",
		    false);
}

/* Who must choose another password behind it hears that too. */
static void the_step_behind_the_code_is_told(void **state)
{
	struct talk talk;

	(void)state;
	core_add_temporary(core, 66003, "els", CORE_OLD);
	have_factor(core, 66003, PHONE, NULL, NULL);
	talk_open(core, &talk, 0);
	expect_told(test_login(&talk, "els"), "must-change", "must-change",
		    true);
	talk_close(core, &talk);
	expect_told(explain("els"), "must-change", "code-not-proved", true);
}

/* The code that a test takes as typed is proved nowhere. */
static void a_test_is_no_way_past_the_code(void **state)
{
	struct talk talk;
	json_t *told;

	(void)state;
	have_factor(core, PIET, PHONE, NULL, SEED);
	talk_open(core, &talk, 0);
	told = test_login(&talk, "piet");
	assert_null(json_object_get(told, "pass"));
	json_decref(told);
	/* Behind its end the connection is good for no login. */
	assert_string_equal(answer(core, &talk, CORE_OLD).error,
			    "nl.cloxxs.Login.NoAttempt");
	talk_close(core, &talk);
	assert_int_equal(courier.n_sms + courier.n_mail, 0);
	assert_int_equal(core_count(core, "code-sent"), 0);
	assert_int_equal(core_count(core, "login-allowed"), 0);
	/* No phase behind it takes him in, and a login is asked for a code. */
	expect_refused(account(core, 0, piet), "code-not-proved");
	expect_refused(open_session(core, 0, piet), "code-not-proved");
	expect_step(begin(&talk, piet), "code");
	expect_allowed(answer(core, &talk, app_code(SEED, 0)));
	talk_close(core, &talk);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* abuse_49: whoever has the password asks until none is left; the owner has one
 * on paper. */
static void abuse_49_spent_shuts_out_nobody_with_paper(void **state)
{
	struct recovery_codes codes = { .n = 1 };
	char text[RECOVERY_CODE_TEXT];
	struct outcome outcome;
	struct talk talk;

	(void)state;
	have_factor(core, PIET, PHONE, NULL, NULL);
	recovery_code_make(text);
	assert_true(recovery_code_digest(PIET, text, codes.digests[0]));
	core_apply(core, (struct change){ .type = CHANGE_RECOVERY_CODES,
					  .uid = PIET,
					  .recovery_codes = &codes });
	(void)begin(&talk, piet);
	for (int i = 0; i < 4; i++)
		expect_step(answer(core, &talk, "again"), "code");
	talk_close(core, &talk);
	outcome = begin(&talk, piet);
	expect_step(outcome, "code");
	assert_non_null(strstr(outcome.prompt, "Recovery code"));
	expect_allowed(answer(core, &talk, text));
	assert_int_equal(courier.n_sms, 5);
	talk_close(core, &talk);
	/* Who has none is refused. */
	expect_denied(begin(&talk, piet), "codes-spent");
	talk_close(core, &talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(abuse_68_a_password_alone_forgives_no_code),
		TEST(wrong_codes_make_their_source_wait),
		TEST(a_name_from_afar_spares_no_code),
		TEST(a_wrong_code_is_wrong_when_none_is_asked_any_more),
		TEST(a_code_is_of_the_way_by_which_it_went),
		TEST(a_damaged_number_locks_nobody_out),
		TEST(an_outage_spends_no_codes),
		TEST(abuse_133_codes_of_a_clock_that_ran_ahead),
		TEST(abuse_133_no_code_revives),
		TEST(wrong_codes_are_told_at_the_next_login),
		TEST(one_string_only_where_it_is_asked),
		TEST(the_password_repeated_is_no_code),
		TEST(nobody_changes_his_own),
		TEST(abuse_53_no_storm_hides_a_changed_number),
		TEST(a_test_says_what_a_login_would),
		TEST(abuse_49_spent_shuts_out_nobody_with_paper),
		TEST(a_code_to_be_typed_is_no_denial),
		TEST(the_step_behind_the_code_is_told),
		TEST(a_test_is_no_way_past_the_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
