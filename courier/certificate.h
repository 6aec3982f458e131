/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Certificate: what a server's certificate says of itself (X.509, RFC 5280):
 * for whom it is and by whom, when it ends, and whether it claims extended
 * validation. It verifies nothing: whoever asks has it from a connection whose
 * chain was verified.
 *
 * Extended validation is the one policy that CA/Browser Forum reserved for it,
 * 2.23.140.1.1: each certificate of a public authority names a reserved one
 * (Baseline Requirements, 7.1.2.7.9), so that the policies that authorities had
 * of their own before need not be known here. And it must name an organisation.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

#define CERTIFICATE_NAME_SIZE 128
#define CERTIFICATE_POLICIES_SIZE 256

/* Names are UTF-8 that a terminal shows as it stands: letters, marks, digits,
 * punctuation, symbols and blanks. A name with anything else in it, as controls
 * or what turns the direction of writing, is escaped, as text_add_escaped() has
 * it. */
struct certificate {
	char subject[CERTIFICATE_NAME_SIZE];      /* its common name, or "" */
	char organization[CERTIFICATE_NAME_SIZE]; /* or "" */
	char issuer[CERTIFICATE_NAME_SIZE];
	char policies[CERTIFICATE_POLICIES_SIZE]; /* by comma, or "" */
	int64_t begins, ends;                     /* seconds since 1970 */
	bool has_extended_validation;
};

enum certificate_error {
	_CERTIFICATE_E_OK,
	CERTIFICATE_E_UNREADABLE,
};

/* The first of what PEM holds. CERTIFICATE_E_UNREADABLE, -ENOMEM. */
must_check int certificate_read(const char *pem,
				struct certificate *ret_certificate);
