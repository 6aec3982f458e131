/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <security/pam_modules.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/pam_rig.h"

/* sshd without its child: a key login, then the session. */
static void test_key_login_abuse_10(void **state)
{
	static const char *const script[] = { "\"verdict\":\"deny\"",
					      "\"verdict\":\"allow\"", NULL };
	struct pam_rig *rig = *state;
	const char *request;

	pam_rig_begin(rig, "alice", script);
	fake_pam_variable(&rig->pam, "SSH_AUTH_INFO_0=publickey ssh-ed25519 A");
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL),
			 PAM_PERM_DENIED);
	request = fake_daemon_request(&rig->daemon, 0);
	assert_non_null(strstr(request, "\"method\":\"publickey\""));
	assert_null(strstr(request, "\"pass\""));
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL), PAM_SUCCESS);
}

/*
 * sshd's way (abuse-15): one handle authenticates in a child, another opens
 * the session, and only the environment comes over.
 */
static void test_pass_over_fork_abuse_15(void **state)
{
	static const char *const child[] = { PASSWORD, ALLOW,
					     "\"verdict\":\"allow\"", NULL };
	static const char *const parent[] = {
		"\"verdict\":\"allow\",\"session\":\"s1\"", "", NULL
	};
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", child);
	rig->pam.person.answers[0] = "right";
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_SUCCESS);
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL), PAM_SUCCESS);
	assert_non_null(strstr(fake_daemon_request(&rig->daemon, 2),
			       "\"pass\":\"p4ss\""));

	pam_rig_begin(rig, "alice", parent);
	fake_pam_variable(&rig->pam, "CLOXXS_PASS=p4ss");
	assert_int_equal(
		pam_rig_run(rig, PHASE_SETCRED, PAM_ESTABLISH_CRED, NULL),
		PAM_SUCCESS);
	assert_int_equal(pam_rig_run(rig, PHASE_OPEN_SESSION, 0, NULL),
			 PAM_SUCCESS);
	assert_non_null(strstr(fake_daemon_request(&rig->daemon, 0),
			       "\"pass\":\"p4ss\""));
	assert_null(pam_getenv(&rig->pam, "CLOXXS_PASS"));
	assert_int_equal(pam_rig_run(rig, PHASE_CLOSE_SESSION, 0, NULL),
			 PAM_SUCCESS);
	assert_non_null(strstr(fake_daemon_request(&rig->daemon, 1),
			       "\"session\":\"s1\""));
}

/* Two phases in one process: one connection, and none after. */
static void test_one_line(void **state)
{
	static const char *const script[] = { PASSWORD, ALLOW,
					      "\"verdict\":\"allow\"",
					      "\"verdict\":\"allow\"", NULL };
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	rig->pam.person.answers[0] = "right";
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_SUCCESS);
	/* A user of ours is not looked for in the map twice in a row. */
	assert_int_equal(chmod(rig->module.map, 0666), 0);
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL), PAM_SUCCESS);
	assert_int_equal(pam_rig_run(rig, PHASE_SETCRED, 0, NULL),
			 PAM_CRED_UNAVAIL);
	assert_int_equal(chmod(rig->module.map, 0644), 0);
	assert_int_equal(fake_daemon_n_connections(&rig->daemon), 1);
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL), PAM_SUCCESS);
	assert_int_equal(fake_daemon_n_connections(&rig->daemon), 2);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 4);
}

/* Nobody but who was let in leaves a connection behind. */
static void test_no_line_after_denial(void **state)
{
	static const char *const script[] = { DENY, "\"verdict\":\"deny\"",
					      NULL };
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_AUTH_ERR);
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL),
			 PAM_PERM_DENIED);
	assert_int_equal(fake_daemon_n_connections(&rig->daemon), 2);
}

/* No phase but the next leaves it open. */
static void test_line_dropped(void **state)
{
	static const char *const script[] = { ALLOW, "\"verdict\":\"allow\"",
					      NULL };
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_SUCCESS);
	assert_int_equal(pam_rig_run(rig, PHASE_SETCRED, 0, NULL), PAM_SUCCESS);
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL), PAM_SUCCESS);
	assert_int_equal(fake_daemon_n_connections(&rig->daemon), 2);
}

/* cloxxsd was started anew in between: noticed before, or only by the call. */
static void test_line_lost(void **state)
{
	static const char *const script[] = { PASSWORD, ALLOW, "%close",
					      "\"verdict\":\"allow\"", NULL };
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	rig->pam.person.answers[0] = "right";
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_SUCCESS);
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL), PAM_SUCCESS);
	assert_int_equal(fake_daemon_n_connections(&rig->daemon), 2);
	/* A daemon that closes the new one too has decided nothing. */
	pam_rig_begin(rig, "alice", script);
	rig->pam.person.answers[0] = "right";
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_SUCCESS);
	fake_daemon_script(&rig->daemon, NULL);
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL),
			 PAM_AUTHINFO_UNAVAIL);
}

/* The pass is gone after the session opened, however that ended. */
static void test_pass_removed(void **state)
{
	static const struct {
		const char *user;
		enum phase phase;
		int flags;
		bool gone;
	} removals[] = {
		{ "alice", PHASE_OPEN_SESSION, 0, true },
		{ "root", PHASE_OPEN_SESSION, 0, true },
		{ "local", PHASE_OPEN_SESSION, 0, true },
		{ "ghost", PHASE_OPEN_SESSION, 0, true },
		{ "alice", PHASE_CLOSE_SESSION, 0, true },
		{ "alice", PHASE_SETCRED, PAM_DELETE_CRED, true },
		{ "alice", PHASE_SETCRED, PAM_ESTABLISH_CRED, false },
		{ "alice", PHASE_ACCOUNT, 0, false },
		{ "alice", PHASE_AUTHENTICATE, 0, true },
	};
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(removals); i++) {
		pam_rig_begin(rig, removals[i].user, NULL);
		fake_pam_variable(&rig->pam, "CLOXXS_PASS=p4ss");
		(void)!pam_rig_run(rig, removals[i].phase, removals[i].flags,
				   NULL);
		assert_int_equal(!pam_getenv(&rig->pam, "CLOXXS_PASS"),
				 removals[i].gone);
	}
}

/* What cannot be a pass is not sent as one. */
static void test_strange_pass(void **state)
{
	static const char *const script[] = { "\"verdict\":\"allow\"", NULL };
	struct pam_rig *rig = *state;
	char huge[400] = "CLOXXS_PASS=";
	const char *const strange[] = { "CLOXXS_PASS=a b", "CLOXXS_PASS=\x1b",
					"CLOXXS_PASS=\xff",
					"CLOXXS_PASS=", huge };

	memset(huge + 12, 'a', sizeof(huge) - 13);
	for (size_t i = 0; i < ARRAY_SIZE(strange); i++) {
		pam_rig_begin(rig, "alice", script);
		fake_pam_variable(&rig->pam, strange[i]);
		assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL),
				 PAM_SUCCESS);
		assert_null(strstr(fake_daemon_request(&rig->daemon, 0),
				   "\"pass\""));
	}
}

/* abuse-08: another module changes PAM_USER between auth and account. */
static void test_user_changed_abuse_08(void **state)
{
	static const struct {
		const char *before, *after;
		enum phase phase;
		int expected;
	} changes[] = {
		{ "alice", "alice", PHASE_ACCOUNT, PAM_SUCCESS },
		{ "alice", "carol", PHASE_ACCOUNT, PAM_ABORT },
		{ "alice", "local", PHASE_ACCOUNT, PAM_ABORT },
		{ "local", "alice", PHASE_ACCOUNT, PAM_ABORT },
		{ "ghost", "alice", PHASE_ACCOUNT, PAM_ABORT },
		{ "alice", "carol", PHASE_CHAUTHTOK, PAM_ABORT },
		/* on the console, login tries another name */
		{ "alice", "root", PHASE_ACCOUNT, PAM_USER_UNKNOWN },
		/* sudo: the target stands there when the session opens */
		{ "alice", "carol", PHASE_OPEN_SESSION, PAM_SUCCESS },
		{ "alice", "local", PHASE_OPEN_SESSION, PAM_USER_UNKNOWN },
		{ "alice", "carol", PHASE_SETCRED, PAM_SUCCESS },
	};
	static const char *const script[] = { ALLOW, "\"verdict\":\"allow\"",
					      NULL };
	static const char *const only_one[] = { "\"verdict\":\"allow\"", NULL };
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		bool is_local = strcmp(changes[i].before, "local") == 0;
		int last, r;

		pam_rig_begin(rig, changes[i].before,
			      is_local ? only_one : script);
		(void)!pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL);
		fake_pam_item(&rig->pam, PAM_USER, changes[i].after);
		r = pam_rig_run(rig, changes[i].phase, PAM_PRELIM_CHECK, NULL);
		if (r != changes[i].expected)
			fail_msg("%s, %s: %d", changes[i].before,
				 changes[i].after, r);
		/* The pass of one is never shown for another. */
		last = fake_daemon_n_requests(&rig->daemon) - 1;
		if (last > 0 &&
		    strcmp(changes[i].before, changes[i].after) != 0)
			assert_null(
				strstr(fake_daemon_request(&rig->daemon, last),
				       "\"pass\""));
	}
}

/* login(1) begins anew on one handle: the last name counts. */
static void test_another_try(void **state)
{
	static const char *const script[] = { DENY, ALLOW,
					      "\"verdict\":\"allow\"", NULL };
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_AUTH_ERR);
	fake_pam_item(&rig->pam, PAM_USER, "carol");
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_SUCCESS);
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL), PAM_SUCCESS);
}

/* A session is closed once. */
static void test_close_once_abuse_13(void **state)
{
	static const char *const script[] = {
		"\"verdict\":\"allow\",\"session\":\"s1\"", "", NULL
	};
	static const int flags[] = { PAM_ESTABLISH_CRED, PAM_REINITIALIZE_CRED,
				     PAM_REFRESH_CRED, PAM_DELETE_CRED };
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		assert_int_equal(
			pam_rig_run(rig, PHASE_SETCRED, flags[i], NULL),
			PAM_SUCCESS);
	assert_int_equal(fake_daemon_n_connections(&rig->daemon), 0);
	assert_int_equal(pam_rig_run(rig, PHASE_OPEN_SESSION, 0, NULL),
			 PAM_SUCCESS);
	assert_int_equal(pam_rig_run(rig, PHASE_CLOSE_SESSION, 0, NULL),
			 PAM_SUCCESS);
	assert_int_equal(pam_rig_run(rig, PHASE_CLOSE_SESSION, 0, NULL),
			 PAM_SUCCESS);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 2);
}

/* The daemon has gone in between: the session ends all the same. */
static void test_close_without_daemon(void **state)
{
	static const char *const script[] = {
		"\"verdict\":\"allow\",\"session\":\"s1\"", NULL
	};
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	assert_int_equal(pam_rig_run(rig, PHASE_OPEN_SESSION, 0, NULL),
			 PAM_SUCCESS);
	assert_int_equal(pam_rig_run(rig, PHASE_CLOSE_SESSION, 0, NULL),
			 PAM_SUCCESS);
	assert_non_null(strstr(rig->pam.log, "was not told"));
	assert_null(fake_pam_data(&rig->pam, "cloxxs-session"));
}

/* The two halves of a change, as pam_chauthtok() makes them. */
static const struct pam_row changes[] = {
	{
		.what = "a voluntary change",
		.user = "alice",
		.replies = { PASSWORD, NEW, AGAIN, ALLOW },
		.answers = { "old", "new", "new" },
		.expected = PAM_SUCCESS,
		.transcript = "off:Password: |off:New: |off:Again: |",
		.new_token = "new",
		.new_old_token = "old",
		.pass = "p4ss",
		.n_requests = 4,
	},
	{
		.what = "a refused one",
		.user = "alice",
		.replies = { PASSWORD, NEW, DENY },
		.answers = { "old", "weak" },
		.expected = PAM_AUTHTOK_ERR,
		.transcript = "off:Password: |off:New: |error:Refused (R1).|",
		.new_token = "",
		.new_old_token = "",
		.n_requests = 3,
	},
	{
		.what = "use_authtok",
		.user = "alice",
		.options = { "use_authtok" },
		.replies = { PASSWORD, NEW, AGAIN, ALLOW },
		.answers = { "old" },
		.token = "stack",
		.expected = PAM_SUCCESS,
		.transcript = "off:Password: |",
		.new_token = "stack",
		.n_requests = 4,
	},
	{
		.what = "use_authtok, and its password is not taken",
		.user = "alice",
		.options = { "use_authtok" },
		.replies = { PASSWORD, NEW, NEW, NEW, ALLOW },
		.answers = { "old" },
		.token = "weak",
		.expected = PAM_AUTHTOK_RECOVERY_ERR,
		.n_requests = 4,
	},
	{
		.what = "use_authtok, none",
		.user = "alice",
		.options = { "use_authtok" },
		.replies = { PASSWORD, NEW, ALLOW },
		.answers = { "old", "new" },
		.expected = PAM_AUTHTOK_RECOVERY_ERR,
		.new_token = "",
		.n_requests = 2,
	},
	{
		.what = "the old one from the stack",
		.user = "alice",
		.options = { "try_first_pass" },
		.replies = { PASSWORD, NEW, AGAIN, ALLOW },
		.answers = { "new", "new" },
		.old_token = "old",
		.expected = PAM_SUCCESS,
		.transcript = "off:New: |off:Again: |",
		.new_token = "new",
		.new_old_token = "old",
		.n_requests = 4,
	},
	{
		.what = "expired, and so it is",
		.user = "alice",
		.flags = PAM_CHANGE_EXPIRED_AUTHTOK,
		.replies = { "\"verdict\":\"change\"", NEW, AGAIN, ALLOW },
		.answers = { "new", "new" },
		.expected = PAM_SUCCESS,
		.new_token = "new",
		.n_requests = 4,
	},
	{
		.what = "expired, and it is not",
		.user = "alice",
		.flags = PAM_CHANGE_EXPIRED_AUTHTOK,
		.replies = { "\"verdict\":\"allow\"", NEW },
		.expected = PAM_SUCCESS,
		.transcript = "",
		.new_token = "",
		.n_requests = 1,
	},
	{
		.what = "expired, and locked",
		.user = "alice",
		.flags = PAM_CHANGE_EXPIRED_AUTHTOK,
		.replies = { "\"verdict\":\"deny\"", NEW },
		.expected = PAM_AUTHTOK_ERR,
		.n_requests = 1,
	},
};

static void test_changes(void **state)
{
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		const struct pam_row *row = &changes[i];

		pam_rig_begin_row(rig, row);
		assert_int_equal(pam_rig_run(rig, PHASE_CHAUTHTOK,
					     row->flags | PAM_PRELIM_CHECK,
					     row->options),
				 PAM_SUCCESS);
		pam_rig_check_row(rig, row,
				  pam_rig_run(rig, PHASE_CHAUTHTOK,
					      row->flags | PAM_UPDATE_AUTHTOK,
					      row->options));
		/* One check serves one change. */
		assert_int_equal(pam_rig_run(rig, PHASE_CHAUTHTOK,
					     row->flags | PAM_UPDATE_AUTHTOK,
					     row->options),
				 PAM_SYSTEM_ERR);
	}
	assert_non_null(strstr(fake_daemon_request(&rig->daemon, 0),
			       "nl.cloxxs.Login.Account"));
}

/* The pass of the login spares the old password. */
static void test_change_with_pass(void **state)
{
	static const char *const script[] = { NEW, AGAIN, ALLOW, NULL };
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	rig->pam.person.answers[0] = "new";
	rig->pam.person.answers[1] = "new";
	fake_pam_variable(&rig->pam, "CLOXXS_PASS=0ld");
	assert_int_equal(
		pam_rig_run(rig, PHASE_CHAUTHTOK, PAM_PRELIM_CHECK, NULL),
		PAM_SUCCESS);
	assert_int_equal(
		pam_rig_run(rig, PHASE_CHAUTHTOK, PAM_UPDATE_AUTHTOK, NULL),
		PAM_SUCCESS);
	assert_non_null(strstr(fake_daemon_request(&rig->daemon, 0),
			       "\"purpose\":\"change\""));
	assert_non_null(strstr(fake_daemon_request(&rig->daemon, 0),
			       "\"pass\":\"0ld\""));
	assert_string_equal(pam_getenv(&rig->pam, "CLOXXS_PASS"), "p4ss");
}

#define case_of(test) \
	cmocka_unit_test_setup_teardown(test, pam_rig_setup, pam_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_key_login_abuse_10),
		case_of(test_pass_over_fork_abuse_15),
		case_of(test_one_line),
		case_of(test_no_line_after_denial),
		case_of(test_line_dropped),
		case_of(test_line_lost),
		case_of(test_pass_removed),
		case_of(test_strange_pass),
		case_of(test_user_changed_abuse_08),
		case_of(test_another_try),
		case_of(test_close_once_abuse_13),
		case_of(test_close_without_daemon),
		case_of(test_changes),
		case_of(test_change_with_pass),
	};

	return cmocka_run_group_tests_name("pam_flows", tests, NULL, NULL);
}
