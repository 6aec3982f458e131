/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A new password is written, the temporary mark cleared and the login
 *     allowed in one commit, or none of it.
 *  2. Between the proof of the old password and that commit nothing else may
 *     have changed the credential.
 */
#include "cloxxsd/attempt/replacement.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/password_rules.h"
#include "cloxxsd/attempt/reply.h"

/* why, NULL at first, stands before the prompt: clients show that for sure. */
static int ask_new(struct attempt *attempt, const char *why)
{
	const struct settings *settings = attempt->attempts->settings;
	const struct hearer *hearer = &attempt->hearer;
	char prompt[512];
	struct text text;

	text_init(&text, prompt, sizeof(prompt));
	if (why)
		text_add_format(&text, "%s\n", why);
	else if (attempt->purpose == LOGIN_PURPOSE_LOGIN)
		text_add_format(
			&text,
			hearer_text(hearer,
				    "Your password is temporary. Choose a new "
				    "one of at least %u characters.\n"),
			settings->password_min_length);
	text_add(&text, hearer_text(hearer, "New password: "));
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

/* A refused new password: asked again, a few times. why is in his language. */
static int refuse(struct attempt *attempt, const char *why)
{
	secret_deinit(&attempt->wanted);
	if (attempt->tries_left > 1) {
		attempt->tries_left--;
		return ask_new(attempt, why);
	}
	conclude(attempt, attempt->only_repeats && attempt->proved
				  ? REASON_CANNOT_ASK
				  : REASON_NEW_PASSWORD_REFUSED);
	return 0;
}

int replacement_begin(struct attempt *attempt)
{
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
	}
	return ask_new(attempt, NULL);
}

/* The gates once more, and whether anything came between. */
static bool may_write(struct attempt *attempt,
		      struct login_decision *ret_decision)
{
	struct login_facts facts;
	struct user user;

	*ret_decision = (struct login_decision){ .verdict = VERDICT_DENY,
						 .reason = REASON_NOT_WRITTEN };
	if (attempt_gather(attempt->attempts, &attempt->subject,
			   attempt->purpose, &user, &facts) != 0)
		return false;
	facts.password = LOGIN_PASSWORD_RIGHT;
	*ret_decision = login_decide(&facts);
	if (ret_decision->verdict == VERDICT_DENY)
		return false;
	if (user.uid != attempt->uid ||
	    user.credential != attempt->credential) {
		ret_decision->verdict = VERDICT_DENY;
		ret_decision->reason = REASON_SUPERSEDED;
		return false;
	}
	ret_decision->verdict = VERDICT_ALLOW;
	ret_decision->reason = REASON_PASSWORD_VERIFIED;
	return true;
}

static void add_login(struct attempt *attempt, struct change_set *set)
{
	const struct subject *subject = &attempt->subject;
	int64_t now_us = clock_realtime_us();

	if (attempt->purpose == LOGIN_PURPOSE_CHANGE) {
		/* A pass alone resets nothing: nothing was proved here. */
		if (attempt->proved)
			change_set_add(set,
				       (struct change){ .type = CHANGE_RESET,
							.uid = attempt->uid });
		return;
	}
	change_set_add(set, (struct change){ .type = CHANGE_SUCCESS,
					     .uid = attempt->uid,
					     .at = now_us / 1000000,
					     .service = subject->service,
					     .address = subject->address });
	change_set_record(set, (struct record){ .at_us = now_us,
						.event = EVENT_PASSWORD_CHANGED,
						.result = RECORD_ALLOWED,
						.reason = REASON_MUST_CHANGE,
						.user = subject->name,
						.actor = subject->name,
						.service = subject->service,
						.address = record_text(
							subject->address) });
}

static void write_new(struct attempt *attempt, const char *made)
{
	struct login_decision decision;
	struct change_set set = { 0 };
	struct sealed sealed = { 0 };

	if (!may_write(attempt, &decision)) {
		attempt_conclude(attempt, &decision, &set, NULL);
		return;
	}
	if (state_seal_password(attempt->attempts->state, attempt->uid, made,
				&sealed) != 0) {
		conclude(attempt, REASON_NOT_WRITTEN);
		return;
	}
	change_set_add(&set,
		       (struct change){ .type = CHANGE_PASSWORD,
					.uid = attempt->uid,
					.at = clock_realtime_us() / 1000000,
					.password = &sealed,
					.kind = USER_PASSWORD_CHOSEN });
	add_login(attempt, &set);
	attempt_conclude(attempt, &decision, &set, NULL);
}

static void replaced(struct hash_job *job, void *userdata)
{
	struct attempt *attempt = userdata;
	enum hash_result result = job->result;
	char made[ARGON2_STORED_SIZE];

	memcpy(made, job->made, sizeof(made));
	attempt_hold(attempt);
	attempt_worked(attempt);
	if (attempt->gone)
		replacement_abandoned(attempt);
	else if (result == HASH_MADE)
		write_new(attempt, made);
	else if (result != HASH_RIGHT)
		conclude(attempt, REASON_BUSY);
	else if (refuse(attempt,
			hearer_text(&attempt->hearer,
				    "It is the same as the old one.")) != 0)
		conclude(attempt, REASON_NOT_WRITTEN);
	explicit_bzero(made, sizeof(made));
	attempt_release(attempt);
}

static int hash_new(struct attempt *attempt)
{
	const struct settings *settings = attempt->attempts->settings;
	struct user user;
	int r;

	attempt->phase = ATTEMPT_REPLACING;
	r = attempt_arm(attempt);
	if (r < 0)
		return r;
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
	return 0;
}

int replacement_answer(struct attempt *attempt, const struct secret *password,
		       enum reason reason)
{
	const struct password_rules rules = {
		.min_length = attempt->attempts->settings->password_min_length,
		.words = (const char *const *)
				 attempt->attempts->settings->password_words,
	};
	const struct secret *current =
		attempt->proved ? &attempt->current : NULL;
	char why[256];
	struct text text;
	int r;

	if (reason == REASON_ANSWER_TOO_LONG)
		return refuse(attempt,
			      hearer_text(&attempt->hearer,
					  "It is longer than 1,024 bytes."));
	if (attempt->phase == ATTEMPT_NEW_AGAIN) {
		if (!secret_equal(&attempt->wanted, password))
			return refuse(
				attempt,
				hearer_text(&attempt->hearer,
					    "The two were not the same."));
		return hash_new(attempt);
	}
	if (!current || !secret_equal(current, password))
		attempt->only_repeats = false;
	text_init(&text, why, sizeof(why));
	r = password_check(&rules, attempt->subject.name, current, password,
			   &text);
	if (r < 0)
		return r;
	if (r != 0)
		return refuse(attempt, why);
	attempt->wanted = *password;
	return attempt_ask(
		attempt, ATTEMPT_NEW_AGAIN, "new_password",
		hearer_text(&attempt->hearer, "New password again: "));
}

void replacement_abandoned(struct attempt *attempt)
{
	conclude(attempt, REASON_ABANDONED);
}
