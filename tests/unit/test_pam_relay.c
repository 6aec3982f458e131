/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes between the module and its daemon, and daemons that are none. */
#include <security/pam_modules.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/pam_rig.h"

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

/* In which login of the kernel's it is asked. */
static void test_login_number(void **state)
{
	static const char *const script[] = { DENY, NULL };
	struct pam_rig *rig = *state;
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/sessionid",
		       rig->scratch.directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("7528", file);
	assert_int_equal(fclose(file), 0);
	rig->module.login_number = path;
	pam_rig_begin(rig, "alice", script);
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_AUTH_ERR);
	assert_non_null(strstr(fake_daemon_request(&rig->daemon, 0),
			       "\"audit_session\":7528}}"));
	assert_int_equal(unlink(path), 0);
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
		case_of(test_nothing_there_abuse_02),
		case_of(test_slow_daemon_abuse_03),
		case_of(test_impostor_abuse_35),
		case_of(test_socket_option),
		case_of(test_request),
		case_of(test_login_number),
		case_of(test_endless_questions),
		case_of(test_odd_names_abuse_07),
	};

	return cmocka_run_group_tests_name("pam_relay", tests, NULL, NULL);
}
