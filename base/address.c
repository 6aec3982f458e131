/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

/* Where IPv4 stands in struct address, and where an IPv6 address holds it. */
#define IPV4_AT 12
#define MAPPED 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff

static const unsigned char mapped[IPV4_AT] = { MAPPED };
static const unsigned char translated[IPV4_AT] = { 0x00, 0x64, 0xff, 0x9b };

struct kind {
	unsigned char prefix[16];
	unsigned int length; /* bits */
	enum address_class class;
	const char *text;
};

#define IPV4(a, b, c, d, n) { MAPPED, a, b, c, d }, IPV4_AT * 8 + (n)

/* The first row that holds an address is its kind. */
static const struct kind kinds[] = {
	{ IPV4(0, 0, 0, 0, 8), ADDRESS_SPECIAL, "\"this network\" (RFC 791)" },
	{ IPV4(10, 0, 0, 0, 8), ADDRESS_PRIVATE, "private use (RFC 1918)" },
	{ IPV4(100, 64, 0, 0, 10), ADDRESS_CARRIER,
	  "shared by a carrier (RFC 6598)" },
	{ IPV4(127, 0, 0, 0, 8), ADDRESS_LOOPBACK, "loopback (RFC 1122)" },
	{ IPV4(169, 254, 0, 0, 16), ADDRESS_LINK_LOCAL,
	  "link-local (RFC 3927)" },
	{ IPV4(172, 16, 0, 0, 12), ADDRESS_PRIVATE, "private use (RFC 1918)" },
	{ IPV4(192, 0, 0, 0, 24), ADDRESS_SPECIAL,
	  "assigned to protocols (RFC 6890)" },
	{ IPV4(192, 88, 99, 0, 24), ADDRESS_SPECIAL, "6to4 relay (RFC 7526)" },
	{ IPV4(192, 168, 0, 0, 16), ADDRESS_PRIVATE, "private use (RFC 1918)" },
	{ IPV4(198, 18, 0, 0, 15), ADDRESS_SPECIAL, "benchmarks (RFC 2544)" },
	{ IPV4(224, 0, 0, 0, 4), ADDRESS_SPECIAL, "multicast (RFC 5771)" },
	{ IPV4(240, 0, 0, 0, 4), ADDRESS_SPECIAL, "reserved (RFC 1112)" },
	{ IPV4(0, 0, 0, 0, 0), ADDRESS_GLOBAL, "IPv4 of the Internet" },
	{ { [15] = 0 }, 128, ADDRESS_SPECIAL, "unspecified (RFC 4291)" },
	{ { [15] = 1 }, 128, ADDRESS_LOOPBACK, "loopback (RFC 4291)" },
	{ { 0x00, 0x64, 0xff, 0x9b },
	  96,
	  ADDRESS_SPECIAL,
	  "translated IPv4 that is not global (RFC 6052)" },
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 },
	  48,
	  ADDRESS_SPECIAL,
	  "translated within a site (RFC 8215)" },
	{ { 0x01, 0x00 }, 64, ADDRESS_SPECIAL, "to be discarded (RFC 6666)" },
	{ { 0x20, 0x01 }, 32, ADDRESS_SPECIAL, "Teredo tunnel (RFC 4380)" },
	{ { 0x20, 0x01 },
	  23,
	  ADDRESS_SPECIAL,
	  "assigned to protocols (RFC 2928)" },
	{ { 0x20, 0x02 }, 16, ADDRESS_SPECIAL, "6to4 tunnel (RFC 3056)" },
	{ { 0x20 }, 3, ADDRESS_GLOBAL, "IPv6 of the Internet (RFC 4291)" },
	{ { 0xfc }, 7, ADDRESS_PRIVATE, "unique within a site (RFC 4193)" },
	{ { 0xfe, 0x80 }, 10, ADDRESS_LINK_LOCAL, "link-local (RFC 4291)" },
	{ { 0xfe, 0xc0 },
	  10,
	  ADDRESS_SPECIAL,
	  "site-local, given up (RFC 3879)" },
	{ { 0xff }, 8, ADDRESS_SPECIAL, "multicast (RFC 4291)" },
	{ { 0 }, 0, ADDRESS_SPECIAL, "reserved (RFC 4291)" },
};

static const char *const names[] = {
	[ADDRESS_SPECIAL] = "special",   [ADDRESS_GLOBAL] = "global",
	[ADDRESS_LOOPBACK] = "loopback", [ADDRESS_LINK_LOCAL] = "link-local",
	[ADDRESS_PRIVATE] = "private",   [ADDRESS_CARRIER] = "carrier",
};

static bool is_of(const struct kind *kind, const struct address *address)
{
	unsigned int n = kind->length / 8, rest = kind->length % 8;

	return memcmp(kind->prefix, address->bytes, n) == 0 &&
	       (rest == 0 ||
		(kind->prefix[n] ^ address->bytes[n]) >> (8 - rest) == 0);
}

/* The last row holds everything. */
static const struct kind *kind_of(const struct address *address)
{
	const struct kind *kind = kinds;

	while (!is_of(kind, address))
		kind++;
	return kind;
}

enum address_class address_class(const struct address *address)
{
	return kind_of(address)->class;
}

const char *address_kind(const struct address *address)
{
	return kind_of(address)->text;
}

const char *address_class_name(enum address_class class)
{
	return names[class];
}

bool address_is_ipv4(const struct address *address)
{
	return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

/* An IPv4 address that was translated becomes itself, where RFC 6052 lets it be
 * translated at all. */
static void translate_back(struct address *address)
{
	struct address four = *address;

	if (memcmp(address->bytes, translated, sizeof(translated)) != 0)
		return;
	memcpy(four.bytes, mapped, sizeof(mapped));
	if (address_class(&four) == ADDRESS_GLOBAL)
		*address = four;
}

/* The name of an interface of ours. */
static bool is_zone(const char *zone)
{
	size_t n = strlen(zone);

	for (size_t i = 0; i < n; i++)
		if (zone[i] <= ' ' || zone[i] > '~' || zone[i] == '/' ||
		    zone[i] == '%')
			return false;
	return n > 0 && n < IF_NAMESIZE;
}

int address_parse(const char *text, struct address *ret_address)
{
	const char *zone = strchr(text, '%');
	size_t n = zone ? (size_t)(zone - text) : strlen(text);
	struct address address = { .bytes = { MAPPED } };
	char numeric[ADDRESS_TEXT_MAX];

	if (n >= sizeof(numeric))
		return ADDRESS_E_INVALID;
	memcpy(numeric, text, n);
	numeric[n] = '\0';
	if (inet_pton(AF_INET, numeric, address.bytes + IPV4_AT) != 1 &&
	    inet_pton(AF_INET6, numeric, address.bytes) != 1)
		return ADDRESS_E_INVALID;
	if (zone && (address_is_ipv4(&address) || !is_zone(zone + 1) ||
		     address_class(&address) != ADDRESS_LINK_LOCAL))
		return ADDRESS_E_INVALID;
	translate_back(&address);
	*ret_address = address;
	return 0;
}

void address_write(const struct address *address,
		   char ret_text[ADDRESS_TEXT_MAX])
{
	/* Neither can fail: the families are known, and there is room. */
	if (address_is_ipv4(address))
		(void)!inet_ntop(AF_INET, address->bytes + IPV4_AT, ret_text,
				 ADDRESS_TEXT_MAX);
	else
		(void)!inet_ntop(AF_INET6, address->bytes, ret_text,
				 ADDRESS_TEXT_MAX);
}

int address_canonical(const char *text, char ret_text[ADDRESS_TEXT_MAX])
{
	struct address address;
	int r = address_parse(text, &address);

	if (r != 0)
		return r;
	address_write(&address, ret_text);
	return 0;
}
