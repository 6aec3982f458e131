/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. Only a managed subject and the verdict "allow" make OUTCOME_ALLOW.
 *  2. Foreign text reaches the log escaped; secrets never do.
 */
#include "pam_cloxxs/transaction.h"

#include <errno.h>
#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/login_number.h"
#include "base/text.h"
#include "pam_cloxxs/conversation.h"
#include "pam_cloxxs/pass.h"

#define USER_DATA "cloxxs-user"

static void printf_like(3, 0)
	log_line(const struct transaction *transaction, int priority,
		 const char *format, va_list arguments)
{
	char user[128], line[512];
	struct text escaped;
	const char *name = transaction->user ? transaction->user : "";

	text_init(&escaped, user, sizeof(user));
	text_add_escaped(&escaped, name, strnlen(name, sizeof(user)));
	vsnprintf(line, sizeof(line), format, arguments);
	pam_syslog(transaction->pamh, priority, "user '%s%s': %s", user,
		   text_is_cut(&escaped) ? "..." : "", line);
}

void transaction_log(const struct transaction *transaction, int priority,
		     const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_line(transaction, priority, format, arguments);
	va_end(arguments);
}

void transaction_debug(const struct transaction *transaction,
		       const char *format, ...)
{
	va_list arguments;

	if (!transaction->options.debug)
		return;
	va_start(arguments, format);
	log_line(transaction, LOG_DEBUG, format, arguments);
	va_end(arguments);
}

static enum outcome read_options(struct transaction *transaction, int argc,
				 const char **argv)
{
	const char *wrong;
	char escaped[128];
	struct text text;
	int r;

	r = options_parse(argc, argv, transaction->module->socket,
			  &transaction->options, &wrong);
	if (r == 0)
		return OUTCOME_ALLOW;
	text_init(&text, escaped, sizeof(escaped));
	text_add_escaped(&text, wrong, strnlen(wrong, sizeof(escaped)));
	pam_syslog(transaction->pamh, LOG_ERR, "%s option '%s': access denied",
		   r == OPTIONS_E_UNKNOWN ? "unknown" : "malformed", escaped);
	return OUTCOME_OPTIONS;
}

static enum outcome read_user(struct transaction *transaction)
{
	const char *user = NULL;
	int r = pam_get_user(transaction->pamh, &user, NULL);

	if (r != PAM_SUCCESS || !user) {
		pam_syslog(transaction->pamh, LOG_NOTICE,
			   "no user name: access denied");
		return r == PAM_BUF_ERR || r == PAM_SYSTEM_ERR
			       ? OUTCOME_ERROR
			       : OUTCOME_CONVERSATION;
	}
	transaction->user = user;
	return OUTCOME_ALLOW;
}

static const char *or_null(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

static void fill_who(struct transaction *transaction)
{
	const struct origin *origin = &transaction->origin;
	const struct subject *subject = &transaction->subject;

	transaction->who = (struct login_who){
		.user = subject_sendable(transaction->user),
		.service = origin->service,
		.address = or_null(origin->address),
		.terminal = or_null(origin->terminal),
		.requester = or_null(origin->requester),
		.language = or_null(origin->language),
		.system_uid =
			subject->has_system_uid ? &subject->system_uid : NULL,
		.audit_session = transaction->audit_session
					 ? &transaction->audit_session
					 : NULL,
		.pass = &transaction->pass,
	};
}

static enum outcome check_subject(const struct transaction *transaction)
{
	switch (transaction->subject.kind) {
	case SUBJECT_FOREIGN:
		transaction_debug(transaction, "not a user of Cloxxs");
		return transaction->options.ignore_unknown_user
			       ? OUTCOME_IGNORED
			       : OUTCOME_NOT_OURS;
	case SUBJECT_UNDECIDED:
		transaction_log(transaction, LOG_ERR,
				"%s cannot be read: access denied",
				transaction->module->map);
		return OUTCOME_UNAVAILABLE;
	case SUBJECT_MANAGED:
	case SUBJECT_COLLISION:
	case SUBJECT_NOBODY:
		break;
	}
	return OUTCOME_ALLOW;
}

/* Whom the handle was asked to authenticate, and what is left of that. */
struct known {
	struct subject subject;
	struct line line;
	char name[];
};

static void free_data(pam_handle_t *pamh, void *data, int status)
{
	struct known *known = data;

	(void)pamh;
	(void)status;
	if (known)
		line_drop(&known->line);
	free(known);
}

static enum outcome remember_user(const struct transaction *transaction)
{
	size_t n = strlen(transaction->user) + 1;
	struct known *known = calloc(1, sizeof(*known) + n);

	if (known)
		memcpy(known->name, transaction->user, n);
	if (known && pam_set_data(transaction->pamh, USER_DATA, known,
				  free_data) == PAM_SUCCESS)
		return OUTCOME_ALLOW;
	free(known);
	return OUTCOME_ERROR;
}

static struct known *recall_user(const struct transaction *transaction)
{
	const void *known = NULL;

	if (pam_get_data(transaction->pamh, USER_DATA, &known) != PAM_SUCCESS)
		return NULL;
	return (struct known *)(uintptr_t)known;
}

static bool is_other_user(const struct transaction *transaction)
{
	const struct known *known = recall_user(transaction);

	return known && strcmp(known->name, transaction->user) != 0;
}

/*
 * The account phase comes upon the authentication's heels, and the daemon
 * decides in it: there a user who was ours a moment ago is looked up in the
 * system again, not in the map.
 */
static void find_subject(struct transaction *transaction)
{
	struct known *known = recall_user(transaction);
	bool again = known && transaction->phase == PHASE_ACCOUNT;

	subject_find(transaction->pamh, transaction->module->map,
		     transaction->user, again ? &known->subject : NULL,
		     &transaction->subject);
	if (!known)
		return;
	if (transaction->phase == PHASE_AUTHENTICATE)
		known->subject = transaction->subject;
	/* It is for the account phase, or for none. */
	if (!again)
		line_drop(&known->line);
	transaction->line = &known->line;
}

/*
 * Another module may have changed PAM_USER since authentication. In the
 * session phases that is sudo's way (the target stands there), and only means
 * that the pass is somebody else's. root is not even looked at.
 */
static enum outcome check_user(struct transaction *transaction)
{
	bool is_other;

	if (strcmp(transaction->user, "root") == 0)
		return OUTCOME_ALLOW;
	if (transaction->phase == PHASE_AUTHENTICATE)
		return remember_user(transaction);
	is_other = is_other_user(transaction);
	if (!is_other)
		pass_read(transaction->pamh, &transaction->pass);
	if (is_other && (transaction->phase == PHASE_ACCOUNT ||
			 transaction->phase == PHASE_CHAUTHTOK)) {
		transaction_log(transaction, LOG_ERR,
				"PAM_USER is not who was authenticated: "
				"access denied");
		return OUTCOME_USER_CHANGED;
	}
	return OUTCOME_ALLOW;
}

/* Not for root, who needs no cloxxsd. What fails, or would have to be waited
 * for, is tried where it is needed. */
static void call_early(struct transaction *transaction)
{
	scope(login_deinit) struct login login = LOGIN_INIT;

	if (transaction->phase != PHASE_AUTHENTICATE ||
	    strcmp(transaction->user, "root") == 0)
		return;
	transaction_login(transaction, &login);
	login.silence_us = 0;
	if (login_probe(&login) != 0)
		return;
	transaction->early = login.channel;
	login.channel = CHANNEL_INIT;
}

enum outcome transaction_begin(struct transaction *transaction, int argc,
			       const char **argv)
{
	enum outcome outcome = read_options(transaction, argc, argv);

	if (outcome == OUTCOME_ALLOW)
		outcome = read_user(transaction);
	if (outcome == OUTCOME_ALLOW)
		outcome = check_user(transaction);
	if (outcome != OUTCOME_ALLOW)
		return outcome;
	call_early(transaction);
	find_subject(transaction);
	origin_read(transaction->pamh, &transaction->origin);
	transaction->audit_session =
		login_number_read(transaction->module->login_number);
	fill_who(transaction);
	return check_subject(transaction);
}

void transaction_deinit(struct transaction *transaction)
{
	secret_deinit(&transaction->pass);
	channel_deinit(&transaction->early);
}

void transaction_login(const struct transaction *transaction,
		       struct login *ret_login)
{
	const struct login_args args = {
		.socket = transaction->options.socket,
		.timeout_ms = transaction->options.timeout_s * 1000,
		.silence_ms = transaction->module->silence_ms,
	};

	login_init(ret_login, &args);
}

void transaction_call(struct transaction *transaction, struct login *ret_login)
{
	transaction_login(transaction, ret_login);
	ret_login->channel = transaction->early;
	transaction->early = CHANNEL_INIT;
}

static const char *describe(enum login_error error)
{
	switch (error) {
	case LOGIN_E_UNREACHABLE:
		return "cloxxsd is not there, or closed the connection";
	case LOGIN_E_IMPOSTOR:
		return "the socket is not cloxxsd's: a link, a place that "
		       "others may write, or another user's";
	case LOGIN_E_TIMEOUT:
		return "cloxxsd did not answer in time";
	case LOGIN_E_BROKEN:
		return "cloxxsd gave an answer that cannot be read";
	case LOGIN_E_REFUSED:
		return "cloxxsd did not take the call";
	case LOGIN_E_BUSY:
		return "cloxxsd has too many attempts open for this caller";
	case LOGIN_E_UNFIT:
		return "the request cannot be sent: too long, or not UTF-8";
	case _LOGIN_E_OK:
		break;
	}
	return "unknown failure";
}

enum outcome transaction_failed(const struct transaction *transaction, int r)
{
	if (r < 0) {
		transaction_log(transaction, LOG_ERR,
				"%s: error %d: access denied",
				transaction->options.socket, -r);
		return r == -ENOMEM ? OUTCOME_ERROR : OUTCOME_UNAVAILABLE;
	}
	transaction_log(transaction, LOG_ERR, "%s: %s: access denied",
			transaction->options.socket,
			describe((enum login_error)r));
	return OUTCOME_UNAVAILABLE;
}

static enum outcome deny(const struct transaction *transaction,
			 const char *reference)
{
	transaction_log(transaction, LOG_NOTICE, "access denied%s%s",
			reference[0] ? ", reference " : "", reference);
	return transaction->subject.kind == SUBJECT_NOBODY ? OUTCOME_NOBODY
							   : OUTCOME_DENY;
}

enum outcome transaction_decide(const struct transaction *transaction,
				enum login_verdict verdict, const char *message,
				const char *reference)
{
	if (message[0] != '\0' && !(transaction->flags & PAM_SILENT))
		conversation_show(transaction->pamh, message,
				  verdict != LOGIN_ALLOW);
	if (verdict == LOGIN_UNAVAILABLE) {
		transaction_log(transaction, LOG_ERR,
				"cloxxsd could not decide%s%s: access denied",
				reference[0] ? ", reference " : "", reference);
		return OUTCOME_UNAVAILABLE;
	}
	if (transaction->subject.kind != SUBJECT_MANAGED)
		return deny(transaction, reference);
	switch (verdict) {
	case LOGIN_ALLOW:
		return OUTCOME_ALLOW;
	case LOGIN_CHANGE:
		return OUTCOME_CHANGE;
	case LOGIN_DENY:
	case LOGIN_UNAVAILABLE:
		break;
	}
	return deny(transaction, reference);
}
