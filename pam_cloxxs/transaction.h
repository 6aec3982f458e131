/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Transaction: one call of one phase: its options, its user, where it comes
 * from. Lives on the stack of the call; what must outlive it stands in the PAM
 * handle (in the same process) or with cloxxsd (over a fork).
 */

#include <security/pam_modules.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/secret.h"
#include "libcloxxs/login.h"
#include "pam_cloxxs/line.h"
#include "pam_cloxxs/options.h"
#include "pam_cloxxs/origin.h"
#include "pam_cloxxs/status.h"
#include "pam_cloxxs/subject.h"

/* What the build fixes; tests give their own. */
struct module {
	const char *socket;
	const char *map;
	uint32_t silence_ms;
	const char *login_number; /* the kernel's file: base/login_number.h */
};

struct transaction {
	pam_handle_t *pamh;
	const struct module *module;
	enum phase phase;
	unsigned int flags; /* PAM_SILENT and its like */
	struct options options;
	const char *user; /* PAM's */
	struct subject subject;
	struct origin origin;
	int64_t audit_session; /* base/login_number.h */
	struct line *line;     /* the handle's, or NULL */
	struct secret pass;
	struct login_who who; /* points into the above */
	/* Of an authentication, where it could be had without waiting: opened
	 * before it is looked up whose user it is, so that cloxxsd wakes
	 * meanwhile, and for everybody alike, so that time does not tell whose
	 * it is. */
	struct channel early;
};

/*
 * Reads options, user and origin: OUTCOME_ALLOW to go on, else the end of it;
 * with OUTCOME_NOT_OURS and OUTCOME_IGNORED all of it has been read.
 */
enum outcome transaction_begin(struct transaction *transaction, int argc,
			       const char **argv);
void transaction_deinit(struct transaction *transaction);

/* A struct login for the transaction's socket and time. */
void transaction_login(const struct transaction *transaction,
		       struct login *ret_login);

/* The same, on the channel that is open already where one is. */
void transaction_call(struct transaction *transaction, struct login *ret_login);

/* One line to syslog, with the user's name escaped in front. */
void transaction_log(const struct transaction *transaction, int priority,
		     const char *format, ...) printf_like(3, 4);
/* The same at LOG_DEBUG, where the option says so. Never a secret. */
void transaction_debug(const struct transaction *transaction,
		       const char *format, ...) printf_like(2, 3);

/* Logs a LOGIN_E_* or -errno, and says what it comes to. */
enum outcome transaction_failed(const struct transaction *transaction, int r);

/*
 * What a verdict comes to for this subject: only ours may be let in. Shows the
 * message and logs a denial.
 */
enum outcome transaction_decide(const struct transaction *transaction,
				enum login_verdict verdict, const char *message,
				const char *reference);
