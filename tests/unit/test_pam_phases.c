/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <security/pam_modules.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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
		.what = "what a notice says is left to the session",
		.user = "alice",
		.replies = { PASSWORD, ALLOW ",\"message\":\"Secret.\"" },
		.answers = { "right" },
		.expected = PAM_SUCCESS,
		.transcript = "off:Password: |",
		.n_requests = 2,
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
	/* who is not ours, from another host */
	{
		.what = "unmanaged: may come from there",
		.user = "local",
		.phase = PHASE_ACCOUNT,
		.host = "192.0.2.1",
		.replies = { "\"verdict\":\"allow\"" },
		.expected = PAM_USER_UNKNOWN,
		.transcript = "",
		.n_requests = 1,
	},
	{
		.what = "unmanaged: and is then left to others",
		.user = "root",
		.phase = PHASE_ACCOUNT,
		.host = "192.0.2.1",
		.options = { "ignore_unknown_user" },
		.replies = { "\"verdict\":\"allow\"" },
		.expected = PAM_IGNORE,
		.n_requests = 1,
	},
	{
		.what = "unmanaged: may not",
		.user = "root",
		.phase = PHASE_ACCOUNT,
		.host = "192.0.2.1",
		.options = { "ignore_unknown_user" },
		.replies = { "\"verdict\":\"deny\",\"message\":\"No (R4).\","
			     "\"reference\":\"R4\"" },
		.expected = PAM_PERM_DENIED,
		.transcript = "error:No (R4).|",
		.log = "access denied, reference R4",
		.n_requests = 1,
	},
	{
		.what = "unmanaged: from a host by name",
		.user = "root",
		.phase = PHASE_ACCOUNT,
		.host = "console.example",
		.replies = { "\"verdict\":\"deny\"" },
		.expected = PAM_PERM_DENIED,
		.n_requests = 1,
	},
	{
		.what = "unmanaged: undecided",
		.user = "root",
		.phase = PHASE_ACCOUNT,
		.host = "192.0.2.1",
		.replies = { "\"verdict\":\"unavailable\"" },
		.expected = PAM_AUTHINFO_UNAVAIL,
		.n_requests = 1,
	},
	{
		.what = "unmanaged: no daemon",
		.user = "root",
		.phase = PHASE_ACCOUNT,
		.host = "192.0.2.1",
		.expected = PAM_AUTHINFO_UNAVAIL,
		.n_requests = 1,
	},
	{
		.what = "unmanaged: who he is, is for others to say",
		.user = "root",
		.phase = PHASE_AUTHENTICATE,
		.host = "192.0.2.1",
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

#define case_of(test) \
	cmocka_unit_test_setup_teardown(test, pam_rig_setup, pam_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_rows),
		case_of(test_delay),
		case_of(test_wrong_option),
	};

	return cmocka_run_group_tests_name("pam_phases", tests, NULL, NULL);
}
