/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Table: rows of cells under heads, each column as wide as its widest cell.
 * Rows wait until they are flushed; what comes after keeps at least the widths
 * of what was printed before, so that a list of any length takes little
 * memory. Cells are escaped when they are added.
 */

#include <stddef.h>

#include "base/scope.h"
#include "cloxxsctl/output.h"

#define TABLE_COLUMNS_MAX 8
#define TABLE_BATCH 256

struct table;

/* heads: n of them, static. indent: what every line begins with. */
must_check int table_new(const char *const *heads, size_t n, const char *indent,
			 struct table **ret_table);
struct table *table_free(struct table *table);
static inline void table_freep(struct table **table)
{
	*table = table_free(*table);
}

/* The next cell of the current row. */
must_check int table_add(struct table *table, enum output_tone tone,
			 const char *cell);
size_t table_n_rows(const struct table *table);
/* Prints what waits, with the heads before the first row of all. */
void table_flush(struct table *table, struct output *output);
