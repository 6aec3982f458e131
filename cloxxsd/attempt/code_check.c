/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. One answer of a user is judged at a time, in the lane in which his
 *     passwords are: three wrong ones lock him, of whichever kind, and no
 *     fourth is looked at.
 *  2. A wrong code is counted, and a right one used up, on the disk before the
 *     answer leaves.
 *  3. A code is right once, in the attempt that it was made for, until its time
 *     is over, and while nothing of its user changed.
 *  4. What is no code is compared with nothing, and counts all the same: who
 *     types anything guesses.
 */
#include "cloxxsd/attempt/code_check.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/code.h"
#include "cloxxsd/attempt/going_on.h"
#include "cloxxsd/attempt/recording.h"
#include "cloxxsd/attempt/reply.h"
#include "cloxxsd/attempt/totp.h"
#include "cloxxsd/state/lockout.h"

/* What is right about what was typed. */
struct verdict_of_code {
	bool right, expired;
	enum code_way way;
	int64_t used; /* a time step, or the number of a recovery code */
};

static void judge_sent(struct attempt *attempt, struct verdict_of_code *verdict)
{
	const struct secret *sent = &attempt->code.sent;

	if (secret_is_empty(sent) || !secret_equal(sent, &attempt->code.typed))
		return;
	verdict->expired = clock_boottime_us() >= attempt->code.until_us;
	verdict->right = !verdict->expired;
	verdict->way = attempt->code.sent_by;
}

/* Behind the last that was used, and behind what the clock has ever passed. */
static int64_t oldest_step(const struct attempt *attempt,
			   const struct second_factor *factor)
{
	int64_t latest = state_moment(attempt->attempts->state, 0).latest;
	int64_t step = latest / TOTP_STEP_S - 2;

	return step > factor->totp_step ? step : factor->totp_step;
}

static int judge_app(struct attempt *attempt,
		     const struct second_factor *factor,
		     struct verdict_of_code *verdict)
{
	struct seal_place place = factor_place(FACTOR_TOTP, attempt->uid);
	scope(secret_deinit) struct secret seed = { 0 };
	int r;

	if (factor->values[FACTOR_TOTP].n == 0)
		return 0;
	r = state_unseal(attempt->attempts->state, &place,
			 &factor->values[FACTOR_TOTP], &seed);
	/* One that does not open is none. */
	if (r != 0)
		return r < 0 ? r : 0;
	r = totp_check(seed.bytes, attempt->code.typed.bytes,
		       clock_realtime_us() / 1000000,
		       oldest_step(attempt, factor), &verdict->used);
	if (r < 0)
		return r;
	verdict->right = r == 0;
	verdict->way = CODE_WAY_APP;
	return 0;
}

static int judge_recovery(struct attempt *attempt,
			  struct verdict_of_code *verdict)
{
	uint8_t digest[RECOVERY_DIGEST_BYTES];
	bool found = false;
	int r;

	if (!recovery_code_digest(attempt->uid, attempt->code.typed.bytes,
				  digest))
		return 0;
	r = recovery_code_find(attempt->attempts->state->store, attempt->uid,
			       digest, &verdict->used, &found);
	verdict->right = found;
	verdict->way = CODE_WAY_RECOVERY;
	return r;
}

static int judge(struct attempt *attempt, struct verdict_of_code *ret_verdict)
{
	struct verdict_of_code verdict = { 0 };
	struct second_factor factor;
	int r;

	r = second_factor_find(attempt->attempts->state->store, attempt->uid,
			       &factor);
	if (r != 0)
		return r;
	judge_sent(attempt, &verdict);
	if (!verdict.right && !verdict.expired)
		r = judge_app(attempt, &factor, &verdict);
	if (r == 0 && !verdict.right && !verdict.expired)
		r = judge_recovery(attempt, &verdict);
	if (r == 0)
		*ret_verdict = verdict;
	return r;
}

static void add_used(const struct attempt *attempt,
		     const struct verdict_of_code *verdict,
		     struct change_set *set)
{
	if (verdict->way == CODE_WAY_APP)
		change_set_add(set, (struct change){ .type = CHANGE_TOTP_USED,
						     .uid = attempt->uid,
						     .at = verdict->used });
	else if (verdict->way == CODE_WAY_RECOVERY)
		change_set_add(set,
			       (struct change){ .type = CHANGE_RECOVERY_USED,
						.uid = attempt->uid,
						.at = verdict->used });
}

/* Counted, and asked once more while he is not locked by it. */
static int settle_wrong(struct attempt *attempt, const struct user *user,
			struct login_facts *facts)
{
	uint32_t max = attempt->attempts->settings->lockout_failures;
	int64_t now_us = clock_realtime_us();
	char reference[REFERENCE_MAX];
	struct login_decision decision;
	struct change_set set = { 0 };
	struct recording recording = { 0 };
	struct user_failure failure;
	struct record record;
	int r;

	reference_make(reference);
	failure = subject_failure(&attempt->subject, REASON_WRONG_CODE,
				  reference, now_us);
	lockout_count(&set, user, &failure, max, now_us);
	change_set_add(&set, (struct change){ .type = CHANGE_VISIT_REFUSED,
					      .uid = attempt->uid });
	if (user->failures + 1 >= max) {
		facts->code = LOGIN_CODE_WRONG;
		decision = login_decide(facts);
		decision.verdict = VERDICT_DENY;
		attempt->guessed = true;
		attempt_conclude(attempt, &decision, &set, reference);
		return 0;
	}
	record = subject_record(&attempt->subject, now_us);
	record.event = EVENT_CODE_REFUSED;
	record.result = RECORD_DENIED;
	record.reason = REASON_WRONG_CODE;
	record.reference = reference;
	change_set_record(&set, record);
	recording_guess(&recording, attempt, &set);
	r = state_apply(attempt->attempts->state, &set);
	if (r == 0)
		recording_written(&recording, attempt);
	return r != 0 ? r
		      : code_ask(attempt, hearer_text(&attempt->hearer,
						      "That code was not "
						      "right."));
}

static int settle_right(struct attempt *attempt, struct login_facts *facts,
			const struct verdict_of_code *verdict)
{
	struct change_set set = { 0 };

	attempt->code.proved = true;
	attempt->code.proved_by = verdict->way;
	secret_deinit(&attempt->code.sent);
	facts->code = LOGIN_CODE_RIGHT;
	add_used(attempt, verdict, &set);
	return going_on(attempt, facts, &set);
}

static int settle(struct attempt *attempt, const struct user *user,
		  struct login_facts *facts)
{
	struct verdict_of_code verdict;
	int r = judge(attempt, &verdict);

	if (r != 0)
		return r;
	if (verdict.expired) {
		code_refuse(attempt, REASON_CODE_EXPIRED);
		return 0;
	}
	return verdict.right ? settle_right(attempt, facts, &verdict)
			     : settle_wrong(attempt, user, facts);
}

/* Every rule once more; a claim that stands is one that nobody settles, as in
 * verification.c. */
static int gather(struct attempt *attempt, struct user *ret_user,
		  struct login_facts *ret_facts)
{
	struct attempts *attempts = attempt->attempts;
	int r;

	r = attempt_gather(attempts, &attempt->subject, attempt->purpose,
			   ret_user, ret_facts);
	if (r != 0 || !ret_user->claim)
		return r;
	r = state_settle_claim(attempts->state, ret_user,
			       attempts->settings->lockout_failures,
			       clock_realtime_us());
	return r != 0 ? r
		      : attempt_gather(attempts, &attempt->subject,
				       attempt->purpose, ret_user, ret_facts);
}

static int check(struct attempt *attempt)
{
	struct login_decision decision;
	struct change_set set = { 0 };
	struct login_facts facts;
	struct user user;
	int r;

	r = gather(attempt, &user, &facts);
	if (r != 0)
		return r;
	attempt_tell_proved(attempt, &facts);
	decision = login_decide(&facts);
	if (decision.verdict == VERDICT_DENY) {
		attempt_conclude(attempt, &decision, &set, NULL);
		return 0;
	}
	/* Where none is asked for any more, none is right. */
	if (!facts.code_due || user.uid != attempt->uid ||
	    user.credential != attempt->credential) {
		code_refuse(attempt, REASON_SUPERSEDED);
		return 0;
	}
	return settle(attempt, &user, &facts);
}

static void on_turn(struct lane_place *place)
{
	struct attempt *attempt =
		(struct attempt *)((char *)place -
				   offsetof(struct attempt, place));

	attempt_hold(attempt);
	if (attempt->gone)
		code_abandoned(attempt);
	else if (check(attempt) != 0)
		code_refuse(attempt, REASON_NOT_WRITTEN);
	secret_deinit(&attempt->code.typed);
	lane_leave(attempt->attempts->lanes, &attempt->place);
	attempt_release(attempt);
}

int code_check(struct attempt *attempt)
{
	int r;

	attempt->phase = ATTEMPT_CHECKING;
	r = attempt_arm(attempt);
	if (r < 0)
		return r;
	attempt->place.turn = on_turn;
	if (lane_enter(attempt->attempts->lanes, attempt->uid,
		       &attempt->place) != 0)
		code_refuse(attempt, REASON_BUSY);
	return 0;
}

int code_split(struct attempt *attempt)
{
	struct secret *password = &attempt->current;
	struct second_factor factor;
	size_t n = password->n;
	int r;

	if (!code_is_joined(attempt))
		return 0;
	r = second_factor_find(attempt->attempts->state->store, attempt->uid,
			       &factor);
	if (r != 0 || factor.values[FACTOR_TOTP].n == 0)
		return r;
	attempt->code.joined = true;
	/* What is too short has no code behind it: that is a wrong one. */
	if (n <= TOTP_DIGITS)
		return 0;
	n -= TOTP_DIGITS;
	r = secret_set(&attempt->code.typed, password->bytes + n, TOTP_DIGITS);
	explicit_bzero(password->bytes + n, TOTP_DIGITS);
	password->n = n;
	return r != 0 ? -EINVAL : 0;
}

int code_check_typed(struct attempt *attempt, struct change_set *set)
{
	struct verdict_of_code verdict = { 0 };
	struct second_factor factor;
	int r;

	r = second_factor_find(attempt->attempts->state->store, attempt->uid,
			       &factor);
	if (r == 0)
		r = judge_app(attempt, &factor, &verdict);
	if (r != 0)
		return r;
	if (!verdict.right)
		return CODE_CHECK_E_WRONG;
	attempt->code.proved = true;
	attempt->code.proved_by = CODE_WAY_APP;
	add_used(attempt, &verdict, set);
	return 0;
}
