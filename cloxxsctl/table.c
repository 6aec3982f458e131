/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct table_cell {
	char *text;
	enum output_tone tone;
};

struct table {
	const char *const *heads;
	size_t n_columns;
	const char *indent;
	size_t widths[TABLE_COLUMNS_MAX];
	struct table_cell cells[TABLE_BATCH * TABLE_COLUMNS_MAX];
	size_t n_cells;
	bool headed;
};

int table_new(const char *const *heads, size_t n, const char *indent,
	      struct table **ret_table)
{
	struct table *table;

	if (n == 0 || n > TABLE_COLUMNS_MAX)
		return -EINVAL;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->heads = heads;
	table->n_columns = n;
	table->indent = indent;
	for (size_t i = 0; i < n; i++)
		table->widths[i] = strlen(heads[i]);
	*ret_table = table;
	return 0;
}

static void drop_cells(struct table *table)
{
	for (size_t i = 0; i < table->n_cells; i++)
		free(table->cells[i].text);
	table->n_cells = 0;
}

struct table *table_free(struct table *table)
{
	if (table)
		drop_cells(table);
	free(table);
	return NULL;
}

int table_add(struct table *table, enum output_tone tone, const char *cell)
{
	size_t n = strlen(cell), column = table->n_cells % table->n_columns;
	struct text text;
	char *escaped;

	if (table->n_cells >= TABLE_BATCH * table->n_columns)
		return -ENOBUFS;
	escaped = malloc(4 * n + 1);
	if (!escaped)
		return -ENOMEM;
	text_init(&text, escaped, 4 * n + 1);
	output_add_foreign(&text, cell, n);
	if (text.n > table->widths[column])
		table->widths[column] = text.n;
	table->cells[table->n_cells++] = (struct table_cell){ escaped, tone };
	return 0;
}

size_t table_n_rows(const struct table *table)
{
	return table->n_cells / table->n_columns;
}

/* The last column is not filled up: no line ends in blanks. */
static void print_cell(const struct table *table, struct output *output,
		       size_t column, const char *text, enum output_tone tone)
{
	bool last = column + 1 == table->n_columns;
	size_t pad = table->widths[column] - strlen(text);

	fprintf(output->stream, "%s%s%s%s%*s%s", column ? "" : table->indent,
		output_tone(output, tone), text, output_plain(output),
		last ? 0 : (int)pad + 2, "", last ? "\n" : "");
}

void table_flush(struct table *table, struct output *output)
{
	if (!table->headed)
		for (size_t i = 0; i < table->n_columns; i++)
			print_cell(table, output, i, table->heads[i],
				   TONE_FAINT);
	table->headed = true;
	for (size_t i = 0; i < table->n_cells; i++)
		print_cell(table, output, i % table->n_columns,
			   table->cells[i].text, table->cells[i].tone);
	drop_cells(table);
}
