/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/anchor.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"

#define WORDS 6

/* n lower-case hexadecimal digits, and nothing else. */
static bool is_hexadecimal(const char *word, size_t n)
{
	return strlen(word) == n && strspn(word, "0123456789abcdef") == n;
}

/* From 1 on: the head of an empty ledger anchors nothing. */
static bool read_number(const char *word, int64_t *ret_number)
{
	size_t n = strlen(word);

	if (n == 0 || n > 18 || strspn(word, "0123456789") != n)
		return false;
	*ret_number = (int64_t)strtoll(word, NULL, 10);
	return *ret_number > 0;
}

/* The words of a line by single blanks; how many. */
static size_t split(char *line, char *words[WORDS + 1])
{
	size_t n = 0;

	for (char *word = line; word && n <= WORDS;) {
		char *end = strchr(word, ' ');

		if (end)
			*end++ = '\0';
		words[n++] = word;
		word = end;
	}
	return n;
}

int audit_anchor_read(const char *line, struct audit_anchor *anchor)
{
	char copy[256], *words[WORDS + 1];
	struct text text;

	text_init(&text, copy, sizeof(copy));
	text_add(&text, line);
	if (text_is_cut(&text) || split(copy, words) != WORDS ||
	    strcmp(words[0], ANCHOR_WORD) != 0 || strcmp(words[1], "1") != 0 ||
	    !is_hexadecimal(words[2], 32) || !is_hexadecimal(words[5], 64) ||
	    !read_number(words[3], &anchor->sequence) ||
	    !timestamp_read(words[4], TIMESTAMP_BEGIN, &anchor->at))
		return AUDIT_ANCHOR_E_INVALID;
	memcpy(anchor->installation, words[2], 33);
	memcpy(anchor->chain, words[5], 65);
	return 0;
}

void audit_anchor_write(const struct audit_anchor *anchor, struct text *text)
{
	text_add_format(text, ANCHOR_WORD " 1 %s %lld ", anchor->installation,
			(long long)anchor->sequence);
	timestamp_write(anchor->at, text);
	text_add_format(text, " %s", anchor->chain);
}

/* Lists. */

void audit_anchors_deinit(struct audit_anchors *anchors)
{
	free(anchors->anchors);
	*anchors = (struct audit_anchors){ 0 };
}

static int add(struct audit_anchors *anchors, const struct audit_anchor *anchor)
{
	size_t n = anchors->n;

	/* Room for a power of two. */
	if ((n & (n - 1)) == 0) {
		struct audit_anchor *room = reallocarray(
			anchors->anchors, n ? 2 * n : 1, sizeof(*room));

		if (!room)
			return -ENOMEM;
		anchors->anchors = room;
	}
	anchors->anchors[anchors->n++] = *anchor;
	return 0;
}

static int refuse(struct text *fault, int64_t line)
{
	if (line > 0)
		text_add_format(fault, "line %lld ", (long long)line);
	else
		text_add(fault, "this ");
	text_add(fault, "is no anchor: " ANCHOR_WORD
			" 1 INSTALLATION SEQUENCE TIME CHAIN");
	return AUDIT_ANCHOR_E_INVALID;
}

static int add_line(struct audit_anchors *anchors, char *line, int64_t number,
		    struct text *fault)
{
	struct audit_anchor anchor = { .line = number };

	line[strcspn(line, "\r\n")] = '\0';
	if (*line == '\0' || *line == '#')
		return 0;
	if (audit_anchor_read(line, &anchor) != 0 || anchors->n == ANCHORS_MAX)
		return refuse(fault, number);
	return add(anchors, &anchor);
}

static int compare(const void *a, const void *b)
{
	const struct audit_anchor *left = a, *right = b;

	return (left->sequence > right->sequence) -
	       (left->sequence < right->sequence);
}

static int read_lines(FILE *file, struct audit_anchors *anchors,
		      struct text *fault)
{
	scope(scope_free) char *line = NULL;
	int64_t number = 0;
	size_t size = 0;
	int r = 0;

	while (r == 0 && getline(&line, &size, file) >= 0)
		r = add_line(anchors, line, ++number, fault);
	if (r == 0 && ferror(file))
		return errno > 0 ? -errno : -EIO;
	if (r == 0 && anchors->n == 0) {
		text_add(fault, "there is no anchor in it");
		return AUDIT_ANCHOR_E_INVALID;
	}
	if (r == 0)
		qsort(anchors->anchors, anchors->n, sizeof(*anchors->anchors),
		      compare);
	return r;
}

static int read_file(const char *path, struct audit_anchors *anchors,
		     struct text *fault)
{
	FILE *file = fopen(path, "re");
	int r;

	if (!file)
		return -errno;
	errno = 0;
	r = read_lines(file, anchors, fault);
	(void)fclose(file);
	return r;
}

int audit_anchors_read(const char *word, struct text *fault,
		       struct audit_anchors *ret_anchors)
{
	scope(audit_anchors_deinit) struct audit_anchors anchors = { 0 };
	struct audit_anchor anchor = { 0 };
	int r;

	if (strncmp(word, ANCHOR_WORD " ", strlen(ANCHOR_WORD " ")) != 0)
		r = read_file(word, &anchors, fault);
	else if (audit_anchor_read(word, &anchor) != 0)
		r = refuse(fault, 0);
	else
		r = add(&anchors, &anchor);
	if (r != 0)
		return r;
	*ret_anchors = anchors;
	anchors = (struct audit_anchors){ 0 };
	return 0;
}
