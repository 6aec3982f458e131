/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * CSV: rows of a text in memory, as RFC 4180 has them: fields by comma, in
 * quotation marks where they hold one, a comma or an end of line; lines end in
 * LF or CRLF. Strict: what the standard does not have is a fault of its line,
 * never guessed at. It knows no columns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"

#define CSV_FIELDS_MAX 32
#define CSV_FIELD_MAX 1024
#define CSV_ROW_MAX 8192

struct csv {
	const char *bytes;
	size_t n, at;
	int64_t line; /* of what stands at "at", from 1 on */
};

struct csv_row {
	int64_t line; /* where it begins */
	size_t n_fields;
	const char *fields[CSV_FIELDS_MAX];
	size_t n_bytes;
	char bytes[CSV_ROW_MAX]; /* where fields point */
};

enum csv_error {
	_CSV_E_OK,
	CSV_E_END,
	CSV_E_FAULT, /* of the row's line; the next call goes on behind it */
};

/* Borrows bytes. A byte order mark of UTF-8 at the beginning is skipped. */
void csv_init(struct csv *csv, const char *bytes, size_t n);
/* The next row; empty lines are none. On CSV_E_FAULT fault holds a sentence. */
must_check int csv_next(struct csv *csv, struct csv_row *row,
			struct text *fault);

/* A whole text, whose first row says what stands in the others. */
struct csv_table {
	/* Takes the first row; false: it is none, and nothing more is read. */
	bool (*header)(const struct csv_row *row, void *userdata);
	/* Takes one of the others, which has as many fields. What it returns
	 * other than 0 ends the reading and is handed up. */
	int (*row)(const struct csv_row *row, void *userdata);
	void (*fault)(int64_t line, const char *sentence, void *userdata);
	void *userdata;
	const char *empty; /* the fault of no row at all; NULL: it is none */
};
/* Faults of rows are told, and the reading goes on. What row() returned. */
must_check int csv_read(const char *bytes, size_t n,
			const struct csv_table *table);
/* Appends a field as it is to be written. */
void csv_add(struct text *text, const char *field);
