/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. That a code was sent is on the disk before it leaves: no restart, and no
 *     clock that was set back, makes more of them possible.
 *  2. The code stands in the memory of its attempt alone, and in the message.
 * It is uniform, and is never made anew while one that was sent is valid.
 *  3. What may have left is not sent a second time by another way.
 *  4. A gateway that fails lets nobody in.
 */
#include "cloxxsd/attempt/code_sending.h"

#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cloxxsd/attempt/code.h"
#include "cloxxsd/attempt/reply.h"
#include "policy/contact.h"

#define OF_HIS_OWN ((1U << CODE_WAY_APP) | (1U << CODE_WAY_RECOVERY))
#define HOUR_S 3600
#define DAY_S 86400
/* All routes together; a login goes on being told that the daemon lives. */
#define TIMEOUT_MS 20000

/* Digit by digit: a leading zero is one like others. */
void code_make(size_t n, struct secret *ret_code)
{
	char digits[16];

	for (size_t i = 0; i < n; i++)
		digits[i] = (char)('0' + randombytes_uniform(10));
	(void)!secret_set(ret_code, digits, n);
	explicit_bzero(digits, sizeof(digits));
}

static void make(struct attempt *attempt)
{
	const struct settings *settings = attempt->attempts->settings;

	code_make(settings->code_digits, &attempt->code.sent);
	attempt->code.until_us = clock_boottime_us() +
				 (int64_t)settings->code_lifetime_s * 1000000;
}

static bool is_valid(const struct attempt *attempt)
{
	return !secret_is_empty(&attempt->code.sent) &&
	       clock_boottime_us() < attempt->code.until_us;
}

/* Whether one more may be sent in that time; -errno where that cannot be read.
 */
static int count_since(const struct attempt *attempt, int64_t since,
		       uint32_t user_max, uint32_t all_max, bool *ret_may)
{
	uint32_t n_user, n_all;
	int r;

	r = second_factor_sent(attempt->attempts->state->store, attempt->uid,
			       since, &n_user, &n_all);
	if (r == 0)
		*ret_may = n_user < user_max && n_all < all_max;
	return r;
}

/* A day is four of the fullest hours. */
static int count(const struct attempt *attempt, int64_t now, bool *ret_may)
{
	const struct settings *settings = attempt->attempts->settings;
	int r;

	r = count_since(attempt, now - HOUR_S, settings->code_per_user,
			settings->code_per_hour, ret_may);
	if (r != 0 || !*ret_may)
		return r;
	return count_since(attempt, now - DAY_S, settings->code_per_user * 4,
			   settings->code_per_hour * 4, ret_may);
}

static void tell_to(const struct attempt *attempt, const struct code_ways *ways,
		    const char *hidden, struct text *text)
{
	if (attempt->code.way == CODE_WAY_SMS)
		contact_phone_mask(ways->phone.bytes,
				   attempt->attempts->settings->code_prefixes,
				   hidden, text);
	else
		contact_mail_mask(ways->mail.bytes, hidden, text);
}

static void record_result(struct attempt *attempt, const struct code_ways *ways,
			  enum courier_result result, const char *route,
			  const char *detail)
{
	struct record record =
		subject_record(&attempt->subject, clock_realtime_us());
	struct change_set set = { 0 };
	char details[256];
	struct text text;

	text_init(&text, details, sizeof(details));
	text_add_format(&text, "way=%s to=\"",
			code_way_name(attempt->code.way));
	tell_to(attempt, ways, "*", &text);
	text_add_format(&text, "\" sent=%s", courier_result_name(result));
	if (*route)
		text_add_format(&text, " route=%.40s", route);
	if (*detail)
		text_add_format(&text, " detail=\"%.80s\"", detail);
	record.event = EVENT_CODE_SENT;
	record.result =
		result == COURIER_ACCEPTED ? RECORD_DONE : RECORD_DENIED;
	record.reason =
		result == COURIER_ACCEPTED ? REASON_NONE : REASON_CODE_NOT_SENT;
	record.details = details;
	change_set_record(&set, record);
	/* What has not left costs nothing, and is not counted. */
	if (result == COURIER_REFUSED || result == COURIER_UNREACHABLE)
		change_set_add(&set,
			       (struct change){ .type = CHANGE_CODE_UNSENT,
						.uid = attempt->uid,
						.at = attempt->code.sent_at });
	/* What cannot be recorded is not what lets anybody in. */
	(void)!state_apply(attempt->attempts->state, &set);
}

static int ask_unsent(struct attempt *attempt)
{
	return code_ask(attempt, hearer_text(&attempt->hearer,
					     "No code can be sent at the "
					     "moment."));
}

/* What needs no message: an app, a recovery code; or no. */
static int ask_of_his_own(struct attempt *attempt, const struct code_ways *ways,
			  enum reason otherwise)
{
	attempt->code.way = ways->ways & (1U << CODE_WAY_APP)
				    ? CODE_WAY_APP
				    : CODE_WAY_RECOVERY;
	if (ways->ways & (1U << attempt->code.way))
		return ask_unsent(attempt);
	code_refuse(attempt, otherwise);
	return 0;
}

/* Behind a message that did not leave. */
static int go_on_without(struct attempt *attempt, const struct code_ways *ways)
{
	if (attempt->code.way == CODE_WAY_SMS &&
	    (ways->ways & (1U << CODE_WAY_MAIL))) {
		attempt->code.way = CODE_WAY_MAIL;
		return code_send(attempt);
	}
	return ask_of_his_own(attempt, ways, REASON_CODE_NOT_SENT);
}

/*
 * As many were sent as may be. Whoever has the password can bring that about:
 * it must not shut out who has another way, or the code that was sent to this
 * attempt before.
 */
static int go_on_spent(struct attempt *attempt, const struct code_ways *ways)
{
	struct record record =
		subject_record(&attempt->subject, clock_realtime_us());
	bool is_sent = is_valid(attempt);
	struct change_set set = { 0 };

	if (!is_sent && !(ways->ways & OF_HIS_OWN)) {
		code_refuse(attempt, REASON_CODES_SPENT);
		return 0;
	}
	record.event = EVENT_CODE_SENT;
	record.result = RECORD_DENIED;
	record.reason = REASON_CODES_SPENT;
	change_set_record(&set, record);
	if (state_apply(attempt->attempts->state, &set) != 0)
		return -EIO;
	if (!is_sent)
		return ask_of_his_own(attempt, ways, REASON_CODES_SPENT);
	attempt->code.way = attempt->code.sent_by;
	return ask_unsent(attempt);
}

static int ask_for_sent(struct attempt *attempt, const struct code_ways *ways,
			bool certain)
{
	char before[160], to[80];
	struct text text;

	text_init(&text, to, sizeof(to));
	tell_to(attempt, ways, "*", &text);
	text_init(&text, before, sizeof(before));
	if (certain)
		text_add_format(
			&text,
			hearer_text(&attempt->hearer, "A code was sent to %s."),
			to);
	else
		text_add_format(&text,
				hearer_text(&attempt->hearer,
					    "A code may be on its way to %s."),
				to);
	return code_ask(attempt, before);
}

static int go_on(struct attempt *attempt, enum courier_result result,
		 const char *route, const char *detail)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	int r = code_ways_find(attempt->attempts, attempt->uid, &ways);

	if (r != 0)
		return r;
	record_result(attempt, &ways, result, route, detail);
	switch (result) {
	case COURIER_ACCEPTED:
	case COURIER_UNCERTAIN:
		return ask_for_sent(attempt, &ways, result == COURIER_ACCEPTED);
	case COURIER_REFUSED:
	case COURIER_UNREACHABLE:
	case _COURIER_RESULTS:
		break;
	}
	return go_on_without(attempt, &ways);
}

static void sent(struct courier_job *job, enum courier_result result,
		 const char *route, const char *detail)
{
	struct attempt *attempt = job->userdata;

	attempt_hold(attempt);
	if (go_on(attempt, result, route, detail) != 0)
		code_refuse(attempt, REASON_NOT_WRITTEN);
	attempt_release(attempt);
}

static void host(char *ret_name, size_t size)
{
	if (gethostname(ret_name, size) != 0)
		ret_name[0] = '\0';
	ret_name[size - 1] = '\0';
}

/* Within the 160 letters of one SMS; the code first, where a telephone shows it
 * without being opened. */
static void write_text(const struct attempt *attempt, const char *at,
		       struct text *text)
{
	text_add_format(text,
			hearer_text(&attempt->hearer,
				    "%s is your code for %s on %s. Give it to "
				    "nobody."),
			attempt->code.sent.bytes, attempt->subject.service, at);
}

static int hand_over(struct attempt *attempt, const struct code_ways *ways)
{
	bool sms = attempt->code.way == CODE_WAY_SMS;
	char reference[2 * 16 + 1], buffer[256], subject[128], at[41];
	uint8_t random[16];
	struct text text;
	int r;

	host(at, sizeof(at));
	text_init(&text, subject, sizeof(subject));
	text_add_format(&text, hearer_text(&attempt->hearer, "Code for %s"),
			at);
	text_init(&text, buffer, sizeof(buffer));
	write_text(attempt, at, &text);
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(reference, sizeof(reference), random, sizeof(random));
	attempt->code.job =
		(struct courier_job){ .done = sent, .userdata = attempt };
	r = courier_send(
		attempt->attempts->courier,
		&(struct courier_message){
			.kind = sms ? COURIER_SMS : COURIER_MAIL,
			.to = sms ? ways->phone.bytes : ways->mail.bytes,
			.subject = sms ? NULL : subject,
			.text = buffer,
			.reference = reference,
			.timeout_ms = TIMEOUT_MS,
		},
		&attempt->code.job);
	explicit_bzero(buffer, sizeof(buffer));
	return r;
}

int code_send(struct attempt *attempt)
{
	struct state *state = attempt->attempts->state;
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	int64_t now = state_moment(state, 0).latest;
	struct change_set set = { 0 };
	bool may = false;
	int r;

	r = code_ways_find(attempt->attempts, attempt->uid, &ways);
	if (r == 0)
		r = count(attempt, now, &may);
	if (r != 0)
		return r;
	if (!may)
		return go_on_spent(attempt, &ways);
	change_set_add(&set, (struct change){ .type = CHANGE_CODE_SENT,
					      .uid = attempt->uid,
					      .at = now });
	r = state_apply(state, &set);
	if (r != 0)
		return r;
	if (!is_valid(attempt))
		make(attempt);
	attempt->code.sent_by = attempt->code.way;
	attempt->code.sent_at = now;
	attempt->phase = ATTEMPT_SENDING;
	r = attempt_arm(attempt);
	if (r == 0)
		r = hand_over(attempt, &ways);
	if (r > 0) {
		/* Too many wait: as if nobody could be reached. */
		record_result(attempt, &ways, COURIER_UNREACHABLE, "", "");
		return go_on_without(attempt, &ways);
	}
	return r;
}
