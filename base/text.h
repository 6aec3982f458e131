/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Text: a bounded builder of NUL-ended text in a buffer of the caller's. What
 * does not fit is not written and remembered (text_is_cut()), so that a chain
 * of appends needs one check at its end. Not for secrets.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

struct text {
	char *buffer;
	size_t size; /* of the buffer, NUL included */
	size_t n;
	bool cut;
};

/* An empty text in size bytes at buffer; size must be at least 1. */
void text_init(struct text *text, char *buffer, size_t size);
void text_add_bytes(struct text *text, const char *bytes, size_t n);
void text_add(struct text *text, const char *string);
void text_add_format(struct text *text, const char *format, ...)
	printf_like(2, 3);

/*
 * Appends n foreign bytes as printable ASCII: every other byte, and the
 * backslash, as \xNN (two lower-case digits). For logs and terminals.
 */
void text_add_escaped(struct text *text, const char *bytes, size_t n);

/* The end of a noun: "1 user", "2 users". */
static inline const char *text_plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static inline bool text_is_cut(const struct text *text)
{
	return text->cut;
}
