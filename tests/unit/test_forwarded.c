/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a user comes from behind proxies, whatever he writes of it himself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "policy/forwarded.h"

#define FIREWALL "192.0.2.1"

struct row {
	const char *peer, *header;
	int r;
	const char *client; /* where r is 0 */
};

static void check(bool direct, const char *proxies, const struct row *rows,
		  size_t n_rows)
{
	struct networks list = { 0 };
	struct networks_fault fault;
	const struct forwarded_rules rules = { direct, &list };

	if (proxies)
		assert_int_equal(networks_parse(proxies, &list, &fault), 0);
	for (size_t i = 0; i < n_rows; i++) {
		char client[ADDRESS_TEXT_MAX] = "untouched";
		int r = forwarded_client(&rules, rows[i].peer, rows[i].header,
					 client);

		if (r != rows[i].r ||
		    strcmp(client, r == 0 ? rows[i].client : "untouched") != 0)
			fail_msg("%zu: %s < %s: %d %s", i, rows[i].peer,
				 rows[i].header ? rows[i].header : "-", r,
				 client);
		assert_int_equal(
			!*forwarded_error_text((enum forwarded_error)r),
			r == 0);
	}
	networks_deinit(&list);
}
#define CHECK(direct, proxies, rows) \
	check(direct, proxies, rows, ARRAY_SIZE(rows))

/* firewall -> nginx on this host -> application */
static void abuse_61_the_rightmost_that_is_no_proxy(void **state)
{
	static const struct row rows[] = {
		{ "127.0.0.1", "203.0.113.5, " FIREWALL, 0, "203.0.113.5" },
		{ "127.0.0.1", "203.0.113.5," FIREWALL, 0, "203.0.113.5" },
		{ "127.0.0.1", " \t203.0.113.5\t , " FIREWALL " ", 0,
		  "203.0.113.5" },
		/* Who reached nginx itself, past the firewall: from there. */
		{ "127.0.0.1", "203.0.113.5", 0, "203.0.113.5" },
		/* Two such networks in a row, and the peer in one of them. */
		{ "10.9.0.3", "203.0.113.5, 10.9.0.2, " FIREWALL, 0,
		  "203.0.113.5" },
		{ "127.0.0.1:40000", "203.0.113.5:1234, " FIREWALL ":443", 0,
		  "203.0.113.5" },
		{ "::ffff:127.0.0.1", "::ffff:203.0.113.5", 0, "203.0.113.5" },
	};

	(void)state;
	CHECK(false, "127.0.0.1, " FIREWALL ", 10.9.0.0/24", rows);
}

/* What he writes stands left of what the proxies add. */
static void abuse_61_a_forged_header(void **state)
{
	static const struct row rows[] = {
		{ "127.0.0.1", "10.0.0.1, 203.0.113.5, " FIREWALL, 0,
		  "203.0.113.5" },
		{ "127.0.0.1", "127.0.0.1, 203.0.113.5, " FIREWALL, 0,
		  "203.0.113.5" },
		/* He names our own proxies. */
		{ "127.0.0.1",
		  "198.51.100.1, " FIREWALL ", 203.0.113.5, " FIREWALL, 0,
		  "203.0.113.5" },
		/* Two headers: his own, and that of the proxies. */
		{ "127.0.0.1", "198.51.100.1, 198.51.100.2, 203.0.113.5", 0,
		  "203.0.113.5" },
		/* Whatever stands there is not even read. */
		{ "127.0.0.1", "unknown, ;drop, ,,\"for=1.2.3.4, 203.0.113.5",
		  0, "203.0.113.5" },
		{ "127.0.0.1", "for=10.0.0.1, 203.0.113.5", 0, "203.0.113.5" },
		{ "127.0.0.1", ",203.0.113.5", 0, "203.0.113.5" },
	};

	(void)state;
	CHECK(false, "127.0.0.1, " FIREWALL, rows);
}

static void abuse_61_a_request_round_the_proxies(void **state)
{
	static const struct row rows[] = {
		{ "203.0.113.5", "10.0.0.1, " FIREWALL, FORWARDED_E_AROUND,
		  NULL },
		{ "203.0.113.5", NULL, FORWARDED_E_AROUND, NULL },
		{ "127.0.0.2", "203.0.113.5", FORWARDED_E_AROUND, NULL },
		{ "::1", "203.0.113.5", FORWARDED_E_AROUND, NULL },
		{ "[::1]:80", "203.0.113.5", FORWARDED_E_AROUND, NULL },
	};

	(void)state;
	CHECK(false, "127.0.0.1, " FIREWALL, rows);
}

/* Never the one left of it. */
static void abuse_61_no_address_where_the_client_should_stand(void **state)
{
	static const char *const hops[] = {
		"unknown",
		"_hidden",
		"for=203.0.113.5",
		"\"203.0.113.5\"",
		"203.0.113.005",
		"3405803781",
		"0x7f.1",
		"10.1",
		"203.0.113.5/32",
		"client.example",
		"203.0.113.5:",
		"203.0.113.5:x",
		"203.0.113.5:123456",
		"203.0.113.5 198.51.100.1",
		"[203.0.113.5]",
		"[2001:db8::1",
		"2001:db8::1]",
		"[2001:db8::1]80",
		"[2001:db8::1]:",
		"[]",
		"[",
		":",
		"::ffff:",
		"2001:db8::1:::2",
		"203.0.113.5;198.51.100.1",
		"-",
		"*",
		"\xff",
		"203.0.113.5\r",
		"",
		" ",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hops); i++) {
		char header[128], behind[128];
		struct row rows[2];

		(void)snprintf(header, sizeof(header), "10.0.0.1, %s", hops[i]);
		(void)snprintf(behind, sizeof(behind), "10.0.0.1,%s, " FIREWALL,
			       hops[i]);
		rows[0] = (struct row){ "127.0.0.1", header, FORWARDED_E_HOP,
					NULL };
		rows[1] = (struct row){ "127.0.0.1", behind, FORWARDED_E_HOP,
					NULL };
		CHECK(false, "127.0.0.1, " FIREWALL, rows);
	}
}

static void abuse_61_ipv6(void **state)
{
	static const struct row rows[] = {
		{ "::1", "2001:db8::7", 0, "2001:db8::7" },
		{ "[::1]:40000", "[2001:db8::7]", 0, "2001:db8::7" },
		{ "::1", "10.0.0.1, [2001:DB8:0::7]:4711, 2001:db8:ffff::1", 0,
		  "2001:db8::7" },
		{ "::1", "fe80::1%eth0", 0, "fe80::1" },
		{ "::1", "::ffff:10.0.0.1", 0, "10.0.0.1" },
		{ "::1", "[::ffff:10.0.0.1]:80", 0, "10.0.0.1" },
	};

	(void)state;
	CHECK(false, "::1, 2001:db8:ffff::/48", rows);
}

static void the_proxies_name_nobody(void **state)
{
	static const struct row rows[] = {
		{ "127.0.0.1", NULL, FORWARDED_E_NOBODY, NULL },
		{ "127.0.0.1", "", FORWARDED_E_NOBODY, NULL },
		{ "127.0.0.1", " \t", FORWARDED_E_NOBODY, NULL },
		{ "127.0.0.1", "127.0.0.1", FORWARDED_E_NOBODY, NULL },
		{ "127.0.0.1", FIREWALL ", 127.0.0.1", FORWARDED_E_NOBODY,
		  NULL },
		{ "localhost", "203.0.113.5", FORWARDED_E_PEER, NULL },
		{ "", "203.0.113.5", FORWARDED_E_PEER, NULL },
		{ "127.0.0.1, 127.0.0.1", NULL, FORWARDED_E_PEER, NULL },
	};
	static const struct row unset[] = {
		{ "127.0.0.1", "203.0.113.5", FORWARDED_E_UNSET, NULL },
		{ "203.0.113.5", NULL, FORWARDED_E_UNSET, NULL },
	};

	(void)state;
	CHECK(false, "127.0.0.1, " FIREWALL, rows);
	CHECK(false, NULL, unset);
}

/* Users reach it themselves: the peer it is, whatever they send. */
static void abuse_61_direct(void **state)
{
	static const struct row rows[] = {
		{ "203.0.113.5", NULL, 0, "203.0.113.5" },
		{ "203.0.113.5:40000", "10.0.0.1", 0, "203.0.113.5" },
		{ "203.0.113.5", "unknown", 0, "203.0.113.5" },
		{ "[2001:db8::1]:40000", NULL, 0, "2001:db8::1" },
		{ "127.0.0.1", NULL, 0, "127.0.0.1" },
		{ "127.0.0.1", "203.0.113.5", FORWARDED_E_HIDDEN, NULL },
		{ "::1", "203.0.113.5", FORWARDED_E_HIDDEN, NULL },
		{ "client.example", NULL, FORWARDED_E_PEER, NULL },
	};

	(void)state;
	CHECK(true, NULL, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abuse_61_the_rightmost_that_is_no_proxy),
		cmocka_unit_test(abuse_61_a_forged_header),
		cmocka_unit_test(abuse_61_a_request_round_the_proxies),
		cmocka_unit_test(
			abuse_61_no_address_where_the_client_should_stand),
		cmocka_unit_test(abuse_61_ipv6),
		cmocka_unit_test(the_proxies_name_nobody),
		cmocka_unit_test(abuse_61_direct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
