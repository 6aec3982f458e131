/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Tally: counts under keys of a few texts, in the order of these. It takes as
 * many keys as its cap and counts what comes under others in one row without a
 * key, so that no flood of names makes it grow; sorted and not hashed, so that
 * no choice of names makes it slow. It knows nothing of what it counts.
 */

#include <stddef.h>
#include <stdint.h>

#include <stdbool.h>

#include "base/scope.h"

#define TALLY_PARTS_MAX 3
#define TALLY_COUNTS_MAX 4
/* Of one part, NUL included. What is longer is cut, and then the same. */
#define TALLY_PART_MAX 160

struct tally_row {
	int64_t counts[TALLY_COUNTS_MAX];
	int64_t last_us; /* 0: at no time */
	const char *parts[TALLY_PARTS_MAX];
};

struct tally {
	size_t n_parts, cap;
	struct tally_row **rows; /* in the order of their parts */
	size_t n_rows, n_room;
	struct tally_row *latest; /* what was found last comes often again */
	struct tally_row others;  /* without parts */
	int64_t n_others;         /* how often others was counted in */
};

void tally_init(struct tally *tally, size_t n_parts, size_t cap);
void tally_deinit(struct tally *tally);

/*
 * Adds n to one count under parts (NULL: ""), and moves the time of the row on
 * to at_us (0: leaves it). Foreign texts are kept as printable ASCII. -ENOMEM.
 */
must_check int tally_add(struct tally *tally, const char *const *parts,
			 size_t count, int64_t n, int64_t at_us);
/* The row of parts, or NULL. */
const struct tally_row *tally_find(const struct tally *tally,
				   const char *const *parts);
/*
 * The rows, n_rows of them, with what is most in count first, then in their
 * order. To be freed; the rows stay the tally's. -ENOMEM.
 */
must_check int tally_rank(const struct tally *tally, size_t count,
			  const struct tally_row ***ret_rows);
