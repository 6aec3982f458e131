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

static const struct pam_row rows[] = {
	{
		.what = "a good password",
		.user = "alice",
		.replies = { "+" PASSWORD, "+++" ALLOW },
		.answers = { "right" },
		.expected = PAM_SUCCESS,
		.transcript = "off:Password: |",
		.pass = "p4ss",
		.new_token = "right",
		.n_requests = 2,
	},
	{
		.what = "a code: with echo; notice too",
		.user = "alice",
		.replies = { PASSWORD, CODE, NOTICE, ALLOW },
		.answers = { "right", "123456", "yes" },
		.expected = PAM_SUCCESS,
		.transcript = "off:Password: |on:Code: |on:Secret.\nYes? |",
		.new_token = "right",
		.n_requests = 4,
	},
	{
		.what = "a wrong password",
		.user = "alice",
		.replies = { PASSWORD, DENY },
		.answers = { "wrong" },
		.expected = PAM_AUTH_ERR,
		.transcript = "off:Password: |error:Refused (R1).|",
		.pass = "",
		.new_token = "",
		.log = "user 'alice': access denied, reference R1\n",
		.n_requests = 2,
	},
	{
		.what = "silent",
		.user = "alice",
		.flags = (int)PAM_SILENT,
		.replies = { PASSWORD, DENY },
		.answers = { "wrong" },
		.expected = PAM_AUTH_ERR,
		.transcript = "off:Password: |",
		.n_requests = 2,
	},
	{
		.what = "the daemon cannot decide",
		.user = "alice",
		.replies = { PASSWORD, UNAVAILABLE },
		.answers = { "right" },
		.expected = PAM_AUTHINFO_UNAVAIL,
		.log = "could not decide, reference R2",
		.n_requests = 2,
	},
	{
		.what = "a daemon that gives up",
		.user = "alice",
		.replies = { PASSWORD, "%half" },
		.answers = { "right" },
		.expected = PAM_AUTHINFO_UNAVAIL,
		.pass = "",
		.new_token = "",
		.log = "cloxxsd is not there, or closed the connection",
		.n_requests = 2,
	},
	{
		.what = "a daemon that speaks otherwise",
		.user = "alice",
		.replies = { "!{\"parameters\":{\"step\":[]}}" },
		.expected = PAM_AUTHINFO_UNAVAIL,
		.log = "cannot be read",
		.n_requests = 1,
	},
	{
		.what = "a daemon that does not take the call",
		.user = "alice",
		.replies = { "!{\"error\":\"org.varlink.service."
			     "PermissionDenied\"}" },
		.expected = PAM_AUTHINFO_UNAVAIL,
		.log = "did not take the call",
		.n_requests = 1,
	},
	{
		.what = "a login is not to be 'changed'",
		.user = "alice",
		.replies = { "\"step\":\"done\",\"verdict\":\"change\"" },
		.expected = PAM_AUTH_ERR,
		.n_requests = 1,
	},
	{
		.what = "debug tells steps and no secret",
		.user = "alice",
		.options = { "debug" },
		.replies = { PASSWORD, ALLOW },
		.answers = { "canary" },
		.expected = PAM_SUCCESS,
		.log = "debug:user 'alice': step",
		.n_requests = 2,
	},
	/* who */
	{
		.what = "root needs nobody",
		.user = "root",
		.expected = PAM_USER_UNKNOWN,
		.transcript = "",
	},
	{
		.what = "uid 0 by another name",
		.user = "toor",
		.expected = PAM_USER_UNKNOWN,
	},
	{
		.what = "a local user",
		.user = "local",
		.expected = PAM_USER_UNKNOWN,
	},
	{
		.what = "a local user, ignored",
		.user = "local",
		.options = { "ignore_unknown_user" },
		.expected = PAM_IGNORE,
	},
	{
		.what = "a decoy is asked and denied",
		.user = "ghost",
		.replies = { PASSWORD, DENY },
		.answers = { "any" },
		.expected = PAM_AUTH_ERR,
		.transcript = "off:Password: |error:Refused (R1).|",
		.n_requests = 2,
	},
	{
		.what = "a decoy is never let in",
		.user = "ghost",
		.options = { "ignore_unknown_user" },
		.replies = { PASSWORD, ALLOW },
		.answers = { "any" },
		.expected = PAM_AUTH_ERR,
		.pass = "",
		.new_token = "",
		.n_requests = 2,
	},
	{
		.what = "a decoy without a daemon",
		.user = "ghost",
		.expected = PAM_AUTHINFO_UNAVAIL,
		.n_requests = 1,
	},
	{
		.what = "a collision of names is never let in",
		.user = "bob",
		.replies = { PASSWORD, ALLOW },
		.answers = { "right" },
		.expected = PAM_AUTH_ERR,
		.pass = "",
		.n_requests = 2,
	},
	{
		.what = "a system id that the map names",
		.user = "daemon",
		.replies = { ALLOW },
		.expected = PAM_AUTH_ERR,
		.n_requests = 1,
	},
	{
		.what = "no user of the system's, ours",
		.user = "carol",
		.replies = { PASSWORD, ALLOW },
		.answers = { "right" },
		.expected = PAM_SUCCESS,
		.n_requests = 2,
	},
	/* passwords of other modules */
	{
		.what = "use_first_pass",
		.user = "alice",
		.options = { "use_first_pass" },
		.replies = { PASSWORD, ALLOW },
		.token = "first",
		.expected = PAM_SUCCESS,
		.transcript = "",
		.new_token = "first",
		.n_requests = 2,
	},
	{
		.what = "use_first_pass, none",
		.user = "alice",
		.options = { "use_first_pass" },
		.replies = { PASSWORD, ALLOW },
		.answers = { "right" },
		.expected = PAM_AUTH_ERR,
		.transcript = "",
		.n_requests = 1,
	},
	{
		.what = "use_first_pass serves the first question only",
		.user = "alice",
		.options = { "use_first_pass" },
		.replies = { PASSWORD, PASSWORD, ALLOW },
		.token = "first",
		.answers = { "right" },
		.expected = PAM_AUTH_ERR,
		.transcript = "",
		.n_requests = 2,
	},
	{
		.what = "use_first_pass answers no code",
		.user = "alice",
		.options = { "use_first_pass" },
		.replies = { PASSWORD, CODE, ALLOW },
		.token = "first",
		.answers = { "123456" },
		.expected = PAM_SUCCESS,
		.transcript = "on:Code: |",
		.new_token = "first",
		.n_requests = 3,
	},
	{
		.what = "try_first_pass, then asks",
		.user = "alice",
		.options = { "try_first_pass" },
		.replies = { PASSWORD, PASSWORD, ALLOW },
		.token = "first",
		.answers = { "right" },
		.expected = PAM_SUCCESS,
		.transcript = "off:Password: |",
		.new_token = "right",
		.n_requests = 3,
	},
	{
		.what = "try_first_pass, none",
		.user = "alice",
		.options = { "try_first_pass" },
		.replies = { PASSWORD, ALLOW },
		.answers = { "right" },
		.expected = PAM_SUCCESS,
		.transcript = "off:Password: |",
		.new_token = "right",
		.n_requests = 2,
	},
	{
		.what = "a token is not used unasked",
		.user = "alice",
		.replies = { PASSWORD, ALLOW },
		.token = "first",
		.answers = { "right" },
		.expected = PAM_SUCCESS,
		.transcript = "off:Password: |",
		.new_token = "right",
		.n_requests = 2,
	},
	{
		.what = "a password changed within the login",
		.user = "alice",
		.replies = { PASSWORD, NEW, AGAIN, ALLOW },
		.answers = { "old", "new", "new" },
		.expected = PAM_SUCCESS,
		.new_token = "new",
		.n_requests = 4,
	},
	/* account */
	{
		.what = "account: allowed",
		.user = "alice",
		.phase = PHASE_ACCOUNT,
		.replies = { "\"verdict\":\"allow\"" },
		.expected = PAM_SUCCESS,
		.transcript = "",
		.n_requests = 1,
	},
	{
		.what = "account: a new password is due",
		.user = "alice",
		.phase = PHASE_ACCOUNT,
		.replies = { "\"verdict\":\"change\",\"message\":\"Choose.\"" },
		.expected = PAM_NEW_AUTHTOK_REQD,
		.n_requests = 1,
	},
	{
		.what = "account: denied",
		.user = "alice",
		.phase = PHASE_ACCOUNT,
		.replies = { "\"verdict\":\"deny\",\"message\":\"No (R3).\","
			     "\"reference\":\"R3\"" },
		.expected = PAM_PERM_DENIED,
		.transcript = "error:No (R3).|",
		.log = "access denied, reference R3",
		.n_requests = 1,
	},
	{
		.what = "account: undecided",
		.user = "alice",
		.phase = PHASE_ACCOUNT,
		.replies = { "\"verdict\":\"unavailable\"" },
		.expected = PAM_AUTHINFO_UNAVAIL,
		.n_requests = 1,
	},
	{
		.what = "account: no daemon",
		.user = "alice",
		.phase = PHASE_ACCOUNT,
		.expected = PAM_AUTHINFO_UNAVAIL,
		.n_requests = 1,
	},
	{
		.what = "account: a collision",
		.user = "bob",
		.phase = PHASE_ACCOUNT,
		.replies = { "\"verdict\":\"allow\"" },
		.expected = PAM_PERM_DENIED,
		.n_requests = 1,
	},
	{
		.what = "account: a collision is not to be changed either",
		.user = "bob",
		.phase = PHASE_ACCOUNT,
		.replies = { "\"verdict\":\"change\"" },
		.expected = PAM_PERM_DENIED,
		.n_requests = 1,
	},
	{
		.what = "account: nobody",
		.user = "ghost",
		.phase = PHASE_ACCOUNT,
		.options = { "ignore_unknown_user" },
		.expected = PAM_USER_UNKNOWN,
	},
	{
		.what = "account: root",
		.user = "root",
		.phase = PHASE_ACCOUNT,
		.expected = PAM_USER_UNKNOWN,
	},
	/* credentials: who is ours, and no state */
	{
		.what = "setcred: ours",
		.user = "alice",
		.phase = PHASE_SETCRED,
		.flags = PAM_ESTABLISH_CRED,
		.expected = PAM_SUCCESS,
	},
	{
		.what = "setcred: local",
		.user = "local",
		.phase = PHASE_SETCRED,
		.flags = PAM_ESTABLISH_CRED,
		.expected = PAM_IGNORE,
	},
	{
		.what = "setcred: nobody",
		.user = "ghost",
		.phase = PHASE_SETCRED,
		.flags = PAM_ESTABLISH_CRED,
		.expected = PAM_IGNORE,
	},
	{
		.what = "setcred: a collision",
		.user = "bob",
		.phase = PHASE_SETCRED,
		.flags = PAM_ESTABLISH_CRED,
		.expected = PAM_CRED_ERR,
	},
	/* sessions */
	{
		.what = "session: denied",
		.user = "alice",
		.phase = PHASE_OPEN_SESSION,
		.replies = { "\"verdict\":\"deny\"" },
		.expected = PAM_SESSION_ERR,
		.n_requests = 1,
	},
	{
		.what = "session: a password that must change opens none",
		.user = "alice",
		.phase = PHASE_OPEN_SESSION,
		.replies = { "\"verdict\":\"change\"" },
		.expected = PAM_SESSION_ERR,
		.n_requests = 1,
	},
	{
		.what = "session: no daemon",
		.user = "alice",
		.phase = PHASE_OPEN_SESSION,
		.expected = PAM_SESSION_ERR,
		.n_requests = 1,
	},
	{
		.what = "session: local",
		.user = "local",
		.phase = PHASE_OPEN_SESSION,
		.expected = PAM_USER_UNKNOWN,
	},
	{
		.what = "session: nobody",
		.user = "ghost",
		.phase = PHASE_OPEN_SESSION,
		.expected = PAM_USER_UNKNOWN,
	},
	{
		.what = "session: none to close",
		.user = "alice",
		.phase = PHASE_CLOSE_SESSION,
		.expected = PAM_SUCCESS,
	},
	/* half a change changes nothing: abuse-13 */
	{
		.what = "change: only the update",
		.user = "alice",
		.phase = PHASE_CHAUTHTOK,
		.flags = PAM_UPDATE_AUTHTOK,
		.replies = { PASSWORD },
		.expected = PAM_SYSTEM_ERR,
		.log = "without its preliminary check",
	},
	{
		.what = "change: neither",
		.user = "alice",
		.phase = PHASE_CHAUTHTOK,
		.expected = PAM_SYSTEM_ERR,
	},
	{
		.what = "change: both at once",
		.user = "alice",
		.phase = PHASE_CHAUTHTOK,
		.flags = PAM_UPDATE_AUTHTOK | PAM_PRELIM_CHECK,
		.expected = PAM_SYSTEM_ERR,
	},
	{
		.what = "change: only the check",
		.user = "alice",
		.phase = PHASE_CHAUTHTOK,
		.flags = PAM_PRELIM_CHECK,
		.replies = { PASSWORD },
		.expected = PAM_SUCCESS,
		.transcript = "",
	},
	{
		.what = "change: a collision",
		.user = "bob",
		.phase = PHASE_CHAUTHTOK,
		.flags = PAM_PRELIM_CHECK,
		.expected = PAM_AUTHTOK_ERR,
		.log = "another user of that name",
	},
	{
		.what = "change: nobody",
		.user = "ghost",
		.phase = PHASE_CHAUTHTOK,
		.flags = PAM_PRELIM_CHECK,
		.expected = PAM_USER_UNKNOWN,
	},
	{
		.what = "change: local, asked for the module behind us",
		.user = "local",
		.phase = PHASE_CHAUTHTOK,
		.flags = PAM_UPDATE_AUTHTOK,
		.answers = { "theirs" },
		.expected = PAM_USER_UNKNOWN,
		.transcript = "off:New password: |",
		.new_token = "theirs",
	},
	{
		.what = "change: local, asked by a module before us",
		.user = "local",
		.phase = PHASE_CHAUTHTOK,
		.flags = PAM_UPDATE_AUTHTOK,
		.options = { "use_authtok" },
		.expected = PAM_USER_UNKNOWN,
		.transcript = "",
	},
};

static void test_rows(void **state)
{
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pam_rig_begin_row(rig, &rows[i]);
		pam_rig_check_row(rig, &rows[i],
				  pam_rig_run(rig, rows[i].phase, rows[i].flags,
					      rows[i].options));
	}
}

/* A failed authentication asks for the delay; success and others' do not. */
static void test_delay(void **state)
{
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool expected = rows[i].phase == PHASE_AUTHENTICATE &&
				rows[i].expected == PAM_AUTH_ERR;

		pam_rig_begin_row(rig, &rows[i]);
		(void)!pam_rig_run(rig, rows[i].phase, rows[i].flags,
				   rows[i].options);
		if ((rig->pam.fail_delay_us > 0) != expected)
			fail_msg("%s: %u us", rows[i].what,
				 rig->pam.fail_delay_us);
	}
}

/* A wrong option denies in every phase, to everyone, and says which. */
static void test_wrong_option(void **state)
{
	static const char *const wrong[][3] = {
		{ "nullok", NULL },
		{ "timeout=never", NULL },
		{ "debug", "socket=x", NULL },
	};
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		for (int phase = 0; phase < _N_PHASES; phase++) {
			pam_rig_begin(rig, "alice", NULL);
			assert_int_equal(pam_rig_run(rig, (enum phase)phase, 0,
						     wrong[i]),
					 PAM_SERVICE_ERR);
			assert_non_null(strstr(rig->pam.log, "option '"));
			assert_int_equal(fake_daemon_n_requests(&rig->daemon),
					 0);
		}
}

/* abuse-02: no map and no daemon: ours are denied, root and local are not. */
static void test_nothing_there_abuse_02(void **state)
{
	static const struct {
		const char *user;
		int codes[_N_PHASES];
	} users[] = {
		{ "alice",
		  { PAM_AUTHINFO_UNAVAIL, PAM_CRED_UNAVAIL,
		    PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, PAM_SESSION_ERR,
		    PAM_SUCCESS } },
		{ "ghost",
		  { PAM_AUTHINFO_UNAVAIL, PAM_CRED_UNAVAIL,
		    PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, PAM_SESSION_ERR,
		    PAM_SUCCESS } },
		{ "root",
		  { PAM_USER_UNKNOWN, PAM_IGNORE, PAM_USER_UNKNOWN,
		    PAM_USER_UNKNOWN, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN } },
		{ "local",
		  { PAM_USER_UNKNOWN, PAM_IGNORE, PAM_USER_UNKNOWN,
		    PAM_USER_UNKNOWN, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN } },
	};
	struct pam_rig *rig = *state;

	rig->module.map = "/nonexistent/identity.map";
	rig->module.socket = "/nonexistent/cloxxsd.sock";
	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		for (int phase = 0; phase < _N_PHASES; phase++) {
			pam_rig_begin(rig, users[i].user, NULL);
			assert_int_equal(pam_rig_run(rig, (enum phase)phase,
						     PAM_PRELIM_CHECK, NULL),
					 users[i].codes[phase]);
		}
}

/* A silent, slow or waiting daemon denies within the module's limits. */
static void test_slow_daemon_abuse_03(void **state)
{
	static const char *const daemons[][2] = { { "%silent" }, { "%drip" } };
	static const char *const waits[] = { "%wait", NULL };
	static const char *const one_second[] = { "timeout=1", NULL };
	struct pam_rig *rig = *state;

	rig->module.silence_ms = 150;
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
		pam_rig_begin(rig, "alice", daemons[i]);
		assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
				 PAM_AUTHINFO_UNAVAIL);
		assert_non_null(strstr(rig->pam.log, "in time"));
		assert_null(pam_getenv(&rig->pam, "CLOXXS_PASS"));
	}
	rig->module.silence_ms = 60000;
	pam_rig_begin(rig, "alice", waits);
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, one_second),
			 PAM_AUTHINFO_UNAVAIL);
}

/* Somebody else's socket is refused before a byte is sent. */
static void test_impostor_abuse_35(void **state)
{
	static const char *const script[] = { ALLOW, NULL };
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	assert_int_equal(chmod(rig->scratch.directory, 0777), 0);
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(rig->pam.log, "not cloxxsd's"));
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 0);
}

/* The option beats the default of the build. */
static void test_socket_option(void **state)
{
	static const char *const script[] = { ALLOW, NULL };
	struct pam_rig *rig = *state;
	char option[128] = "socket=";
	const char *const argv[] = { option, NULL };

	strcat(option, rig->daemon.path);
	rig->module.socket = "/nonexistent/cloxxsd.sock";
	pam_rig_begin(rig, "alice", script);
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, argv),
			 PAM_SUCCESS);
}

static void test_request(void **state)
{
	static const char *const script[] = { DENY, NULL };
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	fake_pam_item(&rig->pam, PAM_RHOST, "192.0.2.1");
	fake_pam_item(&rig->pam, PAM_TTY, "ssh");
	fake_pam_item(&rig->pam, PAM_RUSER, "me");
	fake_pam_variable(&rig->pam, "LANG=nl_NL.UTF-8");
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_AUTH_ERR);
	assert_string_equal(
		fake_daemon_request(&rig->daemon, 0),
		"{\"method\":\"nl.cloxxs.Login.Start\",\"more\":true,"
		"\"parameters\":{\"purpose\":\"login\",\"user\":\"alice\","
		"\"service\":\"sshd\",\"address\":\"192.0.2.1\","
		"\"terminal\":\"ssh\",\"requester\":\"me\",\"language\":\"nl\","
		"\"system_uid\":66001}}");
}

/* A daemon that never comes to an end is left. */
static void test_endless_questions(void **state)
{
	static const char *script[80];
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < 79; i++)
		script[i] = PASSWORD;
	pam_rig_begin(rig, "alice", script);
	for (size_t i = 0; i < FAKE_ANSWERS_MAX; i++)
		rig->pam.person.answers[i] = "x";
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 65);
}

/* abuse-07: every odd name is asked and refused in the same way. */
static void test_odd_names_abuse_07(void **state)
{
	static const char *const script[] = { PASSWORD, DENY, NULL };
	static char long_names[3][65536];
	static const size_t sizes[] = { 255, 256, 65535 };
	const char *names[] = { "",           "root\n",      "a/b",
				"../x",       "-x",          "pi\xe9t",
				"ROOT",       "alice ",      "alice\x1b[2J",
				"ghost",      long_names[0], long_names[1],
				long_names[2] };
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		memset(long_names[i], 'a', sizes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		pam_rig_begin(rig, names[i], script);
		rig->pam.person.answers[0] = "any";
		assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
				 PAM_AUTH_ERR);
		assert_string_equal(rig->pam.person.transcript,
				    "off:Password: |error:Refused (R1).|");
		assert_int_equal(fake_daemon_n_requests(&rig->daemon), 2);
		for (const char *at = rig->pam.log; *at; at++)
			assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
	}
}

#define case_of(test) \
	cmocka_unit_test_setup_teardown(test, pam_rig_setup, pam_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_rows),
		case_of(test_delay),
		case_of(test_wrong_option),
		case_of(test_nothing_there_abuse_02),
		case_of(test_slow_daemon_abuse_03),
		case_of(test_impostor_abuse_35),
		case_of(test_socket_option),
		case_of(test_request),
		case_of(test_endless_questions),
		case_of(test_odd_names_abuse_07),
	};

	return cmocka_run_group_tests_name("pam_phases", tests, NULL, NULL);
}
