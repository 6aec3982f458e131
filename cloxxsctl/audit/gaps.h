/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Gaps: what the sequence numbers of records that were read tell: which are
 * missing between the first and the last, and which stand for two different
 * records. The same record twice is no fault: what journald may have lost is
 * sent again. It reads nothing, and remembers 16 bytes a record.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"

struct audit_span {
	int64_t first, last; /* included */
};

struct audit_seen {
	int64_t sequence; /* 0: none */
	uint64_t chain;   /* the first bytes of it; 0: not known */
};

/* All zero is empty. */
struct audit_gaps {
	struct audit_seen *seen; /* a table, by sequence */
	size_t n_seen, n_room;
	int64_t *twice; /* numbers of which there are two records */
	size_t n_twice;
	bool is_looked_for;         /* what is missing means something */
	struct audit_span *missing; /* in order; of audit_gaps_find() */
	size_t n_missing;
};

enum audit_gaps_answer {
	AUDIT_NEW,
	AUDIT_AGAIN, /* the same record */
	AUDIT_OTHER, /* another one of the same number: a fault */
};

void audit_gaps_deinit(struct audit_gaps *gaps);
/* Takes a record; chain (hexadecimal) may be NULL. enum audit_gaps_answer, or
 * -ENOMEM. */
must_check int audit_gaps_take(struct audit_gaps *gaps, int64_t sequence,
			       const char *chain);
/* Finds what is missing between the lowest and the highest number taken. */
must_check int audit_gaps_find(struct audit_gaps *gaps);
/* Whether a record of the number was taken. */
bool audit_gaps_has(const struct audit_gaps *gaps, int64_t sequence);
/* "records 120-123 and 130 are not in this journal"; nothing where none is. */
void audit_gaps_write_missing(const struct audit_gaps *gaps, struct text *text);
