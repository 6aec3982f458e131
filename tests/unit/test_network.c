/* SPDX-License-Identifier: GPL-3.0-or-later */
/* abuse_59, abuse_64: a network is what was meant, or it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/network.h"

static const struct {
	const char *text;
	const char *canonical; /* NULL: refused */
	enum network_error error;
} cases[] = {
	{ "203.0.113.5", "203.0.113.5", 0 },
	{ "203.0.113.5/32", "203.0.113.5", 0 },
	{ "203.0.113.0/24", "203.0.113.0/24", 0 },
	{ "10.0.0.0/8", "10.0.0.0/8", 0 },
	{ "128.0.0.0/1", "128.0.0.0/1", 0 },
	{ "0.0.0.0/1", "0.0.0.0/1", 0 },
	{ "2001:DB8::/32", "2001:db8::/32", 0 },
	{ "2001:db8::1", "2001:db8::1", 0 },
	{ "2001:db8:0::1/128", "2001:db8::1", 0 },
	{ "8000::/1", "8000::/1", 0 },
	{ "fe80::/10", "fe80::/10", 0 },
	{ "2002:cb00:7100::/40", "2002:cb00:7100::/40", 0 },
	/* IPv4 in another form */
	{ "::ffff:203.0.113.5", "203.0.113.5", 0 },
	{ "::ffff:203.0.113.0/120", "203.0.113.0/24", 0 },
	{ "::ffff:cb00:7100/120", "203.0.113.0/24", 0 },
	{ "::ffff:10.0.0.0/104", "10.0.0.0/8", 0 },
	{ "64:ff9b::203.0.113.5", "203.0.113.5", 0 },
	{ "64:ff9b::203.0.113.0/120", "203.0.113.0/24", 0 },
	{ "64:ff9b::10.0.0.0/104", NULL, NETWORK_E_MIXED },
	{ "64:ff9b::/96", NULL, NETWORK_E_MIXED },
	{ "64:ff9b::/64", NULL, NETWORK_E_MIXED },
	{ "64::/16", NULL, NETWORK_E_MIXED },
	{ "::/1", NULL, NETWORK_E_MIXED },
	{ "::/80", NULL, NETWORK_E_MIXED },
	{ "::8000:0:0/81", NULL, NETWORK_E_MIXED },
	{ "::fffe:0:0/95", NULL, NETWORK_E_MIXED },
	{ "::ffff:203.0.113.0/24", NULL, NETWORK_E_HOST_BITS },
	/* every address */
	{ "0.0.0.0/0", NULL, NETWORK_E_ALL },
	{ "::/0", NULL, NETWORK_E_ALL },
	{ "::ffff:0:0/96", NULL, NETWORK_E_ALL },
	/* bits behind the prefix */
	{ "203.0.113.5/24", NULL, NETWORK_E_HOST_BITS },
	{ "10.0.0.1/0", NULL, NETWORK_E_HOST_BITS },
	{ "203.0.113.1/31", NULL, NETWORK_E_HOST_BITS },
	{ "2001:db8::1/64", NULL, NETWORK_E_HOST_BITS },
	{ "2001:db8:1::/32", NULL, NETWORK_E_HOST_BITS },
	{ "1::/0", NULL, NETWORK_E_HOST_BITS },
	/* lengths */
	{ "203.0.113.0/33", NULL, NETWORK_E_LENGTH },
	{ "203.0.113.0/128", NULL, NETWORK_E_LENGTH },
	{ "2001:db8::/129", NULL, NETWORK_E_LENGTH },
	{ "2001:db8::/4294967328", NULL, NETWORK_E_LENGTH },
	{ "10.0.0.0/", NULL, NETWORK_E_LENGTH },
	{ "10.0.0.0/08", NULL, NETWORK_E_LENGTH },
	{ "10.0.0.0/-8", NULL, NETWORK_E_LENGTH },
	{ "10.0.0.0/+8", NULL, NETWORK_E_LENGTH },
	{ "10.0.0.0/ 8", NULL, NETWORK_E_LENGTH },
	{ "10.0.0.0/8 ", NULL, NETWORK_E_LENGTH },
	{ "10.0.0.0/0x8", NULL, NETWORK_E_LENGTH },
	{ "10.0.0.0/8/8", NULL, NETWORK_E_LENGTH },
	{ "10.0.0.0/255.0.0.0", NULL, NETWORK_E_LENGTH },
	/* no address: only what inet_pton(3) takes */
	{ "10/8", NULL, NETWORK_E_ADDRESS },
	{ "10.1/16", NULL, NETWORK_E_ADDRESS },
	{ "203.0.113.005", NULL, NETWORK_E_ADDRESS },
	{ "0x7f.1", NULL, NETWORK_E_ADDRESS },
	{ "3405803781", NULL, NETWORK_E_ADDRESS },
	{ "10.0.0.0-10.0.0.9", NULL, NETWORK_E_ADDRESS },
	{ "10.0.0.*", NULL, NETWORK_E_ADDRESS },
	{ " 10.0.0.0/8", NULL, NETWORK_E_ADDRESS },
	{ "10.0.0.0 /8", NULL, NETWORK_E_ADDRESS },
	{ "[2001:db8::]/32", NULL, NETWORK_E_ADDRESS },
	{ "fe80::1%eth0", NULL, NETWORK_E_ADDRESS },
	{ "fe80::%eth0/10", NULL, NETWORK_E_ADDRESS },
	{ "localhost", NULL, NETWORK_E_ADDRESS },
	{ "/8", NULL, NETWORK_E_ADDRESS },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NULL,
	  NETWORK_E_ADDRESS },
	{ "", NULL, NETWORK_E_EMPTY },
};

static void abuse_64_one_network(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct network network = { .length = 77 }, again;
		char text[NETWORK_TEXT_MAX];
		int r = network_parse(cases[i].text, &network);

		if (r != (int)cases[i].error)
			fail_msg("'%s': %d", cases[i].text, r);
		if (r != 0) {
			assert_int_equal(network.length, 77);
			assert_true(*network_error_text(cases[i].error));
			continue;
		}
		network_write(&network, text);
		assert_string_equal(text, cases[i].canonical);
		assert_int_equal(network_parse(text, &again), 0);
		assert_int_equal(network.length, again.length);
		assert_true(address_is_equal(&network.address, &again.address));
	}
}

static const struct {
	const char *network, *address;
	bool contains;
} memberships[] = {
	{ "203.0.113.0/24", "203.0.113.0", true },
	{ "203.0.113.0/24", "203.0.113.255", true },
	{ "203.0.113.0/24", "203.0.112.255", false },
	{ "203.0.113.0/24", "203.0.114.0", false },
	{ "203.0.113.4/30", "203.0.113.7", true },
	{ "203.0.113.4/30", "203.0.113.8", false },
	{ "203.0.113.5", "203.0.113.5", true },
	{ "203.0.113.5", "203.0.113.4", false },
	{ "0.0.0.0/1", "127.255.255.255", true },
	{ "0.0.0.0/1", "128.0.0.0", false },
	/* abuse_59: the same verdict for each spelling */
	{ "203.0.113.0/24", "::ffff:203.0.113.9", true },
	{ "203.0.113.0/24", "0:0:0:0:0:ffff:cb00:7105", true },
	{ "203.0.113.0/24", "64:ff9b::203.0.113.9", true },
	{ "::ffff:203.0.113.0/120", "203.0.113.9", true },
	{ "203.0.113.0/24", "2002:cb00:7105::1", false },
	{ "203.0.113.0/24", "::203.0.113.9", false },
	{ "10.0.0.0/8", "64:ff9b::10.0.0.5", false },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::", false },
	{ "2001:db8::/63", "2001:db8:0:1::9", true },
	{ "2001:db8::/64", "2001:db8:0:1::9", false },
	{ "2001:db8::/65", "2001:db8::7fff:ffff:ffff:ffff", true },
	{ "2001:db8::/65", "2001:db8::8000:0:0:0", false },
	{ "2001:db8::/127", "2001:db8::1", true },
	{ "2001:db8::/127", "2001:db8::2", false },
	/* No IPv6 network holds IPv4. */
	{ "8000::/1", "203.0.113.5", false },
	{ "::1", "127.0.0.1", false },
};

static void members(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(memberships); i++) {
		struct network network;
		struct address address;

		assert_int_equal(
			network_parse(memberships[i].network, &network), 0);
		assert_int_equal(
			address_parse(memberships[i].address, &address), 0);
		if (network_contains(&network, &address) !=
		    memberships[i].contains)
			fail_msg("%s in %s", memberships[i].address,
				 memberships[i].network);
	}
}

static const struct {
	const char *text;
	const char *canonical; /* or NULL, and then the fault */
	const char *fault;
} lists[] = {
	{ "203.0.113.5", "203.0.113.5", NULL },
	{ "203.0.113.0/24,10.0.0.0/8", "10.0.0.0/8, 203.0.113.0/24", NULL },
	{ " 2001:db8::/32 ,\t10.0.0.0/8 ", "10.0.0.0/8, 2001:db8::/32", NULL },
	{ "10.0.0.1,10.0.0.0", "10.0.0.0, 10.0.0.1", NULL },
	{ "10.0.0.0/9,10.128.0.0/9", "10.0.0.0/9, 10.128.0.0/9", NULL },
	{ "", NULL, "'' (element 1) is empty" },
	{ " ", NULL, "'' (element 1) is empty" },
	{ "10.0.0.1,", NULL, "'' (element 2) is empty" },
	{ ",10.0.0.1", NULL, "'' (element 1) is empty" },
	{ "10.0.0.1,,10.0.0.2", NULL, "'' (element 2) is empty" },
	{ "10.0.0.1 10.0.0.2", NULL,
	  "'10.0.0.1 10.0.0.2' (element 1) is no numeric address or network" },
	{ "10.0.0.1; 10.0.0.2", NULL,
	  "'10.0.0.1; 10.0.0.2' (element 1) is no numeric address or "
	  "network" },
	{ "10.0.0.1, 10.0.0.0/33", NULL,
	  "'10.0.0.0/33' (element 2) has no valid length of its prefix" },
	{ "192.0.2.1, 10.0.0.1/8, x", NULL,
	  "'10.0.0.1/8' (element 2) has bits set behind its prefix" },
	{ "10.0.0.1,0.0.0.0/0", NULL,
	  "'0.0.0.0/0' (element 2) is every address" },
	{ "\n", NULL, "'\\x0a' (element 1) is no numeric address or network" },
	{ "10.0.0.1,192.0.2.1,10.0.0.1/32", NULL,
	  "'10.0.0.1/32' (element 3) stands there twice" },
	{ "10.0.0.1, ::ffff:10.0.0.1", NULL,
	  "'::ffff:10.0.0.1' (element 2) stands there twice" },
	{ "10.0.0.0/8, 10.1.0.0/16", NULL,
	  "'10.1.0.0/16' (element 2) overlaps '10.0.0.0/8'" },
	{ "10.1.0.0/16, 10.0.0.0/8", NULL,
	  "'10.0.0.0/8' (element 2) overlaps '10.1.0.0/16'" },
	{ "11111111111111111111111111111111111111111111111111111111", NULL,
	  "'1111111111111111111111111111111111111111111111111' (element 1) is "
	  "no numeric address or network" },
};

static void abuse_64_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		scope(networks_deinit) struct networks networks = { 0 };
		struct networks_fault fault = { 0 };
		char buffer[512];
		struct text text;
		int r = networks_parse(lists[i].text, &networks, &fault);

		text_init(&text, buffer, sizeof(buffer));
		if (r == 0) {
			networks_write(&networks, &text);
			assert_int_equal(fault.element, 0);
		} else {
			networks_fault_write(&fault, &text);
			assert_int_equal(r, (int)fault.error);
			assert_null(networks.networks);
		}
		assert_string_equal(buffer, lists[i].canonical
						    ? lists[i].canonical
						    : lists[i].fault);
	}
}

static void nothing_contains_nothing(void **state)
{
	const struct networks none = { 0 };
	struct address address = { 0 };

	(void)state;
	assert_false(networks_contain(&none, &address));
}

/* The list and its networks one by one say the same of each address. */
static void as_one_by_one(void **state)
{
	static const char list[] =
		"10.0.0.0/8, 192.0.2.0/31, 192.0.2.3, 203.0.113.128/25, "
		"223.255.255.0/24, ::1, 2001:db8::/32, 2001:dba::1, "
		"fe80::/10, ff00::/8";
	static const char *const addresses[] = {
		"0.0.0.0",
		"9.255.255.255",
		"10.0.0.0",
		"10.255.255.255",
		"11.0.0.0",
		"192.0.2.0",
		"192.0.2.1",
		"192.0.2.2",
		"192.0.2.3",
		"192.0.2.4",
		"203.0.113.127",
		"203.0.113.128",
		"203.0.113.255",
		"203.0.114.0",
		"223.255.255.255",
		"255.255.255.255",
		"::",
		"::1",
		"::2",
		"2001:db7:ffff::",
		"2001:db8::",
		"2001:db9::",
		"2001:dba::1",
		"2001:dba::2",
		"fe7f::1",
		"fe80::1",
		"fec0::1",
		"ff02::1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	scope(networks_deinit) struct networks networks = { 0 };
	struct networks_fault fault;
	size_t n_inside = 0;

	(void)state;
	assert_int_equal(networks_parse(list, &networks, &fault), 0);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct address address;
		bool inside = false;

		assert_int_equal(address_parse(addresses[i], &address), 0);
		for (size_t j = 0; j < networks.n; j++)
			inside |= network_contains(&networks.networks[j],
						   &address);
		if (networks_contain(&networks, &address) != inside)
			fail_msg("%s", addresses[i]);
		n_inside += inside;
	}
	assert_int_equal(n_inside, 14);
}

static void so_many_and_no_more(void **state)
{
	static char list[(NETWORKS_MAX + 1) * 20];
	scope(networks_deinit) struct networks networks = { 0 };
	struct networks_fault fault = { 0 };
	struct address address;
	struct text text;

	(void)state;
	text_init(&text, list, sizeof(list));
	for (int i = 0; i < NETWORKS_MAX; i++)
		text_add_format(&text, "%s10.%d.%d.0/24", i ? "," : "", i / 256,
				i % 256);
	assert_int_equal(networks_parse(list, &networks, &fault), 0);
	assert_int_equal(networks.n, NETWORKS_MAX);
	assert_int_equal(address_parse("10.3.231.9", &address), 0);
	assert_true(networks_contain(&networks, &address));
	assert_int_equal(address_parse("10.3.232.9", &address), 0);
	assert_false(networks_contain(&networks, &address));
	text_add(&text, ",192.0.2.1");
	networks_deinit(&networks);
	assert_int_equal(networks_parse(list, &networks, &fault),
			 NETWORK_E_MANY);
	assert_int_equal(fault.element, NETWORKS_MAX + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abuse_64_one_network),
		cmocka_unit_test(members),
		cmocka_unit_test(abuse_64_lists),
		cmocka_unit_test(nothing_contains_nothing),
		cmocka_unit_test(as_one_by_one),
		cmocka_unit_test(so_many_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
