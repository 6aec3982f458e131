/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/csv.h"

#include <string.h>

#define MARK "\xef\xbb\xbf"

void csv_init(struct csv *csv, const char *bytes, size_t n)
{
	*csv = (struct csv){ .bytes = bytes, .n = n, .line = 1 };
	if (n >= strlen(MARK) && memcmp(bytes, MARK, strlen(MARK)) == 0)
		csv->at = strlen(MARK);
}

/* What stands next; '\n' for the end of a line in either form, -1 at the end.
 * A NUL is a byte like others, and no field takes it. */
static int peek(const struct csv *csv)
{
	if (csv->at >= csv->n)
		return -1;
	if (csv->bytes[csv->at] == '\r' && csv->at + 1 < csv->n &&
	    csv->bytes[csv->at + 1] == '\n')
		return '\n';
	return (unsigned char)csv->bytes[csv->at];
}

static void skip(struct csv *csv)
{
	if (peek(csv) == '\n') {
		csv->line++;
		csv->at += csv->bytes[csv->at] == '\r';
	}
	csv->at++;
}

static int fail(struct text *fault, const char *sentence)
{
	text_add(fault, sentence);
	return CSV_E_FAULT;
}

static int put(struct csv_row *row, int c, struct text *fault)
{
	const char *begin = row->fields[row->n_fields - 1];

	if (c == '\0')
		return fail(fault, "there is a NUL in it");
	if (row->n_bytes + 1 >= sizeof(row->bytes) ||
	    (size_t)(row->bytes + row->n_bytes - begin) >= CSV_FIELD_MAX)
		return fail(fault, "a field is too long");
	row->bytes[row->n_bytes++] = (char)c;
	return 0;
}

/* Behind the opening mark, to behind the closing one. */
static int take_quoted(struct csv *csv, struct csv_row *row, struct text *fault)
{
	int r = 0;

	for (;;) {
		int c = peek(csv);

		if (c < 0)
			return fail(fault, "a quotation mark is never closed");
		skip(csv);
		if (c == '"' && peek(csv) == '"')
			skip(csv);
		else if (c == '"')
			break;
		/* The rest of the field is read all the same: rows go on
		 * behind it. */
		if (r == 0)
			r = put(row, c, fault);
	}
	if (r == 0 && peek(csv) != ',' && peek(csv) != '\n' && peek(csv) >= 0)
		r = fail(fault, "something stands behind a closing quotation "
				"mark");
	return r;
}

static int take_plain(struct csv *csv, struct csv_row *row, struct text *fault)
{
	int r = 0;

	while (r == 0 && peek(csv) >= 0 && peek(csv) != ',' &&
	       peek(csv) != '\n') {
		int c = peek(csv);

		if (c == '"')
			return fail(fault, "a quotation mark stands within a "
					   "field that has none around it");
		if (c == '\r')
			return fail(fault, "there is a carriage return in it");
		r = put(row, c, fault);
		skip(csv);
	}
	return r;
}

static int take_field(struct csv *csv, struct csv_row *row, struct text *fault)
{
	int r;

	if (row->n_fields == CSV_FIELDS_MAX)
		return fail(fault, "there are too many fields");
	row->fields[row->n_fields++] = row->bytes + row->n_bytes;
	if (peek(csv) == '"') {
		skip(csv);
		r = take_quoted(csv, row, fault);
	} else {
		r = take_plain(csv, row, fault);
	}
	if (row->n_bytes >= sizeof(row->bytes))
		return fail(fault, "the line is too long");
	row->bytes[row->n_bytes++] = '\0';
	return r;
}

static void skip_line(struct csv *csv)
{
	while (peek(csv) >= 0 && peek(csv) != '\n')
		skip(csv);
}

int csv_next(struct csv *csv, struct csv_row *row, struct text *fault)
{
	int r;

	while (peek(csv) == '\n')
		skip(csv);
	row->line = csv->line;
	row->n_fields = row->n_bytes = 0;
	if (peek(csv) < 0)
		return CSV_E_END;
	do {
		/* The comma before all fields but the first. */
		if (row->n_fields > 0)
			skip(csv);
		r = take_field(csv, row, fault);
	} while (r == 0 && peek(csv) == ',');
	if (r != 0)
		skip_line(csv);
	if (peek(csv) == '\n')
		skip(csv);
	return r;
}

/* csv_next(), with its fault told. */
static int next_of(struct csv *csv, const struct csv_table *table,
		   struct csv_row *row)
{
	char sentence[96] = "";
	struct text fault;
	int r;

	text_init(&fault, sentence, sizeof(sentence));
	r = csv_next(csv, row, &fault);
	if (r == CSV_E_FAULT)
		table->fault(row->line, sentence, table->userdata);
	return r;
}

static int take_row(const struct csv_table *table, const struct csv_row *row,
		    size_t n_fields)
{
	if (row->n_fields == n_fields)
		return table->row(row, table->userdata);
	table->fault(row->line,
		     "it has another number of fields than the header",
		     table->userdata);
	return 0;
}

int csv_read(const char *bytes, size_t n, const struct csv_table *table)
{
	size_t n_fields = 0; /* of the header */
	struct csv_row row;
	struct csv csv;
	int r = 0, found;

	csv_init(&csv, bytes, n);
	while ((found = next_of(&csv, table, &row)) != CSV_E_END) {
		if (found == 0 && n_fields > 0)
			r = take_row(table, &row, n_fields);
		else if (found == 0 && table->header(&row, table->userdata))
			n_fields = row.n_fields;
		if (r != 0 || n_fields == 0)
			break;
	}
	if (found == CSV_E_END && n_fields == 0 && table->empty)
		table->fault(1, table->empty, table->userdata);
	explicit_bzero(&row, sizeof(row));
	return r;
}

void csv_add(struct text *text, const char *field)
{
	if (!strpbrk(field, ",\"\r\n")) {
		text_add(text, field);
		return;
	}
	text_add(text, "\"");
	for (; *field; field++)
		text_add_bytes(text, *field == '"' ? "\"\"" : field,
			       *field == '"' ? 2 : 1);
	text_add(text, "\"");
}
