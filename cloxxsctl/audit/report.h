/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Access report: who got in and who did not, which rights came and went, what
 * administrators and applications did, in a period: records in, one document
 * out. It reads no records itself, takes them one by one, and grows with the
 * users, projects and administrators there are, not with the records: what
 * goes beyond its caps is counted and said to be left out. It judges nothing,
 * and takes nobody's word for a country: what no record tells is not known.
 */

#include <jansson.h>
#include <stdint.h>

#include "base/language.h"
#include "base/scope.h"
#include "cloxxsctl/audit/incident.h"
#include "cloxxsctl/audit/tally.h"
#include "cloxxsctl/output.h"

/* "2026-11-28" and NUL, of the years that there are. */
#define REPORT_DAY_MAX 11

enum audit_report_form {
	AUDIT_REPORT_TEXT,
	AUDIT_REPORT_HTML,
	AUDIT_REPORT_JSON,
};

/* By what is counted, and what. */
enum report_tally {
	REPORT_USERS,     /* user: who got in or acted */
	REPORT_REFUSED,   /* user: who was refused, but for unknown names */
	REPORT_REASONS,   /* reason */
	REPORT_COUNTRIES, /* country, "" where no record tells it */
	REPORT_ACTS,      /* actor, event */
	REPORT_ACTIONS,   /* project, service, action */
	REPORT_DAYS,      /* day of this host, as 2026-11-28 */
	_N_REPORT_TALLIES,
};
enum report_count { /* of REPORT_USERS */
	REPORT_USER_LOGINS,
	REPORT_USER_UNASKED, /* of these */
	REPORT_USER_ACTIONS,
};
enum report_day_count {
	REPORT_DAY_LOGINS,
	REPORT_DAY_REFUSALS,
};
enum report_action_count {
	REPORT_ACTION_ALL,
	REPORT_ACTION_BAD, /* of these: denied or failed */
};

enum report_list {
	REPORT_LOCKS,
	REPORT_RIGHTS,
	_N_REPORT_LISTS,
};

enum report_total {
	REPORT_TOTAL_LOGINS,
	REPORT_TOTAL_UNASKED, /* of these */
	REPORT_TOTAL_REFUSALS,
	REPORT_TOTAL_LOCKS,
	REPORT_TOTAL_UNLOCKS,
	REPORT_TOTAL_RIGHTS,
	REPORT_TOTAL_ACTS,
	REPORT_TOTAL_ACTIONS,
	REPORT_TOTAL_RECORDS,
	REPORT_TOTAL_REPLACED, /* of these: names were taken out */
	REPORT_TOTAL_MISSING,  /* between them; the caller's to set */
	_N_REPORT_TOTALS,
};

/* The day that a time falls on, kept: the next record is of the same one. */
struct report_day {
	int64_t begin, end; /* seconds since 1970; end is another day's */
	char name[REPORT_DAY_MAX];
};

struct audit_report {
	/* To be set by the caller: 0 where unknown or not asked. */
	int64_t since_us, until_us; /* until: the first moment behind */
	int64_t made;               /* seconds since 1970 */
	const char *host;           /* borrowed */

	int64_t totals[_N_REPORT_TOTALS];
	struct tally tallies[_N_REPORT_TALLIES];
	struct incidents lists[_N_REPORT_LISTS];
	int64_t first_us, last_us;             /* of all records; 0: none */
	int64_t first_sequence, last_sequence; /* the same */
	struct report_day day;
};

void audit_report_init(struct audit_report *report);
void audit_report_deinit(struct audit_report *report);

/* Counts an entry, which stays the caller's, in any order. -ENOMEM. */
must_check int audit_report_take(struct audit_report *report,
				 const json_t *entry);
/*
 * Writes all that was taken; more may be taken behind it. JSON is in no
 * language. -ENOMEM; the stream keeps its own errors.
 */
must_check int audit_report_write(const struct audit_report *report,
				  enum audit_report_form form,
				  enum language language,
				  struct output *output);
