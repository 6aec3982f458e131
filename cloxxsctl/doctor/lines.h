/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Lines: walks the lines of a text, and the words of a line, in place. It knows
 * nothing of comments or quotes: each format has its own.
 */

#include <stdbool.h>
#include <stddef.h>

struct lines {
	char *next;
	unsigned int n; /* of the line handed out last, from 1 */
};

static inline struct lines lines_of(char *text)
{
	return (struct lines){ .next = text };
}

/* The next line without its end, or NULL. The text is cut up. */
char *lines_next(struct lines *lines);
/* The next word of *rest (between blanks), or NULL. *rest is cut up. */
char *lines_word(char **rest);
/*
 * The next field of *rest up to separator or its end, or NULL where *rest is
 * NULL; the last one leaves NULL there.
 */
char *lines_field(char **rest, char separator);
/* The text from its first byte that is no blank. */
char *lines_trim(char *text);
/* Made of what no shell reads anything else into; not empty. */
bool lines_is_plain(const char *word);
/* A decimal number and nothing behind it. */
bool lines_number(const char *word, unsigned long long *ret_number);
