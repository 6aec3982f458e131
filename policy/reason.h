/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Reason: the catalogue of why something was decided. Each decision has
 * exactly one; its name goes into the audit, its text and advice to those who
 * may know, never to the user who was refused (reason_told() is for him). Rules
 * name reasons here and nowhere else. The value 0 is a refusal: what nobody
 * decided is denied.
 */

#include <stdbool.h>

enum reason {
	REASON_UNDECIDED,
	REASON_UNKNOWN_USER,
	REASON_NAME_COLLISION,
	REASON_DISABLED,
	REASON_NOT_YET_VALID,
	REASON_NO_LONGER_VALID,
	REASON_INACTIVE,
	REASON_OUTSIDE_HOURS,
	REASON_OUTSIDE_SERVICE_HOURS,
	REASON_CLOCK_SET_BACK,
	REASON_BREAK_GLASS_CLOSED,
	REASON_SERVICE_NOT_ALLOWED,
	REASON_UNMANAGED_DENIED,
	REASON_ORIGIN_UNKNOWN,
	REASON_OUTSIDE_FIXED_NETWORKS,
	REASON_OUTSIDE_ADMINISTRATOR_NETWORKS,
	REASON_COUNTRY_NOT_ALLOWED,
	REASON_COUNTRY_UNKNOWN,
	REASON_GEOIP_MISSING,
	REASON_GEOIP_OLD,
	REASON_LOCAL_ADDRESS,
	REASON_LOCKED,
	REASON_THROTTLED,
	REASON_NO_PASSWORD,
	REASON_WRONG_PASSWORD,
	REASON_BLOCKED_BY_SSHD,
	REASON_EMPTY_ANSWER,
	REASON_ANSWER_TOO_LONG,
	REASON_TEMPORARY_EXPIRED,
	REASON_PASSWORD_TOO_YOUNG,
	REASON_NO_SECOND_FACTOR,
	REASON_WRONG_CODE,
	REASON_CODE_NOT_PROVED,
	REASON_CODE_NOT_SENT,
	REASON_CODE_EXPIRED,
	REASON_CODES_SPENT,
	REASON_CANNOT_ASK,
	REASON_NEW_PASSWORD_REFUSED,
	REASON_NOTICE_DECLINED,
	REASON_NOTICE_NOT_ACCEPTED,
	REASON_NOT_LOGGED_IN,
	REASON_SUPERSEDED,
	REASON_ABANDONED,
	REASON_HASH_REFUSED,
	REASON_NOT_WRITTEN,
	REASON_BUSY,
	REASON_NOT_PERMITTED,
	REASON_TESTS_SPENT,
	/* from here on: what is no refusal */
	REASON_CODE_DUE,
	REASON_MUST_CHANGE,
	REASON_PASSWORD_EXPIRED,
	REASON_NOTICE_DUE,
	REASON_PASSWORD_VERIFIED,
	REASON_RULES_PASSED,
	REASON_BY_ADMINISTRATOR,
	REASON_TOO_MANY_FAILURES,
	REASON_INTERRUPTED,
	REASON_NONE,
	_REASON_N,
};

/* lower-case-hyphen, as it stands in records, manuals and tests */
const char *reason_name(enum reason reason);
/* One sentence for an administrator. */
const char *reason_text(enum reason reason);
/* What would allow it, with the command; NULL where there is nothing to do. */
const char *reason_advice(enum reason reason);
/*
 * What the refused user himself may be told once he has proved his password, to
 * be translated (base/language.h); NULL: nothing but that it was refused.
 */
const char *reason_told(enum reason reason);
/* False for a name that is in no row. */
bool reason_find(const char *name, enum reason *ret_reason);
