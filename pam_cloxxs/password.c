/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The change of a password. PAM calls twice: first to hear whether it can be
 * done, then to do it. Neither alone changes anything.
 */
#include <security/pam_ext.h>
#include <syslog.h>

#include "libcloxxs/login.h"
#include "pam_cloxxs/phase.h"
#include "pam_cloxxs/relay.h"

#define PRELIMINARY_DATA "cloxxs-preliminary"

static enum outcome preliminary(struct transaction *transaction)
{
	scope(login_deinit) struct login login = LOGIN_INIT;
	int r;

	transaction_login(transaction, &login);
	r = login_probe(&login);
	if (r != 0)
		return transaction_failed(transaction, r);
	/* Only that it is there counts. */
	if (pam_set_data(transaction->pamh, PRELIMINARY_DATA,
			 (void *)(uintptr_t)PRELIMINARY_DATA,
			 NULL) != PAM_SUCCESS)
		return OUTCOME_ERROR;
	return OUTCOME_ALLOW;
}

static bool was_preliminary(const struct transaction *transaction)
{
	const void *data = NULL;

	if (pam_get_data(transaction->pamh, PRELIMINARY_DATA, &data) !=
		    PAM_SUCCESS ||
	    !data)
		return false;
	return pam_set_data(transaction->pamh, PRELIMINARY_DATA, NULL, NULL) ==
	       PAM_SUCCESS;
}

static enum outcome update(struct transaction *transaction)
{
	if (!was_preliminary(transaction)) {
		transaction_log(transaction, LOG_ERR,
				"a change of password without its preliminary "
				"check: not changed");
		return OUTCOME_ERROR;
	}
	/* Only what has expired: to a password that stands, nothing is done. */
	if (transaction->flags & PAM_CHANGE_EXPIRED_AUTHTOK) {
		enum outcome outcome = phase_account(transaction);

		if (outcome != OUTCOME_CHANGE)
			return outcome;
	}
	return relay_run(transaction, LOGIN_INTENT_CHANGE);
}

enum outcome phase_chauthtok(struct transaction *transaction)
{
	bool is_first = transaction->flags & PAM_PRELIM_CHECK;
	bool is_second = transaction->flags & PAM_UPDATE_AUTHTOK;

	if (transaction->subject.kind == SUBJECT_NOBODY)
		return OUTCOME_NOBODY;
	if (transaction->subject.kind != SUBJECT_MANAGED) {
		transaction_log(transaction, LOG_ERR,
				"the system has another user of that name: "
				"not changed");
		return OUTCOME_DENY;
	}
	if (is_first == is_second)
		return OUTCOME_ERROR;
	return is_first ? preliminary(transaction) : update(transaction);
}

/* What comes of it is the later module's affair. */
void phase_ask_for_others(const struct transaction *transaction)
{
	const char *token;

	if (transaction->flags & PAM_UPDATE_AUTHTOK &&
	    !transaction->options.use_authtok)
		(void)!pam_get_authtok(transaction->pamh, PAM_AUTHTOK, &token,
				       NULL);
}
