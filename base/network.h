/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Network: the addresses that begin with the same bits, and lists of them.
 * Written as an address (base/address.h), or as its first address and the
 * length of its prefix: "203.0.113.0/24". What is not exactly one network as
 * somebody must have meant it is refused: bits behind the prefix, all of IPv4
 * or of IPv6, one address in two networks of a list. IPv4 lies in IPv4
 * networks only, in whichever way either is spelt.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/scope.h"
#include "base/text.h"

/* Room for an address, "/128" and a NUL. */
#define NETWORK_TEXT_MAX (ADDRESS_TEXT_MAX + 4)
#define NETWORKS_MAX 1000

struct network {
	struct address address; /* its first */
	unsigned int length;    /* of 128 bits; of IPv4 96 more than written */
};

enum network_error {
	_NETWORK_E_OK,
	NETWORK_E_EMPTY,     /* nothing stands there */
	NETWORK_E_ADDRESS,   /* not a numeric address */
	NETWORK_E_LENGTH,    /* not a length of a prefix of this family */
	NETWORK_E_HOST_BITS, /* bits set behind the prefix */
	NETWORK_E_ALL,       /* "/0": every address */
	NETWORK_E_MIXED,     /* IPv6 that IPv4 is mapped or translated into */
	/* of lists */
	NETWORK_E_TWICE,   /* the same as one before */
	NETWORK_E_OVERLAP, /* of it and one before one lies in the other */
	NETWORK_E_MANY,    /* more than NETWORKS_MAX */
};

/* NETWORK_E_*, but for those of lists. */
must_check int network_parse(const char *text, struct network *ret_network);
/* The canonical text; one address without a length. */
void network_write(const struct network *network,
		   char ret_text[NETWORK_TEXT_MAX]);
bool network_contains(const struct network *network,
		      const struct address *address);

/* In the order of addresses; none in another. All zero is an empty list. */
struct networks {
	struct network *networks;
	size_t n;
};

/* What is wrong with a list, and where. */
struct networks_fault {
	enum network_error error;
	size_t element;               /* from 1 */
	char text[NETWORK_TEXT_MAX];  /* as it stands there; may be cut */
	char other[NETWORK_TEXT_MAX]; /* the one before */
};

/*
 * A list by comma, with blanks around elements or not. NETWORK_E_* with
 * *ret_fault, or -ENOMEM; both out-parameters are untouched otherwise.
 */
must_check int networks_parse(const char *text, struct networks *ret_networks,
			      struct networks_fault *ret_fault);
void networks_deinit(struct networks *networks);
/* The rest of network_parse()'s sentence: "has bits set behind its prefix". */
const char *network_error_text(enum network_error error);
/* "'10.0.0.1/8' (element 3) has bits set behind its prefix" */
void networks_fault_write(const struct networks_fault *fault,
			  struct text *text);
/* Whether one of them contains the address. Logarithmic. */
bool networks_contain(const struct networks *networks,
		      const struct address *address);
/* Canonical, in order, joined by ", ". */
void networks_write(const struct networks *networks, struct text *text);
