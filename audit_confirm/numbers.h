/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Numbers: which records, of those from first to last, were found in the
 * journal: one bit each, so that whatever stands there a thousand times takes
 * no more room. What is outside is not kept.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

/* The last ones of more are left for the next time. */
#define NUMBERS_MAX 262144

struct numbers {
	int64_t first, last;
	uint8_t *bits;
};

struct numbers_range {
	int64_t first, last;
};

/* first must be 1 or more, and last no less. last is brought down to what
 * NUMBERS_MAX allows. */
must_check int numbers_init(struct numbers *numbers, int64_t first,
			    int64_t last);
void numbers_deinit(struct numbers *numbers);

/* Decimal digits that are text[n]; what is no number of ours is left. */
void numbers_add(struct numbers *numbers, const char *text, size_t n);

/* The first numbers in a row from from on that were found, n_max at most; false
 * where none follow. */
bool numbers_next(const struct numbers *numbers, int64_t from, int64_t n_max,
		  struct numbers_range *ret_range);
