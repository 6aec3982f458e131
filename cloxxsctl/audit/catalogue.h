/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Catalogue: what a report knows of the events and reasons that records name:
 * in which part of it they count, and what they are called in a document that
 * people read. What it does not know is called by its own name and counts in
 * no part. The names are those of cloxxs-events(7); a test holds the rows
 * against the daemon's.
 */

#include <stddef.h>

#include "base/language.h"

enum catalogue_part {
	CATALOGUE_NONE,
	CATALOGUE_LOGIN,   /* somebody was let in */
	CATALOGUE_ACCOUNT, /* the same, where he came in by himself */
	CATALOGUE_REFUSAL,
	CATALOGUE_REFUSALS, /* n= of them in one record */
	CATALOGUE_LOCK,
	CATALOGUE_UNLOCK,
	CATALOGUE_RIGHT,
	CATALOGUE_ACT, /* locks, unlocks and rights are acts too */
	CATALOGUE_ACTION,
};

struct catalogue_event {
	const char *name;
	enum catalogue_part part;
	const char *english, *dutch;
};

/* NULL: not known. */
const struct catalogue_event *catalogue_find(const char *name);
/* The i-th row, or NULL behind the last one; for tests. */
const struct catalogue_event *catalogue_row(size_t i);
/* "right granted"; the name itself where it is not known. */
const char *catalogue_event_text(const char *name, enum language language);
/* "wrong password"; the same. */
const char *catalogue_reason_text(const char *name, enum language language);
