/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. An address is taken only from the right, over proxies of ours alone.
 *  2. Where one should stand and does not, there is no client: never the next
 *     one to the left.
 */
#include "policy/forwarded.h"

#include <string.h>

#define BLANKS " \t"

static bool is_port(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return n >= 1 && n <= 5;
}

/* The part of n bytes that is the address: without brackets and port. */
static bool find_address(const char *text, size_t n, const char **ret_text,
			 size_t *ret_n)
{
	const char *end = text + n, *colon, *bracket;

	if (n > 0 && *text == '[') {
		bracket = memchr(text, ']', n);
		if (!bracket ||
		    (bracket + 1 < end &&
		     (bracket[1] != ':' ||
		      !is_port(bracket + 2, (size_t)(end - bracket - 2)))))
			return false;
		*ret_text = text + 1;
		*ret_n = (size_t)(bracket - text - 1);
		/* What stands in brackets is IPv6. */
		return memchr(*ret_text, ':', *ret_n) != NULL;
	}
	colon = memchr(text, ':', n);
	*ret_text = text;
	*ret_n = n;
	/* One colon is a port's, more are of IPv6. */
	if (colon && !memchr(colon + 1, ':', (size_t)(end - colon - 1))) {
		*ret_n = (size_t)(colon - text);
		return is_port(colon + 1, (size_t)(end - colon - 1));
	}
	return true;
}

static bool read_hop(const char *text, size_t n, struct address *ret_address)
{
	char copy[ADDRESS_TEXT_MAX + 16];
	const char *address;

	while (n > 0 && strchr(BLANKS, text[n - 1]))
		n--;
	while (n > 0 && strchr(BLANKS, *text)) {
		text++;
		n--;
	}
	if (!find_address(text, n, &address, &n) || n >= sizeof(copy))
		return false;
	memcpy(copy, address, n);
	copy[n] = '\0';
	return address_parse(copy, ret_address) == 0;
}

/* The hops from the right, behind the peer, which was one of the proxies. */
static int walk(const struct networks *proxies, const char *header,
		struct address *ret_client)
{
	size_t n = strlen(header);

	if (strspn(header, BLANKS) == n)
		return FORWARDED_E_NOBODY;
	for (;;) {
		size_t begin = n;

		while (begin > 0 && header[begin - 1] != ',')
			begin--;
		if (!read_hop(header + begin, n - begin, ret_client))
			return FORWARDED_E_HOP;
		if (!networks_contain(proxies, ret_client))
			return 0;
		if (begin == 0)
			return FORWARDED_E_NOBODY;
		n = begin - 1;
	}
}

/* A header that is nobody's: any client may send one. But who seems to be on
 * this host and was forwarded came through a proxy that nobody named. */
static int direct(const struct address *peer, const char *header)
{
	return header && *header && address_class(peer) == ADDRESS_LOOPBACK
		       ? FORWARDED_E_HIDDEN
		       : 0;
}

int forwarded_client(const struct forwarded_rules *rules, const char *peer,
		     const char *header, char ret_address[ADDRESS_TEXT_MAX])
{
	struct address client;
	int r;

	if (!rules->direct && rules->proxies->n == 0)
		return FORWARDED_E_UNSET;
	if (!read_hop(peer, strlen(peer), &client))
		return FORWARDED_E_PEER;
	if (rules->direct)
		r = direct(&client, header);
	else if (!networks_contain(rules->proxies, &client))
		r = FORWARDED_E_AROUND;
	else
		r = walk(rules->proxies, header ? header : "", &client);
	if (r == 0)
		address_write(&client, ret_address);
	return r;
}

const char *forwarded_error_text(enum forwarded_error error)
{
	switch (error) {
	case _FORWARDED_E_OK:
		break;
	case FORWARDED_E_UNSET:
		return "The settings do not say how users reach this "
		       "application: proxies of [service NAME].";
	case FORWARDED_E_PEER:
		return "The peer is no numeric address.";
	case FORWARDED_E_AROUND:
		return "The request came round the proxies.";
	case FORWARDED_E_HIDDEN:
		return "The request was forwarded on this host, and the "
		       "settings name no proxy.";
	case FORWARDED_E_HOP:
		return "What the proxies wrote names no address where the "
		       "client's should stand.";
	case FORWARDED_E_NOBODY:
		return "The proxies name no client but themselves.";
	}
	return "";
}
