/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. bytes[n] is NUL and everything behind it is zero.
 *  2. No branch and no index depends on the bytes of a secret.
 *  3. After deinit no byte of it is left.
 */
#include "base/secret.h"

#include <string.h>

void secret_init(struct secret *secret)
{
	memset(secret, 0, sizeof(*secret));
}

void secret_deinit(struct secret *secret)
{
	explicit_bzero(secret, sizeof(*secret));
}

int secret_set(struct secret *secret, const char *bytes, size_t n)
{
	secret_deinit(secret);
	if (n > SECRET_MAX)
		return SECRET_E_TOO_LONG;
	if (n > 0 && memchr(bytes, '\0', n))
		return SECRET_E_NUL;
	if (n > 0)
		memcpy(secret->bytes, bytes, n);
	secret->n = n;
	return 0;
}

bool secret_equal_bytes(const void *a, const void *b, size_t n)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char difference = 0;

	for (size_t i = 0; i < n; i++)
		difference = (unsigned char)(difference | (x[i] ^ y[i]));
	return difference == 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->n == b->n && secret_equal_bytes(a->bytes, b->bytes, a->n);
}
