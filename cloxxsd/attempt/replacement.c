/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A new password is written, the temporary mark cleared and the login
 *     allowed in one commit, or none of it.
 *  2. Between the proof of the old password and that commit nothing else may
 *     have changed the credential.
 *  3. One user has one hash running at most: a new password, which may be
 *     compared with many former ones, waits for its turn in his lane, and his
 *     logins for theirs behind it. Nobody else stands there.
 */
#include "cloxxsd/attempt/replacement.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/breached.h"
#include "cloxxsd/attempt/code.h"
#include "cloxxsd/attempt/notice.h"
#include "cloxxsd/attempt/password_demand.h"
#include "cloxxsd/attempt/reply.h"
#include "cloxxsd/state/history.h"

static void say_why(const struct attempt *attempt, struct text *text)
{
	const struct settings *settings = attempt->attempts->settings;
	const struct hearer *hearer = &attempt->hearer;
	uint32_t n = password_length_min(&settings->password, 1);

	if (attempt->change == REASON_PASSWORD_EXPIRED)
		text_add_format(
			text,
			hearer_text(hearer,
				    "Your password is too old. Choose a new "
				    "one of at least %u characters.\n"),
			n);
	else
		text_add_format(
			text,
			hearer_text(hearer,
				    "Your password is temporary. Choose a new "
				    "one of at least %u characters.\n"),
			n);
}

/* why, NULL at first, stands before the prompt: clients show that for sure. */
static int ask_new(struct attempt *attempt, const struct password_fault *why)
{
	char prompt[512];
	struct text text;

	text_init(&text, prompt, sizeof(prompt));
	if (why) {
		password_fault_write(why, attempt->hearer.language, &text);
		text_add(&text, "\n");
	} else if (attempt->purpose == LOGIN_PURPOSE_LOGIN) {
		say_why(attempt, &text);
	}
	text_add(&text, hearer_text(&attempt->hearer, "New password: "));
	return attempt_ask(attempt, ATTEMPT_NEW_PASSWORD, "new_password",
			   prompt);
}

static void conclude(struct attempt *attempt, enum reason reason)
{
	struct login_decision decision = { .verdict = VERDICT_DENY,
					   .reason = reason };
	struct change_set set = { 0 };

	attempt_conclude(attempt, &decision, &set, NULL);
}

/* A refused new password: asked again, a few times. */
static int refuse(struct attempt *attempt, const struct password_fault *why)
{
	secret_deinit(&attempt->wanted);
	attempt->fault = why->error;
	if (attempt->tries_left > 1) {
		attempt->tries_left--;
		return ask_new(attempt, why);
	}
	conclude(attempt, attempt->only_repeats && attempt->proved
				  ? REASON_CANNOT_ASK
				  : REASON_NEW_PASSWORD_REFUSED);
	return 0;
}

static int refuse_by(struct attempt *attempt, enum password_error error)
{
	const struct password_fault fault = { .error = error };

	return refuse(attempt, &fault);
}

int replacement_begin(struct attempt *attempt)
{
	struct login_decision decision;
	struct login_facts facts;
	struct user user;
	int r;

	if (!attempt->proved) {
		/* A pass proved it: whose, and in which state, is read now. */
		r = attempt_gather(attempt->attempts, &attempt->subject,
				   attempt->purpose, &user, &facts);
		if (r != 0)
			return r;
		attempt->uid = user.uid;
		attempt->credential = user.credential;
		attempt->hearer = hearer_user(attempt->attempts->settings,
					      &attempt->subject, &user);
		/* Told before he has thought of one. */
		attempt_tell_proved(attempt, &facts);
		decision = login_decide(&facts);
		if (decision.verdict == VERDICT_CODE)
			return code_begin(attempt);
		if (decision.reason == REASON_PASSWORD_TOO_YOUNG) {
			conclude(attempt, decision.reason);
			return 0;
		}
	}
	return ask_new(attempt, NULL);
}

/* The gates once more, and whether anything came between. */
static bool may_write(struct attempt *attempt,
		      struct login_decision *ret_decision, bool *ret_notice)
{
	struct login_facts facts;
	struct user user;

	*ret_decision = (struct login_decision){ .verdict = VERDICT_DENY,
						 .reason = REASON_NOT_WRITTEN };
	if (attempt_gather(attempt->attempts, &attempt->subject,
			   attempt->purpose, &user, &facts) != 0)
		return false;
	attempt_tell_proved(attempt, &facts);
	*ret_decision = login_decide(&facts);
	if (ret_decision->verdict == VERDICT_DENY)
		return false;
	if (ret_decision->verdict == VERDICT_CODE || user.uid != attempt->uid ||
	    user.credential != attempt->credential) {
		ret_decision->verdict = VERDICT_DENY;
		ret_decision->reason = REASON_SUPERSEDED;
		return false;
	}
	*ret_notice =
		attempt->purpose == LOGIN_PURPOSE_LOGIN && facts.notice_due;
	ret_decision->verdict = VERDICT_ALLOW;
	ret_decision->reason = REASON_PASSWORD_VERIFIED;
	return true;
}

/* The login is complete with it, unless the notice is still to be accepted. */
static void add_login(struct attempt *attempt, bool notice,
		      struct change_set *set)
{
	const struct subject *subject = &attempt->subject;
	int64_t now_us = clock_realtime_us();

	if (attempt->purpose == LOGIN_PURPOSE_CHANGE) {
		/* A pass alone resets nothing: nothing was proved here. */
		if (attempt->proved)
			change_set_add(set,
				       (struct change){
					       .type = CHANGE_RESET,
					       .uid = attempt->uid,
					       .code = attempt->code.proved });
		return;
	}
	if (!notice)
		change_set_add(set,
			       (struct change){ .type = CHANGE_SUCCESS,
						.uid = attempt->uid,
						.code = attempt->code.proved,
						.at = now_us / 1000000,
						.service = subject->service,
						.address = subject->address });
	change_set_record(
		set, (struct record){ .at_us = now_us,
				      .event = EVENT_PASSWORD_CHANGED,
				      .result = RECORD_ALLOWED,
				      .reason = attempt->change,
				      .user = subject->name,
				      .actor = subject->name,
				      .service = subject->service,
				      .address = subject_address(subject),
				      .within = record_text(subject->within) });
}

/* What would have been refused were it not for the trial. */
static void add_trial(const struct attempt *attempt, struct change_set *set,
		      char *details, size_t size)
{
	struct record record =
		subject_record(&attempt->subject, clock_realtime_us());

	if (attempt->reported == _PASSWORD_E_OK)
		return;
	(void)snprintf(details, size, "password=%s",
		       password_error_name((int)attempt->reported));
	record.event = EVENT_PASSWORD_TRIAL;
	record.result = RECORD_DONE;
	record.reason = REASON_NEW_PASSWORD_REFUSED;
	record.details = details;
	change_set_record(set, record);
}

/* The new password stands, whatever becomes of the login. */
static void go_on_to_notice(struct attempt *attempt,
			    const struct change_set *set)
{
	if (state_apply(attempt->attempts->state, set) != 0 ||
	    notice_begin(attempt) != 0)
		conclude(attempt, REASON_NOT_WRITTEN);
}

static void write_new(struct attempt *attempt, const char *made)
{
	struct login_decision decision;
	bool notice = false;
	struct change_set set = { 0 };
	struct sealed sealed = { 0 };
	char details[64];

	if (!may_write(attempt, &decision, &notice)) {
		attempt_conclude(attempt, &decision, &set, NULL);
		return;
	}
	if (state_seal_password(attempt->attempts->state, attempt->uid, made,
				&sealed) != 0) {
		conclude(attempt, REASON_NOT_WRITTEN);
		return;
	}
	change_set_add(
		&set, (struct change){ .type = CHANGE_PASSWORD,
				       .uid = attempt->uid,
				       .at = clock_realtime_us() / 1000000,
				       .password = &sealed,
				       .kind = USER_PASSWORD_CHOSEN,
				       .history = attempt->attempts->settings
							  ->password.history });
	add_login(attempt, notice, &set);
	add_trial(attempt, &set, details, sizeof(details));
	if (notice)
		go_on_to_notice(attempt, &set);
	else
		attempt_conclude(attempt, &decision, &set, NULL);
}

/* What the search found, as a fault. */
static enum password_error fault_of(const struct hash_search *search)
{
	return search->found == BREACHED_E_FOUND ? PASSWORD_E_BREACHED
	       : search->found != 0              ? PASSWORD_E_NO_BREACHED_LIST
	       : search->was_former              ? PASSWORD_E_USED_BEFORE
						 : _PASSWORD_E_OK;
}

/* What came of the hash: made holds it where there is one. */
static int take_result(struct attempt *attempt, enum hash_result result,
		       enum password_error fault, const char *made)
{
	switch (result) {
	case HASH_MADE:
		/* Found and made all the same: that was on trial. */
		if (fault != _PASSWORD_E_OK)
			attempt->reported = fault;
		write_new(attempt, made);
		return 0;
	case HASH_RIGHT:
		return refuse_by(attempt, PASSWORD_E_SAME);
	case HASH_FOUND:
		return refuse_by(attempt, fault);
	case HASH_FAILED:
	case HASH_WRONG:
	case HASH_REFUSED:
		break;
	}
	conclude(attempt, REASON_BUSY);
	return 0;
}

static void replaced(struct hash_job *job, void *userdata)
{
	struct attempt *attempt = userdata;
	enum hash_result result = job->result;
	enum password_error fault = fault_of(&job->search);
	char made[ARGON2_STORED_SIZE];

	memcpy(made, job->made, sizeof(made));
	attempt_hold(attempt);
	attempt_worked(attempt);
	if (attempt->gone)
		replacement_abandoned(attempt);
	else if (take_result(attempt, result, fault, made) != 0)
		conclude(attempt, REASON_NOT_WRITTEN);
	explicit_bzero(made, sizeof(made));
	lane_leave(attempt->attempts->lanes, &attempt->place);
	attempt_release(attempt);
}

/* What the new one is compared with. A history that cannot be read is no
 * history: nothing can be chosen then. */
static int fill_search(struct attempt *attempt, struct hash_search *search)
{
	const struct settings *settings = attempt->attempts->settings;
	struct password_policy held = { 0 };

	password_preset_apply(settings->password.preset, &held);
	search->trial = settings->trial != 0;
	search->n_former_held = held.history;
	if (settings->breached)
		(void)snprintf(search->breached, sizeof(search->breached), "%s",
			       settings->breached);
	return history_read(attempt->attempts->state, attempt->uid,
			    settings->password.history, &search->former,
			    &search->n_former);
}

static void submit(struct attempt *attempt)
{
	const struct settings *settings = attempt->attempts->settings;
	struct login_decision decision;
	struct change_set set = { 0 };
	struct user user;
	bool notice;

	/* Compared with what is stored only by who has proved just that: else
	 * a prompt from before would be a guess at what came after it. */
	if (!may_write(attempt, &decision, &notice)) {
		attempt_conclude(attempt, &decision, &set, NULL);
		return;
	}
	if (fill_search(attempt, &attempt->job.search) != 0) {
		conclude(attempt, REASON_NOT_WRITTEN);
		return;
	}
	if (user_find_uid(attempt->attempts->state->store, attempt->uid,
			  &user) != 0 ||
	    state_open_password(attempt->attempts->state, &user,
				&attempt->job.stored) != 0)
		secret_deinit(&attempt->job.stored);
	attempt->job.task = HASH_REPLACE;
	attempt->job.password = attempt->wanted;
	attempt->job.cost = (struct argon2_cost){
		.memory = settings->hash_memory,
		.operations = settings->hash_operations,
	};
	attempt->job.done = replaced;
	attempt->job.userdata = attempt;
	if (hasher_submit(attempt->attempts->hasher, &attempt->job) != 0) {
		attempt->job.userdata = NULL;
		conclude(attempt, REASON_BUSY);
	}
}

static void on_turn(struct lane_place *place)
{
	struct attempt *attempt =
		(struct attempt *)((char *)place -
				   offsetof(struct attempt, place));

	attempt_hold(attempt);
	submit(attempt);
	if (!attempt->job.userdata)
		lane_leave(attempt->attempts->lanes, &attempt->place);
	attempt_release(attempt);
}

static int hash_new(struct attempt *attempt)
{
	int r;

	attempt->phase = ATTEMPT_REPLACING;
	r = attempt_arm(attempt);
	if (r < 0)
		return r;
	attempt->place.turn = on_turn;
	if (lane_enter(attempt->attempts->lanes, attempt->uid,
		       &attempt->place) != 0)
		conclude(attempt, REASON_BUSY);
	return 0;
}

/* The rules that take no hash. */
static int judge(struct attempt *attempt, const struct secret *password,
		 struct password_fault *ret_fault)
{
	const struct password_candidate candidate = {
		.user = attempt->subject.name,
		.current = attempt->proved ? &attempt->current : NULL,
		.wanted = password,
	};
	struct password_demand demand;
	struct password_fault trial;
	struct user user;
	int r;

	r = user_find(attempt->attempts->state->store, attempt->subject.name,
		      &user);
	if (r < 0)
		return r;
	password_demand_init(&demand, attempt->attempts->settings,
			     attempt->subject.name,
			     r == 0 ? user.services : "");
	r = password_demand_check(&demand, &candidate, ret_fault, &trial);
	if (r == 0)
		attempt->reported = trial.error;
	return r;
}

int replacement_answer(struct attempt *attempt, const struct secret *password,
		       enum reason reason)
{
	struct password_fault fault;
	int r;

	if (reason == REASON_ANSWER_TOO_LONG)
		return refuse_by(attempt, PASSWORD_E_TOO_LONG);
	if (attempt->phase == ATTEMPT_NEW_AGAIN) {
		if (!secret_equal(&attempt->wanted, password))
			return refuse_by(attempt, PASSWORD_E_TWO_DIFFER);
		return hash_new(attempt);
	}
	if (!attempt->proved || !secret_equal(&attempt->current, password))
		attempt->only_repeats = false;
	r = judge(attempt, password, &fault);
	if (r < 0)
		return r;
	if (r != 0)
		return refuse(attempt, &fault);
	attempt->wanted = *password;
	return attempt_ask(
		attempt, ATTEMPT_NEW_AGAIN, "new_password",
		hearer_text(&attempt->hearer, "New password again: "));
}

void replacement_abandoned(struct attempt *attempt)
{
	conclude(attempt, REASON_ABANDONED);
}
