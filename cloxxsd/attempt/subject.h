/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Subject: who asks, for whom, from where, as it was believed. It decides
 * nothing: facts about the user are gathered from the store.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/address.h"
#include "base/language.h"
#include "base/name.h"
#include "cloxxsd/attempt/reference.h"
#include "cloxxsd/audit/record.h"
#include "cloxxsd/state/audit_session.h"
#include "cloxxsd/state/user.h"
#include "policy/reason.h"

#define ATTEMPT_NAME_MAX 256
#define ATTEMPT_TERMINAL_MAX 64

/* What is not believed of a peer is "". */
struct subject {
	char name[ATTEMPT_NAME_MAX + 1];
	char service[NAME_SERVICE_MAX + 1];
	char address[ADDRESS_TEXT_MAX];
	bool comes_from_afar; /* with or without an address that can be read */
	char terminal[ATTEMPT_TERMINAL_MAX + 1];
	char requester[ATTEMPT_NAME_MAX + 1];
	enum language language; /* that the client sent */
	bool has_system_uid;
	int64_t system_uid;
	int64_t audit_session; /* the kernel's number of his login; 0: none */
	/* What is known of that login, where he has no address of his own: for
	 * records, never for a rule. */
	char login_address[ADDRESS_TEXT_MAX];
	char within[WITHIN_MAX];
	uid_t peer;
	bool by_application; /* peer is the account of service */
};

/* Programs that nobody sits at: who must change his password could not. */
bool subject_is_unattended(const char *service);

/* Where a record says that he is: where he has no address, where his login is
 * from; NULL where nobody knows. */
const char *subject_address(const struct subject *subject);
/*
 * A record of a decision about subject, at now_us: who and from where, with the
 * event, result and reason still to be set. It points into subject.
 */
struct record subject_record(const struct subject *subject, int64_t now_us);
/* A wrong answer of subject's, as it is counted: for reason, told by reference.
 */
struct user_failure subject_failure(const struct subject *subject,
				    enum reason reason,
				    const char reference[REFERENCE_MAX],
				    int64_t now_us);
/* An answer of subject's that is to be verified. */
struct user_claim subject_claim(const struct subject *subject, int64_t now_us);
