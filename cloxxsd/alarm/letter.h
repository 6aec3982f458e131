/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Letter: what administrators are told of an alarm, in words: where, what,
 * since when, how many, what to do. English; no secret, and of users their
 * names at most. What others typed stands in it escaped, as in the audit.
 */

#include "cloxxsd/alarm/engine.h"

#define LETTER_SUBJECT_MAX 160
#define LETTER_TEXT_MAX 2048

struct letter {
	char subject[LETTER_SUBJECT_MAX]; /* "[cloxxs HOST] many-locks" */
	char text[LETTER_TEXT_MAX];
};

/* state: with a message that is due; n_held as in the engine. */
void letter_write(struct letter *letter, enum alarm_rule rule,
		  const struct alarm_state *state, const char *host,
		  int64_t n_held, int64_t now);
