/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/setup/diff.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define CONTEXT 3

struct line {
	const char *text;
	size_t n;
};

struct side {
	struct line *lines;
	size_t n;
};

/* One line of the outcome: ' ', '-' or '+'. */
struct step {
	char mark;
	const struct line *line;
	size_t from, to; /* lines before this one */
};

static int cut(const char *text, struct side *ret_side)
{
	struct side side = { calloc(DIFF_LINES_MAX, sizeof(*side.lines)), 0 };

	if (!side.lines)
		return -ENOMEM;
	while (*text) {
		const char *end = strchrnul(text, '\n');

		if (side.n == DIFF_LINES_MAX) {
			free(side.lines);
			return -E2BIG;
		}
		side.lines[side.n++] =
			(struct line){ text, (size_t)(end - text) };
		text = *end ? end + 1 : end;
	}
	*ret_side = side;
	return 0;
}

static bool same(const struct line *a, const struct line *b)
{
	return a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

/* lengths[i][j]: of the longest common part from line i of a, j of b on. */
static uint16_t *measure(const struct side *a, const struct side *b)
{
	size_t width = b->n + 1;
	uint16_t *lengths = calloc((a->n + 1) * width, sizeof(*lengths));

	for (size_t i = a->n; lengths && i-- > 0;)
		for (size_t j = b->n; j-- > 0;) {
			uint16_t down = lengths[(i + 1) * width + j];
			uint16_t right = lengths[i * width + j + 1];

			if (same(&a->lines[i], &b->lines[j]))
				lengths[i * width + j] =
					(uint16_t)(lengths[(i + 1) * width + j +
							   1] +
						   1);
			else
				lengths[i * width + j] =
					down > right ? down : right;
		}
	return lengths;
}

/* The steps from a to b; at most a->n + b->n of them. */
static size_t walk(const struct side *a, const struct side *b,
		   const uint16_t *lengths, struct step *steps)
{
	size_t i = 0, j = 0, n = 0, width = b->n + 1;

	while (i < a->n || j < b->n) {
		struct step *step = &steps[n++];

		*step = (struct step){ .from = i, .to = j };
		if (i < a->n && j < b->n && same(&a->lines[i], &b->lines[j])) {
			step->mark = ' ';
			step->line = &a->lines[i];
			i++;
			j++;
		} else if (j == b->n ||
			   (i < a->n && lengths[(i + 1) * width + j] >=
						lengths[i * width + j + 1])) {
			step->mark = '-';
			step->line = &a->lines[i++];
		} else {
			step->mark = '+';
			step->line = &b->lines[j++];
		}
	}
	return n;
}

static void print_line(FILE *stream, const struct step *step)
{
	size_t left = step->line->n;
	const char *bytes = step->line->text;

	fputc(step->mark, stream);
	while (left > 0) {
		size_t n = left < 64 ? left : 64;
		char piece[4 * 64 + 1];
		struct text text;

		text_init(&text, piece, sizeof(piece));
		/* A tab and a backslash are no harm, and are what is there. */
		for (size_t i = 0; i < n; i++)
			if (bytes[i] == '\t' || bytes[i] == '\\')
				text_add_bytes(&text, bytes + i, 1);
			else
				text_add_escaped(&text, bytes + i, 1);
		fputs(piece, stream);
		bytes += n;
		left -= n;
	}
	fputc('\n', stream);
}

static void print_hunk(FILE *stream, const struct step *steps, size_t n)
{
	size_t n_from = 0, n_to = 0;

	for (size_t i = 0; i < n; i++) {
		n_from += steps[i].mark != '+';
		n_to += steps[i].mark != '-';
	}
	fprintf(stream, "@@ -%zu,%zu +%zu,%zu @@\n", steps->from + (n_from > 0),
		n_from, steps->to + (n_to > 0), n_to);
	for (size_t i = 0; i < n; i++)
		print_line(stream, &steps[i]);
}

/* Changes that stand less than two contexts apart are one hunk. */
static void print_hunks(FILE *stream, const struct step *steps, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t first, last, i;

		while (at < n && steps[at].mark == ' ')
			at++;
		if (at == n)
			return;
		first = at > CONTEXT ? at - CONTEXT : 0;
		last = at;
		for (i = at; i < n && i - last <= 2 * CONTEXT; i++)
			if (steps[i].mark != ' ')
				last = i;
		at = last + 1 + CONTEXT < n ? last + 1 + CONTEXT : n;
		print_hunk(stream, steps + first, at - first);
	}
}

int diff_print(FILE *stream, const char *path, const char *from, const char *to)
{
	scope(scope_free) uint16_t *lengths = NULL;
	scope(scope_free) struct step *steps = NULL;
	struct side a, b;
	size_t n;
	int r;

	if (from && strcmp(from, to) == 0)
		return 0;
	r = cut(from ? from : "", &a);
	if (r < 0)
		return r;
	r = cut(to, &b);
	if (r == 0) {
		lengths = measure(&a, &b);
		steps = calloc(a.n + b.n + 1, sizeof(*steps));
		if (lengths && steps) {
			n = walk(&a, &b, lengths, steps);
			fprintf(stream, "--- %s\n+++ %s\n",
				from ? path : "/dev/null", path);
			print_hunks(stream, steps, n);
		} else {
			r = -ENOMEM;
		}
		free(b.lines);
	}
	free(a.lines);
	return r;
}
