/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Digest: SHA-256 (FIPS 180-4) of bytes as they come, in lower-case figures of
 * base 16. For what is public: it is compared by its text.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/scope.h"

#define DIGEST_SIZE 65 /* 64 figures, and a NUL */

struct digest;

/* -ENOMEM. */
must_check int digest_new(struct digest **ret_digest);
/* Takes NULL, returns NULL. */
struct digest *digest_free(struct digest *digest);
static inline void digest_freep(struct digest **digest)
{
	*digest = digest_free(*digest);
}
/* -EIO where the library will not. */
must_check int digest_add(struct digest *digest, const void *bytes, size_t n);
/* Once, when all was added. */
must_check int digest_end(struct digest *digest, char ret_text[DIGEST_SIZE]);
/* Of one string. -ENOMEM, -EIO. */
must_check int digest_of(const char *string, char ret_text[DIGEST_SIZE]);
/* Whether the first word of text is one; figures above 9 of either case. */
bool digest_read(const char *text, char ret_text[DIGEST_SIZE]);
