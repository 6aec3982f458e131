/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Listing: entries that come one by one, shown as they come: as a table, as an
 * array of JSON, or as CSV. What stands in which column is data. An array is
 * closed, and a list said to be empty, only when all came.
 *
 * In CSV no field can be taken for a formula by a spreadsheet: one that begins
 * as a formula does gets an apostrophe before it.
 */

#include <jansson.h>
#include <stddef.h>

#include "cloxxsctl/ctl.h"
#include "cloxxsctl/table.h"

enum listing_type {
	LISTING_TEXT,
	LISTING_TIME,   /* seconds since 1970 */
	LISTING_DAY,    /* the same; in a table the day alone */
	LISTING_COUNT,  /* a number */
	LISTING_RIGHTS, /* of the members read and write; it needs no member */
};

struct listing_column {
	const char *member; /* and the column's name in CSV */
	const char *head;   /* of the table; NULL: only in CSV */
	enum listing_type type;
};

struct listing_kind {
	/* Of a reply: the entry; or a text, where the reply is the entry. */
	const char *member;
	const char *none; /* what is said of an empty table */
	const struct listing_column *columns; /* ended by member NULL */
};

enum listing_form {
	LISTING_TABLE,
	LISTING_JSON,
	LISTING_CSV,
};

struct listing {
	const struct listing_kind *kind;
	struct output *output;
	enum listing_form form;
	struct table *table;
	const char *heads[TABLE_COLUMNS_MAX];
	const char *indent; /* of a table; "" */
	uint64_t n;
	/* Entries that are not shown; NULL: all are. */
	bool (*wanted)(const json_t *entry, void *userdata);
	void *userdata;
};

/* As command's --json and --format say. */
enum listing_form listing_form_of(const struct command *command);

/* Shows nothing yet. -errno. */
must_check int listing_begin(struct listing *listing);
/* A reply, which may hold no entry. For request_stream(). */
must_check int listing_take(json_t *reply, void *listing);
/* All came. -errno */
must_check int listing_end(struct listing *listing);
void listing_deinit(struct listing *listing);

/* All that the row's method streams, with the parameters in more (taken; may be
 * NULL) besides: an exit status. */
int listing_run(struct ctl *ctl, const struct command *command,
		const struct listing_kind *kind, json_t *more);

/* The same, and how many there were; set on STATUS_OK. */
int listing_run_counting(struct ctl *ctl, const struct command *command,
			 const struct listing_kind *kind, json_t *more,
			 uint64_t *ret_n);

/* A field of CSV that no spreadsheet takes for a formula. */
void listing_add_csv(struct text *text, const char *field);
