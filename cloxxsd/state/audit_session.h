/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Audit session: which login a process comes from. The kernel gives each login
 * a number (pam_loginuid(8)) that all that is started in it keeps, sudo and su
 * too, and that nobody in it can change. The first session that root's programs
 * opened under a number is that login's; it is known by it until the host is
 * started anew, closed or not. For records alone: no rule asks it.
 */

#include <stdint.h>

#include "base/address.h"
#include "base/name.h"
#include "base/scope.h"
#include "cloxxsd/state/session.h"

/* Of the kernel: (uint32_t)-1 is none, and so is 0. */
static inline bool audit_session_is_number(int64_t number)
{
	return number > 0 && number < (int64_t)UINT32_MAX;
}

/* As much of the id of a session as names it in records; all of it is for who
 * may close it. */
#define SESSION_MARK_LENGTH 12
/* "within=" and a mark, " login=" and a user's name, and the NUL. */
#define WITHIN_MAX (SESSION_MARK_LENGTH + NAME_USER_MAX + 16)

struct audit_session {
	char session[SESSION_ID_MAX];
	char user[NAME_USER_MAX + 1]; /* who logged in */
	char address[ADDRESS_TEXT_MAX];
};

/* USER_E_UNKNOWN: no session of ours began that login in this boot. */
must_check int audit_session_find(struct store *store, const char *boot,
				  int64_t number,
				  struct audit_session *ret_session);
/* Within the caller's transaction: by CHANGE_SESSION_OPEN alone. One that is
 * known keeps its session. */
must_check int audit_session_keep(struct store *store, const char *boot,
				  int64_t number, uint32_t uid,
				  const char *session, const char *address);

/* What a record of actor says of it: "within=0123456789ab", and "login=anna"
 * where she is another. */
void audit_session_write(const struct audit_session *session, const char *actor,
			 char ret_within[WITHIN_MAX]);
