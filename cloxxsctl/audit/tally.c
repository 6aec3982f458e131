/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/tally.h"

#include <string.h>

#include "cloxxsctl/output.h"

void tally_init(struct tally *tally, size_t n_parts, size_t cap)
{
	*tally = (struct tally){ .n_parts = n_parts, .cap = cap };
}

void tally_deinit(struct tally *tally)
{
	for (size_t i = 0; i < tally->n_rows; i++)
		free(tally->rows[i]);
	free(tally->rows);
	*tally = (struct tally){ 0 };
}

struct key {
	char parts[TALLY_PARTS_MAX][TALLY_PART_MAX];
	size_t sizes[TALLY_PARTS_MAX];
};

static void make_key(const struct tally *tally, const char *const *parts,
		     struct key *ret_key)
{
	for (size_t i = 0; i < tally->n_parts; i++) {
		const char *part = parts[i] ? parts[i] : "";
		struct text text;

		text_init(&text, ret_key->parts[i], TALLY_PART_MAX);
		output_add_foreign(&text, part, strnlen(part, TALLY_PART_MAX));
		ret_key->sizes[i] = text.n + 1;
	}
}

static int compare(const struct tally *tally, const struct key *key,
		   const struct tally_row *row)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < tally->n_parts; i++)
		r = strcmp(key->parts[i], row->parts[i]);
	return r;
}

/* Where key stands, or would stand. */
static size_t seek(const struct tally *tally, const struct key *key,
		   bool *ret_found)
{
	size_t low = 0, high = tally->n_rows;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = compare(tally, key, tally->rows[middle]);

		if (r == 0) {
			*ret_found = true;
			return middle;
		}
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static struct tally_row *row_new(const struct tally *tally,
				 const struct key *key)
{
	struct tally_row *row;
	size_t size = 0;
	char *next;

	for (size_t i = 0; i < tally->n_parts; i++)
		size += key->sizes[i];
	row = calloc(1, sizeof(*row) + size);
	if (!row)
		return NULL;
	next = (char *)(row + 1);
	for (size_t i = 0; i < tally->n_parts; i++) {
		memcpy(next, key->parts[i], key->sizes[i]);
		row->parts[i] = next;
		next += key->sizes[i];
	}
	return row;
}

static int make_room(struct tally *tally)
{
	size_t n = tally->n_room ? 2 * tally->n_room : 64;
	struct tally_row **rows;

	if (tally->n_rows < tally->n_room)
		return 0;
	rows = reallocarray(tally->rows, n, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	tally->rows = rows;
	tally->n_room = n;
	return 0;
}

/* The row to count in: that of key, a new one, or that of all others. */
static int take_row(struct tally *tally, const struct key *key,
		    struct tally_row **ret_row)
{
	struct tally_row *row;
	bool found;
	size_t at = seek(tally, key, &found);

	if (found) {
		*ret_row = tally->rows[at];
		return 0;
	}
	if (tally->n_rows == tally->cap) {
		*ret_row = &tally->others;
		tally->n_others++;
		return 0;
	}
	if (make_room(tally) < 0)
		return -ENOMEM;
	row = row_new(tally, key);
	if (!row)
		return -ENOMEM;
	memmove(&tally->rows[at + 1], &tally->rows[at],
		(tally->n_rows - at) * sizeof(tally->rows[0]));
	tally->rows[at] = row;
	tally->n_rows++;
	*ret_row = row;
	return 0;
}

int tally_add(struct tally *tally, const char *const *parts, size_t count,
	      int64_t n, int64_t at_us)
{
	struct tally_row *row = tally->latest;
	struct key key;
	int r = 0;

	make_key(tally, parts, &key);
	if (!row || compare(tally, &key, row) != 0)
		r = take_row(tally, &key, &row);
	if (r < 0)
		return r;
	/* A number that somebody made up must not turn a count over. */
	if (__builtin_add_overflow(row->counts[count], n, &row->counts[count]))
		row->counts[count] = INT64_MAX;
	if (at_us > row->last_us)
		row->last_us = at_us;
	if (row != &tally->others)
		tally->latest = row;
	return 0;
}

const struct tally_row *tally_find(const struct tally *tally,
				   const char *const *parts)
{
	struct key key;
	bool found;
	size_t at;

	make_key(tally, parts, &key);
	at = seek(tally, &key, &found);
	return found ? tally->rows[at] : NULL;
}

static int compare_counts(const void *a, const void *b, void *userdata)
{
	const struct tally_row *x = *(const struct tally_row *const *)a;
	const struct tally_row *y = *(const struct tally_row *const *)b;
	size_t count = *(const size_t *)userdata;
	int r = 0;

	if (x->counts[count] != y->counts[count])
		return x->counts[count] < y->counts[count] ? 1 : -1;
	for (size_t i = 0; r == 0 && i < TALLY_PARTS_MAX && x->parts[i]; i++)
		r = strcmp(x->parts[i], y->parts[i]);
	return r;
}

int tally_rank(const struct tally *tally, size_t count,
	       const struct tally_row ***ret_rows)
{
	const struct tally_row **rows =
		calloc(tally->n_rows + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < tally->n_rows; i++)
		rows[i] = tally->rows[i];
	qsort_r(rows, tally->n_rows, sizeof(*rows), compare_counts, &count);
	*ret_rows = rows;
	return 0;
}
