/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Secret: the one carrier of a password, code or pass. It owns its bytes, in
 * place and without the heap, is wiped by its cleanup, and is compared in
 * constant time only. It never grows and never cuts: what does not fit is
 * refused whole. Not for keys that live long (those stand in locked memory).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/scope.h"

/* The longest password taken, in bytes: issue and policy say 1,024. */
#define SECRET_MAX 1024

struct secret {
	size_t n;
	char bytes[SECRET_MAX + 1]; /* always ended by NUL */
};

enum secret_error {
	_SECRET_E_OK,
	SECRET_E_TOO_LONG, /* over SECRET_MAX bytes */
	SECRET_E_NUL,      /* a NUL byte within */
};

/* Empties the secret; an all-zero struct is an empty secret as well. */
void secret_init(struct secret *secret);
/* Wipes all of it in a way that the compiler keeps. */
void secret_deinit(struct secret *secret);

/*
 * Sets from n bytes. On an error (SECRET_E_*) the secret is left empty:
 * a secret that was refused must not be used by a caller that forgot to look.
 */
must_check int secret_set(struct secret *secret, const char *bytes, size_t n);

/* Equal in constant time for one length; the length itself is not secret. */
bool secret_equal(const struct secret *a, const struct secret *b);
/* The same for a plain text of known length, for tokens and digests. */
bool secret_equal_bytes(const void *a, const void *b, size_t n);

static inline bool secret_is_empty(const struct secret *secret)
{
	return secret->n == 0;
}
