/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Output: where answers go, and in which form: for eyes (table) or for scripts
 * (JSON), one vtable each. What others wrote is printed through
 * output_foreign() only, which leaves nothing but printable ASCII. It never
 * asks the daemon and never fails half-way: a stream that refuses is found by
 * output_finish().
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsctl/grammar.h"

struct output;

struct output_form {
	/* The reply to command as its row's view; 0 or -errno. */
	int (*show)(struct output *output, const struct command *command,
		    const json_t *reply);
	/* A list: begin, one for each user, end (only if all came). none: what
	 * an empty one is in words. */
	int (*list_begin)(struct output *output);
	int (*list_user)(struct output *output, const json_t *reply);
	int (*list_end)(struct output *output, const char *none);
};

extern const struct output_form output_table_form;
extern const struct output_form output_json_form;

struct output {
	const struct output_form *form;
	FILE *stream;
	int64_t now; /* seconds since 1970: "ago" is told from it */
	bool colour;
	bool utf8;
	struct table *list; /* of list_begin() to list_end() */
	uint64_t n_listed;
};

enum output_tone {
	TONE_PLAIN,
	TONE_GOOD,
	TONE_BAD,
	TONE_WARN,
	TONE_FAINT,
	TONE_BOLD,
};

enum output_mark {
	MARK_YES,
	MARK_NO,
	MARK_SKIPPED,
	MARK_HERE,
};

/*
 * Finds out from stream and environment what it can show: colour on a terminal
 * without NO_COLOR, marks beyond ASCII where the locale is UTF-8.
 */
void output_init(struct output *output, const struct output_form *form,
		 FILE *stream, int64_t now);
void output_deinit(struct output *output);
/* Flushes; -errno if anything of all that was printed did not get out. */
must_check int output_finish(struct output *output);

/* Begin and end of a tone: empty strings where there is no colour. */
const char *output_tone(const struct output *output, enum output_tone tone);
const char *output_plain(const struct output *output);
const char *output_mark(const struct output *output, enum output_mark mark);
void output_foreign(struct output *output, const char *text);
/*
 * Appends n foreign bytes as printable ASCII, as text_add_escaped() does but
 * for the backslash, which stays: what the daemon recorded was escaped then,
 * and would be hard to read when escaped twice.
 */
void output_add_foreign(struct text *text, const char *bytes, size_t n);
/* "Services    ", what a page's line begins with. */
void output_label(struct output *output, const char *label);

/* "2026-11-23 06:52:10 +0100" */
void output_add_time(struct text *text, int64_t at);
/* The day alone, for tables that have no room for more. */
void output_add_day(struct text *text, int64_t at);
/* "3 hours ago", "in 20 minutes" */
void output_add_distance(struct text *text, int64_t now, int64_t at);
/* Prints both: "2026-11-23 06:52:10 +0100 (3 hours ago)". */
void output_time(struct output *output, int64_t at);

/* Members of foreign objects, which may lack them. */
const char *output_member(const json_t *object, const char *key,
			  const char *otherwise);
bool output_member_int(const json_t *object, const char *key, int64_t *ret);
