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

/* What the header may have, for who wrote another thing there. */
#define COLUMNS "; columns are holder, project, right, service and until"

struct reading {
	const struct grant_file_args *args;
	/* Which field of a row is which column; its place and 1, 0: none. */
	size_t places[_GRANT_COLUMN_N];
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

static bool read_header(const struct csv_row *row, void *userdata)
{
	struct reading *reading = userdata;
	const struct grant_file_args *args = reading->args;
	bool good = true;

	for (size_t i = 0; i < row->n_fields; i++) {
		size_t column = find_column(row->fields[i]);
		const char *fault = NULL;

		if (column == _GRANT_COLUMN_N)
			fault = strchr(row->fields[i], ';')
					? "is no column: columns are parted by "
					  "commas"
					: "is no column" COLUMNS;
		else if (reading->places[column])
			fault = "is a column twice";
		if (fault)
			fault_about(args, row->line, row->fields[i], fault);
		else
			reading->places[column] = i + 1;
		good = good && !fault;
	}
	for (size_t i = 0; i < _GRANT_COLUMN_N; i++)
		if (good && is_needed(i) && !reading->places[i]) {
			fault_about(args, row->line, grant_columns[i],
				    "is a column that is missing" COLUMNS);
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
static bool read_fields(const struct reading *reading,
			const struct csv_row *row, json_t *grant)
{
	const struct grant_file_args *args = reading->args;

	for (size_t i = 0; i < _GRANT_COLUMN_N; i++) {
		size_t place = reading->places[i];
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

static int read_row(const struct csv_row *row, void *userdata)
{
	const struct reading *reading = userdata;
	const struct grant_file_args *args = reading->args;
	json_t *grant;

	grant = json_pack("{s:I}", "line", (json_int_t)row->line);
	if (!grant)
		return -ENOMEM;
	if (read_fields(reading, row, grant))
		return args->grant(grant, args->userdata);
	json_decref(grant);
	return 0;
}

static void tell_fault(int64_t line, const char *sentence, void *userdata)
{
	const struct reading *reading = userdata;

	reading->args->fault(line, sentence, reading->args->userdata);
}

int grant_file_read(const struct grant_file_args *args)
{
	struct reading reading = { .args = args };
	const struct csv_table table = {
		.header = read_header,
		.row = read_row,
		.fault = tell_fault,
		.userdata = &reading,
		.empty = "there is no header",
	};

	return csv_read(args->bytes, args->n, &table);
}
