/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Findings: what is wrong in the files of a configuration, one line each, as
 * "FILE:LINE: what" (a finding about a whole file has no LINE). Bounded: after
 * FINDINGS_MAX it only says that there are more. It judges nothing itself.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/scope.h"
#include "base/text.h"

#define FINDINGS_MAX 20

struct findings {
	struct text *text; /* the caller's */
	unsigned int n;
};

/*
 * Adds one finding; line 0 means the whole file. What the format brings from
 * the file itself must be escaped before (struct findings_quote).
 */
void findings_add(struct findings *findings, const char *file,
		  unsigned int line, const char *format, ...) printf_like(4, 5);

static inline bool findings_is_full(const struct findings *findings)
{
	return findings->n > FINDINGS_MAX;
}

/* At most 64 bytes of foreign text, printable, in quotes. */
struct findings_quote {
	char text[64 * 4 + 8];
};

struct findings_quote findings_quote(const char *bytes, size_t n);
