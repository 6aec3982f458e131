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
	/* Translated is the IPv4 address, where it may be (RFC 6052, 3.1). */
	{ "64:ff9b::203.0.113.5", "203.0.113.5" },
	{ "64:FF9B:0:0:0:0:cb00:7105", "203.0.113.5" },
	{ "64:ff9b::10.0.0.5", "64:ff9b::a00:5" },
	{ "64:ff9b::127.0.0.1", "64:ff9b::7f00:1" },
	{ "64:ff9b::169.254.0.1", "64:ff9b::a9fe:1" },
	{ "64:ff9b::0.0.0.0", "64:ff9b::" },
	{ "64:ff9b:0:0:0:1:cb00:7105", "64:ff9b::1:cb00:7105" },
	{ "64:ff9b:1::203.0.113.5", "64:ff9b:1::cb00:7105" },
	/* Other ways of holding an IPv4 address are other addresses. */
	{ "2002:cb00:7105::", "2002:cb00:7105::" },
	{ "2001:0:cb00:7105::", "2001:0:cb00:7105::" },
	{ "::203.0.113.5", "::203.0.113.5" },
	{ "::ffff:0:203.0.113.5", "::ffff:0:cb00:7105" },
	/* A zone is our side of a wire. */
	{ "fe80::1%eth0", "fe80::1" },
	{ "FE80::0001%3", "fe80::1" },
	{ "febf::1%br-0.7", "febf::1" },
	{ "fe80::1%", NULL },
	{ "fe80::1%a%b", NULL },
	{ "fe80::1%a/b", NULL },
	{ "fe80::1%a b", NULL },
	{ "fe80::1%\x7f", NULL },
	{ "fe80::1%fifteen_letters", "fe80::1" },
	{ "fe80::1%sixteen_letters_", NULL },
	{ "fec0::1%eth0", NULL },
	{ "2001:db8::1%eth0", NULL },
	{ "169.254.0.1%eth0", NULL },
	{ "::ffff:169.254.0.1%eth0", NULL },
	{ "64:ff9b::203.0.113.5%eth0", NULL },
	{ "::1%0", NULL },
	{ "%eth0", NULL },
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

static const struct {
	const char *text;
	enum address_class class;
	const char *kind; /* its beginning */
} classes[] = {
	{ "145.97.20.1", ADDRESS_GLOBAL, "IPv4 of" },
	{ "::ffff:145.97.20.1", ADDRESS_GLOBAL, "IPv4 of" },
	{ "64:ff9b::145.97.20.1", ADDRESS_GLOBAL, "IPv4 of" },
	{ "2001:610::1", ADDRESS_GLOBAL, "IPv6 of" },
	{ "3fff:ffff::1", ADDRESS_GLOBAL, "IPv6 of" },
	/* For documentation: hosts of no country. */
	{ "192.0.2.1", ADDRESS_GLOBAL, "IPv4 of" },
	{ "198.51.100.1", ADDRESS_GLOBAL, "IPv4 of" },
	{ "203.0.113.5", ADDRESS_GLOBAL, "IPv4 of" },
	{ "2001:db8::1", ADDRESS_GLOBAL, "IPv6 of" },
	{ "0.0.0.0", ADDRESS_SPECIAL, "\"this" },
	{ "0.255.255.255", ADDRESS_SPECIAL, "\"this" },
	{ "1.0.0.0", ADDRESS_GLOBAL, "IPv4 of" },
	{ "9.255.255.255", ADDRESS_GLOBAL, "IPv4 of" },
	{ "10.0.0.0", ADDRESS_PRIVATE, "private use (RFC 1918)" },
	{ "10.255.255.255", ADDRESS_PRIVATE, "private" },
	{ "11.0.0.0", ADDRESS_GLOBAL, "IPv4 of" },
	{ "100.63.255.255", ADDRESS_GLOBAL, "IPv4 of" },
	{ "100.64.0.0", ADDRESS_CARRIER, "shared by a carrier" },
	{ "100.127.255.255", ADDRESS_CARRIER, "shared by a carrier" },
	{ "100.128.0.0", ADDRESS_GLOBAL, "IPv4 of" },
	{ "127.0.0.1", ADDRESS_LOOPBACK, "loopback" },
	{ "127.255.255.255", ADDRESS_LOOPBACK, "loopback" },
	{ "169.254.1.1", ADDRESS_LINK_LOCAL, "link-local" },
	{ "172.15.255.255", ADDRESS_GLOBAL, "IPv4 of" },
	{ "172.16.0.0", ADDRESS_PRIVATE, "private" },
	{ "172.31.255.255", ADDRESS_PRIVATE, "private" },
	{ "172.32.0.0", ADDRESS_GLOBAL, "IPv4 of" },
	{ "192.0.0.8", ADDRESS_SPECIAL, "assigned" },
	{ "192.88.99.1", ADDRESS_SPECIAL, "6to4 relay" },
	{ "192.168.0.1", ADDRESS_PRIVATE, "private" },
	{ "198.17.255.255", ADDRESS_GLOBAL, "IPv4 of" },
	{ "198.18.0.1", ADDRESS_SPECIAL, "benchmarks" },
	{ "198.19.255.255", ADDRESS_SPECIAL, "benchmarks" },
	{ "223.255.255.255", ADDRESS_GLOBAL, "IPv4 of" },
	{ "224.0.0.1", ADDRESS_SPECIAL, "multicast" },
	{ "240.0.0.1", ADDRESS_SPECIAL, "reserved" },
	{ "255.255.255.255", ADDRESS_SPECIAL, "reserved" },
	{ "::", ADDRESS_SPECIAL, "unspecified" },
	{ "::1", ADDRESS_LOOPBACK, "loopback" },
	{ "::2", ADDRESS_SPECIAL, "reserved" },
	{ "::203.0.113.5", ADDRESS_SPECIAL, "reserved" },
	{ "64:ff9b::10.0.0.5", ADDRESS_SPECIAL, "translated IPv4" },
	{ "64:ff9b:1::a00:5", ADDRESS_SPECIAL, "translated within" },
	{ "100::1", ADDRESS_SPECIAL, "to be discarded" },
	{ "2001::1", ADDRESS_SPECIAL, "Teredo" },
	{ "2001:20::1", ADDRESS_SPECIAL, "assigned" },
	{ "2001:1ff::1", ADDRESS_SPECIAL, "assigned" },
	{ "2001:200::1", ADDRESS_GLOBAL, "IPv6 of" },
	{ "2002:cb00:7105::1", ADDRESS_SPECIAL, "6to4 tunnel" },
	{ "2003::1", ADDRESS_GLOBAL, "IPv6 of" },
	{ "4000::1", ADDRESS_SPECIAL, "reserved" },
	{ "fbff::1", ADDRESS_SPECIAL, "reserved" },
	{ "fc00::1", ADDRESS_PRIVATE, "unique" },
	{ "fd12::1", ADDRESS_PRIVATE, "unique" },
	{ "fe00::1", ADDRESS_SPECIAL, "reserved" },
	{ "fe80::1", ADDRESS_LINK_LOCAL, "link-local" },
	{ "febf::1", ADDRESS_LINK_LOCAL, "link-local" },
	{ "fec0::1", ADDRESS_SPECIAL, "site-local" },
	{ "ff02::1", ADDRESS_SPECIAL, "multicast" },
};

static void kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		struct address address;
		const char *kind;

		assert_int_equal(address_parse(classes[i].text, &address), 0);
		kind = address_kind(&address);
		if (address_class(&address) != classes[i].class ||
		    strncmp(kind, classes[i].kind, strlen(classes[i].kind)))
			fail_msg("'%s': %s, %s", classes[i].text,
				 address_class_name(address_class(&address)),
				 kind);
	}
}

/* An address that nobody filled in is nobody's. */
static void nothing_is_special(void **state)
{
	struct address nothing = { 0 };

	(void)state;
	assert_int_equal(address_class(&nothing), ADDRESS_SPECIAL);
	assert_false(address_is_ipv4(&nothing));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings),
		cmocka_unit_test(canonical_twice),
		cmocka_unit_test(kinds),
		cmocka_unit_test(nothing_is_special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
