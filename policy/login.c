/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A decision that no rule made is a denial (REASON_UNDECIDED).
 *  2. No rule behind the first denial is asked.
 *  3. Gates never depend on whether a password was right, so that the decision
 *     before the hash and the one after it differ only by the password.
 *  4. What has ended by the latest time that is known has ended, whatever the
 *     clock shows now.
 */
#include "policy/login.h"

#include <string.h>

#include "policy/password.h"

/* A rule's answer: pass, deny with a reason, or not asked here. */
struct answer {
	enum login_outcome outcome;
	enum reason reason;
};

static struct answer pass_or(bool pass, enum reason reason)
{
	return pass ? (struct answer){ LOGIN_OUTCOME_PASS, REASON_NONE }
		    : (struct answer){ LOGIN_OUTCOME_DENY, reason };
}

static struct answer skipped(void)
{
	return (struct answer){ LOGIN_OUTCOME_SKIPPED, REASON_NONE };
}

/* root, and whoever else stands in /etc/passwd: others know about them. */
static bool is_unmanaged(const struct login_facts *facts)
{
	return facts->purpose == LOGIN_PURPOSE_UNMANAGED;
}

static struct answer user_known(const struct login_facts *facts)
{
	if (is_unmanaged(facts))
		return skipped();
	return pass_or(facts->user_known, REASON_UNKNOWN_USER);
}

/* A user unknown to the system cannot collide; he cannot run anything either.
 */
static struct answer name(const struct login_facts *facts)
{
	if (is_unmanaged(facts))
		return skipped();
	return pass_or(facts->system_uid != LOGIN_UID_OTHER,
		       REASON_NAME_COLLISION);
}

static struct answer enabled(const struct login_facts *facts)
{
	if (is_unmanaged(facts))
		return skipped();
	return pass_or(facts->enabled, REASON_DISABLED);
}

/* Of ends: a clock that was set back makes nothing last longer. */
static int64_t latest(const struct login_facts *facts)
{
	return facts->latest_s > facts->now_s ? facts->latest_s : facts->now_s;
}

/* What lasts until end_s, which is no longer in it. */
static struct answer lasts(const struct login_facts *facts, int64_t end_s,
			   enum reason reason)
{
	if (facts->now_s >= end_s)
		return pass_or(false, reason);
	return pass_or(facts->latest_s < end_s, REASON_CLOCK_SET_BACK);
}

static struct answer not_before(const struct login_facts *facts)
{
	if (facts->not_before_s == 0)
		return skipped();
	return pass_or(facts->not_before_s <= facts->now_s,
		       REASON_NOT_YET_VALID);
}

static struct answer not_after(const struct login_facts *facts)
{
	if (facts->not_after_s == 0)
		return skipped();
	return lasts(facts, facts->not_after_s + 1, REASON_NO_LONGER_VALID);
}

/* Who is in stays in: what keeps logins out ends no session. */
static bool is_in(const struct login_facts *facts)
{
	return facts->purpose == LOGIN_PURPOSE_CHECK;
}

/*
 * Whether one of ours comes himself, in the ordinary way: an account for
 * emergencies is one that nobody uses, and must open at any hour; and who acts
 * as him is not there in his place.
 */
static bool comes_himself(const struct login_facts *facts)
{
	return !is_unmanaged(facts) && !is_in(facts) && !facts->break_glass &&
	       !(facts->purpose == LOGIN_PURPOSE_SESSION && facts->by_another);
}

static struct answer active(const struct login_facts *facts)
{
	if (facts->inactive_s == 0 || !comes_himself(facts))
		return skipped();
	return lasts(facts, facts->active_at_s + facts->inactive_s,
		     REASON_INACTIVE);
}

static struct answer hours(const struct login_facts *facts)
{
	if ((facts->hours.n == 0 && facts->service_hours.n == 0) ||
	    !comes_himself(facts))
		return skipped();
	if (!hours_contain(&facts->hours, &facts->wall))
		return pass_or(false, REASON_OUTSIDE_HOURS);
	return pass_or(hours_contain(&facts->service_hours, &facts->wall),
		       REASON_OUTSIDE_SERVICE_HOURS);
}

/* Before it was opened a clock is one that was set back: closed. */
static struct answer is_open(const struct login_facts *facts)
{
	if (!facts->break_glass)
		return skipped();
	return pass_or(facts->opened_at_s <= facts->now_s &&
			       latest(facts) < facts->open_until_s,
		       REASON_BREAK_GLASS_CLOSED);
}

/* The account phase and the session ask no password. */
static bool asks_password(const struct login_facts *facts)
{
	return facts->purpose == LOGIN_PURPOSE_LOGIN ||
	       facts->purpose == LOGIN_PURPOSE_CHANGE;
}

/*
 * Everybody may change his own password, through whatever asks him, but an
 * application asks its own users only; and as whom a service lets somebody else
 * act is that service's own rule (sudoers).
 */
static struct answer service(const struct login_facts *facts)
{
	if ((facts->purpose == LOGIN_PURPOSE_CHANGE &&
	     !facts->by_application) ||
	    (facts->purpose == LOGIN_PURPOSE_SESSION && facts->by_another))
		return skipped();
	return pass_or(facts->service_allowed,
		       is_unmanaged(facts) ? REASON_UNMANAGED_DENIED
					   : REASON_SERVICE_NOT_ALLOWED);
}

static bool may_come_from_anywhere(const struct login_facts *facts)
{
	return (is_unmanaged(facts) || is_in(facts) ||
		facts->purpose == LOGIN_PURPOSE_KEYS) &&
	       facts->from_anywhere;
}

static struct answer origin(const struct login_facts *facts)
{
	if (may_come_from_anywhere(facts))
		return skipped();
	return pass_or(facts->origin.kind != ORIGIN_UNKNOWN,
		       REASON_ORIGIN_UNKNOWN);
}

/* Networks that may be set; this host itself is in none. */
static struct answer within(const struct login_facts *facts,
			    enum origin_networks networks, enum reason reason)
{
	if (facts->origin.kind == ORIGIN_LOCAL ||
	    networks == ORIGIN_NO_NETWORKS || may_come_from_anywhere(facts))
		return skipped();
	return pass_or(networks == ORIGIN_INSIDE, reason);
}

static struct answer fixed_networks(const struct login_facts *facts)
{
	return within(facts, facts->origin.fixed,
		      REASON_OUTSIDE_FIXED_NETWORKS);
}

static struct answer administrator_networks(const struct login_facts *facts)
{
	return within(facts, facts->origin.administration,
		      REASON_OUTSIDE_ADMINISTRATOR_NETWORKS);
}

static enum reason reason_of(enum origin_place place)
{
	switch (place) {
	case ORIGIN_PLACE_UNKNOWN:
		return REASON_COUNTRY_UNKNOWN;
	case ORIGIN_PLACE_MISSING:
		return REASON_GEOIP_MISSING;
	case ORIGIN_PLACE_OLD:
		return REASON_GEOIP_OLD;
	case ORIGIN_PLACE_SPECIAL:
		return REASON_LOCAL_ADDRESS;
	case ORIGIN_PLACE_ELSEWHERE:
		return REASON_COUNTRY_NOT_ALLOWED;
	case ORIGIN_PLACE_ALLOWED:
		break;
	}
	return REASON_UNDECIDED;
}

/* A network that was named, or a bastion of ours, is in the right country. */
static struct answer geofence(const struct login_facts *facts)
{
	const struct origin *from = &facts->origin;

	if (may_come_from_anywhere(facts) || from->kind == ORIGIN_LOCAL ||
	    from->fixed == ORIGIN_INSIDE ||
	    from->administration == ORIGIN_INSIDE || from->is_bastion)
		return skipped();
	return pass_or(from->place == ORIGIN_PLACE_ALLOWED,
		       reason_of(from->place));
}

static struct answer not_locked(const struct login_facts *facts)
{
	if (is_unmanaged(facts) || is_in(facts))
		return skipped();
	return pass_or(!facts->locked && facts->failures < facts->failures_max,
		       REASON_LOCKED);
}

/*
 * It paces the guessing of passwords, so it is not asked where none is: a login
 * by key guesses nothing, and whoever shares an address with a guesser still
 * gets in by his.
 */
static struct answer throttle(const struct login_facts *facts)
{
	if (!asks_password(facts))
		return skipped();
	return pass_or(!facts->throttled, REASON_THROTTLED);
}

static struct answer has_password(const struct login_facts *facts)
{
	if (!asks_password(facts))
		return skipped();
	return pass_or(facts->has_password, REASON_NO_PASSWORD);
}

static struct answer answered(const struct login_facts *facts)
{
	if (!asks_password(facts))
		return skipped();
	return pass_or(facts->password != LOGIN_PASSWORD_NOT_TRIED,
		       facts->answer);
}

static struct answer password(const struct login_facts *facts)
{
	if (!asks_password(facts) || facts->password == LOGIN_PASSWORD_UNPROVED)
		return skipped();
	return pass_or(facts->password == LOGIN_PASSWORD_RIGHT,
		       REASON_WRONG_PASSWORD);
}

/* Told only to who proved the password, or came in without one; keys are told
 * before anybody did. */
static struct answer temporary(const struct login_facts *facts)
{
	if (!facts->temporary || is_in(facts) ||
	    facts->purpose == LOGIN_PURPOSE_KEYS ||
	    (asks_password(facts) &&
	     facts->password == LOGIN_PASSWORD_UNPROVED))
		return skipped();
	return lasts(facts, facts->temporary_until_s, REASON_TEMPORARY_EXPIRED);
}

/*
 * A second factor comes behind the password, and before another one is chosen:
 * who has only a password that was meant for somebody else must not make it his
 * own. Where none is asked for, as with a key, it must have been proved before;
 * but a program that nobody sits at, and who acts as him, is not he.
 */
static struct answer code(const struct login_facts *facts)
{
	if (!facts->code_due || is_unmanaged(facts) || is_in(facts) ||
	    facts->purpose == LOGIN_PURPOSE_KEYS)
		return skipped();
	if (!asks_password(facts)) {
		if (facts->by_another || facts->unattended)
			return skipped();
		return pass_or(facts->code == LOGIN_CODE_RIGHT,
			       REASON_CODE_NOT_PROVED);
	}
	if (facts->password != LOGIN_PASSWORD_RIGHT)
		return skipped();
	switch (facts->code) {
	case LOGIN_CODE_UNPROVED:
		if (!facts->code_possible)
			return pass_or(false, REASON_NO_SECOND_FACTOR);
		return skipped();
	case LOGIN_CODE_WRONG:
		return pass_or(false, REASON_WRONG_CODE);
	case LOGIN_CODE_NOT_TRIED:
		return pass_or(false, facts->code_failure);
	case LOGIN_CODE_RIGHT:
		break;
	}
	return pass_or(true, REASON_NONE);
}

/*
 * A password that somebody chose and that is too old. Not an emergency's, which
 * nobody has used since its envelope was closed; not where nobody could choose.
 */
static bool is_expired(const struct login_facts *facts)
{
	return facts->has_password && !facts->temporary &&
	       !facts->break_glass && !facts->unattended &&
	       password_is_expired(facts->max_age_s, facts->changed_s,
				   latest(facts));
}

/* Whoever must change may; whoever only wants to waits. */
static struct answer age(const struct login_facts *facts)
{
	if (facts->purpose != LOGIN_PURPOSE_CHANGE ||
	    facts->password == LOGIN_PASSWORD_UNPROVED || facts->temporary ||
	    is_expired(facts))
		return skipped();
	return pass_or(!password_is_too_young(facts->min_age_s,
					      facts->changed_s, facts->now_s),
		       REASON_PASSWORD_TOO_YOUNG);
}

/* Why another password must be chosen first; REASON_NONE where it need not. */
static enum reason must_change(const struct login_facts *facts)
{
	/* Whoever acts as him did not come in by that password. */
	if (facts->purpose == LOGIN_PURPOSE_SESSION && facts->by_another)
		return REASON_NONE;
	if (facts->temporary)
		return REASON_MUST_CHANGE;
	return is_expired(facts) ? REASON_PASSWORD_EXPIRED : REASON_NONE;
}

/* Asked of who proved a password, when it can stay as it is. */
static struct answer notice(const struct login_facts *facts)
{
	switch (facts->purpose) {
	case LOGIN_PURPOSE_LOGIN:
		if (facts->password != LOGIN_PASSWORD_RIGHT ||
		    must_change(facts) != REASON_NONE ||
		    facts->notice == LOGIN_NOTICE_UNASKED)
			return skipped();
		return pass_or(facts->notice == LOGIN_NOTICE_ACCEPTED,
			       REASON_NOTICE_DECLINED);
	case LOGIN_PURPOSE_SESSION:
		if (facts->by_another)
			return skipped();
		break;
	case LOGIN_PURPOSE_ACCOUNT:
		break;
	case LOGIN_PURPOSE_CHANGE:
	case LOGIN_PURPOSE_UNMANAGED:
	case LOGIN_PURPOSE_CHECK:
	case LOGIN_PURPOSE_KEYS:
	case _LOGIN_PURPOSE_NONE:
		return skipped();
	}
	if (!facts->notice_due || facts->notice_may_wait)
		return skipped();
	return pass_or(false, REASON_NOTICE_NOT_ACCEPTED);
}

/* Else whoever gets hold of an application is whom he likes. */
static struct answer logged_in(const struct login_facts *facts)
{
	if (!facts->by_application || facts->purpose != LOGIN_PURPOSE_SESSION)
		return skipped();
	return pass_or(facts->logged_in, REASON_NOT_LOGGED_IN);
}

static const struct {
	const char *name;
	const char *text;
	bool gate;
	struct answer (*ask)(const struct login_facts *facts);
} rules[_LOGIN_RULE_N] = {
	[LOGIN_RULE_USER_KNOWN] = { "user-known", "The user exists.", true,
				    user_known },
	[LOGIN_RULE_NAME] = { "name",
			      "The system gives this name no other uid.", true,
			      name },
	[LOGIN_RULE_ENABLED] = { "enabled", "The account is enabled.", true,
				 enabled },
	[LOGIN_RULE_NOT_BEFORE] = { "not-before",
				    "The account is valid already.", true,
				    not_before },
	[LOGIN_RULE_NOT_AFTER] = { "not-after", "The account is still valid.",
				   true, not_after },
	[LOGIN_RULE_ACTIVE] = { "active",
				"The account was used not too long ago.", true,
				active },
	[LOGIN_RULE_HOURS] = { "hours",
			       "The user and the service are let in at this "
			       "hour.",
			       true, hours },
	[LOGIN_RULE_OPEN] = { "open",
			      "A break-glass account is open at this time.",
			      true, is_open },
	[LOGIN_RULE_SERVICE] = { "service", "The user may use the service.",
				 true, service },
	[LOGIN_RULE_ORIGIN] = { "origin",
				"It is known where the login comes from.", true,
				origin },
	[LOGIN_RULE_FIXED_NETWORKS] = { "fixed-networks",
					"The address is in the user's fixed "
					"networks.",
					true, fixed_networks },
	[LOGIN_RULE_ADMINISTRATOR_NETWORKS] = { "administrator-networks",
						"Who administers comes from an "
						"administrator network.",
						true, administrator_networks },
	[LOGIN_RULE_GEOFENCE] = { "geofence",
				  "The address is in a country or of a kind "
				  "that is allowed.",
				  true, geofence },
	[LOGIN_RULE_NOT_LOCKED] = { "not-locked", "The account is not locked.",
				    true, not_locked },
	[LOGIN_RULE_THROTTLE] = { "throttle",
				  "The address had few wrong answers lately.",
				  true, throttle },
	[LOGIN_RULE_HAS_PASSWORD] = { "has-password",
				      "The user has a password.", true,
				      has_password },
	[LOGIN_RULE_ANSWER] = { "answer", "The answer can be a password.",
				false, answered },
	[LOGIN_RULE_PASSWORD] = { "password", "The password is right.", false,
				  password },
	[LOGIN_RULE_TEMPORARY] = { "temporary",
				   "A temporary password is still valid.",
				   false, temporary },
	[LOGIN_RULE_CODE] = { "code",
			      "A code was proved where one is asked for.",
			      false, code },
	[LOGIN_RULE_AGE] = { "age", "The password may be changed already.",
			     false, age },
	[LOGIN_RULE_NOTICE] = { "notice", "The notice was accepted.", false,
				notice },
	[LOGIN_RULE_LOGGED_IN] = { "logged-in",
				   "Who comes through an application has just "
				   "logged in to it.",
				   false, logged_in },
};

/* The password is right, and nothing denies. */
static struct login_decision next_step(const struct login_facts *facts,
				       struct login_decision decision)
{
	enum reason change = must_change(facts);

	if (facts->code_due && facts->code != LOGIN_CODE_RIGHT) {
		decision.verdict = VERDICT_CODE;
		decision.reason = REASON_CODE_DUE;
	} else if (change != REASON_NONE) {
		decision.verdict = VERDICT_CHANGE;
		decision.reason = change;
	} else if (facts->purpose == LOGIN_PURPOSE_LOGIN && facts->notice_due &&
		   facts->notice == LOGIN_NOTICE_UNASKED) {
		decision.verdict = VERDICT_NOTICE;
		decision.reason = REASON_NOTICE_DUE;
	} else {
		decision.verdict = VERDICT_ALLOW;
		decision.reason = REASON_PASSWORD_VERIFIED;
	}
	return decision;
}

static struct login_decision conclude(const struct login_facts *facts,
				      struct login_decision decision)
{
	enum reason change = must_change(facts);

	switch (facts->purpose) {
	case LOGIN_PURPOSE_LOGIN:
	case LOGIN_PURPOSE_CHANGE:
		if (facts->password == LOGIN_PASSWORD_UNPROVED) {
			decision.verdict = VERDICT_ASK;
			decision.reason = REASON_RULES_PASSED;
		} else if (facts->password == LOGIN_PASSWORD_RIGHT) {
			decision = next_step(facts, decision);
		}
		break;
	case LOGIN_PURPOSE_ACCOUNT:
	case LOGIN_PURPOSE_SESSION:
		decision.verdict =
			change != REASON_NONE ? VERDICT_CHANGE : VERDICT_ALLOW;
		decision.reason =
			change != REASON_NONE ? change : REASON_RULES_PASSED;
		break;
	case LOGIN_PURPOSE_UNMANAGED:
	case LOGIN_PURPOSE_CHECK:
	case LOGIN_PURPOSE_KEYS:
		decision.verdict = VERDICT_ALLOW;
		decision.reason = REASON_RULES_PASSED;
		break;
	case _LOGIN_PURPOSE_NONE:
		break;
	}
	return decision;
}

struct login_decision login_decide(const struct login_facts *facts)
{
	struct login_decision decision = { .verdict = VERDICT_DENY,
					   .reason = REASON_UNDECIDED };

	memcpy(decision.country, facts->origin.country, COUNTRY_SIZE);
	for (unsigned int i = 0; i < _LOGIN_RULE_N; i++) {
		struct answer answer = rules[i].ask(facts);

		decision.outcomes[i] = answer.outcome;
		if (answer.outcome == LOGIN_OUTCOME_DENY) {
			decision.reason = answer.reason;
			return decision;
		}
	}
	return conclude(facts, decision);
}

bool login_gates_pass(const struct login_facts *facts)
{
	for (unsigned int i = 0; i < _LOGIN_RULE_N; i++)
		if (rules[i].gate &&
		    rules[i].ask(facts).outcome == LOGIN_OUTCOME_DENY)
			return false;
	return true;
}

enum reason login_validity(const struct login_facts *facts)
{
	for (unsigned int i = LOGIN_RULE_NOT_BEFORE; i <= LOGIN_RULE_ACTIVE;
	     i++) {
		struct answer answer = rules[i].ask(facts);

		if (answer.outcome == LOGIN_OUTCOME_DENY)
			return answer.reason;
	}
	return REASON_NONE;
}

bool login_denied_at_gate(const struct login_decision *decision)
{
	for (unsigned int i = 0; i < _LOGIN_RULE_N; i++)
		if (rules[i].gate &&
		    decision->outcomes[i] == LOGIN_OUTCOME_DENY)
			return true;
	return false;
}

const char *login_rule_name(enum login_rule rule)
{
	return rules[rule].name;
}

const char *login_rule_text(enum login_rule rule)
{
	return rules[rule].text;
}

static const char *const outcome_names[] = {
	[LOGIN_OUTCOME_SKIPPED] = "skipped",
	[LOGIN_OUTCOME_PASS] = "pass",
	[LOGIN_OUTCOME_DENY] = "deny",
};

const char *login_outcome_name(enum login_outcome outcome)
{
	return outcome_names[outcome];
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_DENY] = "deny",     [VERDICT_ALLOW] = "allow",
		[VERDICT_CHANGE] = "change", [VERDICT_ASK] = "ask",
		[VERDICT_NOTICE] = "notice", [VERDICT_CODE] = "code",
	};

	return names[verdict];
}

void login_rules_write(const struct login_decision *decision, struct text *text)
{
	for (unsigned int i = 0; i < _LOGIN_RULE_N; i++)
		text_add_format(text, "%s%s=%s", i > 0 ? " " : "",
				rules[i].name,
				outcome_names[decision->outcomes[i]]);
}

static bool read_outcome(const char *word, size_t n,
			 enum login_outcome *ret_outcome)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(outcome_names); i++)
		if (strlen(outcome_names[i]) == n &&
		    strncmp(outcome_names[i], word, n) == 0) {
			*ret_outcome = (enum login_outcome)i;
			return true;
		}
	return false;
}

/* Sets the outcome that "rule=outcome" of n bytes names. */
static bool read_pair(const char *pair, size_t n,
		      enum login_outcome ret_outcomes[_LOGIN_RULE_N])
{
	const char *equals = memchr(pair, '=', n);
	size_t n_name;

	if (!equals)
		return false;
	n_name = (size_t)(equals - pair);
	for (unsigned int i = 0; i < _LOGIN_RULE_N; i++)
		if (strlen(rules[i].name) == n_name &&
		    strncmp(rules[i].name, pair, n_name) == 0)
			return read_outcome(equals + 1, n - n_name - 1,
					    &ret_outcomes[i]);
	return false;
}

bool login_rules_read(const char *line,
		      enum login_outcome ret_outcomes[_LOGIN_RULE_N])
{
	enum login_outcome outcomes[_LOGIN_RULE_N] = { 0 };

	while (*line) {
		size_t n = strcspn(line, " ");

		if (!read_pair(line, n, outcomes))
			return false;
		line += n;
		line += *line == ' ';
	}
	memcpy(ret_outcomes, outcomes, sizeof(outcomes));
	return true;
}
