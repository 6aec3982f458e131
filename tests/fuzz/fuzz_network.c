/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses, networks and lists of them: what is taken has one spelling, which
 * is taken as the same, and a network contains the address it is written with.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void see_address(const char *text)
{
	char once[ADDRESS_TEXT_MAX];
	struct address address, again;

	if (address_parse(text, &address) != 0)
		return;
	address_write(&address, once);
	check(address_parse(once, &again) == 0);
	check(address_is_equal(&address, &again));
	check(*address_class_name(address_class(&address)) != '\0');
	check(*address_kind(&address) != '\0');
}

static void see_network(const char *text)
{
	char once[NETWORK_TEXT_MAX];
	struct network network, again;

	if (network_parse(text, &network) != 0)
		return;
	network_write(&network, once);
	check(network_parse(once, &again) == 0);
	check(address_is_equal(&network.address, &again.address) &&
	      network.length == again.length);
	check(network_contains(&network, &network.address));
	check(address_is_ipv4(&network.address) ==
	      (network.length > 96 && !strchr(once, ':')));
}

static void see_list(const char *text)
{
	scope(networks_deinit) struct networks networks = { 0 }, again = { 0 };
	struct networks_fault fault = { 0 };
	size_t size = strlen(text) * NETWORK_TEXT_MAX + 512;
	scope(scope_free) char *buffer = malloc(size);
	struct text once;

	check(buffer);
	text_init(&once, buffer, size);
	if (networks_parse(text, &networks, &fault) != 0) {
		check(fault.error != 0 && fault.element > 0);
		networks_fault_write(&fault, &once);
		check(!text_is_cut(&once));
		return;
	}
	networks_write(&networks, &once);
	check(networks_parse(buffer, &again, &fault) == 0);
	check(networks.n == again.n);
	for (size_t i = 0; i < networks.n; i++)
		check(networks_contain(&again, &networks.networks[i].address));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	/* Exactly so large: a byte too far is seen. */
	scope(scope_free) char *text = malloc(n + 1);

	check(text);
	memcpy(text, bytes, n);
	text[n] = '\0';
	see_address(text);
	see_network(text);
	see_list(text);
	return 0;
}
