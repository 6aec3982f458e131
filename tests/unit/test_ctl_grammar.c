/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: what is said, and what is refused with which line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cloxxsctl/duration.h"
#include "cloxxsctl/failure.h"
#include "cloxxsctl/verbs.h"
#include "varlink/interfaces.h"

#define WORDS_MAX 12

struct said {
	const char *words[WORDS_MAX];
	const char *noun, *verb, *operand;
	enum grammar_option option; /* with value, where not NULL */
	const char *value;
};

static const struct said said[] = {
	{ { "user", "list" }, "user", "list", NULL, 0, NULL },
	{ { "--json", "user", "list" }, "user", "list", NULL, OPTION_JSON, "" },
	{ { "user", "--json", "list" }, "user", "list", NULL, OPTION_JSON, "" },
	{ { "user", "list", "--json" }, "user", "list", NULL, OPTION_JSON, "" },
	{ { "user", "add", "anna", "--services", "a,b" },
	  "user",
	  "add",
	  "anna",
	  OPTION_SERVICES,
	  "a,b" },
	{ { "user", "add", "--services=a,b", "anna" },
	  "user",
	  "add",
	  "anna",
	  OPTION_SERVICES,
	  "a,b" },
	{ { "user", "set", "anna", "--services", "" },
	  "user",
	  "set",
	  "anna",
	  OPTION_SERVICES,
	  "" },
	{ { "user", "set", "anna", "--services=" },
	  "user",
	  "set",
	  "anna",
	  OPTION_SERVICES,
	  "" },
	{ { "user", "add", "anna", "--uid", "4294967295" },
	  "user",
	  "add",
	  "anna",
	  OPTION_UID,
	  "4294967295" },
	{ { "user", "add", "anna", "--role", "administrator" },
	  "user",
	  "add",
	  "anna",
	  OPTION_ROLE,
	  "administrator" },
	/* abuse_124: words of others are words */
	{ { "user", "show", "--", "-rf" }, "user", "show", "-rf", 0, NULL },
	{ { "--", "user", "show", "--json" },
	  "user",
	  "show",
	  "--json",
	  0,
	  NULL },
	{ { "user", "show", "$(id)" }, "user", "show", "$(id)", 0, NULL },
	{ { "user", "show", "%n%s" }, "user", "show", "%n%s", 0, NULL },
	{ { "user", "show", "'; DROP TABLE users" },
	  "user",
	  "show",
	  "'; DROP TABLE users",
	  0,
	  NULL },
	{ { "user", "show", "-" }, "user", "show", "-", 0, NULL },
	{ { "user", "show", "" }, "user", "show", "", 0, NULL },
	{ { "user", "lock", "anna", "--reason", "--json" },
	  "user",
	  "lock",
	  "anna",
	  OPTION_REASON,
	  "--json" },
	{ { "user", "lock", "anna", "--reason=a=b" },
	  "user",
	  "lock",
	  "anna",
	  OPTION_REASON,
	  "a=b" },
	{ { "user", "unlock", "anna", "--reset-password", "--reason", "x" },
	  "user",
	  "unlock",
	  "anna",
	  OPTION_RESET_PASSWORD,
	  "" },
	{ { "user", "key", "add", "anna", "-" },
	  "user",
	  "key add",
	  "anna",
	  0,
	  NULL },
	{ { "user", "key", "--json", "list", "key" },
	  "user",
	  "key list",
	  "key",
	  OPTION_JSON,
	  "" },
	{ { "help", "user", "key", "add" }, "help", NULL, "user", 0, NULL },
	{ { "user", "key", "add", "anna", "-h" },
	  "help",
	  NULL,
	  "user",
	  0,
	  NULL },
	{ { "explain", "K7QF" }, "explain", NULL, "K7QF", 0, NULL },
	{ { "explain", "--user", "anna", "--service", "sshd", "--at",
	    "2026-12-24" },
	  "explain",
	  NULL,
	  NULL,
	  OPTION_AT,
	  "2026-12-24" },
	{ { "grant", "add", "@finance", "every-project", "write-only",
	    "--until", "2027-12-31" },
	  "grant",
	  "add",
	  "@finance",
	  OPTION_UNTIL,
	  "2027-12-31" },
	{ { "grant", "add", "--until=never", "a", "b", "read" },
	  "grant",
	  "add",
	  "a",
	  OPTION_UNTIL,
	  "never" },
	{ { "project", "set", "a", "--unix-groups", "no" },
	  "project",
	  "set",
	  "a",
	  OPTION_UNIX_GROUPS,
	  "no" },
	{ { "access", "review", "--by", "user", "--since", "2027-01-01" },
	  "access",
	  "review",
	  NULL,
	  OPTION_BY,
	  "user" },
	{ { "explain", "--user", "a", "--project", "b", "--right", "write" },
	  "explain",
	  NULL,
	  NULL,
	  OPTION_RIGHT,
	  "write" },
	{ { NULL }, "status", NULL, NULL, 0, NULL },
	{ { "--json" }, "status", NULL, NULL, OPTION_JSON, NULL },
	{ { "status", "--socket", "/x" },
	  "status",
	  NULL,
	  NULL,
	  OPTION_SOCKET,
	  "/x" },
	{ { "config", "check" }, "config", "check", NULL, 0, NULL },
	{ { "config", "check", "/x" }, "config", "check", "/x", 0, NULL },
	{ { "--help" }, "help", NULL, NULL, 0, NULL },
	{ { "-h", "user" }, "help", NULL, "user", 0, NULL },
	{ { "user", "add", "--help" }, "help", NULL, "user", 0, NULL },
	{ { "help", "user" }, "help", NULL, "user", 0, NULL },
	{ { "--version" }, "version", NULL, NULL, 0, NULL },
};

struct refused {
	const char *words[WORDS_MAX];
	const char *line; /* what the line begins with */
};

static const struct refused refused[] = {
	{ { "--yes" }, "status: --yes does not belong here; for example: " },
	{ { "usr" }, "\"usr\" is no noun; one of: user, " },
	{ { "user" }, "user: the verb is missing; one of: add, set, " },
	{ { "user", "lis" }, "user: \"lis\" is no verb; one of: " },
	{ { "user", "add" }, "user add: NAME is missing; for example: " },
	{ { "user", "add", "a", "b" },
	  "user add: \"b\" is one word too many; for example: " },
	{ { "user", "list", "a", "b", "c", "d", "e" },
	  "user list: \"a\" is one word too many" },
	{ { "user", "lock", "anna" }, "user lock: --reason TEXT is missing" },
	{ { "grant", "add", "anna", "budget" },
	  "grant add: HOLDER PROJECT RIGHT is missing" },
	{ { "grant", "add", "a", "b", "read", "now" },
	  "grant add: \"now\" is one word too many" },
	{ { "grant", "add", "a", "b", "read", "--until", "soon" },
	  "--until TIME: \"soon\" is no time such as" },
	{ { "project", "add", "a" },
	  "project add: --service SERVICE is missing" },
	{ { "project", "set", "a" },
	  "project set: --unix-groups yes|no is missing" },
	{ { "project", "set", "a", "--unix-groups", "maybe" },
	  "--unix-groups yes|no: \"maybe\" is not one of the words" },
	{ { "project", "archive", "a" },
	  "project archive: --reason TEXT is missing" },
	{ { "access", "review", "--by", "day" },
	  "--by project|user: \"day\" is not one of the words" },
	{ { "access", "review", "--since", "never" },
	  "--since TIME: \"never\" is no time such as" },
	{ { "access", "review", "--format", "xml" },
	  "access review: \"xml\" is no format of --format" },
	{ { "explain", "--right", "deny" },
	  "--right read|write: \"deny\" is not one of the words" },
	{ { "user", "lock", "anna", "--reason" },
	  "--reason TEXT: its value is missing" },
	{ { "user", "lock", "anna", "--reason", "" },
	  "--reason TEXT: \"\" must not be empty" },
	{ { "user", "set", "anna" }, "user set: nothing to change was named" },
	{ { "user", "set", "anna", "--json" },
	  "user set: nothing to change was named" },
	{ { "user", "set", "anna", "--uid", "5" },
	  "user set: --uid does not belong here" },
	{ { "user", "add", "anna", "--uid", "-1" },
	  "--uid N: \"-1\" is not a number" },
	{ { "user", "add", "anna", "--uid", "4294967296" },
	  "--uid N: \"4294967296\" is not a number" },
	{ { "user", "add", "anna", "--uid=" },
	  "--uid N: \"\" is not a number" },
	{ { "user", "add", "anna", "--uid", "66000x" },
	  "--uid N: \"66000x\" is not a number" },
	{ { "user", "add", "anna", "--services", "a,,b" },
	  "--services A,B: \"a,,b\" has an empty word" },
	{ { "user", "add", "anna", "--services", "a," },
	  "--services A,B: \"a,\" has an empty word" },
	{ { "user", "add", "anna", "--role", "user|administrator" },
	  "--role user|administrator: \"user|administrator\" is not one" },
	{ { "user", "add", "anna", "--language", "n" },
	  "--language nl|en: \"n\" is not one of the words" },
	{ { "user", "list", "--json", "--json" }, "--json: given twice" },
	{ { "user", "list", "--json=yes" }, "--json: takes no value" },
	{ { "user", "list", "--jso" }, "\"--jso\" is no option" },
	{ { "user", "show", "-rf" },
	  "\"-rf\" is no option; a name that begins "
	  "with a dash goes behind --" },
	{ { "status", "--socket", "x" },
	  "--socket PATH: \"x\" is not an absolute path" },
	{ { "explain", "--at", "tomorrow" },
	  "--at TIME: \"tomorrow\" is no time such as 2026-12-24" },
	{ { "explain", "--system-uid", "piet" },
	  "--system-uid N: \"piet\" is not a number" },
	/* abuse_86: no password by argument */
	{ { "user", "add", "anna", "--password", "x" },
	  "\"--password\" is no option" },
	/* abuse_122: the line holds printable ASCII only */
	{ { "\033[2J\xe2\x80\xae\n" },
	  "\"\\x1b[2J\\xe2\\x80\\xae\\x0a\" is no noun" },
};

static int parse(const char *const *words, struct text *error,
		 struct command *command)
{
	char *argv[WORDS_MAX + 2] = { (char[]){ "cloxxsctl" } };
	int argc = 1;

	while (words[argc - 1]) {
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
		argc++;
	}
	return grammar_parse(verbs, argc, argv, error, command);
}

static void assert_same(const char *a, const char *b)
{
	if (!a || !b)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void test_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		struct command command;
		char line[1024];
		struct text error;

		text_init(&error, line, sizeof(line));
		assert_int_equal(parse(said[i].words, &error, &command), 0);
		assert_string_equal(line, "");
		assert_same(command.row->noun, said[i].noun);
		assert_same(command.row->verb, said[i].verb);
		assert_same(command.operands[0], said[i].operand);
		if (!said[i].value)
			continue;
		assert_true(command_has(&command, said[i].option));
		assert_same(command.values[said[i].option] ?: "",
			    said[i].value);
	}
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct command command = { .row = NULL };
		char line[1024];
		struct text error;

		text_init(&error, line, sizeof(line));
		assert_int_equal(parse(refused[i].words, &error, &command),
				 GRAMMAR_E_USAGE);
		line[strnlen(line, strlen(refused[i].line))] = '\0';
		assert_string_equal(line, refused[i].line);
		assert_null(command.row);
	}
}

/* A row that asks for what it does not take could never be said. */
static void test_rows(void **state)
{
	(void)state;
	for (const struct grammar_verb *row = verbs; row->noun; row++) {
		assert_non_null(row->summary);
		assert_non_null(row->run);
		assert_non_null(strstr(row->example, row->noun));
		assert_int_equal(row->required & ~row->options, 0);
		assert_true(row->operands_max <= GRAMMAR_OPERANDS_MAX);
		assert_true((row->operands_max > 0) == (row->operands != NULL));
		assert_ptr_equal(grammar_find(verbs, row->noun, row->verb),
				 row);
		if (row->view == VIEW_CHANGED)
			assert_non_null(row->done);
	}
	for (int i = 0; i < _N_OPTIONS; i++) {
		const struct grammar_option_row *row = &grammar_options[i];

		assert_true((row->value == VALUE_NONE) == !row->metavariable);
		assert_non_null(row->help);
	}
}

/* Every example in the help is itself a good command line. */
static void test_examples(void **state)
{
	(void)state;
	for (const struct grammar_verb *row = verbs; row->noun; row++) {
		const char *words[WORDS_MAX] = { NULL };
		struct command command;
		char copy[256], line[1024], *word, *rest = copy;
		struct text error;
		size_t n = 0;

		snprintf(copy, sizeof(copy), "%s", row->example);
		for (char *quote = copy; (quote = strchr(quote, '"'));) {
			char *end = strchr(quote + 1, '"');

			for (char *c = quote; c <= end; c++)
				if (*c == ' ')
					*c = '_';
			quote = end + 1;
		}
		/* A redirection is the shell's. */
		while ((word = strsep(&rest, " ")) && *word != '>')
			words[n++] = word;
		text_init(&error, line, sizeof(line));
		assert_int_equal(parse(words + 1, &error, &command), 0);
		if (strcmp(row->noun, "help") != 0)
			assert_ptr_equal(command.row, row);
	}
}

static void expect_parameter(const char *method, const char *end,
			     const char *parameter)
{
	const char *found;
	char needle[96];

	if (!parameter)
		return;
	snprintf(needle, sizeof(needle), "%s:", parameter);
	found = strstr(method, needle);
	if (!found || found > end)
		fail_msg("%.40s: no %s", method, parameter);
}

/* The interface names every method and parameter that rows name. */
static void test_interface(void **state)
{
	char needle[96];

	(void)state;
	for (const struct grammar_verb *row = verbs; row->noun; row++) {
		const char *text = varlink_nl_cloxxs_Admin, *method, *end;

		if (!row->method)
			continue;
		if (strstr(row->method, ".Audit."))
			text = varlink_nl_cloxxs_Audit;
		if (strstr(row->method, ".Courier."))
			text = varlink_nl_cloxxs_Courier;
		snprintf(needle, sizeof(needle), "\nmethod %s(",
			 strrchr(row->method, '.') + 1);
		method = strstr(text, needle);
		assert_non_null(method);
		end = strstr(method, "->");
		for (int i = 0; i < _N_OPTIONS; i++)
			if (row->options & OPTION_BIT(i))
				expect_parameter(
					method, end,
					grammar_parameter(
						row, (enum grammar_option)i));
		expect_parameter(method, end, row->parameter);
		for (size_t i = 0; i < ARRAY_SIZE(row->more_parameters); i++)
			expect_parameter(method, end, row->more_parameters[i]);
	}
}

/* A list of nobody says what that means of its verb. */
static void test_nobody(void **state)
{
	(void)state;
	for (const struct grammar_verb *row = verbs; row->noun; row++)
		assert_int_equal(row->none != NULL, row->view == VIEW_USERS);
}

/* Every error of the interface has its row, with a status of its own. */
static void test_errors(void **state)
{
	const struct command command = { .row = verbs };
	const char *text = varlink_nl_cloxxs_Admin;
	int n = 0;

	(void)state;
	while ((text = strstr(text, "\nerror "))) {
		char name[96], line[512];
		struct text sentence;

		text += strlen("\nerror ");
		snprintf(name, sizeof(name), "nl.cloxxs.Admin.%.*s",
			 (int)strcspn(text, " ("), text);
		text_init(&sentence, line, sizeof(line));
		assert_int_not_equal(
			failure_of_reply(&sentence, &command, name, NULL),
			STATUS_FAILURE);
		assert_int_not_equal(sentence.n, 0);
		n++;
	}
	assert_true(n >= 6);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: it is none */
	} rows[] = {
		{ "90s", 90 },         { "30m", 1800 },
		{ "2h", 7200 },        { "1d", 86400 },
		{ "0s", 0 },           { "49710d", 4294944000 },
		{ "49711d", -1 }, /* 2^32 and more */
		{ "9999999999s", -1 }, { "", -1 },
		{ "h", -1 },           { "2", -1 },
		{ "2w", -1 },          { "2h ", -1 },
		{ " 2h", -1 },         { "-2h", -1 },
		{ "2.5h", -1 },        { "1h30m", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t seconds = 7;
		bool good = duration_read(rows[i].text, &seconds);

		if (good != (rows[i].seconds >= 0) ||
		    seconds != (good ? rows[i].seconds : 7))
			fail_msg("%s: %u", rows[i].text, seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
