/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/anchor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/anchor.h"

int audit_anchor_read(const char *line, struct audit_anchor *anchor)
{
	struct anchor read;

	if (!anchor_read(line, &read))
		return AUDIT_ANCHOR_E_INVALID;
	anchor->sequence = read.sequence;
	anchor->at = read.at;
	memcpy(anchor->installation, read.installation,
	       sizeof(anchor->installation));
	memcpy(anchor->chain, read.chain, sizeof(anchor->chain));
	return 0;
}

void audit_anchor_write(const struct audit_anchor *anchor, struct text *text)
{
	struct anchor line = { .sequence = anchor->sequence, .at = anchor->at };

	memcpy(line.installation, anchor->installation,
	       sizeof(line.installation));
	memcpy(line.chain, anchor->chain, sizeof(line.chain));
	anchor_write(&line, text);
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
