/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/grant_file.h"

#include <errno.h>
#include <string.h>

#include "cloxxsctl/csv.h"
#include "cloxxsctl/time_value.h"

const char *const grant_columns[_GRANT_COLUMN_N] = {
	[GRANT_COLUMN_HOLDER] = "holder", [GRANT_COLUMN_PROJECT] = "project",
	[GRANT_COLUMN_RIGHT] = "right",   [GRANT_COLUMN_SERVICE] = "service",
	[GRANT_COLUMN_UNTIL] = "until",
};

/* Which field of a row is which column; its place and 1, 0 for none. */
struct header {
	size_t places[_GRANT_COLUMN_N];
	size_t n;
};

static void fault_about(const struct grant_file_args *args, int64_t line,
			const char *word, const char *sentence)
{
	char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add(&text, "\"");
	text_add_escaped(&text, word, strnlen(word, 60));
	text_add_format(&text, "\" %s", sentence);
	args->fault(line, buffer, args->userdata);
}

static size_t find_column(const char *name)
{
	size_t i = 0;

	while (i < _GRANT_COLUMN_N && strcmp(grant_columns[i], name) != 0)
		i++;
	return i;
}

static bool is_needed(size_t column)
{
	return column <= GRANT_COLUMN_RIGHT;
}

static bool read_header(const struct grant_file_args *args,
			const struct csv_row *row, struct header *header)
{
	bool good = true;

	header->n = row->n_fields;
	for (size_t i = 0; i < row->n_fields; i++) {
		size_t column = find_column(row->fields[i]);
		const char *fault = NULL;

		if (column == _GRANT_COLUMN_N)
			fault = strchr(row->fields[i], ';')
					? "is no column: columns are parted by "
					  "commas"
					: "is no column";
		else if (header->places[column])
			fault = "is a column twice";
		if (fault)
			fault_about(args, row->line, row->fields[i], fault);
		else
			header->places[column] = i + 1;
		good = good && !fault;
	}
	for (size_t i = 0; i < _GRANT_COLUMN_N; i++)
		if (good && is_needed(i) && !header->places[i]) {
			fault_about(args, row->line, grant_columns[i],
				    "is a column that is missing");
			good = false;
		}
	return good;
}

/* Without the apostrophe; no name begins with one. */
static const char *without_guard(const char *field)
{
	return field[0] == '\'' && field[1] && strchr("=+-@", field[1])
		       ? field + 1
		       : field;
}

/* The field as the column's type; NULL: told. */
static json_t *value_of(const struct grant_file_args *args, int64_t line,
			size_t column, const char *field)
{
	json_t *value = NULL;
	int64_t until;

	if (column != GRANT_COLUMN_UNTIL) {
		value = json_string(field);
		if (!value)
			fault_about(args, line, field, "is not valid UTF-8");
	} else if (time_value_read_until(field, &until)) {
		value = json_integer((json_int_t)until);
	} else {
		fault_about(args, line, field,
			    "is no time such as 2027-01-31, 2027-01-31T09:00 "
			    "or never");
	}
	return value;
}

/* Sets what the row says in grant; false: a fault was told. */
static bool read_fields(const struct grant_file_args *args,
			const struct header *header, const struct csv_row *row,
			json_t *grant)
{
	for (size_t i = 0; i < _GRANT_COLUMN_N; i++) {
		size_t place = header->places[i];
		const char *field =
			place ? without_guard(row->fields[place - 1]) : "";
		json_t *value;

		if (!*field && !is_needed(i))
			continue;
		if (!*field) {
			fault_about(args, row->line, grant_columns[i],
				    "must not be empty");
			return false;
		}
		value = value_of(args, row->line, i, field);
		if (json_object_set_new(grant, grant_columns[i], value) < 0)
			return false;
	}
	return true;
}

static int read_row(const struct grant_file_args *args,
		    const struct header *header, const struct csv_row *row)
{
	json_t *grant;

	if (row->n_fields != header->n) {
		args->fault(row->line,
			    "it has another number of fields than the header",
			    args->userdata);
		return 0;
	}
	grant = json_pack("{s:I}", "line", (json_int_t)row->line);
	if (!grant)
		return -ENOMEM;
	if (read_fields(args, header, row, grant))
		return args->grant(grant, args->userdata);
	json_decref(grant);
	return 0;
}

int grant_file_read(const struct grant_file_args *args)
{
	struct header header = { 0 };
	struct csv_row row;
	struct csv csv;
	int r = 0;

	csv_init(&csv, args->bytes, args->n);
	while (r == 0) {
		char sentence[96] = "";
		struct text fault;

		text_init(&fault, sentence, sizeof(sentence));
		r = csv_next(&csv, &row, &fault);
		if (r == CSV_E_END) {
			r = 0;
			break;
		}
		if (r == CSV_E_FAULT) {
			args->fault(row.line, sentence, args->userdata);
			r = 0;
			if (header.n == 0)
				return 0;
		} else if (header.n > 0) {
			r = read_row(args, &header, &row);
		} else if (!read_header(args, &row, &header)) {
			return 0;
		}
	}
	if (header.n == 0)
		args->fault(1, "there is no header", args->userdata);
	return r;
}
