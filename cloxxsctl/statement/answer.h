/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Answer: what was found about one promise, in each language of the statement.
 * It knows neither the promise nor how it was looked at.
 */

#include <stdarg.h>
#include <stdbool.h>

#include "base/scope.h"

enum statement_language {
	STATEMENT_ENGLISH,
	STATEMENT_DUTCH,
	_N_STATEMENT_LANGUAGES,
};

enum answer_outcome {
	ANSWER_NOT_KEPT,
	ANSWER_KEPT,     /* measured now */
	ANSWER_DECLARED, /* by the operator, with the day since when */
	ANSWER_OFF,      /* optional, and not switched on */
	_N_ANSWER_OUTCOMES,
};

#define ANSWER_SEEN_MAX 700

/* All zero: not kept, and nothing was seen. */
struct answer {
	enum answer_outcome outcome;
	/* Valid UTF-8 without control characters. */
	char seen[_N_STATEMENT_LANGUAGES][ANSWER_SEEN_MAX];
};

/*
 * Sets the outcome and appends one sentence, or several: en and nl take the
 * same arguments in the same order. Foreign text goes in through
 * answer_say_foreign() only.
 */
void answer_say(struct answer *answer, enum answer_outcome outcome,
		const char *en, const char *nl, ...)
	__attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* Appends foreign text to both languages, what is not printable replaced. */
void answer_say_foreign(struct answer *answer, const char *text);
/* Appends what other says; the outcome stays. */
void answer_add(struct answer *answer, const struct answer *other);
