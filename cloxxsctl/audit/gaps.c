/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/gaps.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024
/* What one sentence names. */
#define SPANS_MAX 12
/* More faults than that are remembered for nobody. */
#define TWICE_MAX 1000

void audit_gaps_deinit(struct audit_gaps *gaps)
{
	free(gaps->seen);
	free(gaps->twice);
	audit_spans_deinit(&gaps->missing);
	*gaps = (struct audit_gaps){ 0 };
}

/* The place of sequence in a table of n_room, a power of two, with room. */
static struct audit_seen *place_of(struct audit_seen *seen, size_t n_room,
				   int64_t sequence)
{
	size_t i = ((uint64_t)sequence * UINT64_C(0x9e3779b97f4a7c15)) >> 20;

	for (;; i++) {
		struct audit_seen *place = &seen[i & (n_room - 1)];

		if (place->sequence == sequence || place->sequence == 0)
			return place;
	}
}

static int grow(struct audit_gaps *gaps)
{
	size_t n_room = gaps->n_room ? gaps->n_room * 2 : ROOM_FIRST;
	struct audit_seen *seen = calloc(n_room, sizeof(*seen));

	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < gaps->n_room; i++)
		if (gaps->seen[i].sequence)
			*place_of(seen, n_room, gaps->seen[i].sequence) =
				gaps->seen[i];
	free(gaps->seen);
	gaps->seen = seen;
	gaps->n_room = n_room;
	return 0;
}

/* Its first 16 digits; 0 where there are none. */
static uint64_t chain_of(const char *chain)
{
	char digits[17] = "";

	if (!chain || strlen(chain) < 16)
		return 0;
	memcpy(digits, chain, 16);
	return strtoull(digits, NULL, 16);
}

static int add_twice(struct audit_gaps *gaps, int64_t sequence)
{
	int64_t *twice;

	for (size_t i = 0; i < gaps->n_twice; i++)
		if (gaps->twice[i] == sequence)
			return AUDIT_OTHER;
	if (gaps->n_twice == TWICE_MAX)
		return AUDIT_OTHER;
	twice = reallocarray(gaps->twice, gaps->n_twice + 1, sizeof(*twice));
	if (!twice)
		return -ENOMEM;
	gaps->twice = twice;
	gaps->twice[gaps->n_twice++] = sequence;
	return AUDIT_OTHER;
}

/* The same number: is it the same record? */
static int judge(struct audit_gaps *gaps, struct audit_seen *place,
		 uint64_t chain, uint64_t contents)
{
	bool same = place->chain != 0 && chain != 0
			    ? place->chain == chain
			    : place->contents == contents;

	if (!same)
		return add_twice(gaps, place->sequence);
	if (place->chain == 0)
		place->chain = chain;
	return AUDIT_AGAIN;
}

int audit_gaps_take(struct audit_gaps *gaps, int64_t sequence,
		    const char *chain, uint64_t contents)
{
	uint64_t known = chain_of(chain);
	struct audit_seen *place;

	if (gaps->n_seen * 2 >= gaps->n_room) {
		int r = grow(gaps);

		if (r < 0)
			return r;
	}
	place = place_of(gaps->seen, gaps->n_room, sequence);
	if (place->sequence != 0)
		return judge(gaps, place, known, contents);
	*place = (struct audit_seen){ sequence, known, contents };
	gaps->n_seen++;
	return AUDIT_NEW;
}

bool audit_gaps_has(const struct audit_gaps *gaps, int64_t sequence)
{
	return gaps->n_room > 0 &&
	       place_of(gaps->seen, gaps->n_room, sequence)->sequence != 0;
}

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* Spans. */

static int insert(struct audit_spans *spans, size_t at, int64_t first,
		  int64_t last)
{
	struct audit_span *room =
		reallocarray(spans->spans, spans->n + 1, sizeof(*room));

	if (!room)
		return -ENOMEM;
	spans->spans = room;
	memmove(room + at + 1, room + at, (spans->n - at) * sizeof(*room));
	room[at] = (struct audit_span){ first, last };
	spans->n++;
	return 0;
}

int audit_spans_add(struct audit_spans *spans, int64_t number)
{
	struct audit_span *last =
		spans->n > 0 ? &spans->spans[spans->n - 1] : NULL;

	if (!last || last->last + 1 < number)
		return insert(spans, spans->n, number, number);
	last->last = number;
	return 0;
}

int audit_spans_remove(struct audit_spans *spans, int64_t number)
{
	for (size_t i = 0; i < spans->n; i++) {
		struct audit_span *span = &spans->spans[i];
		int64_t first = span->first;

		if (number < first || number > span->last)
			continue;
		if (number > first && number < span->last) {
			span->first = number + 1;
			return insert(spans, i, first, number - 1);
		}
		if (number > first)
			span->last--;
		else if (++span->first > span->last)
			memmove(span, span + 1,
				(--spans->n - i) * sizeof(*span));
		return 0;
	}
	return 0;
}

void audit_spans_write(const struct audit_spans *spans, struct text *text)
{
	size_t n = spans->n < SPANS_MAX ? spans->n : SPANS_MAX;

	text_add(text, audit_spans_is_one(spans) ? "record " : "records ");
	for (size_t i = 0; i < n; i++) {
		const struct audit_span *span = &spans->spans[i];

		if (i > 0)
			text_add(text, i + 1 == spans->n ? " and " : ", ");
		text_add_format(text, "%" PRId64, span->first);
		if (span->last > span->first)
			text_add_format(text, "-%" PRId64, span->last);
	}
	if (spans->n > n)
		text_add_format(text, " and %zu more gaps", spans->n - n);
}

void audit_spans_deinit(struct audit_spans *spans)
{
	free(spans->spans);
	*spans = (struct audit_spans){ 0 };
}

/* What is missing. */

int audit_gaps_find(struct audit_gaps *gaps, int64_t low, int64_t high)
{
	scope(scope_free) int64_t *numbers = NULL;
	size_t n = 0;
	int r = 0;

	gaps->missing.n = 0;
	if (gaps->n_seen == 0)
		return 0;
	numbers = calloc(gaps->n_seen, sizeof(*numbers));
	if (!numbers)
		return -ENOMEM;
	for (size_t i = 0; i < gaps->n_room; i++)
		if (gaps->seen[i].sequence)
			numbers[n++] = gaps->seen[i].sequence;
	qsort(numbers, n, sizeof(*numbers), compare);
	for (size_t i = 1; i < n && r == 0; i++)
		if (numbers[i] > numbers[i - 1] + 1 && numbers[i] > low &&
		    (high == 0 || numbers[i - 1] < high))
			r = insert(&gaps->missing, gaps->missing.n,
				   numbers[i - 1] + 1, numbers[i] - 1);
	return r;
}

void audit_gaps_write_missing(const struct audit_gaps *gaps, struct text *text)
{
	if (gaps->missing.n == 0)
		return;
	audit_spans_write(&gaps->missing, text);
	text_add_format(text, " %s not in this journal",
			audit_spans_is_one(&gaps->missing) ? "is" : "are");
}
