/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Record: one row of the audit before it is written: who, when, from where,
 * what, with which result and reason. Strings are the maker's and live as long
 * as the record; those from outside are escaped by whoever writes them out.
 * NULL: not known, or not of this event. Never a secret.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloxxsd/audit/event.h"
#include "policy/reason.h"

enum record_result {
	RECORD_DENIED,
	RECORD_ALLOWED,
	RECORD_DONE,
	RECORD_FAILED,
	_RECORD_RESULT_N,
};

struct record {
	int64_t at_us; /* since 1970, UTC */
	enum event event;
	enum record_result result;
	enum reason reason;
	const char *user;  /* whom it is about */
	const char *actor; /* who did it; for a login the user himself */
	const char *service;
	const char *address;
	const char *terminal;
	const char *reference; /* of a refusal */
	const char
		*rules; /* their outcomes, as login_rules_write() gives them */
	const char *details; /* what changed, old and new */
	const char *within;  /* goes behind them: the login that it was done in,
			      * as audit_session_write() writes it */
	/* Of an action in an application: what was done to what, and in which
	 * project; and, in the place of details, names and values in turn, with
	 * NULL at the end. */
	const char *project, *action, *object;
	const char *const *fields;
};

const char *record_result_name(enum record_result result);
/* False for a name of none. */
bool record_result_find(const char *name, enum record_result *ret_result);

/* What a record holds for a text that is "" where it is not known. */
static inline const char *record_text(const char *text)
{
	return *text ? text : NULL;
}
