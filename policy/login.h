/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Login: the rules of a login, in their order, as a pure function: facts in,
 * a decision with its one reason and the outcome of each rule out. No clock,
 * store, network or log. Login, account check, change of password and explain
 * all decide here. What a rule does not know is a no.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "policy/hours.h"
#include "policy/origin.h"
#include "policy/reason.h"

enum verdict {
	VERDICT_DENY,
	VERDICT_ALLOW,
	VERDICT_CHANGE, /* only after choosing a new password */
	VERDICT_ASK,    /* the gates pass; the password is still to be proved */
	VERDICT_NOTICE, /* only after accepting the notice */
	VERDICT_CODE,   /* only after a code, the second factor */
};

/* What is asked: which rules apply. */
enum login_purpose {
	_LOGIN_PURPOSE_NONE,
	LOGIN_PURPOSE_LOGIN,     /* a password must be proved */
	LOGIN_PURPOSE_CHANGE,    /* the same, whatever the service */
	LOGIN_PURPOSE_ACCOUNT,   /* every gate, without a password */
	LOGIN_PURPOSE_SESSION,   /* the same, as somebody or on his behalf */
	LOGIN_PURPOSE_UNMANAGED, /* not ours, and from afar: only from where */
	LOGIN_PURPOSE_CHECK,     /* a session of an application: goes it on */
	LOGIN_PURPOSE_KEYS, /* whether his keys are told to who tries them */
};

enum login_password {
	LOGIN_PASSWORD_UNPROVED, /* not asked yet, or not to be asked */
	LOGIN_PASSWORD_WRONG,
	LOGIN_PASSWORD_RIGHT,
	LOGIN_PASSWORD_NOT_TRIED, /* answered, but not verified: see answer */
};

enum login_code {
	LOGIN_CODE_UNPROVED, /* not asked yet, or not to be asked */
	LOGIN_CODE_WRONG,
	LOGIN_CODE_RIGHT,
	LOGIN_CODE_NOT_TRIED, /* it could not be asked: see code_failure */
};

enum login_uid {
	LOGIN_UID_UNKNOWN, /* the system knows no such name */
	LOGIN_UID_OURS,
	LOGIN_UID_OTHER,
};

/* What a user said to the notice in this login. */
enum login_notice {
	LOGIN_NOTICE_UNASKED,
	LOGIN_NOTICE_DECLINED, /* anything but yes */
	LOGIN_NOTICE_ACCEPTED,
};

struct login_facts {
	enum login_purpose purpose;
	bool user_known;
	enum login_uid system_uid;
	bool enabled;
	/* From when until when he is valid, both included; 0: no limit. */
	int64_t not_before_s, not_after_s;
	/* Since when he was not active, and how long he need not be; 0: ever.
	 */
	int64_t active_at_s, inactive_s;
	struct hours hours, service_hours;
	struct hours_moment wall; /* now, where this host stands */
	/* An account for emergencies, and when it is open: until is not. */
	bool break_glass;
	int64_t opened_at_s, open_until_s;
	bool service_allowed;
	/* Another user acts as this one (sudo -u): he was asked himself. */
	bool by_another;
	/* An application speaks for him, and whether he has just logged in to
	 * it: it vouches for nobody. */
	bool by_application, logged_in;
	/* Of unmanaged users: the service asks nothing of where they come from.
	 * Of a session that is checked: nobody said where he is.
	 * Of keys: nobody said from where; the account phase will. */
	bool from_anywhere;
	struct origin origin;
	bool locked;
	uint32_t failures, failures_max;
	bool throttled; /* too many wrong answers came from there */
	bool has_password;
	bool temporary;
	int64_t temporary_until_s;
	/* When the password became what it is, and how old it may be, and must
	 * be to be changed: 0 is no limit. */
	int64_t changed_s;
	uint32_t max_age_s, min_age_s;
	/* A program that nobody sits at: nobody there could choose another. */
	bool unattended;
	int64_t now_s;
	/* The latest time that is known; after now, the clock was set back. */
	int64_t latest_s;
	enum login_password password;
	/* Why an answer was not verified; read with PASSWORD_NOT_TRIED. */
	enum reason answer;
	/* The service, or the user, asks for a code where he is; and there is a
	 * way by which he can have one. */
	bool code_due, code_possible;
	enum login_code code;
	enum reason code_failure; /* read with CODE_NOT_TRIED */
	/* The notice must be accepted, in its present version, and was not. */
	bool notice_due;
	/* And who cannot be asked is let in nevertheless, and shown it. */
	bool notice_may_wait;
	enum login_notice notice;
};

enum login_rule {
	LOGIN_RULE_USER_KNOWN,
	LOGIN_RULE_NAME,
	LOGIN_RULE_ENABLED,
	LOGIN_RULE_NOT_BEFORE,
	LOGIN_RULE_NOT_AFTER,
	LOGIN_RULE_ACTIVE,
	LOGIN_RULE_HOURS,
	LOGIN_RULE_OPEN,
	LOGIN_RULE_SERVICE,
	LOGIN_RULE_ORIGIN,
	LOGIN_RULE_FIXED_NETWORKS,
	LOGIN_RULE_ADMINISTRATOR_NETWORKS,
	LOGIN_RULE_GEOFENCE,
	LOGIN_RULE_NOT_LOCKED,
	LOGIN_RULE_THROTTLE,
	LOGIN_RULE_HAS_PASSWORD,
	LOGIN_RULE_ANSWER,
	LOGIN_RULE_PASSWORD,
	LOGIN_RULE_TEMPORARY,
	LOGIN_RULE_CODE,
	LOGIN_RULE_AGE,
	LOGIN_RULE_NOTICE,
	LOGIN_RULE_LOGGED_IN,
	_LOGIN_RULE_N,
};

enum login_outcome {
	LOGIN_OUTCOME_SKIPPED, /* an earlier rule had decided, or not asked */
	LOGIN_OUTCOME_PASS,
	LOGIN_OUTCOME_DENY,
};

struct login_decision {
	enum verdict verdict;
	enum reason reason;
	enum login_outcome outcomes[_LOGIN_RULE_N];
	char country[COUNTRY_SIZE]; /* that it came from; "": not known */
};

/*
 * Decides. Before a password was proved the verdict of a login whose gates
 * all pass is VERDICT_ASK; the gates are the same then and afterwards.
 */
struct login_decision login_decide(const struct login_facts *facts);

/* Whether a password may be verified at all: no gate denies. */
bool login_gates_pass(const struct login_facts *facts);

/* What the rules of validity and activity alone deny by; REASON_NONE: not. */
enum reason login_validity(const struct login_facts *facts);
/* Whether what denied is a gate, which stands before the password too. */
bool login_denied_at_gate(const struct login_decision *decision);

const char *login_rule_name(enum login_rule rule);
/* One sentence: what the rule asks. */
const char *login_rule_text(enum login_rule rule);
const char *login_outcome_name(enum login_outcome outcome);
const char *verdict_name(enum verdict verdict);

/* Room for what login_rules_write() writes. */
#define LOGIN_RULES_TEXT_MAX 1024
/* "rule=outcome" joined by blanks: how the rules stand in records. */
void login_rules_write(const struct login_decision *decision,
		       struct text *text);
/* What was written read back; false where it is no such line. */
bool login_rules_read(const char *line,
		      enum login_outcome ret_outcomes[_LOGIN_RULE_N]);
