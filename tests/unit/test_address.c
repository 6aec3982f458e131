/* SPDX-License-Identifier: GPL-3.0-or-later */
/* abuse_59: one spelling for each address, and nothing but addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/address.h"

static const struct {
	const char *text;
	const char *canonical; /* NULL: refused */
} cases[] = {
	{ "203.0.113.5", "203.0.113.5" },
	{ "::ffff:203.0.113.5", "203.0.113.5" },
	{ "::FFFF:203.0.113.5", "203.0.113.5" },
	{ "0:0:0:0:0:ffff:cb00:7105", "203.0.113.5" },
	{ "::ffff:cb00:7105", "203.0.113.5" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
	{ "2001:0db8::0001", "2001:db8::1" },
	{ "::1", "::1" },
	{ "::", "::" },
	/* Other ways of holding an IPv4 address are other addresses. */
	{ "64:ff9b::203.0.113.5", "64:ff9b::cb00:7105" },
	{ "2002:cb00:7105::", "2002:cb00:7105::" },
	{ "::203.0.113.5", "::203.0.113.5" },
	{ "fe80::1%eth0", NULL },
	{ "::1%0", NULL },
	{ "203.0.113.005", NULL },
	{ "203.0.113.256", NULL },
	{ "3405803781", NULL },
	{ "0x7f.1", NULL },
	{ "0x7f000001", NULL },
	{ "10.1", NULL },
	{ "127.1", NULL },
	{ "1.2.3.4.", NULL },
	{ "1.2.3.4 ", NULL },
	{ " 1.2.3.4", NULL },
	{ "1.2.3.4\n", NULL },
	{ "[::1]", NULL },
	{ "::1/128", NULL },
	{ "1.2.3.4/32", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL },
	{ "::ffff:203.0.113.5.6", NULL },
	{ "12345::", NULL },
	{ "", NULL },
	{ "localhost", NULL },
	{ "host.example", NULL },
	{ "ip6-localhost", NULL },
};

static void spellings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[ADDRESS_TEXT_MAX] = "as before";
		int r = address_canonical(cases[i].text, text);

		if (r != (cases[i].canonical ? 0 : ADDRESS_E_INVALID))
			fail_msg("'%s': %d", cases[i].text, r);
		assert_string_equal(text, cases[i].canonical
						  ? cases[i].canonical
						  : "as before");
	}
}

/* The canonical form of a canonical form is itself. */
static void canonical_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[ADDRESS_TEXT_MAX];

		if (!cases[i].canonical)
			continue;
		assert_int_equal(address_canonical(cases[i].canonical, text),
				 0);
		assert_string_equal(text, cases[i].canonical);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings),
		cmocka_unit_test(canonical_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
