/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Address: one spelling for each network address, so that a rule, a record and
 * a search mean the same host. Numeric text only: no name is ever resolved.
 */

#include "base/scope.h"

/* Room for the longest IPv6 text and its NUL (INET6_ADDRSTRLEN). */
#define ADDRESS_TEXT_MAX 46

enum address_error {
	_ADDRESS_E_OK,
	ADDRESS_E_INVALID, /* not a numeric address as inet_pton(3) takes it */
};

/*
 * Writes the canonical form (RFC 5952; IPv4 mapped into IPv6 as plain IPv4).
 * A zone id ("%eth0") is refused: it names our side, not the other's.
 */
must_check int address_canonical(const char *text,
				 char ret_text[ADDRESS_TEXT_MAX]);
