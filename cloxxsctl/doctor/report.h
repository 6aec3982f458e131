/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Report: the findings in words: for eyes, for scripts, and as one line for
 * Nagios and its kin. Each returns the exit status of its form.
 */

#include "cloxxsctl/doctor/doctor.h"

struct report {
	bool all; /* what is sound too */
	int64_t began_us;
};

/* STATUS_OK, STATUS_WARNINGS or STATUS_ERRORS. */
int report_table(struct output *output, const struct doctor *doctor,
		 const struct report *report);
int report_json(struct output *output, const struct doctor *doctor,
		const struct report *report);
/* 0 OK, 1 WARNING, 2 CRITICAL; 3 UNKNOWN where something could not be looked
 * at and nothing worse was found: Nagios's own. */
int report_nagios(struct output *output, const struct doctor *doctor,
		  const struct report *report);
