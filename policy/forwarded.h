/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Forwarded: where a user of an application comes from, out of the address at
 * the other end of its connection and what the proxies before it wrote down
 * (X-Forwarded-For), as a pure function. Each proxy adds behind what came to it
 * the address that it came from; so what stands left of what our own proxies
 * added is anybody's, and is not read at all.
 */

#include <stdbool.h>

#include "base/address.h"
#include "base/network.h"
#include "base/scope.h"

struct forwarded_rules {
	bool direct;                    /* users reach the application itself */
	const struct networks *proxies; /* else through these */
};

enum forwarded_error {
	_FORWARDED_E_OK,
	FORWARDED_E_UNSET,  /* nobody said how users reach it */
	FORWARDED_E_PEER,   /* the peer is no numeric address */
	FORWARDED_E_AROUND, /* it came round the proxies */
	FORWARDED_E_HIDDEN, /* direct, and yet a proxy on this host speaks */
	FORWARDED_E_HOP,    /* where a client should stand is no address */
	FORWARDED_E_NOBODY, /* the proxies name none but themselves */
};

/*
 * The client's address, canonical. peer: numeric, with a port or not. header:
 * the values of all X-Forwarded-For lines, in order, joined by commas; NULL:
 * there was none. An element is an address; IPv4, and IPv6 in brackets, may
 * have a port. FORWARDED_E_*, and *ret_address is untouched then.
 */
must_check int forwarded_client(const struct forwarded_rules *rules,
				const char *peer, const char *header,
				char ret_address[ADDRESS_TEXT_MAX]);
/* One sentence for who administers. */
const char *forwarded_error_text(enum forwarded_error error);
