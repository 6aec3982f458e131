/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. A password of an earlier module answers the first question for one, and
 *     no other.
 *  2. A password is given to later modules only after cloxxsd said "allow".
 *  3. The number of steps is bounded, whatever the daemon asks.
 */
#include "pam_cloxxs/relay.h"

#include <string.h>
#include <syslog.h>

#include "base/language.h"
#include "pam_cloxxs/conversation.h"
#include "pam_cloxxs/line.h"
#include "pam_cloxxs/pass.h"

#define STEPS_MAX 64
/* A new password from an earlier module: once, and once more to confirm. */
#define NEW_FROM_STACK_MAX 2

struct typed {
	struct secret answer;       /* the last one */
	struct secret password;     /* to be verified by cloxxsd */
	struct secret new_password; /* to be taken by cloxxsd */
	int n_password, n_new;
	int old_item; /* where the current password stands in this phase */
};

static void typed_deinit(struct typed *typed)
{
	explicit_bzero(typed, sizeof(*typed));
}

/* True when the item was there and stands in *ret_answer. */
static bool take_item(const struct transaction *transaction, int item,
		      struct secret *ret_answer)
{
	const void *token = NULL;

	if (pam_get_item(transaction->pamh, item, &token) != PAM_SUCCESS ||
	    !token)
		return false;
	return secret_set(ret_answer, token, strlen(token)) == 0;
}

/* The one text of our own: what cannot be sent, cloxxsd does not hear of. */
static void tell_unfit(const struct transaction *transaction)
{
	enum language language = language_find(transaction->origin.language);

	if (!(transaction->flags & PAM_SILENT))
		conversation_show(transaction->pamh,
				  language_text(language,
						"The answer is too long, or "
						"not valid UTF-8."),
				  true);
}

static enum outcome ask(const struct transaction *transaction,
			const struct login_step *step, bool echo,
			struct secret *ret_answer)
{
	int r = conversation_ask(transaction->pamh, step->text, echo,
				 ret_answer);

	switch ((enum conversation_error)r) {
	case _CONVERSATION_E_OK:
		return OUTCOME_ALLOW;
	case CONVERSATION_E_FAILED:
		transaction_log(transaction, LOG_NOTICE,
				"no answer was given: access denied");
		break;
	case CONVERSATION_E_UNFIT:
		transaction_log(transaction, LOG_NOTICE,
				"an answer was too long: access denied");
		tell_unfit(transaction);
		break;
	}
	return OUTCOME_CONVERSATION;
}

static enum outcome answer_password(const struct transaction *transaction,
				    const struct login_step *step,
				    struct typed *typed)
{
	const struct options *options = &transaction->options;
	bool first = typed->n_password++ == 0;
	enum outcome outcome = OUTCOME_ALLOW;

	if (first && (options->use_first_pass || options->try_first_pass) &&
	    take_item(transaction, typed->old_item, &typed->answer)) {
		typed->password = typed->answer;
		return OUTCOME_ALLOW;
	}
	if (options->use_first_pass) {
		transaction_log(transaction, LOG_NOTICE,
				"use_first_pass, and no password that is "
				"right: access denied");
		return OUTCOME_NO_TOKEN;
	}
	outcome = ask(transaction, step, false, &typed->answer);
	typed->password = typed->answer;
	return outcome;
}

static enum outcome answer_new(const struct transaction *transaction,
			       const struct login_step *step,
			       struct typed *typed)
{
	enum outcome outcome = OUTCOME_ALLOW;

	if (!transaction->options.use_authtok) {
		outcome = ask(transaction, step, false, &typed->answer);
	} else if (typed->n_new++ >= NEW_FROM_STACK_MAX ||
		   !take_item(transaction, PAM_AUTHTOK, &typed->answer)) {
		transaction_log(transaction, LOG_NOTICE,
				"use_authtok, and no new password that is "
				"taken: not changed");
		return OUTCOME_NO_TOKEN;
	}
	typed->new_password = typed->answer;
	return outcome;
}

static enum outcome answer_step(const struct transaction *transaction,
				const struct login_step *step,
				struct typed *typed)
{
	switch (step->kind) {
	case LOGIN_STEP_PASSWORD:
		return answer_password(transaction, step, typed);
	case LOGIN_STEP_NEW_PASSWORD:
		return answer_new(transaction, step, typed);
	case LOGIN_STEP_CODE:
	case LOGIN_STEP_NOTICE:
		/* Whoever cannot be asked, as in sshd's mode "password", hears
		 * from the daemon what becomes of it: relay_run(). */
		return ask(transaction, step, true, &typed->answer);
	case LOGIN_STEP_DONE:
	case _LOGIN_STEP_NONE:
		break;
	}
	return OUTCOME_ERROR;
}

static bool give_item(const struct transaction *transaction, int item,
		      const struct secret *secret)
{
	return secret_is_empty(secret) ||
	       pam_set_item(transaction->pamh, item, secret->bytes) ==
		       PAM_SUCCESS;
}

/* What later phases and modules need; without it there is no success. */
static enum outcome leave_behind(const struct transaction *transaction,
				 const struct login_step *step,
				 const struct typed *typed)
{
	const struct secret *current = secret_is_empty(&typed->new_password)
					       ? &typed->password
					       : &typed->new_password;
	bool changes = typed->old_item == PAM_OLDAUTHTOK;

	if (pass_store(transaction->pamh, &step->pass) != 0)
		return OUTCOME_ERROR;
	if (changes &&
	    !give_item(transaction, PAM_OLDAUTHTOK, &typed->password))
		return OUTCOME_ERROR;
	if (!give_item(transaction, PAM_AUTHTOK, current))
		return OUTCOME_ERROR;
	return OUTCOME_ALLOW;
}

static enum outcome finish(const struct transaction *transaction,
			   const struct login_step *step,
			   const struct typed *typed)
{
	/* What the notice tells is shown by the session: sshd shows what comes
	 * at this point twice, as a banner and again. */
	bool allowed = step->verdict == LOGIN_ALLOW;
	enum outcome outcome =
		transaction_decide(transaction, step->verdict,
				   allowed ? "" : step->text, step->reference);

	if (outcome == OUTCOME_ALLOW)
		outcome = leave_behind(transaction, step, typed);
	return outcome;
}

/* An answer that is not UTF-8 is found out when it is to be sent. */
static enum outcome failed(const struct transaction *transaction, int r)
{
	if (r != LOGIN_E_UNFIT)
		return transaction_failed(transaction, r);
	tell_unfit(transaction);
	(void)transaction_failed(transaction, r);
	return OUTCOME_CONVERSATION;
}

/* Where the client could not ask: the daemon hears of it, and says why that
 * refuses; nothing is counted.
 */
static bool is_told_unanswered(enum login_step_kind kind)
{
	return kind == LOGIN_STEP_NOTICE || kind == LOGIN_STEP_CODE;
}

/* What nobody answered: refused, with what the daemon says of it. */
static enum outcome unasked(const struct transaction *transaction, int r,
			    const struct login_step *step, enum outcome outcome)
{
	enum outcome told;

	if (r != 0)
		return failed(transaction, r);
	told = transaction_decide(transaction, step->verdict, step->text,
				  step->reference);
	return told == OUTCOME_ALLOW ? outcome : told;
}

enum outcome relay_run(struct transaction *transaction,
		       enum login_intent intent)
{
	scope(login_step_deinit) struct login_step step = { 0 };
	scope(typed_deinit) struct typed typed = { 0 };
	scope(login_deinit) struct login login = LOGIN_INIT;
	enum outcome outcome;
	int r;

	typed.old_item =
		intent == LOGIN_INTENT_CHANGE ? PAM_OLDAUTHTOK : PAM_AUTHTOK;
	transaction_call(transaction, &login);
	r = login_start(&login, intent, &transaction->who, &step);
	for (int n = 0; r == 0 && step.kind != LOGIN_STEP_DONE; n++) {
		if (n == STEPS_MAX)
			return transaction_failed(transaction, LOGIN_E_BROKEN);
		transaction_debug(transaction, "step %d", (int)step.kind);
		outcome = answer_step(transaction, &step, &typed);
		if (outcome != OUTCOME_ALLOW && !is_told_unanswered(step.kind))
			return outcome;
		r = login_answer(
			&login, outcome == OUTCOME_ALLOW ? &typed.answer : NULL,
			&step);
		if (outcome != OUTCOME_ALLOW)
			return unasked(transaction, r, &step, outcome);
	}
	if (r != 0)
		return failed(transaction, r);
	outcome = finish(transaction, &step, &typed);
	if (outcome == OUTCOME_ALLOW && intent == LOGIN_INTENT_LOGIN)
		line_keep(transaction->line, &login);
	return outcome;
}
