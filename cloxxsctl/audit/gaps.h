/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Gaps: what the sequence numbers of records that were read tell: which are
 * missing between the first and the last, and which stand for two different
 * records. The same record twice is no fault: what journald may have lost is
 * sent again. It reads nothing, and remembers 24 bytes a record.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"

struct audit_span {
	int64_t first, last; /* included */
};

/* In order, none touching another. */
struct audit_spans {
	struct audit_span *spans;
	size_t n;
};

struct audit_seen {
	int64_t sequence;  /* 0: none */
	uint64_t chain;    /* the first bytes of it; 0: not known */
	uint64_t contents; /* of what it told: some number */
};

/* All zero is empty. */
struct audit_gaps {
	struct audit_seen *seen; /* a table, by sequence */
	size_t n_seen, n_room;
	int64_t *twice; /* numbers of which there are two records */
	size_t n_twice;
	struct audit_spans missing; /* of audit_gaps_find() */
	/* The first record of a journal that has none of before, though it was
	 * asked for; for who tells of it. 0: none. */
	int64_t begin, begin_us;
};

enum audit_gaps_answer {
	AUDIT_NEW,
	AUDIT_AGAIN, /* the same record */
	AUDIT_OTHER, /* another one of the same number: a fault */
};

void audit_gaps_deinit(struct audit_gaps *gaps);
/*
 * Takes a record. chain (hexadecimal) tells whether two of one number are the
 * same, for texts may have been taken out of one; where one has none (NULL),
 * contents does. enum audit_gaps_answer, or -ENOMEM.
 */
must_check int audit_gaps_take(struct audit_gaps *gaps, int64_t sequence,
			       const char *chain, uint64_t contents);
/*
 * Finds what is missing between the lowest and the highest number taken, but
 * for what is not above low, or not below high (0: no bound). -ENOMEM
 */
must_check int audit_gaps_find(struct audit_gaps *gaps, int64_t low,
			       int64_t high);
/* Whether a record of the number was taken. */
bool audit_gaps_has(const struct audit_gaps *gaps, int64_t sequence);
/* "records 120-123 and 130 are not in this journal"; nothing where none is. */
void audit_gaps_write_missing(const struct audit_gaps *gaps, struct text *text);

/* Adds a number that is higher than all before. -ENOMEM */
must_check int audit_spans_add(struct audit_spans *spans, int64_t number);
/* Takes a number out, if it is in. -ENOMEM */
must_check int audit_spans_remove(struct audit_spans *spans, int64_t number);
/* "record 7", "records 120-123 and 130" */
void audit_spans_write(const struct audit_spans *spans, struct text *text);
/* Whether that is about one record. */
static inline bool audit_spans_is_one(const struct audit_spans *spans)
{
	return spans->n == 1 && spans->spans[0].first == spans->spans[0].last;
}
void audit_spans_deinit(struct audit_spans *spans);
