/* SPDX-License-Identifier: GPL-3.0-or-later */
/* abuse_66: what names a country, and what only looks so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/country.h"
#include "base/scope.h"

static void known(void **state)
{
	static const char *const codes[] = { "NL", "DE", "GB", "BE", "US",
					     "AD", "ZW", "BQ", "CW", "SX",
					     "XK", "QA", "OM", "IQ" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (!country_is_known(codes[i], strlen(codes[i])))
			fail_msg("%s", codes[i]);
}

static void abuse_66_no_country(void **state)
{
	static const char *const codes[] = {
		"",   "N",  "NLD", "nl", "Nl", "nL", "UK", "EU", "AP", "A1",
		"A2", "O1", "XX",  "ZZ", "AN", "SU", "QZ", "--", "N ", "N\xc3",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (country_is_known(codes[i], strlen(codes[i])))
			fail_msg("%s", codes[i]);
}

/* As many as the standard has, and Kosovo. */
static void as_many(void **state)
{
	size_t n = 0;

	(void)state;
	for (int a = 0; a < 256; a++)
		for (int b = 0; b < 256; b++) {
			const char code[] = { (char)a, (char)b };

			n += country_is_known(code, sizeof(code));
		}
	assert_int_equal(n, 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known),
		cmocka_unit_test(abuse_66_no_country),
		cmocka_unit_test(as_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
