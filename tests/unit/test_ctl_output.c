/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Golden answers: what eyes and what scripts are shown of one reply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "cloxxsctl/explain_view.h"
#include "cloxxsctl/listing.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/verbs.h"

/* 2026-11-23 06:52:10 +0100 */
#define NOW 1795413130

#define ANNA                                                              \
	"'name': 'anna', 'uid': 66000, 'role': 'user', 'enabled': true, " \
	"'services': ['sshd', 'sudo'], 'shell': '/bin/bash', "            \
	"'home': '/home/anna', 'language': 'nl', 'created': 1795326730, " \
	"'password_changed': 1795326790"
#define LOCKED                                                               \
	"{" ANNA ", 'password': 'chosen', 'locked': true, 'failures': 3, "   \
	"'locked_at': 1795413010, 'locked_because': 'three wrong answers', " \
	"'last_login': 1795405930, 'last_login_service': 'sshd', "           \
	"'last_login_address': '192.0.2.7', 'temporary_until': null}"
#define FRESH                                                   \
	"{" ANNA ", 'password': 'temporary', 'locked': false, " \
	"'failures': 0, 'temporary_until': 1795499530, 'last_login': null}"

#define OPEN                                                           \
	"{" ANNA ", 'password': 'chosen', 'locked': false, "           \
	"'failures': 0, 'temporary_until': null, 'last_login': null, " \
	"'break_glass': true, 'opened_at': 1795413130, "               \
	"'open_until': 1795420330}"

#define DISABLED                                                           \
	"{'name': 'jan', 'uid': 66001, 'role': 'user', 'enabled': false, " \
	"'services': [], 'shell': '/bin/bash', 'home': '/home/jan', "      \
	"'created': 1795326730, 'password': 'none', 'locked': true, "      \
	"'locked_at': 1795413010, 'locked_because': 'left', "              \
	"'disabled_at': 1795413010, 'disabled_because': 'left us', "       \
	"'failures': 0}"

#define NOT_KNOWN                                                             \
	"Not known here: whether the password would be the right one (taken " \
	"so), and which\nuid the system gives the name (taken as ours; see "  \
	"--system-uid).\n"

struct golden {
	const char *noun, *verb, *operand;
	const char *reply; /* with ' for " */
	bool json, utf8, colour;
	const char *text;
};

static const struct golden goldens[] = {
	{ "user", "show", "anna",
	  "{'user': " LOCKED ", 'failed': [{'at': 1795413010, 'service': "
	  "'sshd', 'address': '203.0.113.9', 'terminal': 'ssh', 'reason': "
	  "'wrong-password', 'reference': 'K7QF2M9X'}, {'at': 1795413000, "
	  "'service': 'sudo', 'address': null, 'terminal': '/dev/pts/1', "
	  "'reason': 'wrong-password', 'reference': 'AAAA2222'}]}",
	  false, true, false,
	  "User          anna\n"
	  "State         ✗ locked since 2026-11-23 06:50:10 +0100 "
	  "(2 minutes ago): three wrong answers\n"
	  "Let in with   cloxxsctl user unlock anna --reason TEXT\n"
	  "Services      sshd, sudo\n"
	  "Role          user\n"
	  "Uid           66000\n"
	  "Shell         /bin/bash\n"
	  "Home          /home/anna\n"
	  "Language      nl\n"
	  "Password      chosen 2026-11-22 06:53:10 +0100 (23 hours ago)\n"
	  "Last login    2026-11-23 04:52:10 +0100 (2 hours ago), sshd from "
	  "192.0.2.7\n"
	  "Created       2026-11-22 06:52:10 +0100 (1 day ago)\n"
	  "Failures      3\n"
	  "\n"
	  "Wrong answers since the last good login, newest first:\n"
	  "  WHEN                       SERVICE  FROM         REASON          "
	  "REFERENCE\n"
	  "  2026-11-23 06:50:10 +0100  sshd     203.0.113.9  wrong-password  "
	  "K7QF2M9X\n"
	  "  2026-11-23 06:50:00 +0100  sudo     /dev/pts/1   wrong-password  "
	  "AAAA2222\n" },
	{ "user", "show", "jan", "{'user': " DISABLED ", 'failed': []}", false,
	  false, false,
	  "User          jan\n"
	  "State         x disabled since 2026-11-23 06:50:10 +0100 "
	  "(2 minutes ago): left us; and locked since 2026-11-23 06:50:10 "
	  "+0100 (2 minutes ago): left\n"
	  "Let in with   cloxxsctl user enable jan\n"
	  "Services      none: may log in nowhere\n"
	  "Role          user\n"
	  "Uid           66001\n"
	  "Shell         /bin/bash\n"
	  "Home          /home/jan\n"
	  "Password      none\n"
	  "Last login    never\n"
	  "Created       2026-11-22 06:52:10 +0100 (1 day ago)\n"
	  "Failures      0\n" },
	{ "user", "show", "anna", "{'user': " FRESH ", 'failed': []}", false,
	  false, false,
	  "User          anna\n"
	  "State         + enabled\n"
	  "Services      sshd, sudo\n"
	  "Role          user\n"
	  "Uid           66000\n"
	  "Shell         /bin/bash\n"
	  "Home          /home/anna\n"
	  "Language      nl\n"
	  "Password      temporary, ends 2026-11-24 06:52:10 +0100 (in 1 day)\n"
	  "Last login    never\n"
	  "Created       2026-11-22 06:52:10 +0100 (1 day ago)\n"
	  "Failures      0\n" },
	{ "user", "show", "anna", "{'user': " OPEN ", 'failed': []}", false,
	  false, false,
	  "User          anna\n"
	  "State         + open until 2026-11-23 08:52:10 +0100 (in 2 hours): "
	  "a break-glass account\n"
	  "Services      sshd, sudo\n"
	  "Role          user\n"
	  "Uid           66000\n"
	  "Shell         /bin/bash\n"
	  "Home          /home/anna\n"
	  "Language      nl\n"
	  "Password      chosen 2026-11-22 06:53:10 +0100 (23 hours ago)\n"
	  "Last login    never\n"
	  "Created       2026-11-22 06:52:10 +0100 (1 day ago)\n"
	  "Failures      0\n" },
	{ "user", "add", "anna",
	  "{'user': " FRESH ", 'temporary_password': 'apt-kite-42-moss', "
	  "'temporary_until': 1795499530}",
	  false, true, false,
	  "User anna: added.\n"
	  "\n"
	  "┌─────────────────────────────────────────────────────────────┐\n"
	  "│  Temporary password:  apt-kite-42-moss                      │\n"
	  "│  Ends:                2026-11-24 06:52:10 +0100 (in 1 day)  │\n"
	  "└─────────────────────────────────────────────────────────────┘\n"
	  "It is shown only this once; with it anna can do nothing but choose "
	  "a new one.\n" },
	{ "user", "unlock", "anna",
	  "{'user': " FRESH ", 'temporary_password': null}", false, false,
	  false, "User anna: unlocked.\n" },
	{ "user", "reset-password", "anna",
	  "{'user': " LOCKED ", 'temporary_password': 'pw', "
	  "'temporary_until': 1795413160}",
	  false, false, false,
	  "User anna: has a temporary password.\n"
	  "State: x locked since 2026-11-23 06:50:10 +0100 (2 minutes ago): "
	  "three wrong answers\n"
	  "\n"
	  "+------------------------------------------------------------------"
	  "+\n"
	  "|  Temporary password:  pw                                         "
	  "|\n"
	  "|  Ends:                2026-11-23 06:52:40 +0100 (in 30 seconds)  "
	  "|\n"
	  "+------------------------------------------------------------------"
	  "+\n"
	  "It is shown only this once; with it anna can do nothing but choose "
	  "a new one.\n" },
	{ "user", "delete", "anna", "{}", false, false, false,
	  "User anna: deleted.\n" },
	{ "project", "add", "a",
	  "{'project': {'name': 'a', 'readers_group': null}}", false, false,
	  false, "Project a: added.\n" },
	{ "project", "set", "a",
	  "{'project': {'name': 'a', 'readers_group': 'a-readers', "
	  "'writers_group': 'a\\u000bw'}}",
	  false, false, false,
	  "Project a: changed.\n"
	  "Groups of the system: a-readers, a\\x0bw\n" },
	{ "project", "delete", "a\033[2J",
	  "{'project': {'readers_group': 'a-readers'}}", false, false, false,
	  "Project a\\x1b[2J: deleted.\n" },
	{ "group", "add", "@finance", "{'group': {'members': 0}}", false, false,
	  false, "Group @finance: added.\n" },
	{ "grant", "add", "anna",
	  "{'grant': {'holder': 'anna', 'project': 'b', 'service': 's', "
	  "'right': 'write', 'until': 1795499530}}",
	  false, false, false,
	  "Grant anna: holds write in b of s until 2026-11-24 06:52:10 +0100 "
	  "(in 1 day).\n" },
	{ "grant", "remove", "anna",
	  "{'grant': {'holder': 'an\\u000bna', 'project': '\\u001b]0;x', "
	  "'service': 's', 'right': 'read', 'until': null}}",
	  false, false, false,
	  "Grant an\\x0bna: no longer holds read in \\x1b]0;x of s.\n" },
	{ "explain", NULL, "K7QF2M9X",
	  "{'at': 1795413010, 'event': 'login-refused', 'user': 'anna', "
	  "'known': true, 'service': 'sshd', 'address': '203.0.113.9', "
	  "'terminal': null, 'verdict': 'deny', 'reason': 'locked', 'text': "
	  "'the user is locked', 'advice': 'cloxxsctl user unlock anna', "
	  "'rules': [{'rule': 'user-known', 'outcome': 'pass', 'text': 'anna "
	  "is one of ours'}, {'rule': 'lockout', 'outcome': 'deny', 'text': "
	  "'locked since this morning'}, {'rule': 'password', 'outcome': "
	  "'skipped', 'text': 'not asked'}]}",
	  false, true, false,
	  "Reference     K7QF2M9X\n"
	  "Verdict       ✗ deny: locked\n"
	  "Because       the user is locked\n"
	  "When          2026-11-23 06:50:10 +0100 (2 minutes ago)\n"
	  "Event         login-refused\n"
	  "User          anna\n"
	  "Service       sshd\n"
	  "Address       203.0.113.9\n"
	  "\n"
	  "The rules, in the order in which they were asked:\n"
	  "  ✓ user-known  anna is one of ours\n"
	  "  ✗ lockout     locked since this morning  ← decided\n"
	  "  – password    not asked\n"
	  "\n"
	  "What would allow it: cloxxsctl user unlock anna\n" },
	{ "explain", NULL, NULL,
	  "{'at': 1795413130, 'user': 'anna', 'known': true, 'service': "
	  "'sshd', 'address': '203.0.113.9', 'terminal': null, 'login': "
	  "{'verdict': 'allow', 'reason': 'password-verified', 'text': 'It "
	  "was right.', 'advice': null, 'rules': [{'rule': 'user-known', "
	  "'outcome': 'pass', 'text': 'The user exists.'}]}, 'account': "
	  "{'verdict': 'allow', 'reason': 'rules-passed', 'text': 'All.', "
	  "'advice': null, 'rules': []}}",
	  false, true, false,
	  "User          anna\n"
	  "Service       sshd\n"
	  "Address       203.0.113.9\n"
	  "When          2026-11-23 06:52:10 +0100 (now)\n"
	  "By password   ✓ allow: would be asked for a password, and let in "
	  "by the right one\n"
	  "By a key      ✓ allow: would be let in\n"
	  "\n"
	  "The rules, in the order in which they were asked:\n"
	  "  ✓ user-known  The user exists.\n"
	  "\n" NOT_KNOWN },
	/* What differs is told of both; a verdict of tomorrow is a refusal. */
	{ "explain", NULL, NULL,
	  "{'user': 'x', 'known': false, 'service': 's', 'login': {'verdict': "
	  "'deny', 'reason': 'no-password', 'text': 'None.', 'advice': 'make "
	  "one', 'rules': [{'rule': 'a', 'outcome': 'deny', 'text': 'A.'}]}, "
	  "'account': {'verdict': 'perhaps', 'reason': 'r', 'text': "
	  "'T\\u001b', "
	  "'rules': [{'rule': 'b', 'outcome': 'skipped', 'text': 'B.'}]}}",
	  false, false, false,
	  "User          x (not one of ours)\n"
	  "Service       s\n"
	  "By password   x deny: no-password: None.\n"
	  "By a key      x deny: r: T\\x1b\n"
	  "\n"
	  "The rules, in the order in which they were asked:\n"
	  "  x a  A.  <- decided\n"
	  "\n"
	  "What would allow it: make one\n"
	  "\n"
	  "By a key, or in another way without a password:\n"
	  "\n"
	  "The rules, in the order in which they were asked:\n"
	  "  - b  B.\n"
	  "\n" NOT_KNOWN },
	/* abuse_122: what others wrote cannot speak to the terminal */
	{ "explain", NULL, "X",
	  "{'user': '\\u001b]8;;http://x\\u0007\\u202e\\n', 'known': false, "
	  "'rules': [{'rule': '%n', 'outcome': 'new', 'text': "
	  "'r\\u00e9\\\\'}]}",
	  false, false, true,
	  "\033[2mReference     \033[0mX\n"
	  "\033[2mVerdict       \033[0m\033[31mx deny: ?\033[0m\n"
	  "\033[2mUser          \033[0m"
	  "\\x1b]8;;http://x\\x07\\xe2\\x80\\xae\\x0a (not one of ours)\n"
	  "\n"
	  "The rules, in the order in which they were asked:\n"
	  "  \033[31mx %n  r\\xc3\\xa9\\\033[0m  <- decided\n" },
	{ "status", NULL, NULL,
	  "{'version': '0.1.0', 'started': 1795402330, 'configuration': 'ok', "
	  "'users': 12, 'users_locked': 1, 'users_disabled': 2, "
	  "'ledger_records': 99, 'ledger_head': 'ab12', 'attempts': 3, "
	  "'queued': 1, 'workers': 2, 'hash_memory': 67108864, "
	  "'map_generation': 4, 'unpublished': 0, "
	  "'unseen_since': 1795402330}",
	  false, true, false,
	  "Daemon        cloxxsd 0.1.0, started 2026-11-23 03:52:10 +0100 "
	  "(3 hours ago)\n"
	  "Configuration ✓ ok\n"
	  "Users         12, of them 1 locked and 2 disabled\n"
	  "Locked today  nobody\n"
	  "Logins        3 under way, 1 waiting for a worker\n"
	  "Workers       2, 64 MiB a password hash\n"
	  "Ledger        99 records\n"
	  "Ledger head   ab12\n"
	  "Journal       ✓ has them all, seen there up to "
	  "2026-11-23 03:52:10 +0100 (3 hours ago)\n"
	  "Identity map  generation 4\n" },
	{ "status", NULL, NULL,
	  "{'version': '0.1.0', 'configuration': 'a.conf:1: x', "
	  "'doctor': {'errors': 1, 'warnings': 2}, 'users_locked': 3, "
	  "'locks': [{'user': 'anna', 'at': 1795402330, 'because': "
	  "'wrong-password', 'service': 'sshd', 'address': '192.0.2.7'}, "
	  "{'user': 'a\\u001b', 'at': 1795402331, 'because': 'lost'}, "
	  "{'user': 'jan', 'at': 1795302331, 'because': 'yesterday'}], "
	  "'backups': 7, 'backup_newest': 1795402330, "
	  "'geoip': {'state': 'old', 'database': {'type': 'T', 'built': "
	  "1795402330}}, 'applications': [{'service': 'accounts', 'account': "
	  "'www-data', 'fault': null}, {'service': 'reports', 'account': "
	  "'app', 'fault': 'is gone'}], "
	  "'unpublished': 4, 'not_kept': ['S01', 'S08']}",
	  false, false, false,
	  "Health        x 1 error, 2 warnings: see \"cloxxsctl doctor\"\n"
	  "Daemon        cloxxsd 0.1.0\n"
	  "Configuration x the last reload was refused: a.conf:1: x\n"
	  "Users         0, of them 3 locked and 0 disabled\n"
	  "Locked today  anna, 2026-11-23 03:52:10 +0100 (3 hours ago), sshd "
	  "from 192.0.2.7: wrong-password\n"
	  "              a\\x1b, 2026-11-23 03:52:11 +0100 (2 hours ago): "
	  "lost\n"
	  "Logins        0 under way, 0 waiting for a worker\n"
	  "Workers       0, 0 MiB a password hash\n"
	  "Ledger        0 records\n"
	  "Ledger head   ?\n"
	  "Journal       x still to come: 4\n"
	  "Identity map  generation 0\n"
	  "Backup        + 2026-11-23 03:52:10 +0100 (3 hours ago), 7 in all\n"
	  "Countries     x too old to be asked: T, built 2026-11-23 03:52:10 "
	  "+0100 (3 hours ago)\n"
	  "Applications  + accounts by www-data\n"
	  "              x reports: account app is gone\n"
	  "Not kept      S01, S08: see \"cloxxsctl statement\"\n" },
	{ "geoip", "status", NULL,
	  "{'geoip': {'state': 'ok', 'path': '/x/country.mmdb', 'fault': null, "
	  "'max_age': 3888000, 'database': {'type': 'a\\u001b', 'schema': "
	  "'country_code', 'built': 1795402330, 'taken': 1795402330, 'bytes': "
	  "9, 'networks': 7, 'countries': 3, 'ipv6': true}}}",
	  false, false, false,
	  "Database      + a\\x1b, built 2026-11-23 03:52:10 +0100 (3 hours "
	  "ago)\n"
	  "Holds         7 networks of 3 countries, IPv4 and IPv6\n"
	  "Country is    country_code\n"
	  "In force      since 2026-11-23 03:52:10 +0100 (3 hours ago)\n"
	  "Asked until   it is 45 days old\n"
	  "File          /x/country.mmdb\n" },
	{ "geoip", "status", NULL,
	  "{'geoip': {'state': 'missing', 'path': '/x/country.mmdb', 'fault': "
	  "'is cut', 'max_age': 3888000, 'database': null}}",
	  false, false, false,
	  "Database      x no country database: the file is cut\n"
	  "Asked until   it is 45 days old\n"
	  "File          /x/country.mmdb\n" },
	{ "geoip", "lookup", "203.0.113.5",
	  "{'address': '203.0.113.5', 'class': 'global', 'kind': 'IPv4', "
	  "'state': 'ok', 'country': 'NL'}",
	  false, false, false,
	  "Address       203.0.113.5\n"
	  "Class         global: IPv4\n"
	  "Country       NL\n" },
	{ "geoip", "lookup", "10.0.0.1",
	  "{'address': '10.0.0.1', 'class': 'private', 'kind': 'x', "
	  "'state': 'unknown', 'country': null}",
	  false, false, false,
	  "Address       10.0.0.1\n"
	  "Class         private: x\n"
	  "Country       unknown: it is no address of the Internet\n" },
	/* abuse_123: one state, one text, whatever order the daemon uses */
	{ "user", "add", "anna",
	  "{'user': {'uid': 66000, 'name': 'anna'}, 'temporary_until': 9, "
	  "'temporary_password': 'a\\u00e9'}",
	  true, true, true,
	  "{\n"
	  "  \"temporary_password\": \"aé\",\n"
	  "  \"temporary_until\": 9,\n"
	  "  \"user\": {\n"
	  "    \"name\": \"anna\",\n"
	  "    \"uid\": 66000\n"
	  "  }\n"
	  "}\n" },
};

static json_t *load(const char *quoted)
{
	char *copy = strdup(quoted);
	json_error_t error;
	json_t *json;

	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	json = json_loads(copy, 0, &error);
	if (!json)
		fail_msg("%s: %s", quoted, error.text);
	free(copy);
	return json;
}

static void test_goldens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(goldens); i++) {
		const struct golden *golden = &goldens[i];
		const struct command command = {
			.row = grammar_find(verbs, golden->noun, golden->verb),
			.operands = { golden->operand },
		};
		struct output output = {
			.form = golden->json ? &output_json_form
					     : &output_table_form,
			.now = NOW,
			.colour = golden->colour,
			.utf8 = golden->utf8,
		};
		json_t *reply = load(golden->reply);
		char *text;
		size_t n;

		output.stream = open_memstream(&text, &n);
		assert_non_null(output.stream);
		assert_int_equal(output.form->show(&output, &command, reply),
				 0);
		assert_int_equal(output_finish(&output), 0);
		fclose(output.stream);
		assert_string_equal(text, golden->text);
		free(text);
		json_decref(reply);
	}
}

/* n users, of which every third is locked, in form. */
static char *list(const struct output_form *form, size_t n_users, bool whole)
{
	struct output output = { .form = form, .now = NOW };
	char *text;
	size_t n;

	output.stream = open_memstream(&text, &n);
	assert_int_equal(form->list_begin(&output), 0);
	for (size_t i = 0; i < n_users; i++) {
		json_t *reply = load(i % 3 ? "{'user': " FRESH "}"
					   : "{'user': " LOCKED "}");

		assert_int_equal(form->list_user(&output, reply), 0);
		json_decref(reply);
	}
	if (whole)
		assert_int_equal(form->list_end(&output, "None."), 0);
	assert_int_equal(output_finish(&output), 0);
	output_deinit(&output);
	fclose(output.stream);
	return text;
}

static void test_list(void **state)
{
	char *text;
	size_t n = 0;

	(void)state;
	text = list(&output_table_form, 2, true);
	assert_string_equal(
		text,
		"NAME  UID    ROLE  STATE    SERVICES   PASSWORD   LAST LOGIN\n"
		"anna  66000  user  locked   sshd,sudo  chosen     2 hours "
		"ago\n"
		"anna  66000  user  enabled  sshd,sudo  temporary  never\n");
	free(text);
	text = list(&output_table_form, 0, true);
	assert_string_equal(text, "None.\n");
	free(text);
	text = list(&output_table_form, 1000, true);
	for (const char *c = text; (c = strchr(c, '\n')); c++)
		n++;
	assert_int_equal(n, 1001);
	free(text);
}

static void test_list_json(void **state)
{
	char *text;
	json_t *json;

	(void)state;
	for (size_t n = 0; n < 3; n++) {
		text = list(&output_json_form, n, true);
		json = json_loads(text, 0, NULL);
		assert_int_equal(json_array_size(json), n);
		json_decref(json);
		free(text);
	}
	/* One that broke off does not look whole. */
	text = list(&output_json_form, 2, false);
	assert_null(json_loads(text, 0, NULL));
	free(text);
}

#define RIGHTS_RULES                                                          \
	"'rules': [{'rule': 'user-known', 'outcome': 'pass', 'text': 'There " \
	"is.'}, {'rule': 'grant', 'outcome': 'skipped', 'text': '@x holds "   \
	"read'}, {'rule': 'grant', 'outcome': '%s', 'text': 'anna\\u000b "    \
	"holds deny'}]"

/* Why a right is had or not, and what would allow it. */
static void test_explain_right(void **state)
{
	static const struct {
		const char *allowed, *reason, *outcome, *end;
	} rows[] = {
		{ "true", "allowed", "pass",
		  "  + grant       anna\\x0b holds "
		  "deny\n" },
		{ "false", "denied", "deny",
		  "<- decided\n\nWhat would allow it: cloxxsctl grant remove, "
		  "of "
		  "the grant of deny above\n" },
		{ "false", "no-grant", "skipped",
		  "\n\nWhat would allow it: cloxxsctl grant add anna b\\x0b "
		  "write\n" },
		{ "false", "archived", "skipped",
		  "\n\nWhat would allow it: cloxxsctl project reopen b\\x0b "
		  "--reason TEXT\n" },
		/* Of another version: nothing is made up. */
		{ "false", "new-reason", "skipped", "holds deny\n" },
	};
	const struct command command = {
		.values = { [OPTION_USER] = "anna",
			    [OPTION_SERVICE] = "s",
			    [OPTION_PROJECT] = "b\013",
			    [OPTION_RIGHT] = "write" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct output output = { .form = &output_table_form };
		char source[1024], *text;
		json_t *reply;
		size_t n;

		snprintf(source, sizeof(source),
			 "{'allowed': %s, 'reason': '%s', 'text': "
			 "'Said.', " RIGHTS_RULES "}",
			 rows[i].allowed, rows[i].reason, rows[i].outcome);
		reply = load(source);
		output.stream = open_memstream(&text, &n);
		assert_int_equal(explain_view_right(&output, &command, reply),
				 0);
		fclose(output.stream);
		assert_non_null(strstr(text, "Project       b\\x0b\n"));
		assert_non_null(strstr(text, rows[i].reason));
		assert_null(strchr(text, '\013'));
		if (n < strlen(rows[i].end) ||
		    strcmp(text + n - strlen(rows[i].end), rows[i].end) != 0)
			fail_msg("%s: %s", rows[i].reason, text);
		free(text);
		json_decref(reply);
	}
}

static char *listed(enum listing_form form, const char *replies, bool whole)
{
	static const struct listing_column columns[] = {
		{ "name", "NAME", LISTING_TEXT },
		{ "n", "N", LISTING_COUNT },
		{ "at", "AT", LISTING_DAY },
		{ "rights", "RIGHTS", LISTING_RIGHTS },
		{ "more", NULL, LISTING_TEXT },
		{ 0 },
	};
	static const struct listing_kind kind = {
		.member = "thing",
		.none = "There are none.",
		.columns = columns,
	};
	struct output output = { .form = &output_table_form, .now = NOW };
	struct listing listing = { .kind = &kind,
				   .output = &output,
				   .form = form };
	json_t *array = load(replies), *reply;
	char *text;
	size_t i, n;

	output.stream = open_memstream(&text, &n);
	assert_int_equal(listing_begin(&listing), 0);
	json_array_foreach(array, i, reply)
		assert_int_equal(listing_take(reply, &listing), 0);
	if (whole)
		assert_int_equal(listing_end(&listing), 0);
	listing_deinit(&listing);
	fclose(output.stream);
	json_decref(array);
	return text;
}

/* Entries in each form; abuse_101: no field is a formula, and none obeyed. */
static void test_listing(void **state)
{
#define ENTRIES                                                              \
	"[{'thing': {'name': '@a', 'n': 3, 'at': 1795413130, 'read': true, " \
	"'write': true, 'more': '=1+1'}}, {'thing': {'name': "               \
	"'b,\\u000b\\\"', "                                                  \
	"'n': null, 'read': false, 'write': true, 'more': '-x'}}, {}]"
	static const struct {
		const char *replies;
		enum listing_form form;
		bool whole;
		const char *text;
	} rows[] = {
		{ "[{}]", LISTING_TABLE, true, "There are none.\n" },
		{ "[{}]", LISTING_JSON, true, "[]" },
		{ "[{}]", LISTING_CSV, true, "name,n,at,rights,more\n" },
		{ "[{}]", LISTING_TABLE, false, "" },
		{ "[{}]", LISTING_JSON, false, "[" },
		{ ENTRIES, LISTING_TABLE, true,
		  "NAME     N  AT          RIGHTS\n"
		  "@a       3  2026-11-23  read, write\n"
		  "b,\\x0b\"  -  -           write\n" },
		{ ENTRIES, LISTING_CSV, true,
		  "name,n,at,rights,more\n"
		  "'@a,3,2026-11-23T05:52:10Z,\"read, write\",'=1+1\n"
		  "\"b,\013\"\"\",,,write,'-x\n" },
		{ "[{'thing': 'x', 'name': '\\tx', 'more': '+1'}]", LISTING_CSV,
		  true, "name,n,at,rights,more\n'\tx,,,,'+1\n" },
		{ "[{'thing': {'name': 'a'}}, {'thing': 5}]", LISTING_JSON,
		  true, "[\n{\"name\":\"a\"}\n]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text =
			listed(rows[i].form, rows[i].replies, rows[i].whole);

		assert_string_equal(text, rows[i].text);
		free(text);
	}
}

static void test_distance(void **state)
{
	static const struct {
		int64_t at;
		const char *words;
	} rows[] = {
		{ NOW, "now" },
		{ NOW - 1, "1 second ago" },
		{ NOW + 59, "in 59 seconds" },
		{ NOW - 60, "1 minute ago" },
		{ NOW - 3600 * 5, "5 hours ago" },
		{ NOW + 86400, "in 1 day" },
		{ NOW - INT64_C(86400) * 800, "2 years ago" },
		{ INT64_MAX, NULL }, /* no words of ours, and no overflow */
		{ INT64_MIN, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char words[64];
		struct text text;

		text_init(&text, words, sizeof(words));
		output_add_distance(&text, NOW, rows[i].at);
		if (rows[i].words)
			assert_string_equal(words, rows[i].words);
		text_init(&text, words, sizeof(words));
		output_add_time(&text, rows[i].at);
		assert_int_not_equal(text.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_explain_right),
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_list_json),
		cmocka_unit_test(test_distance),
	};

	/* In words of POSIX: no tzdata is needed. */
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
