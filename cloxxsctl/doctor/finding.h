/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Finding: what a check saw, how bad it is, and what mends it. Why it matters
 * stands in the check's row. A list of findings judges nothing: the checks do.
 */

#include <stdbool.h>
#include <stddef.h>

#include "cloxxsctl/doctor/check.h"

enum severity {
	SEVERITY_SKIPPED, /* it could not be looked at */
	SEVERITY_OK,
	SEVERITY_NOTE,
	SEVERITY_WARNING,
	SEVERITY_ERROR,
	_N_SEVERITIES,
};

/* "skipped", "ok", "note", "warning", "error" */
extern const char *const severity_names[_N_SEVERITIES];

struct finding {
	enum check check;
	enum severity severity;
	char seen[400]; /* printable ASCII */
	char mend[240]; /* a command or a short sentence; empty: none */
};

struct findings {
	struct finding *rows;
	size_t n, size;
	bool incomplete; /* memory ran out: do not trust a good end */
	struct finding lost;
};

void findings_deinit(struct findings *findings);
/*
 * Adds one, with the mend of the check's row unless it is good. The returned
 * finding is the list's, until the next one is added; never NULL: where memory
 * ran out it is a spare one that is lost.
 */
struct finding *findings_add(struct findings *findings, enum check check,
			     enum severity severity, const char *format, ...)
	printf_like(4, 5);
/* Another command than the row's. */
void finding_mend(struct finding *finding, const char *format, ...)
	printf_like(2, 3);

size_t findings_count(const struct findings *findings, enum severity severity);
/* The worst of all; SEVERITY_ERROR where the list is incomplete. */
enum severity findings_worst(const struct findings *findings);
/* The worst of one check, SEVERITY_OK where it has none. */
enum severity findings_worst_of(const struct findings *findings,
				enum check check);
