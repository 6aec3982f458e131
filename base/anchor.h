/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Anchor: the head of a ledger as one line of text, to be kept where nobody who
 * changes the ledger can change it. It says nothing that is secret, and proves
 * nothing by itself: cloxxsd holds it against what it has.
 *
 *     cloxxs-anchor 1 INSTALLATION SEQUENCE TIME CHAIN
 *     cloxxs-anchor 1 0f…(32) 4711 2026-11-28T19:00:00Z 9a…(64)
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define ANCHOR_INSTALLATION_TEXT 33 /* hexadecimal digits, and NUL */
#define ANCHOR_CHAIN_TEXT 65
#define ANCHOR_LINE_MAX 192

struct anchor {
	char installation[ANCHOR_INSTALLATION_TEXT];
	int64_t sequence; /* from 1 on */
	int64_t at;       /* seconds since 1970 */
	char chain[ANCHOR_CHAIN_TEXT];
};

/* n bytes as 2 n hexadecimal digits and NUL. */
void anchor_write_hex(const uint8_t *bytes, size_t n, char *ret_text);
/* False where text is anything but 2 n of these digits, in lower case. */
bool anchor_read_hex(const char *text, uint8_t *ret_bytes, size_t n);
/* Appends the line, without its end. */
void anchor_write(const struct anchor *anchor, struct text *text);
/* The line, with or without its end; false: it is none. */
bool anchor_read(const char *line, struct anchor *ret_anchor);
