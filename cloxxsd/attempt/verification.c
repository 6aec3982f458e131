/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. One verification at a time for each user (his lane).
 *  2. The claim is on the disk before the result of the hash is looked at, and
 *     what comes of it before the answer leaves, but for the one case of
 *     reply.c: so neither parallel guesses, nor a kill, nor a loss of power
 *     give a fourth. The claim is written while the hash runs: until it is
 *     settled, nobody learns anything from it.
 *  3. Every claim is settled: as a failure, a success or a release; where that
 *     could not be written, as a failure before anything else is verified.
 *  4. What is denied without a verification takes as long as one, and is
 *     rehearsed as one.
 *  5. A trial makes no oracle. It stands in the same lane; its claim counts it
 *     as wrong, in the store and so over a restart, before the result is looked
 *     at, and only what was not wrong is taken back. Where wrong trials and the
 *     failures of logins reach the limit together nothing is verified; and of a
 *     user who changed meanwhile, his count too, nothing is told.
 *  6. Whether a source waits is asked when its answer comes, and again when
 *     it is settled: of answers that came at once none beyond its limit is told
 *     that it was right. Under which reference a refusal is counted is settled
 *     when it comes, before anything is known of the user.
 */
#include "cloxxsd/attempt/verification.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/code.h"
#include "cloxxsd/attempt/code_check.h"
#include "cloxxsd/attempt/going_on.h"
#include "cloxxsd/attempt/rehearsal.h"
#include "cloxxsd/attempt/reply.h"
#include "cloxxsd/state/lockout.h"
#include "cloxxsd/state/login_test.h"

/* What is known of the user when his turn comes. */
struct gathered {
	struct user user;
	struct login_facts facts;
};

static int gather(struct attempt *attempt, struct gathered *ret_gathered)
{
	return attempt_gather(attempt->attempts, &attempt->subject,
			      attempt->purpose, &ret_gathered->user,
			      &ret_gathered->facts);
}

static struct login_decision denial(enum reason reason)
{
	return (struct login_decision){ .verdict = VERDICT_DENY,
					.reason = reason };
}

static void add_claim(const struct attempt *attempt,
		      const struct user_claim *claim, struct change_set *set)
{
	change_set_add(set, (struct change){ .type = attempt->trial
							     ? CHANGE_TEST_CLAIM
							     : CHANGE_CLAIM,
					     .uid = attempt->uid,
					     .claim = claim });
}

static void conclude_denied(struct attempt *attempt, enum reason reason)
{
	struct login_decision decision = denial(reason);
	struct change_set set = { 0 };

	if (attempt->claimed)
		going_on_release(attempt, &set);
	attempt_conclude(attempt, &decision, &set, NULL);
}

static void set_cost(struct attempt *attempt)
{
	attempt->job.cost = (struct argon2_cost){
		.memory = attempt->attempts->settings->hash_memory,
		.operations = attempt->attempts->settings->hash_operations,
	};
}

/* Queues the job; the attempt must not be freed until it is done. */
static int submit(struct attempt *attempt,
		  void (*done)(struct hash_job *job, void *userdata))
{
	int r;

	attempt->job.task = HASH_VERIFY;
	attempt->job.password = attempt->current;
	attempt->job.done = done;
	attempt->job.userdata = attempt;
	set_cost(attempt);
	r = hasher_submit(attempt->attempts->hasher, &attempt->job);
	if (r != 0)
		attempt->job.userdata = NULL;
	else
		rehearsal_plan(attempt->attempts->rehearsal, attempt);
	return r;
}

void verification_rehearse(void *userdata)
{
	struct gathered now;

	(void)!gather(userdata, &now);
}

static void add_decoy(struct change_set *set, uint32_t pages)
{
	change_set_add(set,
		       (struct change){ .type = CHANGE_DECOY, .pages = pages });
}

/* What is read and written here is what settling a failure reads and writes. */
static void decoy_done(struct hash_job *job, void *userdata)
{
	struct attempt *attempt = userdata;
	uint32_t pages = CHANGE_FAILURE_PAGES;
	struct change_set set = { 0 };
	struct gathered now;

	(void)job;
	attempt_hold(attempt);
	attempt_worked(attempt);
	attempt->guessed = true;
	if (gather(attempt, &now) != 0)
		now.user.uid = 0;
	if (*attempt->counted_under)
		pages += CHANGE_REFUSAL_SPARES;
	if (now.user.uid != 0 && attempt->answer == REASON_NONE &&
	    !attempt->trial)
		change_set_add(&set,
			       (struct change){ .type = CHANGE_VISIT_REFUSED,
						.uid = now.user.uid });
	else
		pages += CHANGE_VISIT_REFUSED_PAGES;
	add_decoy(&set, pages);
	attempt_conclude(attempt, &attempt->decision, &set, NULL);
	attempt_release(attempt);
}

/* The work of a verification, for a decision that stands already. */
static void decoy(struct attempt *attempt, struct login_decision decision)
{
	struct change_set set = { 0 };

	attempt->decision = decision;
	secret_deinit(&attempt->job.stored);
	if (submit(attempt, decoy_done) != 0) {
		conclude_denied(attempt, REASON_BUSY);
		return;
	}
	add_decoy(&set, CHANGE_CLAIM_PAGES);
	/* A decoy that cannot be written was no claim of anybody's. */
	(void)!state_apply(attempt->attempts->state, &set);
}

static void settle_wrong(struct attempt *attempt, const struct user *user,
			 struct login_facts *facts)
{
	int64_t now_us = clock_realtime_us();
	struct login_decision decision;
	struct user_failure failure;
	struct change_set set = { 0 };
	char reference[REFERENCE_MAX];

	attempt->guessed = true;
	decision = login_decide(facts);
	/* A rule that was taken out meanwhile makes no wrong answer a right
	 * one.
	 */
	decision.verdict = VERDICT_DENY;
	if (facts->code == LOGIN_CODE_WRONG)
		decision.reason = REASON_WRONG_CODE;
	if (attempt->trial) {
		/* Its claim has counted it. */
		attempt_conclude(attempt, &decision, &set, NULL);
		return;
	}
	reference_make(reference);
	failure = subject_failure(&attempt->subject,
				  facts->code == LOGIN_CODE_WRONG
					  ? REASON_WRONG_CODE
					  : REASON_WRONG_PASSWORD,
				  reference, now_us);
	lockout_count(&set, user, &failure,
		      attempt->attempts->settings->lockout_failures, now_us);
	change_set_add(&set, (struct change){ .type = CHANGE_VISIT_REFUSED,
					      .uid = attempt->uid });
	attempt_conclude(attempt, &decision, &set, reference);
}

/* A cheaper hash was made anew on the way: kept with the same commit. */
static void add_rehash(struct attempt *attempt, const char *made,
		       struct change_set *set, struct sealed *sealed)
{
	if (*made && state_seal_password(attempt->attempts->state, attempt->uid,
					 made, sealed) == 0)
		change_set_add(set, (struct change){ .type = CHANGE_REHASH,
						     .uid = attempt->uid,
						     .password = sealed });
}

/* What would become of a login: as if he accepted the notice and typed the
 * code, for nobody is there to. */
static void settle_trial(struct attempt *attempt, struct login_facts *facts)
{
	struct login_decision decision;
	struct change_set set = { 0 };

	if (facts->notice_due)
		facts->notice = LOGIN_NOTICE_ACCEPTED;
	attempt->code.supposed =
		code_suppose(attempt->attempts, attempt->uid, facts);
	decision = login_decide(facts);
	going_on_release(attempt, &set);
	attempt_conclude(attempt, &decision, &set, NULL);
}

static void settle_right(struct attempt *attempt, const struct user *user,
			 struct login_facts *facts, const char *made)
{
	struct login_decision decision;
	struct change_set set = { 0 };
	struct sealed sealed;
	int r = 0;

	facts->password = LOGIN_PASSWORD_RIGHT;
	if (attempt->code.joined && login_gates_pass(facts))
		r = code_check_typed(attempt, &set);
	if (r < 0) {
		conclude_denied(attempt, REASON_NOT_WRITTEN);
		return;
	}
	if (r > 0) {
		facts->code = LOGIN_CODE_WRONG;
		settle_wrong(attempt, user, facts);
		return;
	}
	attempt_tell_proved(attempt, facts);
	decision = login_decide(facts);
	/* Where a gate closed meanwhile, not even the language may tell. */
	if (!login_denied_at_gate(&decision))
		attempt->hearer = hearer_user(attempt->attempts->settings,
					      &attempt->subject, user);
	if (attempt->trial) {
		settle_trial(attempt, facts);
		return;
	}
	add_rehash(attempt, made, &set, &sealed);
	if (going_on(attempt, facts, &set) != 0)
		conclude_denied(attempt, REASON_NOT_WRITTEN);
}

static void settle(struct attempt *attempt, enum hash_result result,
		   const char *made)
{
	struct login_facts facts;
	struct user user;

	if (!attempt->claimed ||
	    attempt_gather(attempt->attempts, &attempt->subject,
			   attempt->purpose, &user, &facts) != 0) {
		conclude_denied(attempt, REASON_NOT_WRITTEN);
		return;
	}
	if (user.uid != attempt->uid) {
		/* Deleted meanwhile: the claim went with the row. */
		attempt->claimed = false;
		conclude_denied(attempt, REASON_SUPERSEDED);
		return;
	}
	if (attempt->trial && user.credential != attempt->credential) {
		conclude_denied(attempt, REASON_SUPERSEDED);
		return;
	}
	switch (result) {
	case HASH_WRONG:
		facts.password = LOGIN_PASSWORD_WRONG;
		settle_wrong(attempt, &user, &facts);
		return;
	case HASH_RIGHT:
		if (user.credential == attempt->credential)
			settle_right(attempt, &user, &facts, made);
		else
			conclude_denied(attempt, REASON_SUPERSEDED);
		return;
	case HASH_REFUSED:
		conclude_denied(attempt, REASON_HASH_REFUSED);
		return;
	case HASH_FAILED:
	case HASH_MADE:
	case HASH_FOUND:
		break;
	}
	conclude_denied(attempt, REASON_BUSY);
}

static void verified(struct hash_job *job, void *userdata)
{
	struct attempt *attempt = userdata;
	enum hash_result result = job->result;
	char made[ARGON2_STORED_SIZE];

	memcpy(made, job->made, sizeof(made));
	attempt_hold(attempt);
	attempt_worked(attempt);
	settle(attempt, result, made);
	explicit_bzero(made, sizeof(made));
	lane_leave(attempt->attempts->lanes, &attempt->place);
	attempt_release(attempt);
}

/*
 * The facts again where the turn had to be waited for: much may have changed in
 * the queue. The lane is ours, so a claim that stands is one that could not be
 * settled: it counts first, else a store that takes claims but no failures
 * would take any number of guesses.
 */
static int gather_in_turn(struct attempt *attempt,
			  struct gathered *ret_gathered)
{
	struct attempts *attempts = attempt->attempts;
	int r = 0;

	if (attempt->gathered)
		*ret_gathered = *attempt->gathered;
	else
		r = gather(attempt, ret_gathered);
	if (r != 0 || !ret_gathered->user.claim)
		return r;
	r = state_settle_claim(attempts->state, &ret_gathered->user,
			       attempts->settings->lockout_failures,
			       clock_realtime_us());
	return r != 0 ? r : gather(attempt, ret_gathered);
}

/* Concludes a trial of a user of whom no more may be verified. */
static bool is_spent(struct attempt *attempt, const struct gathered *now)
{
	struct login_decision decision = login_decide(&now->facts);
	struct change_set set = { 0 };
	uint32_t n_wrong;

	if (login_test_count(attempt->attempts->state->store, now->user.uid,
			     &n_wrong) != 0) {
		conclude_denied(attempt, REASON_NOT_WRITTEN);
		return true;
	}
	if ((uint64_t)now->facts.failures + n_wrong < now->facts.failures_max)
		return false;
	decision.verdict = VERDICT_DENY;
	decision.reason = REASON_TESTS_SPENT;
	attempt_conclude(attempt, &decision, &set, NULL);
	return true;
}

static void begin_claimed(struct attempt *attempt)
{
	struct change_set set = { 0 };
	struct user_claim claim;
	struct gathered now;

	if (gather_in_turn(attempt, &now) != 0) {
		conclude_denied(attempt, REASON_NOT_WRITTEN);
		return;
	}
	if (!login_gates_pass(&now.facts)) {
		decoy(attempt, login_decide(&now.facts));
		return;
	}
	if (attempt->trial && is_spent(attempt, &now))
		return;
	attempt->uid = now.user.uid;
	attempt->credential = now.user.credential;
	attempt->break_glass = now.user.break_glass;
	if (now.facts.code_due && code_split(attempt) < 0) {
		conclude_denied(attempt, REASON_NOT_WRITTEN);
		return;
	}
	if (state_open_password(attempt->attempts->state, &now.user,
				&attempt->job.stored) != 0) {
		decoy(attempt, denial(REASON_HASH_REFUSED));
		return;
	}
	if (submit(attempt, verified) != 0) {
		conclude_denied(attempt, REASON_BUSY);
		return;
	}
	claim = subject_claim(&attempt->subject, clock_realtime_us());
	add_claim(attempt, &claim, &set);
	attempt->claimed = state_apply(attempt->attempts->state, &set) == 0;
}

static void on_turn(struct lane_place *place)
{
	struct attempt *attempt =
		(struct attempt *)((char *)place -
				   offsetof(struct attempt, place));

	attempt_hold(attempt);
	begin_claimed(attempt);
	/* A lane is held for a claim only: decoys and refusals let others by.
	 */
	if (attempt->job.done != verified || !attempt->job.userdata)
		lane_leave(attempt->attempts->lanes, &attempt->place);
	attempt_release(attempt);
}

int verification_begin(struct attempt *attempt)
{
	struct gathered first;
	struct login_facts *facts = &first.facts;
	int r;

	attempt->phase = ATTEMPT_VERIFYING;
	r = attempt_arm(attempt);
	if (r == 0)
		r = gather(attempt, &first);
	if (r != 0) {
		conclude_denied(attempt, REASON_NOT_WRITTEN);
		return 0;
	}
	attempt->uid = first.user.uid;
	(void)attempt_is_throttled(attempt->attempts, &attempt->subject,
				   attempt->counted_under);
	if (attempt->answer != REASON_NONE) {
		facts->password = LOGIN_PASSWORD_NOT_TRIED;
		facts->answer = attempt->answer;
	}
	if (attempt->answer == REASON_EMPTY_ANSWER ||
	    attempt->answer == REASON_ANSWER_TOO_LONG) {
		struct login_decision decision = login_decide(facts);
		struct change_set set = { 0 };

		attempt_conclude(attempt, &decision, &set, NULL);
		return 0;
	}
	if (attempt->answer != REASON_NONE || !login_gates_pass(facts)) {
		decoy(attempt, login_decide(facts));
		return 0;
	}
	attempt->place.turn = on_turn;
	attempt->gathered = &first;
	r = lane_enter(attempt->attempts->lanes, attempt->uid, &attempt->place);
	attempt->gathered = NULL;
	if (r != 0)
		conclude_denied(attempt, REASON_BUSY);
	return 0;
}
