/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pam_cloxxs/phase.h"

#include <security/pam_ext.h>
#include <unistd.h>

#include "pam_cloxxs/line.h"
#include "pam_cloxxs/pass.h"
#include "pam_cloxxs/relay.h"

/*
 * libpam sleeps for this, ±50 %, when the whole stack has failed, so that the
 * time does not tell the cause and guessing is slow; just under the 2 s that
 * pam_unix asks for, which would otherwise mark whose user it was.
 */
#define FAIL_DELAY_US 1500000

static enum outcome setcred(struct transaction *transaction)
{
	switch (transaction->subject.kind) {
	case SUBJECT_MANAGED:
		return OUTCOME_ALLOW;
	case SUBJECT_NOBODY:
		return OUTCOME_NOBODY;
	case SUBJECT_COLLISION:
	case SUBJECT_FOREIGN:
	case SUBJECT_UNDECIDED:
		break;
	}
	return OUTCOME_DENY;
}

enum outcome phase_authenticate(struct transaction *transaction)
{
	/* What an earlier try on this handle left is no longer true. */
	pass_remove(transaction->pamh);
	return relay_run(transaction, LOGIN_INTENT_LOGIN);
}

/* On the line of the authentication where there is one. */
static int ask_account(const struct transaction *transaction,
		       struct login_reply *ret_reply)
{
	const char *method = transaction->origin.method;
	scope(login_deinit) struct login login = LOGIN_INIT;
	bool kept;
	int r;

	if (method[0] == '\0')
		method = NULL;
	transaction_login(transaction, &login);
	kept = line_take(transaction->line, &login);
	r = login_account(&login, &transaction->who, method, ret_reply);
	/* Closed meanwhile (cloxxsd was started anew, say): as without it. */
	if (r == LOGIN_E_UNREACHABLE && kept)
		r = login_account(&login, &transaction->who, method, ret_reply);
	return r;
}

enum outcome phase_account(struct transaction *transaction)
{
	struct login_reply reply;
	int r;

	if (transaction->subject.kind == SUBJECT_NOBODY)
		return OUTCOME_NOBODY;
	r = ask_account(transaction, &reply);
	if (r != 0)
		return transaction_failed(transaction, r);
	return transaction_decide(transaction, reply.verdict, reply.text,
				  reply.reference);
}

static bool is_of_others(enum outcome outcome)
{
	return outcome == OUTCOME_NOT_OURS || outcome == OUTCOME_IGNORED;
}

/*
 * Who is not ours is for others to say, and so is the console; but cloxxsd
 * knows from where root and local accounts may come to a service. A program
 * that is not root's could as well not ask.
 */
static enum outcome account_of_others(const struct transaction *transaction,
				      enum outcome outcome)
{
	const char *method = transaction->origin.method;
	scope(login_deinit) struct login login = LOGIN_INIT;
	struct login_reply reply;
	int r;

	if (transaction->origin.address[0] == '\0' || geteuid() != 0)
		return outcome;
	transaction_login(transaction, &login);
	r = login_unmanaged(&login, &transaction->who,
			    method[0] == '\0' ? NULL : method, &reply);
	if (r != 0)
		return transaction_failed(transaction, r);
	if (reply.verdict == LOGIN_ALLOW)
		return outcome;
	return transaction_decide(transaction, reply.verdict, reply.text,
				  reply.reference);
}

static enum outcome run(struct transaction *transaction)
{
	switch (transaction->phase) {
	case PHASE_AUTHENTICATE:
		return phase_authenticate(transaction);
	case PHASE_SETCRED:
		return setcred(transaction);
	case PHASE_ACCOUNT:
		return phase_account(transaction);
	case PHASE_CHAUTHTOK:
		return phase_chauthtok(transaction);
	case PHASE_OPEN_SESSION:
		return phase_open_session(transaction);
	case PHASE_CLOSE_SESSION:
		return phase_close_session(transaction);
	case _N_PHASES:
		break;
	}
	return OUTCOME_ERROR;
}

/* The pass serves until the session opens, and nobody is to find it after. */
static void end_pass(const struct transaction *transaction)
{
	switch (transaction->phase) {
	case PHASE_SETCRED:
		if (transaction->flags & PAM_DELETE_CRED)
			pass_remove(transaction->pamh);
		break;
	case PHASE_OPEN_SESSION:
	case PHASE_CLOSE_SESSION:
		pass_remove(transaction->pamh);
		break;
	case PHASE_AUTHENTICATE:
	case PHASE_ACCOUNT:
	case PHASE_CHAUTHTOK:
	case _N_PHASES:
		break;
	}
}

/*
 * No delay where nobody could decide: that is the same for every name and
 * every answer, and is promised within 2 s.
 */
static void delay_failure(const struct transaction *transaction,
			  enum outcome outcome)
{
	if (transaction->phase == PHASE_AUTHENTICATE &&
	    outcome != OUTCOME_ALLOW && outcome != OUTCOME_NOT_OURS &&
	    outcome != OUTCOME_IGNORED && outcome != OUTCOME_UNAVAILABLE)
		(void)pam_fail_delay(transaction->pamh, FAIL_DELAY_US);
}

int phase_run(const struct module *module, enum phase phase, pam_handle_t *pamh,
	      int flags, int argc, const char **argv)
{
	scope(transaction_deinit) struct transaction transaction = {
		.pamh = pamh,
		.module = module,
		.phase = phase,
		.flags = (unsigned int)flags,
		.early = CHANNEL_INIT,
	};
	enum outcome outcome = transaction_begin(&transaction, argc, argv);

	if (outcome == OUTCOME_ALLOW)
		outcome = run(&transaction);
	else if (phase == PHASE_CHAUTHTOK && is_of_others(outcome))
		phase_ask_for_others(&transaction);
	else if (phase == PHASE_ACCOUNT && is_of_others(outcome))
		outcome = account_of_others(&transaction, outcome);
	end_pass(&transaction);
	delay_failure(&transaction, outcome);
	transaction_debug(&transaction, "phase %d ends with %d", (int)phase,
			  (int)outcome);
	return status_code(outcome, phase);
}
