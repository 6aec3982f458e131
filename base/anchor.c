/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/anchor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/timestamp.h"

#define BEGINS "cloxxs-anchor 1 "

void anchor_write_hex(const uint8_t *bytes, size_t n, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_text[2 * n] = '\0';
}

static int digit_of(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

bool anchor_read_hex(const char *text, uint8_t *ret_bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = digit_of(text[2 * i]);
		int low = high < 0 ? -1 : digit_of(text[2 * i + 1]);

		if (low < 0)
			return false;
		ret_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return text[2 * n] == '\0';
}

void anchor_write(const struct anchor *anchor, struct text *text)
{
	text_add_format(text, BEGINS "%s %" PRId64 " ", anchor->installation,
			anchor->sequence);
	timestamp_write(anchor->at, text);
	text_add_format(text, " %s", anchor->chain);
}

/* The next word of the line, to a blank or its end. */
static bool take_word(const char **at, char *word, size_t size)
{
	size_t n = strcspn(*at, " \r\n");

	if (n == 0 || n >= size)
		return false;
	memcpy(word, *at, n);
	word[n] = '\0';
	*at += n;
	*at += **at == ' ';
	return true;
}

static bool read_sequence(const char *word, int64_t *ret_sequence)
{
	char *end;

	if (*word < '1' || *word > '9')
		return false;
	errno = 0;
	*ret_sequence = strtoll(word, &end, 10);
	return errno == 0 && !*end;
}

bool anchor_read(const char *line, struct anchor *ret_anchor)
{
	uint8_t bytes[(ANCHOR_CHAIN_TEXT - 1) / 2];
	char sequence[24], at[TIMESTAMP_TEXT_MAX];
	struct anchor anchor;

	if (strncmp(line, BEGINS, strlen(BEGINS)) != 0)
		return false;
	line += strlen(BEGINS);
	if (!take_word(&line, anchor.installation,
		       sizeof(anchor.installation)) ||
	    !take_word(&line, sequence, sizeof(sequence)) ||
	    !take_word(&line, at, sizeof(at)) ||
	    !take_word(&line, anchor.chain, sizeof(anchor.chain)) ||
	    line[strspn(line, "\r\n")])
		return false;
	if (!anchor_read_hex(anchor.installation, bytes, 16) ||
	    !anchor_read_hex(anchor.chain, bytes, sizeof(bytes)) ||
	    !read_sequence(sequence, &anchor.sequence) ||
	    !timestamp_read(at, TIMESTAMP_BEGIN, &anchor.at))
		return false;
	*ret_anchor = anchor;
	return true;
}
