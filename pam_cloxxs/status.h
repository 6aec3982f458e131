/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Status: what a phase came to, and the one table that says it to PAM. The
 * table is total: each outcome has a code in each phase, chosen among those
 * that pam(3) names for the phase, so that callers like sshd and sudo treat it
 * as they treat pam_unix's.
 */

#include "base/scope.h"

enum phase {
	PHASE_AUTHENTICATE,
	PHASE_SETCRED,
	PHASE_ACCOUNT,
	PHASE_CHAUTHTOK,
	PHASE_OPEN_SESSION,
	PHASE_CLOSE_SESSION,
	_N_PHASES,
};

enum outcome {
	OUTCOME_ERROR, /* within the module: no memory, PAM misused */
	OUTCOME_DENY,
	OUTCOME_ALLOW,
	OUTCOME_CHANGE,       /* only after choosing a new password */
	OUTCOME_UNAVAILABLE,  /* denied because nobody could decide */
	OUTCOME_NOT_OURS,     /* a user of somebody else's */
	OUTCOME_IGNORED,      /* the same, with ignore_unknown_user */
	OUTCOME_NOBODY,       /* a user whom nobody knows */
	OUTCOME_CONVERSATION, /* the user gave no answer, or an unfit one */
	OUTCOME_NO_TOKEN,     /* use_first_pass or use_authtok without one */
	OUTCOME_OPTIONS,      /* a wrong option in the stack */
	OUTCOME_USER_CHANGED, /* PAM_USER is not who was authenticated */
	_N_OUTCOMES,
};

/* The PAM code; for what is not in the table, PAM_SYSTEM_ERR. */
int status_code(enum outcome outcome, enum phase phase);
