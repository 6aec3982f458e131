/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Statement: which promises are kept, as found now, in one language and one
 * form: text for a terminal, one self-contained page for a browser or a
 * printer, or JSON. It claims nothing that was not looked at or declared.
 */

#include <jansson.h>
#include <stdint.h>

#include "cloxxsctl/ctl.h"
#include "cloxxsctl/statement/promise.h"

struct statement {
	enum statement_language language;
	int64_t made; /* seconds since 1970 */
	bool partial; /* not made as root: little was to be seen */
	char host[65];
	struct answer answers[N_PROMISES]; /* in the order of promises */
};

/* How many promises came out so. */
int statement_count(const struct statement *statement,
		    enum answer_outcome outcome);

/* Words of the statement itself. */
enum statement_word {
	WORD_TITLE,
	WORD_MADE,
	WORD_MEASURE,
	WORD_SEEN,
	WORD_NOT_KEPT,
	WORD_KEPT,
	WORD_DECLARED,
	WORD_OFF,
	WORD_OPTIONAL,
	WORD_PARTIAL,
	WORD_NO_RIGHTS,
	_N_STATEMENT_WORDS,
};
const char *statement_word(const struct statement *statement,
			   enum statement_word word);
/* "Kept, measured now", … */
const char *statement_outcome(const struct statement *statement,
			      enum answer_outcome outcome);

/* The forms. -ENOMEM, or 0; the stream keeps its own errors. */
must_check int statement_text(const struct statement *statement,
			      struct output *output);
must_check int statement_html(const struct statement *statement,
			      struct output *output);
must_check int statement_json(const struct statement *statement,
			      struct output *output);

/*
 * What a status tells beside the daemon's own words, for scripts and eyes:
 * doctor.errors and doctor.warnings, not_kept (ids, without those that take
 * seconds to look at), backups and backup_newest (absent where unknown).
 * NULL without memory.
 */
json_t *statement_digest(const struct ctl *ctl);

/* The verb "statement"; an exit status. */
int statement_run(struct ctl *ctl, const struct command *command);
