/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The session's begin and end, told to cloxxsd. Its name stands in the PAM
 * handle, so that it is closed once, by whoever opened it.
 */
#include <security/pam_modules.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "libcloxxs/login.h"
#include "pam_cloxxs/phase.h"

#define SESSION_DATA "cloxxs-session"

static void free_session(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

static enum outcome keep_session(const struct transaction *transaction,
				 const char *session)
{
	char *copy;

	if (session[0] == '\0')
		return OUTCOME_ALLOW;
	copy = strdup(session);
	if (copy && pam_set_data(transaction->pamh, SESSION_DATA, copy,
				 free_session) == PAM_SUCCESS)
		return OUTCOME_ALLOW;
	free(copy);
	return OUTCOME_ERROR;
}

enum outcome phase_open_session(struct transaction *transaction)
{
	struct login_reply reply;
	scope(login_deinit) struct login login = LOGIN_INIT;
	enum outcome outcome;
	int r;

	if (transaction->subject.kind == SUBJECT_NOBODY)
		return OUTCOME_NOBODY;
	transaction_login(transaction, &login);
	r = login_open_session(&login, &transaction->who, &reply);
	if (r != 0)
		return transaction_failed(transaction, r);
	outcome = transaction_decide(transaction, reply.verdict, reply.text,
				     reply.reference);
	if (outcome != OUTCOME_ALLOW)
		return outcome;
	outcome = keep_session(transaction, reply.session);
	/* Nobody could close it later. */
	if (outcome != OUTCOME_ALLOW &&
	    login_close_session(&login, reply.session) != 0)
		transaction_log(transaction, LOG_ERR,
				"a session was opened and cannot be closed");
	return outcome;
}

enum outcome phase_close_session(struct transaction *transaction)
{
	scope(login_deinit) struct login login = LOGIN_INIT;
	const void *session = NULL;
	int r;

	if (pam_get_data(transaction->pamh, SESSION_DATA, &session) !=
		    PAM_SUCCESS ||
	    !session)
		return transaction->subject.kind == SUBJECT_NOBODY
			       ? OUTCOME_NOBODY
			       : OUTCOME_ALLOW;
	transaction_login(transaction, &login);
	r = login_close_session(&login, session);
	if (r != 0)
		transaction_log(transaction, LOG_WARNING,
				"cloxxsd was not told of the end of a session");
	if (pam_set_data(transaction->pamh, SESSION_DATA, NULL, NULL) !=
	    PAM_SUCCESS)
		return OUTCOME_ERROR;
	return OUTCOME_ALLOW;
}
