/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/code.h"

#include <string.h>

#define OUTSIDE "outside"

static int invalid(struct text *why)
{
	text_add(why, "is neither never, always, nor outside and networks, "
		      "such as outside 10.1.0.0/16");
	return CODE_E_INVALID;
}

/* Outside of so much is nowhere: as wide as somebody's own networks may be. */
#define IPV4_BITS_MIN (96 + 8)
#define IPV6_BITS_MIN 16

static int too_wide(const struct networks *networks, struct text *why)
{
	char written[NETWORK_TEXT_MAX];

	for (size_t i = 0; i < networks->n; i++) {
		const struct network *one = &networks->networks[i];

		if (one->length >= (address_is_ipv4(&one->address)
					    ? IPV4_BITS_MIN
					    : IPV6_BITS_MIN))
			continue;
		network_write(one, written);
		text_add_format(why,
				"names %s, which is too wide: /8, or /16 of "
				"IPv6, is the widest",
				written);
		return CODE_E_INVALID;
	}
	return 0;
}

static int parse_networks(const char *written, struct networks *ret_networks,
			  struct text *why)
{
	struct networks_fault fault;
	int r = networks_parse(written, ret_networks, &fault);

	if (r == 0) {
		r = too_wide(ret_networks, why);
		if (r != 0)
			networks_deinit(ret_networks);
		return r;
	}
	if (r < 0)
		return r;
	text_add(why, "names networks of which ");
	networks_fault_write(&fault, why);
	return CODE_E_INVALID;
}

int code_demand_parse(const char *written, struct code_demand *ret_demand,
		      struct text *why)
{
	struct code_demand demand = { 0 };
	const char *rest;
	int r;

	if (strcmp(written, "always") == 0) {
		demand.when = CODE_WHEN_ALWAYS;
	} else if (strncmp(written, OUTSIDE " ", strlen(OUTSIDE " ")) == 0) {
		rest = written + strlen(OUTSIDE " ");
		rest += strspn(rest, " \t");
		demand.when = CODE_WHEN_OUTSIDE;
		r = parse_networks(rest, &demand.networks, why);
		if (r != 0)
			return r;
	} else if (strcmp(written, "never") != 0) {
		return invalid(why);
	}
	*ret_demand = demand;
	return 0;
}

void code_demand_write(const struct code_demand *demand, struct text *text)
{
	switch (demand->when) {
	case CODE_WHEN_NEVER:
		text_add(text, "never");
		break;
	case CODE_WHEN_ALWAYS:
		text_add(text, "always");
		break;
	case CODE_WHEN_OUTSIDE:
		text_add(text, OUTSIDE " ");
		networks_write(&demand->networks, text);
		break;
	}
}

void code_demand_deinit(struct code_demand *demand)
{
	networks_deinit(&demand->networks);
	*demand = (struct code_demand){ 0 };
}

bool code_demand_asks(const struct code_demand *demand,
		      const struct address *address)
{
	switch (demand->when) {
	case CODE_WHEN_NEVER:
		return false;
	case CODE_WHEN_ALWAYS:
		break;
	case CODE_WHEN_OUTSIDE:
		return !address ||
		       !networks_contain(&demand->networks, address);
	}
	return true;
}

static bool is_within(const struct network *one, const struct networks *in)
{
	for (size_t i = 0; i < in->n; i++)
		if (network_contains(&in->networks[i], &one->address) &&
		    in->networks[i].length <= one->length)
			return true;
	return false;
}

bool code_demand_is_weaker(const struct code_demand *before,
			   const struct code_demand *after)
{
	if (before->when == CODE_WHEN_NEVER || after->when == CODE_WHEN_ALWAYS)
		return false;
	if (after->when == CODE_WHEN_NEVER || before->when == CODE_WHEN_ALWAYS)
		return true;
	for (size_t i = 0; i < after->networks.n; i++)
		if (!is_within(&after->networks.networks[i], &before->networks))
			return true;
	return false;
}
