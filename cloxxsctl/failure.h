/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Failure: what went wrong as a sentence and an exit status, from tables. The
 * only place of this tool that translates errors. One line on stderr: what
 * was asked, what is wrong, and the next step.
 */

#include <jansson.h>
#include <stdio.h>

#include "base/text.h"
#include "cloxxsctl/grammar.h"

/* Scripts rely on these: they never change. */
enum failure_status {
	STATUS_OK,
	STATUS_FAILURE,
	STATUS_USAGE,
	STATUS_NOT_FOUND,
	STATUS_DENIED,
	STATUS_UNAVAILABLE,
	STATUS_CONFLICT,
	STATUS_WARNINGS,
	STATUS_ERRORS,
	STATUS_REFUSED = 10,
	_N_STATUSES,
};

/* Each status in words, for help and the manual's test; NULL: none of ours. */
extern const char *const failure_statuses[_N_STATUSES];

/* Long enough for a sentence with a few foreign words in it. */
#define FAILURE_LINE_MAX 1024

/*
 * Appends the sentence for error with the parameters of its reply, and returns
 * its status. What the daemon said is escaped.
 */
enum failure_status failure_of_reply(struct text *text,
				     const struct command *command,
				     const char *error,
				     const json_t *parameters);
/* How far a call came; what may have been done by then. */
enum failure_call {
	FAILURE_CHANGE_ASKED, /* it may have been done */
	FAILURE_READ_ASKED,   /* there was nothing to be done */
	FAILURE_NOT_ASKED,
	_N_FAILURE_CALLS,
};

/* The same for what varlink_client_*() returned: VARLINK_CLIENT_E_* or -errno.
 */
enum failure_status failure_of_client(struct text *text, const char *socket,
				      enum failure_call call, int error);
/* The same for a negative errno of this machine. */
enum failure_status failure_of_errno(struct text *text, int error);

/* Prints "cloxxsctl: user lock anna: sentence" to stream. */
void failure_print(FILE *stream, const struct command *command,
		   const char *sentence);
