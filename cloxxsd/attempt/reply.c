/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. No answer leaves before its decision is committed, nor before it is on the
 *     disk; but for one that lets in whom a claim stands for: what a power
 *     failure takes back of it leaves that claim, which counts, and tells of
 *     him.
 *  2. What could not be written is a refusal, whatever was decided.
 *  3. Refusals of who has proved nothing differ in their reference alone
 *     (hearer.h).
 *  4. A trial gives no pass, and its record is none of a login.
 */
#include "cloxxsd/attempt/reply.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/notice.h"
#include "cloxxsd/attempt/recording.h"

void reply_wait(struct varlink_call *call)
{
	(void)!varlink_call_continue(call, json_pack("{s:s}", "step", "wait"));
}

int reply_step(struct varlink_call *call, const char *step, const char *prompt,
	       bool echo)
{
	json_t *parameters = json_pack("{s:s, s:s, s:b}", "step", step,
				       "prompt", prompt, "echo", (int)echo);

	if (!parameters)
		return -ENOMEM;
	return varlink_call_reply(call, parameters);
}

int reply_done(struct varlink_call *call, const char *verdict,
	       const char *message, const char *reference, const char *pass)
{
	json_t *parameters =
		json_pack("{s:s, s:s, s:s*, s:s*, s:s*}", "step", "done",
			  "verdict", verdict, "message", message, "reference",
			  reference, "pass", pass);

	if (!parameters)
		return -ENOMEM;
	return varlink_call_reply(call, parameters);
}

int attempt_ask(struct attempt *attempt, enum attempt_phase phase,
		const char *step, const char *prompt)
{
	scope(varlink_call_unrefp) struct varlink_call *call = NULL;
	int r;

	call = scope_take_ptr(attempt->call);
	attempt->phase = phase;
	r = attempt_arm(attempt);
	if (r < 0)
		return r;
	return reply_step(call, step, prompt,
			  phase == ATTEMPT_NOTICE || phase == ATTEMPT_CODE);
}

/* "" where no pass could be made: later phases then ask again. */
static void give_pass(struct attempt *attempt, char ret_pass[PASS_TEXT_MAX])
{
	const struct pass_binding binding = {
		.uid = attempt->uid,
		.peer = attempt->subject.peer,
		.service = attempt->subject.service,
		.address = record_text(attempt->subject.address),
	};
	int64_t until =
		clock_monotonic_us() +
		(int64_t)attempt->attempts->settings->pass_lifetime_s * 1000000;

	ret_pass[0] = '\0';
	if (attempt->purpose == LOGIN_PURPOSE_LOGIN &&
	    pass_give(attempt->attempts->passes, &binding,
		      &(struct pass_proof){ .code = attempt->code.proved },
		      until, ret_pass) != 0)
		ret_pass[0] = '\0';
}

/* What whoever is let in is shown where no session shows it. */
static const char *show_notice(struct attempt *attempt)
{
	const char *notice = NULL;
	struct user user;

	if (attempt->purpose == LOGIN_PURPOSE_LOGIN &&
	    user_find_uid(attempt->attempts->state->store, attempt->uid,
			  &user) == 0)
		notice = notice_shown(attempt->attempts, &attempt->subject,
				      &user);
	return notice;
}

/* The end; the call to be answered, or NULL where nobody listens. */
static struct varlink_call *end(struct attempt *attempt)
{
	struct varlink_call *call = scope_take_ptr(attempt->call);

	attempt_finish(attempt);
	secret_deinit(&attempt->current);
	secret_deinit(&attempt->wanted);
	secret_deinit(&attempt->code.sent);
	secret_deinit(&attempt->code.typed);
	return attempt->gone ? varlink_call_unref(call) : call;
}

static void answer(struct attempt *attempt,
		   const struct login_decision *decision, const char *verdict,
		   const char *reference)
{
	scope(varlink_call_unrefp) struct varlink_call *call = end(attempt);
	char pass[PASS_TEXT_MAX] = "";
	char message[HEARER_REFUSAL_MAX];
	struct text text;

	if (!call)
		return;
	if (decision->verdict == VERDICT_ALLOW) {
		give_pass(attempt, pass);
		(void)!reply_done(call, verdict, show_notice(attempt), NULL,
				  *pass ? pass : NULL);
	} else {
		text_init(&text, message, sizeof(message));
		hearer_refuse(&attempt->hearer, decision, reference, &text);
		(void)!reply_done(call, verdict, message, reference, NULL);
	}
	explicit_bzero(pass, sizeof(pass));
}

static void answer_trial(struct attempt *attempt,
			 const struct login_decision *decision,
			 const char *reference)
{
	scope(varlink_call_unrefp) struct varlink_call *call = end(attempt);

	if (call)
		attempt->trial->answer(attempt, call, decision, reference);
}

/* What would be asked next of whoever must change his password, a trial does
 * not: that would change it. */
bool attempt_lets_in(const struct attempt *attempt,
		     const struct login_decision *decision)
{
	return decision->verdict == VERDICT_ALLOW ||
	       (attempt->trial && decision->verdict == VERDICT_CHANGE);
}

/*
 * Of what others ask for in their own name, more than PAM's phases may hang on
 * the answer. A way in for emergencies is on the disk before it is used.
 */
static bool may_go_ahead(const struct attempt *attempt,
			 const struct login_decision *decision,
			 const struct change_set *set)
{
	return decision->verdict == VERDICT_ALLOW && attempt->claimed &&
	       attempt->purpose == LOGIN_PURPOSE_LOGIN && !attempt->trial &&
	       !attempt->break_glass && attempt->subject.peer == 0 &&
	       change_set_is_relief(set);
}

static int apply(struct attempt *attempt, const struct login_decision *decision,
		 const struct change_set *set)
{
	struct state *state = attempt->attempts->state;

	return may_go_ahead(attempt, decision, set)
		       ? state_apply_ahead(state, set)
		       : state_apply(state, set);
}

void attempt_conclude(struct attempt *attempt,
		      const struct login_decision *decision,
		      struct change_set *set, const char *reference)
{
	static const struct login_decision unwritten = {
		.verdict = VERDICT_DENY,
		.reason = REASON_NOT_WRITTEN,
	};
	bool allowed = attempt_lets_in(attempt, decision);
	struct recording recording;
	int r;

	recording_make(&recording, attempt, decision, reference, set);
	r = apply(attempt, decision, set);
	if (r == 0)
		recording_written(&recording, attempt);
	if (attempt->trial)
		answer_trial(attempt, r == 0 ? decision : NULL,
			     recording.reference);
	else if (r != 0)
		answer(attempt, &unwritten, "unavailable", recording.reference);
	else
		answer(attempt, decision, allowed ? "allow" : "deny",
		       recording.reference);
}
