/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cases of tests/policy/password, and what must hold of every preset. A
 * file holds cases of three lines, and comments (#):
 *
 *	case   what it shows
 *	given  a preset, then what differs from it, by ';'
 *	then   length N or classes N
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "policy/password.h"

struct given {
	struct password_policy policy;
	unsigned int factors, length;
};

static bool take_preset(struct given *given, const char *words)
{
	enum password_preset preset;

	if (strncmp(words, "preset ", 7) != 0 ||
	    !password_preset_find(words + 7, &preset))
		return false;
	password_preset_apply(preset, &given->policy);
	return true;
}

static void take(struct given *given, const char *words, const char *title)
{
	const struct {
		const char *word;
		unsigned int *place;
	} rows[] = {
		{ "minlen", &given->policy.minlen },
		{ "minclass", &given->policy.minclass },
		{ "factors", &given->factors },
		{ "length", &given->length },
	};
	char word[32];
	unsigned int n;

	if (take_preset(given, words))
		return;
	if (sscanf(words, "%31s %u", word, &n) == 2)
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (strcmp(rows[i].word, word) == 0) {
				*rows[i].place = n;
				return;
			}
	fail_msg("%s: no such fact: '%s'", title, words);
}

static void check_case(const struct given *given, const char *title,
		       const char *then)
{
	const struct {
		const char *word;
		unsigned int n;
	} rows[] = {
		{ "length",
		  password_length_min(&given->policy, given->factors) },
		{ "classes",
		  password_asks_classes(&given->policy, given->length)
			  ? given->policy.minclass
			  : 0 },
	};
	char word[32];
	unsigned int n;

	assert_int_equal(sscanf(then, "%31s %u", word, &n), 2);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].word, word) != 0)
			continue;
		if (rows[i].n != n)
			fail_msg("%s: %s %u instead of %u", title, word,
				 rows[i].n, n);
		return;
	}
	fail_msg("%s: nothing is called '%s'", title, word);
}

/* The text behind a line's first word, or NULL for another word. */
static char *behind(char *line, const char *word)
{
	size_t n = strlen(word);

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, word, n) != 0)
		return NULL;
	return line + n + strspn(line + n, " ");
}

static void cases_hold(void **state)
{
	const char *source = getenv("CLOXXS_SRCDIR");
	char path[512], line[512], title[256] = "";
	struct given given = { 0 };
	unsigned int n = 0;
	FILE *stream;

	(void)state;
	(void)snprintf(path, sizeof(path),
		       "%s/tests/policy/password/rules.case",
		       source ? source : ".");
	stream = fopen(path, "re");
	assert_non_null(stream);
	while (fgets(line, sizeof(line), stream)) {
		char *text, *rest = NULL;

		if ((text = behind(line, "case "))) {
			(void)snprintf(title, sizeof(title), "%s", text);
		} else if ((text = behind(line, "given "))) {
			given = (struct given){ 0 };
			for (char *one = strtok_r(text, ";", &rest); one;
			     one = strtok_r(NULL, ";", &rest))
				take(&given, one + strspn(one, " "), title);
		} else if ((text = behind(line, "then "))) {
			check_case(&given, title, text);
			n++;
		} else if (*line && *line != '#') {
			fail_msg("%s: not a line of a case: '%s'", path, line);
		}
	}
	(void)fclose(stream);
	assert_true(n >= 11);
}

/* Each preset takes what it says itself, and nothing laxer. */
static void presets_hold(void **state)
{
	static const struct {
		enum password_preset preset;
		const char *key;
		uint32_t value;
		bool takes;
	} rows[] = {
		{ PASSWORD_PRESET_MODERN, "minlen", 14, false },
		{ PASSWORD_PRESET_MODERN, "minlen", 16, true },
		{ PASSWORD_PRESET_MODERN, "minclass", 1, false },
		{ PASSWORD_PRESET_MODERN, "max_age", 1, false },
		{ PASSWORD_PRESET_MODERN, "history", 3, true },
		{ PASSWORD_PRESET_MODERN, "min_age", 3, true },
		{ PASSWORD_PRESET_BIO, "minclass_until", 0, true },
		{ PASSWORD_PRESET_BIO, "minclass_until", 19, false },
		{ PASSWORD_PRESET_BIO, "minclass_until", 21, true },
		{ PASSWORD_PRESET_BIO, "max_age", 0, false },
		{ PASSWORD_PRESET_BIO, "max_age", 86400, true },
		{ PASSWORD_PRESET_BIO, "max_age", 181 * 86400, false },
		{ PASSWORD_PRESET_CUSTOM, "minlen", 8, true },
	};

	(void)state;
	for (unsigned int p = 0; p < _PASSWORD_PRESET_N; p++) {
		struct password_policy policy = { 0 };

		password_preset_apply(p, &policy);
		assert_int_equal(policy.preset, p);
		for (size_t i = 0; i < password_preset_rows_n; i++) {
			const struct password_preset_row *row =
				&password_preset_rows[i];

			assert_true(password_preset_takes(
				row, p,
				*(uint32_t *)((char *)&policy + row->offset)));
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < password_preset_rows_n; k++)
			if (strcmp(password_preset_rows[k].key, rows[i].key) ==
			    0)
				assert_int_equal(
					password_preset_takes(
						&password_preset_rows[k],
						rows[i].preset, rows[i].value),
					rows[i].takes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_hold),
		cmocka_unit_test(presets_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
