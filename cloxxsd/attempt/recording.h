/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Recording: how the decision of an attempt comes into the ledger: as a record
 * of its own, or, where its source waits, as one more of those that are counted
 * (state/refusal.h). A wrong answer is counted for its source here too, and
 * where it made the source wait, the record of that stands beside its own, with
 * the reference that those who come meanwhile are told.
 */

#include "cloxxsd/attempt/attempt.h"

/* What the texts of the records live in, until the set is applied. */
struct recording {
	char reference[REFERENCE_MAX]; /* that a refusal is told */
	char rules[LOGIN_RULES_TEXT_MAX];
	char said[80];
	struct refusal refusal;
	char throttled[REFERENCE_MAX]; /* of a wait that begins; or "" */
	char details[160];
	char decided[48]; /* the rule that refuses meanwhile */
};

/* Adds to set what tells of decision; reference NULL: one is made. */
void recording_make(struct recording *recording, struct attempt *attempt,
		    const struct login_decision *decision,
		    const char *reference, struct change_set *set);
/* Adds to set that a wrong answer came from the attempt's source, where it goes
 * on all the same. */
void recording_guess(struct recording *recording, const struct attempt *attempt,
		     struct change_set *set);
/* The set is committed. */
void recording_written(const struct recording *recording,
		       struct attempt *attempt);
