/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Sealed column: every column of the store that holds sealed values, and how
 * its values are read and written one by one when a key is changed.
 */

#include <stddef.h>
#include <stdint.h>

#include "cloxxsd/state/seal.h"

struct sealed_column {
	const char *table, *column; /* as struct seal_place has them */
	/* Rows behind the uid and time ?1 and ?2, ?3 of them at most, in order:
	 * uid, time (0 where there is none) and value. */
	const char *select;
	const char *update; /* value, uid, time */
};

extern const struct sealed_column sealed_columns[];
extern const size_t sealed_columns_n;

static inline struct seal_place sealed_column_place(
	const struct sealed_column *column, uint32_t uid)
{
	return (struct seal_place){ .table = column->table,
				    .column = column->column,
				    .row = uid };
}

/* How many values of all of them there are for each id of a key. */
extern const char sealed_columns_count[];
