/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Completion: what may stand next on a command line that is being typed, for
 * the shells. It reads the same rows as the parser, so that no shell's script
 * knows a verb; names of users it asks of the daemon, briefly, and does
 * without where they cannot be had. It never complains: whoever presses a key
 * wants no error.
 */

#include "cloxxsctl/ctl.h"

/* What the shells' scripts call: cloxxsctl complete -- WORD... */
#define COMPLETION_WORD "complete"
/* In place of candidates: names of files belong here. */
#define COMPLETION_FILES ":files"

/*
 * Prints to ctl->output what may follow, one a line, with a tab and an
 * explanation behind it: words are those typed behind the program's name, the
 * last of them unfinished (or empty). n_words is at least 1.
 */
void completion_print(struct ctl *ctl, const char *const *words,
		      size_t n_words);
