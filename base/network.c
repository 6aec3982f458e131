/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. No list says more than was written: what is doubtful is an error.
 *  2. No IPv6 network contains IPv4 addresses, though these stand in the same
 *     16 bytes: a network that reaches into ::ffff:0:0/96 is IPv4's.
 *  3. In a list no network contains another, so that the one before an address
 *     is the only one that can contain it.
 */
#include "base/network.h"

#include <endian.h>
#include <stdint.h>

#define IPV4_BITS 96

static const struct network ipv4 = { { { [10] = 0xff, [11] = 0xff } },
				     IPV4_BITS };
/* RFC 6052 */
static const struct network translated = { { { 0x00, 0x64, 0xff, 0x9b } },
					   IPV4_BITS };

/* Eight bytes as a number, the first as its highest. */
static uint64_t half(const struct address *address, size_t at)
{
	uint64_t bytes;

	memcpy(&bytes, address->bytes + at, sizeof(bytes));
	return be64toh(bytes);
}

/* The first n of 64 bits; n below 0 and above 64 too. */
static uint64_t mask(int n)
{
	return n <= 0 ? 0 : n >= 64 ? UINT64_MAX : ~(UINT64_MAX >> n);
}

static bool is_same_prefix(const struct address *a, const struct address *b,
			   unsigned int length)
{
	return ((half(a, 0) ^ half(b, 0)) & mask((int)length)) == 0 &&
	       ((half(a, 8) ^ half(b, 8)) & mask((int)length - 64)) == 0;
}

bool network_contains(const struct network *network,
		      const struct address *address)
{
	return is_same_prefix(&network->address, address, network->length);
}

static bool has_host_bits(const struct network *network)
{
	const struct address *address = &network->address;
	int length = (int)network->length;

	return (half(address, 0) & ~mask(length)) != 0 ||
	       (half(address, 8) & ~mask(length - 64)) != 0;
}

static bool overlaps(const struct network *a, const struct network *b)
{
	return is_same_prefix(&a->address, &b->address,
			      a->length < b->length ? a->length : b->length);
}

/* "24": no sign, no blank, no zero in front, at most max. */
static bool parse_length(const char *text, unsigned int max,
			 unsigned int *ret_length)
{
	unsigned int length = 0;
	size_t n = strspn(text, "0123456789");

	if (n < 1 || n > 3 || text[n] != '\0' || (n > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++)
		length = length * 10 + (unsigned int)(text[i] - '0');
	if (length > max)
		return false;
	*ret_length = length;
	return true;
}

/* What stands there is a network; whether anybody may have meant it. */
static int check(const struct network *network)
{
	if (has_host_bits(network))
		return NETWORK_E_HOST_BITS;
	if (network->length == 0 ||
	    (network->length == ipv4.length && overlaps(network, &ipv4)))
		return NETWORK_E_ALL;
	if (overlaps(network, &translated) ||
	    (network->length < ipv4.length && overlaps(network, &ipv4)))
		return NETWORK_E_MIXED;
	return 0;
}

int network_parse(const char *text, struct network *ret_network)
{
	size_t n = strcspn(text, "/");
	/* "::ffff:203.0.113.0/120" is "203.0.113.0/24". */
	unsigned int above = memchr(text, ':', n) ? 0 : IPV4_BITS;
	struct network network = { .length = 128 };
	char address[ADDRESS_TEXT_MAX];
	int r;

	if (*text == '\0')
		return NETWORK_E_EMPTY;
	/* A zone is not part of a network. */
	if (n >= sizeof(address) || memchr(text, '%', n))
		return NETWORK_E_ADDRESS;
	memcpy(address, text, n);
	address[n] = '\0';
	if (address_parse(address, &network.address) != 0)
		return NETWORK_E_ADDRESS;
	if (text[n] == '/') {
		if (!parse_length(text + n + 1, 128 - above, &network.length))
			return NETWORK_E_LENGTH;
		network.length += above;
	}
	r = check(&network);
	if (r != 0)
		return r;
	*ret_network = network;
	return 0;
}

void network_write(const struct network *network,
		   char ret_text[NETWORK_TEXT_MAX])
{
	unsigned int above = address_is_ipv4(&network->address) ? IPV4_BITS : 0;
	struct text text;

	address_write(&network->address, ret_text);
	if (network->length == 128)
		return;
	text_init(&text, ret_text + strlen(ret_text),
		  NETWORK_TEXT_MAX - strlen(ret_text));
	text_add_format(&text, "/%u", network->length - above);
}

static int compare(const void *a, const void *b)
{
	const struct network *one = a, *other = b;
	int order = memcmp(one->address.bytes, other->address.bytes,
			   sizeof(one->address.bytes));

	return order != 0 ? order : (int)one->length - (int)other->length;
}

static const char *const sentences[] = {
	[_NETWORK_E_OK] = "is a network",
	[NETWORK_E_EMPTY] = "is empty",
	[NETWORK_E_ADDRESS] = "is no numeric address or network",
	[NETWORK_E_LENGTH] = "has no valid length of its prefix",
	[NETWORK_E_HOST_BITS] = "has bits set behind its prefix",
	[NETWORK_E_ALL] = "is every address",
	[NETWORK_E_MIXED] = "holds IPv4 in a form of IPv6: write it as IPv4",
	[NETWORK_E_TWICE] = "stands there twice",
	[NETWORK_E_OVERLAP] = "overlaps",
	[NETWORK_E_MANY] = "is one too many",
};

const char *network_error_text(enum network_error error)
{
	return sentences[error];
}

void networks_fault_write(const struct networks_fault *fault, struct text *text)
{
	text_add(text, "'");
	text_add_escaped(text, fault->text, strlen(fault->text));
	text_add_format(text, "' (element %zu) %s", fault->element,
			network_error_text(fault->error));
	if (fault->error == NETWORK_E_OVERLAP)
		text_add_format(text, " '%s'", fault->other);
}

void networks_deinit(struct networks *networks)
{
	free(networks->networks);
	*networks = (struct networks){ 0 };
}

/* The next element, without the blanks around it; *next becomes NULL behind the
 * last. False where it does not fit, and is cut: no network is that long. */
static bool take_element(const char **next, char ret_text[NETWORK_TEXT_MAX])
{
	const char *element = *next + strspn(*next, " \t");
	size_t whole = strcspn(element, ","), n = whole;
	bool fits;

	while (n > 0 && (element[n - 1] == ' ' || element[n - 1] == '\t'))
		n--;
	fits = n < NETWORK_TEXT_MAX;
	if (!fits)
		n = NETWORK_TEXT_MAX - 1;
	memcpy(ret_text, element, n);
	ret_text[n] = '\0';
	*next = element[whole] ? element + whole + 1 : NULL;
	return fits;
}

static int add(struct networks *networks, struct networks_fault *fault)
{
	struct network *network = &networks->networks[networks->n];
	int r = network_parse(fault->text, network);

	if (r != 0)
		return r;
	for (size_t i = 0; i < networks->n; i++) {
		if (!overlaps(&networks->networks[i], network))
			continue;
		network_write(&networks->networks[i], fault->other);
		return networks->networks[i].length == network->length
			       ? NETWORK_E_TWICE
			       : NETWORK_E_OVERLAP;
	}
	networks->n++;
	return 0;
}

static size_t count(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == ',';
	return n;
}

int networks_parse(const char *text, struct networks *ret_networks,
		   struct networks_fault *ret_fault)
{
	scope(networks_deinit) struct networks networks = { 0 };
	struct networks_fault fault = { 0 };
	size_t n = count(text);
	int r = 0;

	if (n > NETWORKS_MAX)
		n = NETWORKS_MAX;
	networks.networks = calloc(n, sizeof(*networks.networks));
	if (!networks.networks)
		return -ENOMEM;
	while (text && r == 0) {
		fault.element++;
		if (!take_element(&text, fault.text))
			r = NETWORK_E_ADDRESS;
		else if (networks.n < n)
			r = add(&networks, &fault);
		else
			r = NETWORK_E_MANY;
	}
	if (r != 0) {
		fault.error = (enum network_error)r;
		*ret_fault = fault;
		return r;
	}
	qsort(networks.networks, n, sizeof(*networks.networks), compare);
	*ret_networks = networks;
	networks = (struct networks){ 0 };
	return 0;
}

bool networks_contain(const struct networks *networks,
		      const struct address *address)
{
	size_t below = 0, above = networks->n;

	/* The last that does not begin behind the address. */
	while (below < above) {
		size_t middle = below + (above - below) / 2;

		if (memcmp(networks->networks[middle].address.bytes,
			   address->bytes, sizeof(address->bytes)) <= 0)
			below = middle + 1;
		else
			above = middle;
	}
	return below > 0 &&
	       network_contains(&networks->networks[below - 1], address);
}

void networks_write(const struct networks *networks, struct text *text)
{
	for (size_t i = 0; i < networks->n; i++) {
		char one[NETWORK_TEXT_MAX];

		network_write(&networks->networks[i], one);
		text_add_format(text, "%s%s", i ? ", " : "", one);
	}
}
