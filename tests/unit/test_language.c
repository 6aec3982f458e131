/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts in each language, and which language a tag names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/catalogue.h"
#include "base/language.h"

static void test_tags(void **state)
{
	static const struct {
		const char *tag;
		enum language language;
	} rows[] = {
		{ "nl", LANGUAGE_DUTCH },
		{ "nl_NL.UTF-8", LANGUAGE_DUTCH },
		{ "nl-BE", LANGUAGE_DUTCH },
		{ "nl.UTF-8@euro", LANGUAGE_DUTCH },
		{ "en", LANGUAGE_ENGLISH },
		{ "en_GB", LANGUAGE_ENGLISH },
		{ "", LANGUAGE_NONE },
		{ "C", LANGUAGE_NONE },
		{ "C.UTF-8", LANGUAGE_NONE },
		{ "POSIX", LANGUAGE_NONE },
		{ "de_DE", LANGUAGE_NONE },
		{ "n", LANGUAGE_NONE },
		{ "nld", LANGUAGE_NONE },
		{ "_NL", LANGUAGE_NONE },
		{ "../../nl", LANGUAGE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (language_find(rows[i].tag) != rows[i].language)
			fail_msg("\"%s\" is \"%s\"", rows[i].tag,
				 language_tag(language_find(rows[i].tag)));
	for (unsigned int i = 0; i < _LANGUAGE_N; i++)
		assert_int_equal(language_find(language_tag((enum language)i)),
				 i);
}

static void test_texts(void **state)
{
	static const char known[] =
		N_("The answer is too long, or not valid UTF-8.");
	static const char unknown[] = "This stands in no catalogue.";

	(void)state;
	assert_string_equal(language_text(LANGUAGE_DUTCH, known),
			    "Het antwoord is te lang, of geen geldige UTF-8.");
	assert_ptr_equal(language_text(LANGUAGE_ENGLISH, known), known);
	assert_ptr_equal(language_text(LANGUAGE_NONE, known), known);
	/* The text itself, in the place of none. */
	for (unsigned int i = 0; i < _LANGUAGE_N; i++) {
		assert_ptr_equal(language_text((enum language)i, unknown),
				 unknown);
		assert_string_equal(language_text((enum language)i, ""), "");
	}
}

/* Where a question ends is what clients and people go by. */
static void test_ends(void **state)
{
	(void)state;
	assert_non_null(catalogue_nl[0].source);
	for (const struct catalogue_entry *entry = catalogue_nl; entry->source;
	     entry++) {
		size_t n = strlen(entry->source),
		       m = strlen(entry->translation);

		if (n < 2 || m < 2 ||
		    strchr(":.? \n", entry->source[n - 1]) == NULL)
			continue;
		if (strcmp(entry->source + n - 1, entry->translation + m - 1) !=
		    0)
			fail_msg("\"%s\" ends otherwise than \"%s\"",
				 entry->translation, entry->source);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests_name("language", tests, NULL, NULL);
}
