/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers and addresses that codes are sent to, and what is shown of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/scope.h"
#include "policy/contact.h"

static void numbers(void **state)
{
	static const char *const good[] = { "+31612345678", "+12025550123",
					    "+3212345678", "+123456789012345" };
	static const char *const bad[] = {
		"",
		"+",
		"0612345678",
		"0031612345678",
		"31612345678",
		"+031612345678",
		"+3161234",
		"+31 612345678",
		"+3161234567890123",
		"+31612345678\r\n",
		"+31612345678,+1",
		"+3161234567a",
		"++31612345678",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(contact_is_phone(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(contact_is_phone(bad[i]));
}

/* abuse_55: nothing that becomes a header, an option or a second recipient. */
static void abuse_55_addresses(void **state)
{
	static const char *const good[] = {
		"piet@example.nl",
		"p.de.vries+codes@mail.example.co.uk",
		"o'brien@example.com",
		"a@b-c.nl",
	};
	static const char *const bad[] = {
		"",
		"piet",
		"@example.nl",
		"piet@",
		"piet@localhost",
		"piet@example.nl,jan@example.nl",
		"piet@example.nl jan@a.nl",
		"piet@example.nl\r\nBcc: jan@example.nl",
		"<piet@example.nl>",
		"\"piet jan\"@example.nl",
		"piet@@example.nl",
		".piet@example.nl",
		"piet.@example.nl",
		"pi..et@example.nl",
		"piet@-example.nl",
		"piet@example-.nl",
		"piet@example.nl.",
		"piet@[192.0.2.1]",
		"-oQ/tmp@example.nl",
		"piet;jan@example.nl",
		"pi\xc3\xabt@example.nl",
		"piet@exa_mple.nl",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(contact_is_mail(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(contact_is_mail(bad[i]));
}

/* abuse_49: no premium number, and none abroad. */
static void abuse_49_prefixes(void **state)
{
	static char nl[] = "+31", be[] = "+324";
	char *prefixes[] = { nl, be, NULL };
	char *none[] = { NULL };

	(void)state;
	assert_true(contact_phone_may_be("+31612345678", prefixes));
	assert_true(contact_phone_may_be("+32412345678", prefixes));
	assert_false(contact_phone_may_be("+32512345678", prefixes));
	assert_false(contact_phone_may_be("+99812345678", prefixes));
	assert_false(contact_phone_may_be("", prefixes));
	assert_false(contact_phone_may_be("+31612345678", none));
}

static void what_is_shown_is_little(void **state)
{
	static char nl[] = "+31";
	char *prefixes[] = { nl, NULL };
	char buffer[128];
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof(buffer));
	contact_phone_mask("+31612345642", prefixes, "•", &text);
	assert_string_equal(buffer, "+31 6 •••• 42");
	text_init(&text, buffer, sizeof(buffer));
	contact_phone_mask("+12025550123", prefixes, "*", &text);
	assert_string_equal(buffer, "+12 0 **** 23");
	text_init(&text, buffer, sizeof(buffer));
	contact_phone_mask("+31", prefixes, "*", &text);
	assert_string_equal(buffer, "");
	text_init(&text, buffer, sizeof(buffer));
	contact_mail_mask("piet@example.nl", "•", &text);
	assert_string_equal(buffer, "p•••@example.nl");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(abuse_55_addresses),
		cmocka_unit_test(abuse_49_prefixes),
		cmocka_unit_test(what_is_shown_is_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
