/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Report days: the counts of a report along its period, in steps that can be
 * seen: days, and where these are too many months, or years. Steps without any
 * record are there too.
 */

#include "cloxxsctl/audit/report.h"

enum report_step {
	REPORT_STEP_DAY,
	REPORT_STEP_MONTH,
	REPORT_STEP_YEAR,
};

struct report_bucket {
	char name[REPORT_DAY_MAX]; /* 2026-11-28, 2026-11 or 2026 */
	int64_t counts[TALLY_COUNTS_MAX];
};

struct report_days {
	enum report_step step;
	struct report_bucket *buckets;
	size_t n;
};

/* Of the period that was asked for, as far as it has passed, else from the
 * first to the last record. None where there is neither. -ENOMEM. */
must_check int report_days_make(const struct audit_report *report,
				struct report_days *ret_days);
void report_days_deinit(struct report_days *days);
/* What is most in one step, and where; NULL: there is none. */
const struct report_bucket *report_days_most(const struct report_days *days,
					     enum report_day_count column);
int64_t report_days_sum(const struct report_days *days,
			enum report_day_count column);
