/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Address: a network address as a value with one spelling, so that a rule, a
 * record and a search mean the same host. Numeric text only: no name is ever
 * resolved.
 *
 * What is IPv4 in another form is that IPv4 address: mapped into IPv6 (RFC
 * 4291, 2.5.5.2), and translated by the well-known prefix 64:ff9b::/96 (RFC
 * 6052), but for the IPv4 addresses that the prefix must not carry (3.1): such
 * a one stays IPv6. A tunnel's address (6to4, Teredo) stays itself: who sends
 * from it is not proved to hold the IPv4 address in it (RFC 3964); its class is
 * ADDRESS_SPECIAL.
 */

#include <stdbool.h>
#include <string.h>

#include "base/scope.h"

/* Room for the longest IPv6 text and its NUL (INET6_ADDRSTRLEN). */
#define ADDRESS_TEXT_MAX 46

/* In the network's order; IPv4 as ::ffff:a.b.c.d. All zero is "::": no host. */
struct address {
	unsigned char bytes[16];
};

/* Where addresses of a kind may come from. */
enum address_class {
	ADDRESS_SPECIAL,    /* nobody's: not assigned, not one host, a tunnel */
	ADDRESS_GLOBAL,     /* of the Internet */
	ADDRESS_LOOPBACK,   /* this host */
	ADDRESS_LINK_LOCAL, /* this wire */
	ADDRESS_PRIVATE,    /* a site's own */
	ADDRESS_CARRIER,    /* between a provider and its customers */
};

enum address_error {
	_ADDRESS_E_OK,
	ADDRESS_E_INVALID, /* not a numeric address as inet_pton(3) takes it */
};

/*
 * The address that text spells. Behind a link-local one may stand a zone
 * ("fe80::1%eth0", RFC 4007), which is left out: it names our side of the wire,
 * not the other's. Elsewhere it is ADDRESS_E_INVALID.
 */
must_check int address_parse(const char *text, struct address *ret_address);

/* The canonical text (RFC 5952). */
void address_write(const struct address *address,
		   char ret_text[ADDRESS_TEXT_MAX]);

/* Both: the canonical text of a text. ADDRESS_E_INVALID. */
must_check int address_canonical(const char *text,
				 char ret_text[ADDRESS_TEXT_MAX]);

bool address_is_ipv4(const struct address *address);

/*
 * By the registries of special addresses (RFC 6890). Networks for documentation
 * (RFC 5737, 3849) count as global, as addresses that are nobody's do; most
 * databases have no country for them.
 */
enum address_class address_class(const struct address *address);
/* "private" */
const char *address_class_name(enum address_class class);
/* What kind of address it is, and whence: "6to4 tunnel (RFC 3056)". */
const char *address_kind(const struct address *address);

static inline bool address_is_equal(const struct address *a,
				    const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
