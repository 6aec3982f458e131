/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Ctl: what a verb works with, and the end of every verb: a status. It owns
 * nothing; main() does.
 */

#include <stdio.h>

#include "cloxxsctl/failure.h"
#include "cloxxsctl/grammar.h"
#include "cloxxsctl/output.h"

struct ctl {
	const struct grammar_verb *verbs;
	struct output *output;
	FILE *questions;     /* where answers to questions come from */
	FILE *errors;        /* where questions and failures go */
	const char *socket;  /* of the daemon */
	const char *cloxxsd; /* its program */
	const char *offline; /* cloxxs-offline */
	const char *creds;   /* systemd-creds */
	uint32_t timeout_ms; /* for each answer of the daemon */
};

/* Prints the sentence as the failure of command; returns status. */
int ctl_fail(const struct ctl *ctl, const struct command *command,
	     enum failure_status status, const char *sentence);
/* The same for a place and a negative errno: "FILE: No space left". */
int ctl_fail_errno(const struct ctl *ctl, const struct command *command,
		   const char *place, int error);
/* Runs the command's row and brings its output out; an exit status. */
int ctl_run(struct ctl *ctl, const struct command *command);
