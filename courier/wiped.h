/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Wiped: bytes that grow, and that are wiped when they are given back: what is
 * sent may hold a code, and the secret of a provider. What a growth leaves
 * behind is wiped as well. A failure is remembered, so that a chain of appends
 * needs one check at its end. Single secrets stand in struct secret.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/scope.h"

/* More is not sent to anybody. */
#define WIPED_MAX (256 * 1024)

struct wiped {
	char *bytes; /* ended by NUL, or NULL where n is 0 */
	size_t n;
	size_t size;
	int error; /* 0, -ENOMEM or -E2BIG: nothing is added any more */
};

/* An all-zero struct is an empty one. */
void wiped_deinit(struct wiped *wiped);
void wiped_add_bytes(struct wiped *wiped, const char *bytes, size_t n);
void wiped_add(struct wiped *wiped, const char *string);
void wiped_add_char(struct wiped *wiped, char c);

/* What it holds as a string; never NULL. */
static inline const char *wiped_string(const struct wiped *wiped)
{
	return wiped->bytes ? wiped->bytes : "";
}
