/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Notice: the part of a conversation in which the notice must be accepted, and
 * who is shown it without a question. Whether it must be is asked of policy/;
 * what it says is a setting.
 */

#include "cloxxsd/attempt/attempt.h"

/* Whether it is due, into facts: what is asked of the store about user. */
must_check int notice_gather(struct attempts *attempts,
			     const struct subject *subject,
			     const struct user *user,
			     struct login_facts *facts);

/* Asks; the password is proved, and no claim is held. */
must_check int notice_begin(struct attempt *attempt);
/* Takes an answer; NULL: it was too long. Answers the attempt's call. */
void notice_answer(struct attempt *attempt, const char *answer);
/* The conversation ended here: that is recorded as its decision. */
void notice_abandoned(struct attempt *attempt);

/*
 * What whoever comes in is shown without being asked, in his language; NULL:
 * nothing, for he accepted it, acts from within a session, or it is not to be
 * shown. What cannot be read of him is no reason to keep it from him.
 */
const char *notice_shown(struct attempts *attempts,
			 const struct subject *subject,
			 const struct user *user);
