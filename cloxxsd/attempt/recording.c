/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/recording.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/code.h"
#include "cloxxsd/attempt/password_rules.h"
#include "cloxxsd/attempt/reply.h"

static enum event event_of(const struct attempt *attempt, bool allowed)
{
	if (attempt->trial)
		return EVENT_LOGIN_TESTED;
	if (attempt->purpose == LOGIN_PURPOSE_CHANGE)
		return allowed ? EVENT_PASSWORD_CHANGED
			       : EVENT_PASSWORD_CHANGE_DENIED;
	return allowed ? EVENT_LOGIN_ALLOWED : EVENT_LOGIN_DENIED;
}

/* What there is to say beside who, where and why; NULL: nothing. */
static const char *details_of(struct recording *recording,
			      const struct attempt *attempt,
			      const struct login_decision *decision)
{
	struct text text;

	text_init(&text, recording->said, sizeof(recording->said));
	if (attempt->break_glass)
		text_add(&text, "break-glass");
	else if (decision->reason == REASON_NEW_PASSWORD_REFUSED)
		text_add_format(&text, "password=%s",
				password_error_name((int)attempt->fault));
	if (attempt->code.proved_by != CODE_WAY_NONE)
		text_add_format(&text, "%scode=%s", text.n > 0 ? " " : "",
				code_way_name(attempt->code.proved_by));
	if (*decision->country)
		text_add_format(&text, "%scountry=%s", text.n > 0 ? " " : "",
				decision->country);
	return record_text(recording->said);
}

static void add_record(struct recording *recording,
		       const struct attempt *attempt,
		       const struct login_decision *decision,
		       struct change_set *set)
{
	bool allowed = attempt_lets_in(attempt, decision);
	struct record record =
		subject_record(&attempt->subject, clock_realtime_us());
	struct text text;

	text_init(&text, recording->rules, sizeof(recording->rules));
	login_rules_write(decision, &text);
	record.event = event_of(attempt, allowed);
	record.result = allowed ? RECORD_ALLOWED : RECORD_DENIED;
	record.reason = decision->reason;
	record.reference = allowed ? NULL : recording->reference;
	record.rules = recording->rules;
	record.details = details_of(recording, attempt, decision);
	if (attempt->trial)
		record.actor = attempt->trial->actor;
	change_set_record(set, record);
	if (allowed && attempt->break_glass && !attempt->trial) {
		record.event = EVENT_BREAK_GLASS_USED;
		change_set_record(set, record);
	}
}

/* One more under the reference of the wait. */
static void add_refusal(struct recording *recording,
			const struct attempt *attempt,
			const struct login_decision *decision,
			struct change_set *set)
{
	const struct subject *subject = &attempt->subject;
	struct refusal *refusal = &recording->refusal;

	*refusal = (struct refusal){ .last_us = clock_realtime_us() };
	memcpy(refusal->reference, recording->reference, REFERENCE_MAX);
	(void)snprintf(refusal->reason, sizeof(refusal->reason), "%s",
		       reason_name(decision->reason));
	/* Of a user whom there is; what else was typed may be anything. */
	if (attempt->uid != 0)
		(void)snprintf(refusal->user, sizeof(refusal->user), "%.*s",
			       NAME_USER_MAX, subject->name);
	memcpy(refusal->service, subject->service, sizeof(refusal->service));
	throttle_source(subject->address, refusal->address);
	change_set_add(set, (struct change){ .type = CHANGE_REFUSAL,
					     .refusal = refusal });
}

void recording_guess(struct recording *recording, const struct attempt *attempt,
		     struct change_set *set)
{
	const struct throttle_limit limit = attempt_limit(attempt->attempts);
	const struct subject *subject = &attempt->subject;
	char source[NETWORK_TEXT_MAX];
	int64_t wait_us;

	if (!throttle_count(attempt->attempts->throttle, &limit,
			    subject->address, clock_monotonic_us(), &wait_us))
		return;
	reference_make(recording->throttled);
	throttle_source(subject->address, source);
	(void)snprintf(recording->details, sizeof(recording->details),
		       "source=%s wait=%llds limit=%u window=%us", source,
		       (long long)(wait_us / 1000000), limit.failures,
		       limit.window_s);
	(void)snprintf(recording->decided, sizeof(recording->decided), "%s=%s",
		       login_rule_name(LOGIN_RULE_THROTTLE),
		       login_outcome_name(LOGIN_OUTCOME_DENY));
	change_set_record(
		set, (struct record){ .at_us = clock_realtime_us(),
				      .event = EVENT_ADDRESS_THROTTLED,
				      .result = RECORD_DONE,
				      .reason = REASON_THROTTLED,
				      .actor = "cloxxsd",
				      .service = record_text(subject->service),
				      .address = record_text(subject->address),
				      .reference = recording->throttled,
				      .rules = recording->decided,
				      .details = recording->details });
}

void recording_make(struct recording *recording, struct attempt *attempt,
		    const struct login_decision *decision,
		    const char *reference, struct change_set *set)
{
	bool allowed = attempt_lets_in(attempt, decision);

	recording->throttled[0] = '\0';
	/* What an administrator tries counts for nobody. */
	if (!allowed && *attempt->counted_under && !attempt->trial) {
		memcpy(recording->reference, attempt->counted_under,
		       REFERENCE_MAX);
		add_refusal(recording, attempt, decision, set);
		return;
	}
	if (reference)
		memcpy(recording->reference, reference, REFERENCE_MAX);
	else
		reference_make(recording->reference);
	add_record(recording, attempt, decision, set);
	if (attempt->guessed && !attempt->trial)
		recording_guess(recording, attempt, set);
}

void recording_written(const struct recording *recording,
		       struct attempt *attempt)
{
	if (*recording->throttled)
		throttle_name(attempt->attempts->throttle,
			      attempt->subject.address, recording->throttled);
}
