/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may speak for whom, in which order, and how a password is replaced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/core_fixture.h"
#include "varlink/idl.h"

#define PIET 66000
#define JAN 66001
#define STRANGER 1000

#define NO_ATTEMPT "nl.cloxxs.Login.NoAttempt"
#define DENIED "org.varlink.service.PermissionDenied"

static struct core fixture;
static struct core *const core = &fixture;

static const struct about piet = { .user = "piet", .address = "192.0.2.1" };
static const struct about change = { .user = "piet",
				     .address = "192.0.2.1",
				     .purpose = "change" };

static int setup(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_add(core, PIET, "piet", CORE_OLD);
	core_world.n_hashed = 0;
	return 0;
}

static int setup_temporary(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_add_temporary(core, PIET, "piet", CORE_OLD);
	core_world.n_hashed = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static const char *reason_of(const struct outcome *outcome)
{
	static struct ledger_row row;

	row = core_row(core, outcome->reference);
	return row.reason;
}

static void expect_step(struct outcome outcome, const char *step)
{
	if (strcmp(outcome.step, step) != 0)
		fail_msg("'%s' (%s%s) instead of '%s'", outcome.step,
			 outcome.error, outcome.verdict, step);
}

static void expect_denied(struct outcome outcome, const char *reason)
{
	assert_string_equal(outcome.verdict, "deny");
	assert_string_equal(reason_of(&outcome), reason);
}

static void abuse_40_an_answer_before_its_question(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(core, &talk, 0);
	assert_string_equal(answer(core, &talk, CORE_OLD).error, NO_ATTEMPT);
	expect_step(start(core, &talk, piet), "password");
	assert_string_equal(answer(core, &talk, CORE_OLD).verdict, "allow");
	/* It is over: nothing more is waited for, and it takes nobody's place,
	 * though its connection stays. */
	assert_int_equal(core->daemon.attempts.n_open, 0);
	assert_string_equal(answer(core, &talk, CORE_OLD).error, NO_ATTEMPT);
	talk_close(core, &talk);
	talk_open(core, &talk, 0);
	assert_string_equal(answer(core, &talk, CORE_OLD).error, NO_ATTEMPT);
	talk_close(core, &talk);
	assert_int_equal(core_world.n_verified, 1);
}

static void abuse_40_a_second_start_replaces_the_first(void **state)
{
	struct talk talk;

	(void)state;
	core_add(core, JAN, "jan", CORE_NEW);
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, piet), "password");
	expect_step(start(core, &talk, (struct about){ .user = "jan" }),
		    "password");
	assert_int_equal(core->daemon.attempts.n_open, 1);
	expect_denied(answer(core, &talk, CORE_OLD), "wrong-password");
	assert_int_equal(core_user(core, "jan").failures, 1);
	assert_int_equal(core_user(core, "piet").failures, 0);
	talk_close(core, &talk);
}

/* abuse_41: an attempt is one connection's; another cannot answer in it. */
static void abuse_41_another_connection(void **state)
{
	struct talk talk, other;

	(void)state;
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, piet), "password");
	talk_open(core, &other, 0);
	assert_string_equal(answer(core, &other, CORE_OLD).error, NO_ATTEMPT);
	talk_close(core, &other);
	assert_string_equal(answer(core, &talk, CORE_OLD).verdict, "allow");
	talk_close(core, &talk);
}

/*
 * Whether the account phase let in by the pass: then it confirms the login's
 * decision (abuse_93), and otherwise it makes one, and records it.
 */
static bool pass_taken(uid_t uid, struct about about)
{
	int64_t before = core->daemon.state.ledger.seq;
	struct outcome outcome = account(core, uid, about);

	if (core->daemon.state.ledger.seq != before)
		return false;
	assert_string_equal(outcome.verdict, "allow");
	return true;
}

static void abuse_40_a_pass_of_something_else(void **state)
{
	struct about about = piet;
	struct outcome outcome;

	(void)state;
	core_add(core, JAN, "jan", CORE_NEW);
	outcome = log_in(core, "piet", CORE_OLD);
	about.pass = outcome.pass;
	about.service = "sudo";
	assert_false(pass_taken(0, about));
	about.service = "sshd";
	about.address = "192.0.2.2";
	assert_false(pass_taken(0, about));
	about.address = NULL;
	assert_false(pass_taken(0, about));
	about.address = "192.0.2.1";
	about.user = "jan";
	assert_false(pass_taken(0, about));
	about.user = "piet";
	assert_false(pass_taken(PIET, about));
	assert_true(pass_taken(0, about));
	assert_false(pass_taken(0, about));
}

/* The same address in another spelling is the same address. */
static void a_pass_knows_its_address(void **state)
{
	struct about about = piet;
	struct outcome outcome;

	(void)state;
	outcome = log_in(core, "piet", CORE_OLD);
	about.pass = outcome.pass;
	about.address = "::ffff:192.0.2.1";
	assert_true(pass_taken(0, about));
}

/* It proves a password and opens nothing by itself. */
static void a_pass_passes_no_gate(void **state)
{
	struct about about = piet;
	struct outcome outcome;

	(void)state;
	outcome = log_in(core, "piet", CORE_OLD);
	about.pass = outcome.pass;
	(void)administer(core, "SetUser",
			 json_pack("{s:s, s:[]}", "name", "piet", "services"));
	expect_denied(account(core, 0, about), "service-not-allowed");
	expect_denied(open_session(core, 0, about), "service-not-allowed");
	/* abuse_89: and what was taken away meanwhile is gone. */
	(void)administer(core, "DeleteUser",
			 json_pack("{s:s}", "name", "piet"));
	expect_denied(account(core, 0, about), "unknown-user");
}

static void sessions_open_and_close(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	outcome = open_session(core, 0, piet);
	assert_string_equal(outcome.verdict, "allow");
	assert_int_equal(strlen(outcome.session), 32);
	talk_open(core, &talk, 0);
	for (int i = 0; i < 2; i++)
		json_decref(talk_call(
			core, &talk, "nl.cloxxs.Login.CloseSession",
			json_pack("{s:s}", "session", outcome.session)));
	talk_close(core, &talk);
	assert_int_equal(core_count(core, "session-opened"), 1);
	assert_int_equal(core_count(core, "session-closed"), 1);
}

/* abuse_33: who is not root speaks for himself, and from nowhere. */
static void abuse_33_for_himself_alone(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	core_add(core, JAN, "jan", CORE_NEW);
	talk_open(core, &talk, JAN);
	assert_string_equal(start(core, &talk, piet).error, DENIED);
	talk_close(core, &talk);
	assert_string_equal(account(core, JAN, piet).error, DENIED);
	assert_string_equal(open_session(core, JAN, piet).error, DENIED);
	talk_open(core, &talk, PIET);
	expect_step(start(core, &talk, piet), "password");
	outcome = answer(core, &talk, CORE_OLD);
	assert_string_equal(outcome.verdict, "allow");
	talk_close(core, &talk);
	/* The address was only said, so it was not believed. */
	assert_string_equal(core_user(core, "piet").last_login_address, "");
	assert_int_equal(core_user(core, "piet").failures, 0);
}

static void abuse_33_strangers(void **state)
{
	static const char *const methods[] = {
		"nl.cloxxs.Login.Start",         "nl.cloxxs.Login.Account",
		"nl.cloxxs.Login.OpenSession",   "nl.cloxxs.Admin.AddUser",
		"nl.cloxxs.Admin.UnlockUser",    "nl.cloxxs.Admin.GetUser",
		"nl.cloxxs.Admin.ResetPassword", "nl.cloxxs.Admin.Status",
		"nl.cloxxs.Admin.Explain",       "nl.cloxxs.Admin.DeleteUser",
	};
	static const uid_t uids[] = { STRANGER, PIET, 66099, UINT32_MAX - 1 };

	(void)state;
	for (size_t u = 0; u < ARRAY_SIZE(uids); u++)
		for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
			bool admin =
				strncmp(methods[i], "nl.cloxxs.Admin", 15) == 0;
			struct outcome outcome;
			struct talk talk;

			/* Piet may speak for himself. */
			if (uids[u] == PIET && !admin)
				continue;
			talk_open(core, &talk, uids[u]);
			outcome = outcome_of(talk_call(
				core, &talk, methods[i],
				json_pack("{s:s, s:s, s:s, s:i}", "name",
					  "piet", "user", "piet", "reason", "x",
					  "uid", 0)));
			assert_string_equal(outcome.error, DENIED);
			talk_close(core, &talk);
		}
	assert_int_equal(core_user(core, "piet").uid, PIET);
	/* One record for each caller, not one for each call. */
	assert_int_equal(core_count(core, "call-refused"), 4);
}

/* abuse_33: administrators by our own store, and only while in force. */
static void abuse_33_administrators(void **state)
{
	struct service *service = &core->daemon.service;
	struct varlink_peer peer = { .uid = PIET };
	const uint32_t administrator = PEER_USER | PEER_ADMINISTRATOR;

	(void)state;
	assert_int_equal(service_classify(&peer, service), PEER_USER);
	assert_string_equal(administer(core, "SetUser",
				       json_pack("{s:s, s:s}", "name", "piet",
						 "role", "administrator"))
				    .error,
			    "");
	assert_int_equal(service_classify(&peer, service), administrator);
	core_apply(core, (struct change){ .type = CHANGE_USER_LOCK,
					  .uid = PIET,
					  .at = 1,
					  .text = "test" });
	assert_int_equal(service_classify(&peer, service), PEER_USER);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_UNLOCK, .uid = PIET });
	assert_int_equal(service_classify(&peer, service), administrator);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DISABLE, .uid = PIET });
	assert_int_equal(service_classify(&peer, service), 0);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_ENABLE, .uid = PIET });
	(void)administer(core, "ResetPassword",
			 json_pack("{s:s}", "name", "piet"));
	assert_int_equal(service_classify(&peer, service), PEER_USER);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DELETE, .uid = PIET });
	assert_int_equal(service_classify(&peer, service), 0);
	peer.uid = 0;
	assert_int_equal(service_classify(&peer, service), PEER_ROOT);
	peer.uid = STRANGER;
	assert_int_equal(service_classify(&peer, service), 0);
}

static void a_change_of_ones_own(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	talk_open(core, &talk, PIET);
	expect_step(start(core, &talk, change), "password");
	expect_step(answer(core, &talk, CORE_OLD), "new_password");
	expect_step(answer(core, &talk, CORE_NEW), "new_password");
	outcome = answer(core, &talk, CORE_NEW);
	assert_string_equal(outcome.verdict, "allow");
	/* A change is no login: it leaves no pass. */
	assert_string_equal(outcome.pass, "");
	talk_close(core, &talk);
	assert_int_equal(core_count(core, "password-changed"), 1);
	assert_int_equal(core_user(core, "piet").failures, 0);
	assert_int_equal(core_user(core, "piet").last_login, 0);
	expect_login(core, "piet", CORE_OLD, "deny", "wrong-password");
	expect_login(core, "piet", CORE_NEW, "allow", NULL);
}

/* The current password with a pass needs not be typed again, and not twice. */
static void a_change_with_a_pass(void **state)
{
	struct about about = change;
	struct outcome outcome;
	struct talk talk;

	(void)state;
	outcome = log_in(core, "piet", CORE_OLD);
	about.pass = outcome.pass;
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, about), "new_password");
	expect_step(start(core, &talk, about), "password");
	talk_close(core, &talk);
	outcome = log_in(core, "piet", CORE_OLD);
	about.pass = outcome.pass;
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, about), "new_password");
	/* abuse_82: the old one is known by its hash alone here. */
	expect_step(answer(core, &talk, CORE_OLD), "new_password");
	expect_step(answer(core, &talk, CORE_OLD), "new_password");
	expect_step(answer(core, &talk, CORE_NEW), "new_password");
	assert_string_equal(answer(core, &talk, CORE_NEW).verdict, "allow");
	talk_close(core, &talk);
	/* The pass went with the password that it proved. */
	about.purpose = NULL;
	assert_false(pass_taken(0, about));
	assert_int_equal(core_user(core, "piet").failures, 0);
}

static void abuse_82_what_is_refused_is_not_counted(void **state)
{
	static const char *const refused[] = {
		"short",
		CORE_OLD,
		"piet-zwavel-tjilp-honing",
		"cloxxs-zwavel-honing",
		"",
		"aaaaaaaaaaaaaaaaaaaa",
	};
	struct outcome outcome;
	struct talk talk;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		talk_open(core, &talk, PIET);
		expect_step(start(core, &talk, change), "password");
		expect_step(answer(core, &talk, CORE_OLD), "new_password");
		outcome = answer(core, &talk, refused[i]);
		expect_step(outcome, "new_password");
		assert_string_equal(outcome.reference, "");
		/* Why stands in the prompt, for every client shows that. */
		assert_non_null(strchr(outcome.prompt, '\n'));
		expect_step(answer(core, &talk, refused[i]), "new_password");
		outcome = answer(core, &talk, refused[i]);
		assert_string_equal(outcome.verdict, "deny");
		assert_string_equal(reason_of(&outcome),
				    strcmp(refused[i], CORE_OLD) == 0
					    ? "cannot-ask"
					    : "new-password-refused");
		talk_close(core, &talk);
	}
	assert_int_equal(core_user(core, "piet").failures, 0);
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
}

static void two_that_differ(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(core, &talk, PIET);
	expect_step(start(core, &talk, change), "password");
	expect_step(answer(core, &talk, CORE_OLD), "new_password");
	expect_step(answer(core, &talk, CORE_NEW), "new_password");
	expect_step(answer(core, &talk, CORE_WRONG), "new_password");
	expect_step(answer(core, &talk, CORE_NEW), "new_password");
	assert_string_equal(answer(core, &talk, CORE_NEW).verdict, "allow");
	talk_close(core, &talk);
}

/* abuse_83 from here on: what a temporary password is good for. */
static void abuse_83_nothing_but_choosing(void **state)
{
	struct about about = piet;
	struct outcome outcome;
	struct talk talk;

	(void)state;
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, piet), "password");
	expect_step(answer(core, &talk, CORE_OLD), "new_password");
	assert_string_equal(account(core, 0, piet).verdict, "change");
	assert_string_equal(open_session(core, 0, piet).verdict, "change");
	expect_step(answer(core, &talk, CORE_NEW), "new_password");
	outcome = answer(core, &talk, CORE_NEW);
	assert_string_equal(outcome.verdict, "allow");
	talk_close(core, &talk);
	/* The pass of the login survives the change that was part of it. */
	about.pass = outcome.pass;
	assert_true(pass_taken(0, about));
	assert_string_equal(open_session(core, 0, about).verdict, "allow");
	assert_int_equal(core_user(core, "piet").password_kind,
			 USER_PASSWORD_CHOSEN);
	assert_int_equal(core_count(core, "password-changed"), 1);
	expect_login(core, "piet", CORE_OLD, "deny", "wrong-password");
	expect_login(core, "piet", CORE_NEW, "allow", NULL);
}

static void abuse_83_expired(void **state)
{
	(void)state;
	core_world.clock_s = 3601;
	expect_login(core, "piet", CORE_OLD, "deny",
		     "temporary-password-expired");
	assert_int_equal(core_user(core, "piet").failures, 0);
	expect_denied(account(core, 0, piet), "temporary-password-expired");
	expect_denied(open_session(core, 0, piet),
		      "temporary-password-expired");
}

/* It expires between two prompts as well. */
static void abuse_83_expired_while_choosing(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, piet), "password");
	expect_step(answer(core, &talk, CORE_OLD), "new_password");
	expect_step(answer(core, &talk, CORE_NEW), "new_password");
	core_world.clock_s = 3601;
	expect_denied(answer(core, &talk, CORE_NEW),
		      "temporary-password-expired");
	talk_close(core, &talk);
	assert_int_equal(core_user(core, "piet").password_kind,
			 USER_PASSWORD_TEMPORARY);
}

/* sshd's password method answers each prompt with the same. */
static void abuse_83_a_machine_that_repeats(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, piet), "password");
	outcome = answer(core, &talk, CORE_OLD);
	for (int i = 0; i < 3; i++) {
		expect_step(outcome, "new_password");
		outcome = answer(core, &talk, CORE_OLD);
	}
	expect_denied(outcome, "cannot-ask");
	talk_close(core, &talk);
	assert_int_equal(core_user(core, "piet").failures, 0);
	assert_int_equal(core_user(core, "piet").password_kind,
			 USER_PASSWORD_TEMPORARY);
}

/* A proved temporary password does not clear the count: no login was made. */
static void abandoned(void **state)
{
	struct talk talk;

	(void)state;
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	for (int i = 0; i < 2; i++) {
		talk_open(core, &talk, 0);
		expect_step(start(core, &talk, piet), "password");
		expect_step(answer(core, &talk, CORE_OLD), "new_password");
		if (i > 0)
			expect_step(answer(core, &talk, CORE_NEW),
				    "new_password");
		talk_close(core, &talk);
	}
	core_settle(core);
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM ledger WHERE"
				      " reason = 'abandoned'"),
			 2);
	assert_int_equal(core_user(core, "piet").failures, 1);
	assert_int_equal(core_user(core, "piet").password_kind,
			 USER_PASSWORD_TEMPORARY);
}

/* Locked, disabled, or reset by somebody else while he chose. */
static void what_comes_between(void **state)
{
	static const struct {
		struct change change;
		const char *reason;
	} cases[] = {
		{ { .type = CHANGE_USER_UNLOCK, .uid = PIET }, "superseded" },
		{ { .type = CHANGE_USER_DISABLE, .uid = PIET }, "disabled" },
		{ { .type = CHANGE_USER_LOCK,
		    .uid = PIET,
		    .at = 1,
		    .text = "test" },
		  "disabled" },
		{ { .type = CHANGE_USER_ENABLE, .uid = PIET }, "locked" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk talk;

		talk_open(core, &talk, 0);
		expect_step(start(core, &talk, piet), "password");
		if (i < 2) {
			expect_step(answer(core, &talk, CORE_OLD),
				    "new_password");
			expect_step(answer(core, &talk, CORE_NEW),
				    "new_password");
		}
		core_apply(core, cases[i].change);
		expect_denied(answer(core, &talk, CORE_NEW), cases[i].reason);
		talk_close(core, &talk);
	}
	assert_int_equal(core_user(core, "piet").password_kind,
			 USER_PASSWORD_TEMPORARY);
}

/* What changes while the hash runs: the answer was to another question. */
static void superseded_in_the_midst(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, piet), "password");
	send_answer(&talk, CORE_OLD);
	while (!core_user(core, "piet").claim)
		assert_true(core_turn(core, 1000) >= 0);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_UNLOCK, .uid = PIET });
	expect_denied(wait_outcome(core, &talk), "superseded");
	expect_step(start(core, &talk, piet), "password");
	send_answer(&talk, CORE_OLD);
	while (!core_user(core, "piet").claim)
		assert_true(core_turn(core, 1000) >= 0);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DELETE, .uid = PIET });
	expect_denied(wait_outcome(core, &talk), "superseded");
	talk_close(core, &talk);
}

/* A question from before is no guess at what came after it. */
static void abuse_69_a_question_from_before(void **state)
{
	struct talk talk;
	unsigned int before;

	(void)state;
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, piet), "password");
	expect_step(answer(core, &talk, CORE_OLD), "new_password");
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_UNLOCK, .uid = PIET });
	before = core_world.n_verified;
	expect_step(answer(core, &talk, CORE_NEW), "new_password");
	expect_denied(answer(core, &talk, CORE_NEW), "superseded");
	assert_int_equal(core_world.n_verified, before);
	talk_close(core, &talk);
}

static void parameters_that_cannot_be(void **state)
{
	static const struct about bad[] = {
		{ .user = "piet", .service = "" },
		{ .user = "piet", .service = "../sshd" },
		{ .user = "piet", .service = "ss hd" },
		{ .user = "piet", .purpose = "enter" },
		{ .user = NULL },
	};
	static char name[400];
	struct about about = { .user = name };
	struct talk talk;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		talk_open(core, &talk, 0);
		assert_string_equal(start(core, &talk, bad[i]).error,
				    "org.varlink.service.InvalidParameter");
		talk_close(core, &talk);
	}
	/* abuse_07 */
	memset(name, 'a', 256);
	talk_open(core, &talk, 0);
	expect_step(start(core, &talk, about), "password");
	talk_close(core, &talk);
	name[256] = 'a';
	talk_open(core, &talk, 0);
	assert_string_equal(start(core, &talk, about).error,
			    "org.varlink.service.InvalidParameter");
	talk_close(core, &talk);
}

/* The rows that are served are the ones that are described. */
static void rows_agree_with_descriptions(void **state)
{
	static const struct varlink_interface *const interfaces[] = {
		&service_login, &service_access, &service_audit, &service_admin
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++) {
		char buffer[256] = "";
		struct text why;

		text_init(&why, buffer, sizeof(buffer));
		if (varlink_interface_check(interfaces[i], &why) != 0)
			fail_msg("%s: %s", interfaces[i]->name, buffer);
	}
}

static bool is_for_root(const char *method)
{
	static const char *const names[] = {
		"nl.cloxxs.Admin.RotateKey",
		"nl.cloxxs.Admin.SetRecoveryKey",
		"nl.cloxxs.Admin.PrepareBreakGlass",
		"nl.cloxxs.Admin.OpenBreakGlass",
		"nl.cloxxs.Admin.CloseBreakGlass",
		"nl.cloxxs.Admin.AcceptClock",
		"nl.cloxxs.Admin.Introduce",
		"nl.cloxxs.Admin.TestLogin",
		"nl.cloxxs.Admin.TestAnswer",
		"nl.cloxxs.Admin.GeoipBegin",
		"nl.cloxxs.Admin.GeoipPut",
		"nl.cloxxs.Admin.GeoipCommit",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(method, names[i]) == 0)
			return true;
	return false;
}

static uint32_t peers_of(const char *method)
{
	if (strcmp(method, "nl.cloxxs.Login.Unmanaged") == 0)
		return PEER_ROOT;
	if (strcmp(method, "nl.cloxxs.Access.ClientAddress") == 0 ||
	    strcmp(method, "nl.cloxxs.Login.CheckSession") == 0 ||
	    strcmp(method, "nl.cloxxs.Admin.ActFor") == 0)
		return PEER_SERVICE;
	if (strcmp(method, "nl.cloxxs.Login.AuthorizedKeys") == 0)
		return PEER_ROOT | PEER_KEYS;
	if (strncmp(method, "nl.cloxxs.Audit.Record", 22) == 0)
		return PEER_ROOT | PEER_SERVICE;
	if (strcmp(method, "nl.cloxxs.Audit.Unseen") == 0 ||
	    strcmp(method, "nl.cloxxs.Audit.Seen") == 0)
		return PEER_ROOT | PEER_JOURNAL;
	if (strncmp(method, "nl.cloxxs.Access.", 17) == 0)
		return PEER_ROOT | PEER_ADMINISTRATOR | PEER_SERVICE;
	if (strncmp(method, "nl.cloxxs.Login.", 16) == 0)
		return PEER_ROOT | PEER_USER | PEER_SERVICE;
	return is_for_root(method) ? PEER_ROOT : PEER_ROOT | PEER_ADMINISTRATOR;
}

/* Who may call what, row by row; what carries a password is marked. */
static void rows_name_their_callers(void **state)
{
	static const char *const sensitive[] = {
		"nl.cloxxs.Login.Start",
		"nl.cloxxs.Login.Answer",
		"nl.cloxxs.Login.Account",
		"nl.cloxxs.Login.OpenSession",
		"nl.cloxxs.Admin.AddUser",
		"nl.cloxxs.Admin.AddSshKey",
		"nl.cloxxs.Admin.UnlockUser",
		"nl.cloxxs.Admin.ResetPassword",
		"nl.cloxxs.Admin.RotateKey",
		"nl.cloxxs.Admin.PrepareBreakGlass",
		"nl.cloxxs.Admin.TestAnswer",
		"nl.cloxxs.Admin.CheckPassword",
		"nl.cloxxs.Admin.GeneratePassword",
	};
	unsigned int n = 0;

	(void)state;
	for (const struct varlink_method *m = service_admin.methods; m->name;
	     m++)
		assert_int_equal(m->peers, peers_of(m->name));
	for (const struct varlink_method *m = service_login.methods; m->name;
	     m++)
		assert_int_equal(m->peers, peers_of(m->name));
	for (const struct varlink_method *m = service_access.methods; m->name;
	     m++)
		assert_int_equal(m->peers, peers_of(m->name));
	for (const struct varlink_method *m = service_audit.methods; m->name;
	     m++)
		assert_int_equal(m->peers, peers_of(m->name));
	for (size_t i = 0; i < ARRAY_SIZE(sensitive); i++) {
		const struct varlink_method *m =
			strstr(sensitive[i], "Admin") ? service_admin.methods
						      : service_login.methods;

		for (; m->name; m++)
			if (strcmp(m->name, sensitive[i]) == 0)
				n += (m->flags & VARLINK_SENSITIVE) != 0;
	}
	assert_int_equal(n, ARRAY_SIZE(sensitive));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEMPORARY(name) \
	cmocka_unit_test_setup_teardown(name, setup_temporary, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(abuse_40_an_answer_before_its_question),
		TEST(abuse_40_a_second_start_replaces_the_first),
		TEST(abuse_41_another_connection),
		TEST(abuse_40_a_pass_of_something_else),
		TEST(a_pass_knows_its_address),
		TEST(a_pass_passes_no_gate),
		TEST(sessions_open_and_close),
		TEST(abuse_33_for_himself_alone),
		TEST(abuse_33_strangers),
		TEST(abuse_33_administrators),
		TEST(a_change_of_ones_own),
		TEST(a_change_with_a_pass),
		TEST(abuse_82_what_is_refused_is_not_counted),
		TEST(two_that_differ),
		TEMPORARY(abuse_83_nothing_but_choosing),
		TEMPORARY(abuse_83_expired),
		TEMPORARY(abuse_83_expired_while_choosing),
		TEMPORARY(abuse_83_a_machine_that_repeats),
		TEMPORARY(abandoned),
		TEMPORARY(what_comes_between),
		TEMPORARY(superseded_in_the_midst),
		TEMPORARY(abuse_69_a_question_from_before),
		TEST(parameters_that_cannot_be),
		TEST(rows_agree_with_descriptions),
		TEST(rows_name_their_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
