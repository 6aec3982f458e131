/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Rule: what is an alarm, one row each: its name, what it says, what to do, and
 * either the events of the audit that are one each time, or a judgement of what
 * is so now, which lasts. Facts and settings in, a verdict out: it reads no
 * clock, no store and no file, and sends nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/audit/record.h"
#include "cloxxsd/config/settings.h"

/* Rows of the store name them by their names; the order is that of telling. */
enum alarm_rule {
	ALARM_BREAK_GLASS,
	ALARM_AUDIT_BROKEN,
	ALARM_MANY_LOCKS,
	ALARM_REFUSALS_ABROAD,
	ALARM_ADMINISTRATOR_ACT,
	ALARM_CONFIGURATION_WEAKENED,
	ALARM_CONFIGURATION_REFUSED,
	ALARM_CLOCK_BEHIND,
	ALARM_LEDGER_UNPUBLISHED,
	ALARM_BACKUP_OLD,
	ALARM_COUNTRY_DATABASE_OLD,
	ALARM_GATEWAY_FAILING,
	ALARM_CODES_SPENT,
	_ALARM_RULE_N,
};

#define ALARM_DETAIL_MAX 640
#define ALARM_GATEWAYS_MAX 20

enum alarm_verdict {
	ALARM_UNKNOWN, /* it stays as it was */
	ALARM_QUIET,
	ALARM_RAISED,
};

/* What is so now. Times in seconds since 1970; 0: there is none. */
struct alarm_facts {
	int64_t now;
	int64_t installed; /* the first record that the ledger has */
	/* Could not be asked just now: what they are about stays as it was. */
	bool locks_unknown, ledger_unknown, backup_unknown;
	/* Locked by wrong answers within the window of [lockout]. */
	int64_t n_locked;
	int64_t n_lock_addresses;
	char lock_address[ADDRESS_TEXT_MAX]; /* that met most; "": local */
	/* Refused because of their country within the window of [alarms];
	 * whole: it was counted for all of that time. */
	int64_t n_abroad;
	bool abroad_whole;
	int64_t unpublished_since, unseen_since;
	int64_t backup_at;
	bool country_is_needed, country_is_usable;
	int64_t country_built;
	bool configuration_is_refused;
	int64_t clock_behind_s;
	/* Of the courier: kinds of messages, and routes that others stand in
	 * for. */
	struct alarm_gateway {
		const char *name;
		uint32_t n_failed; /* in a row, up to now */
		int64_t failing_since;
		int64_t accepted_at;
	} gateways[ALARM_GATEWAYS_MAX];
	size_t n_gateways;
};

/* What a judgement says beside its verdict. */
struct alarm_finding {
	enum alarm_verdict verdict;
	int64_t n; /* how many; 0 where nothing is counted */
	char detail[ALARM_DETAIL_MAX];
};

/* lower-case-hyphen */
const char *alarm_rule_name(enum alarm_rule rule);
/* False for a name of none. */
bool alarm_rule_find(const char *name, enum alarm_rule *ret_rule);
/* One sentence. */
const char *alarm_rule_text(enum alarm_rule rule);
/* What to do, with the command. */
const char *alarm_rule_advice(enum alarm_rule rule);
/* It has a begin and an end; else it happens. */
bool alarm_rule_lasts(enum alarm_rule rule);
/* It is told beyond the cap of an hour. */
bool alarm_rule_is_urgent(enum alarm_rule rule);
/* Whether the settings ask for it. */
bool alarm_rule_is_on(enum alarm_rule rule, const struct settings *settings);

/* Of a rule that lasts. */
void alarm_rule_judge(enum alarm_rule rule, const struct alarm_facts *facts,
		      const struct settings *settings,
		      struct alarm_finding *ret_finding);
/* Whether a record, by its event, reason and details (NULL: none), happens to
 * be one; false for none. */
bool alarm_rule_of(enum event event, enum reason reason, const char *details,
		   enum alarm_rule *ret_rule);
