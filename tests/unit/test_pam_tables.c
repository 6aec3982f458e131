/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <security/pam_modules.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pam_cloxxs/options.h"
#include "pam_cloxxs/origin.h"
#include "pam_cloxxs/status.h"
#include "tests/unit/fake_pam.h"

/* Stated once more, phase by phase, so that the table cannot drift. */
static const struct {
	enum outcome outcome;
	int codes[_N_PHASES];
} statuses[] = {
	{ OUTCOME_ERROR,
	  { PAM_SYSTEM_ERR, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR,
	    PAM_SYSTEM_ERR, PAM_SYSTEM_ERR } },
	{ OUTCOME_DENY,
	  { PAM_AUTH_ERR, PAM_CRED_ERR, PAM_PERM_DENIED, PAM_AUTHTOK_ERR,
	    PAM_SESSION_ERR, PAM_SESSION_ERR } },
	{ OUTCOME_ALLOW,
	  { PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS,
	    PAM_SUCCESS } },
	{ OUTCOME_CHANGE,
	  { PAM_AUTH_ERR, PAM_CRED_ERR, PAM_NEW_AUTHTOK_REQD, PAM_AUTHTOK_ERR,
	    PAM_SESSION_ERR, PAM_SESSION_ERR } },
	{ OUTCOME_UNAVAILABLE,
	  { PAM_AUTHINFO_UNAVAIL, PAM_CRED_UNAVAIL, PAM_AUTHINFO_UNAVAIL,
	    PAM_AUTHINFO_UNAVAIL, PAM_SESSION_ERR, PAM_SUCCESS } },
	{ OUTCOME_NOT_OURS,
	  { PAM_USER_UNKNOWN, PAM_IGNORE, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN,
	    PAM_USER_UNKNOWN, PAM_USER_UNKNOWN } },
	{ OUTCOME_IGNORED,
	  { PAM_IGNORE, PAM_IGNORE, PAM_IGNORE, PAM_IGNORE, PAM_IGNORE,
	    PAM_IGNORE } },
	{ OUTCOME_NOBODY,
	  { PAM_AUTH_ERR, PAM_IGNORE, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN,
	    PAM_USER_UNKNOWN, PAM_USER_UNKNOWN } },
	{ OUTCOME_CONVERSATION,
	  { PAM_AUTH_ERR, PAM_CRED_ERR, PAM_PERM_DENIED, PAM_AUTHTOK_ERR,
	    PAM_SESSION_ERR, PAM_SESSION_ERR } },
	{ OUTCOME_NO_TOKEN,
	  { PAM_AUTH_ERR, PAM_CRED_ERR, PAM_PERM_DENIED,
	    PAM_AUTHTOK_RECOVERY_ERR, PAM_SESSION_ERR, PAM_SESSION_ERR } },
	{ OUTCOME_OPTIONS,
	  { PAM_SERVICE_ERR, PAM_SERVICE_ERR, PAM_SERVICE_ERR, PAM_SERVICE_ERR,
	    PAM_SERVICE_ERR, PAM_SERVICE_ERR } },
	{ OUTCOME_USER_CHANGED,
	  { PAM_ABORT, PAM_ABORT, PAM_ABORT, PAM_ABORT, PAM_ABORT,
	    PAM_ABORT } },
};

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(statuses), _N_OUTCOMES);
	for (int i = 0; i < _N_OUTCOMES; i++) {
		assert_int_equal(statuses[i].outcome, i);
		for (int j = 0; j < _N_PHASES; j++)
			assert_int_equal(
				status_code((enum outcome)i, (enum phase)j),
				statuses[i].codes[j]);
	}
}

/* Of a login that is not allowed nothing comes out as success. */
static void test_status_success(void **state)
{
	(void)state;
	for (int i = 0; i < _N_OUTCOMES; i++)
		for (int j = 0; j < PHASE_CLOSE_SESSION; j++)
			assert_int_equal(
				status_code((enum outcome)i, (enum phase)j) ==
					PAM_SUCCESS,
				i == OUTCOME_ALLOW);
	assert_int_equal(status_code(_N_OUTCOMES, PHASE_ACCOUNT),
			 PAM_SYSTEM_ERR);
	assert_int_equal(status_code(OUTCOME_ALLOW, _N_PHASES), PAM_SYSTEM_ERR);
	assert_int_equal(status_code((enum outcome) - 1, PHASE_ACCOUNT),
			 PAM_SYSTEM_ERR);
}

static const struct {
	const char *word;
	int expected;
	struct options options;
} words[] = {
	{ "debug", 0, { .debug = true } },
	{ "use_first_pass", 0, { .use_first_pass = true } },
	{ "try_first_pass", 0, { .try_first_pass = true } },
	{ "use_authtok", 0, { .use_authtok = true } },
	{ "ignore_unknown_user", 0, { .ignore_unknown_user = true } },
	{ "timeout=1", 0, { .timeout_s = 1 } },
	{ "timeout=300", 0, { .timeout_s = 300 } },
	{ "timeout=007", 0, { .timeout_s = 7 } },
	{ "socket=/a", 0, { .socket = "/a" } },
	{ "timeout=0", OPTIONS_E_VALUE, { 0 } },
	{ "timeout=301", OPTIONS_E_VALUE, { 0 } },
	{ "timeout=", OPTIONS_E_VALUE, { 0 } },
	{ "timeout=-1", OPTIONS_E_VALUE, { 0 } },
	{ "timeout=+1", OPTIONS_E_VALUE, { 0 } },
	{ "timeout= 1", OPTIONS_E_VALUE, { 0 } },
	{ "timeout=1s", OPTIONS_E_VALUE, { 0 } },
	{ "timeout=0x10", OPTIONS_E_VALUE, { 0 } },
	{ "timeout=4294967297", OPTIONS_E_VALUE, { 0 } },
	{ "timeout", OPTIONS_E_UNKNOWN, { 0 } },
	{ "socket=", OPTIONS_E_VALUE, { 0 } },
	{ "socket=relative", OPTIONS_E_VALUE, { 0 } },
	{ "socket", OPTIONS_E_UNKNOWN, { 0 } },
	{ "debug=1", OPTIONS_E_UNKNOWN, { 0 } },
	{ "DEBUG", OPTIONS_E_UNKNOWN, { 0 } },
	{ "debugs", OPTIONS_E_UNKNOWN, { 0 } },
	{ "nullok", OPTIONS_E_UNKNOWN, { 0 } },
	{ "", OPTIONS_E_UNKNOWN, { 0 } },
};

static void test_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *argv[] = { words[i].word }, *wrong = NULL;
		struct options options, expected = words[i].options;
		int r = options_parse(1, argv, "/default", &options, &wrong);

		if (r != words[i].expected)
			fail_msg("%s: %d", words[i].word, r);
		if (r != 0) {
			assert_ptr_equal(wrong, argv[0]);
			continue;
		}
		if (expected.timeout_s == 0)
			expected.timeout_s = 60;
		if (expected.socket[0] == '\0')
			strcpy(expected.socket, "/default");
		assert_int_equal(options.debug, expected.debug);
		assert_int_equal(options.use_first_pass,
				 expected.use_first_pass);
		assert_int_equal(options.try_first_pass,
				 expected.try_first_pass);
		assert_int_equal(options.use_authtok, expected.use_authtok);
		assert_int_equal(options.ignore_unknown_user,
				 expected.ignore_unknown_user);
		assert_int_equal(options.timeout_s, expected.timeout_s);
		assert_string_equal(options.socket, expected.socket);
	}
}

/* Each row of the table has a good word above: none is left untested. */
static void test_every_option(void **state)
{
	(void)state;
	for (const struct option_row *row = options_table(); row->name; row++) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			found = found || (words[i].expected == 0 &&
					  strncmp(words[i].word, row->name,
						  strlen(row->name)) == 0);
		if (!found)
			fail_msg("%s is not tested", row->name);
	}
}

static void test_socket_length(void **state)
{
	char word[160] = "socket=/";
	const char *argv[] = { word }, *wrong;
	struct options options;

	(void)state;
	memset(word + 8, 'a', 106);
	assert_int_equal(options_parse(1, argv, "/d", &options, &wrong), 0);
	assert_int_equal(strlen(options.socket), 107);
	word[8 + 106] = 'a';
	assert_int_equal(options_parse(1, argv, "/d", &options, &wrong),
			 OPTIONS_E_VALUE);
}

/* abuse-58, abuse-59: numeric addresses only, in one spelling. */
static const struct {
	const char *connection, *host, *expected;
} addresses[] = {
	{ "192.0.2.1 4711 10.0.0.1 22", "192.0.2.1", "192.0.2.1" },
	{ "192.0.2.1 4711 10.0.0.1 22", "host.example", "192.0.2.1" },
	{ "2001:db8::1 4711 10.0.0.1 22", "x", "2001:db8::1" },
	{ "192.0.2.1", "x", "192.0.2.1" },
	{ "UNKNOWN 65535 UNKNOWN 65535", "UNKNOWN", ORIGIN_UNREADABLE },
	{ "UNKNOWN 65535 UNKNOWN 65535", "192.0.2.1", ORIGIN_UNREADABLE },
	/* no remote service: nobody but the user can have set it */
	{ "192.0.2.1 4711 10.0.0.1 22", NULL, "" },
	{ "192.0.2.1 4711 10.0.0.1 22", "", "" },
	{ NULL, NULL, "" },
	{ NULL, "", "" },
	{ NULL, "192.0.2.1", "192.0.2.1" },
	{ NULL, "host.example", ORIGIN_UNREADABLE },
	{ NULL, "localhost", ORIGIN_UNREADABLE },
	{ NULL, "::ffff:203.0.113.5", "203.0.113.5" },
	{ NULL, "0:0:0:0:0:ffff:cb00:7105", "203.0.113.5" },
	{ NULL, "::FFFF:CB00:7105", "203.0.113.5" },
	{ NULL, "2001:0DB8:0000::0001", "2001:db8::1" },
	{ NULL, "fe80::1%eth0", "fe80::1" },
	{ NULL, "192.0.2.1%eth0", ORIGIN_UNREADABLE },
	{ NULL, "%eth0", ORIGIN_UNREADABLE },
	{ NULL, "203.0.113.005", ORIGIN_UNREADABLE },
	{ NULL, "3405803781", ORIGIN_UNREADABLE },
	{ NULL, "0x7f.1", ORIGIN_UNREADABLE },
	{ NULL, "10.1", ORIGIN_UNREADABLE },
	{ NULL, "[2001:db8::1]", ORIGIN_UNREADABLE },
	{ NULL, " 192.0.2.1", ORIGIN_UNREADABLE },
	{ NULL, "192.0.2.1 ", ORIGIN_UNREADABLE },
	{ NULL, "1111:2222:3333:4444:5555:6666:7777:8888:9999:0000",
	  ORIGIN_UNREADABLE },
};

static void test_addresses_abuse_58_59(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct pam_handle pam;
		struct origin origin;
		char variable[128] = "SSH_CONNECTION=";

		fake_pam_init(&pam);
		fake_pam_item(&pam, PAM_RHOST, addresses[i].host);
		if (addresses[i].connection) {
			strcat(variable, addresses[i].connection);
			fake_pam_variable(&pam, variable);
		}
		origin_read(&pam, &origin);
		if (strcmp(origin.address, addresses[i].expected) != 0)
			fail_msg("%s, %s: %s", addresses[i].connection,
				 addresses[i].host, origin.address);
		fake_pam_deinit(&pam);
	}
}

/* What the process has in its environment is the user's, and not read. */
static void test_environment_abuse_20(void **state)
{
	struct pam_handle pam;
	struct origin origin;

	(void)state;
	setenv("SSH_CONNECTION", "192.0.2.1 4711 10.0.0.1 22", 1);
	setenv("SSH_AUTH_INFO_0", "publickey x", 1);
	setenv("LANG", "nl_NL.UTF-8", 1);
	fake_pam_init(&pam);
	fake_pam_item(&pam, PAM_RHOST, "host.example");
	origin_read(&pam, &origin);
	assert_string_equal(origin.address, ORIGIN_UNREADABLE);
	assert_string_equal(origin.method, "");
	assert_string_equal(origin.language, "");
	fake_pam_deinit(&pam);
}

static const struct {
	const char *variable, *method, *language;
} variables[] = {
	{ "SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAA\npassword\n", "publickey",
	  "" },
	{ "SSH_AUTH_INFO_0=keyboard-interactive/pam\n",
	  "keyboard-interactive/pam", "" },
	{ "SSH_AUTH_INFO_0=", "", "" },
	{ "SSH_AUTH_INFO_0=\x1b[2J", "", "" },
	{ "SSH_AUTH_INFO_0=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "", "" },
	{ "LANG=nl_NL.UTF-8", "", "nl" },
	{ "LANG=en", "", "en" },
	{ "LANG=C.UTF-8", "", "" },
	{ "LANG=../../etc", "", "" },
};

static void test_variables(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		struct pam_handle pam;
		struct origin origin;

		fake_pam_init(&pam);
		fake_pam_variable(&pam, variables[i].variable);
		origin_read(&pam, &origin);
		assert_string_equal(origin.method, variables[i].method);
		assert_string_equal(origin.language, variables[i].language);
		fake_pam_deinit(&pam);
	}
}

static void test_items_abuse_05(void **state)
{
	struct pam_handle pam;
	struct origin origin;
	char huge[2048];

	(void)state;
	memset(huge, 'x', sizeof(huge));
	huge[sizeof(huge) - 1] = '\0';
	fake_pam_init(&pam);
	origin_read(&pam, &origin);
	assert_string_equal(origin.service, "other");
	assert_string_equal(origin.terminal, "");
	assert_string_equal(origin.requester, "");
	fake_pam_item(&pam, PAM_SERVICE, "sudo-i");
	fake_pam_item(&pam, PAM_TTY, "/dev/pts/\x1b[2J");
	fake_pam_item(&pam, PAM_RUSER, huge);
	origin_read(&pam, &origin);
	assert_string_equal(origin.service, "sudo-i");
	assert_string_equal(origin.terminal, "/dev/pts/\\x1b[2J");
	assert_string_equal(origin.requester, "");
	/* The longest that cloxxsd takes, and one more: left out, not cut. */
	for (int n = 64; n <= 65; n++) {
		huge[n] = '\0';
		fake_pam_item(&pam, PAM_TTY, huge);
		huge[n] = 'x';
		origin_read(&pam, &origin);
		assert_int_equal(strlen(origin.terminal), n == 64 ? 64 : 0);
	}
	fake_pam_item(&pam, PAM_SERVICE, "../sshd");
	origin_read(&pam, &origin);
	assert_string_equal(origin.service, "other");
	fake_pam_deinit(&pam);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_status_success),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_every_option),
		cmocka_unit_test(test_socket_length),
		cmocka_unit_test(test_addresses_abuse_58_59),
		cmocka_unit_test(test_environment_abuse_20),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_items_abuse_05),
	};

	return cmocka_run_group_tests_name("pam_tables", tests, NULL, NULL);
}
