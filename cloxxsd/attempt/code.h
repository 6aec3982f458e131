/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Code: the part of a conversation in which the second factor is proved: by an
 * authenticator app, by a code that is sent, or by a recovery code. Whether one
 * is asked for is asked of policy/; which ways there are stands in the store;
 * how one is sent is code_sending.h's, and whether it is right code_check.h's.
 */

#include "cloxxsd/attempt/attempt.h"

/* Whether a code is due and possible, into facts: what is asked of the settings
 * and of the store about user. */
must_check int code_gather(struct attempts *attempts,
			   const struct subject *subject,
			   const struct user *user, struct login_facts *facts);

/* For a question and a trial, in which nobody types one: whether a code would
 * be asked for, looking at the ways that the user can use now; facts are then
 * as if the right one had been typed. */
bool code_suppose(const struct attempts *attempts, uint32_t uid,
		  struct login_facts *facts);
/* Whether an app's code comes behind the password, in one string: by the
 * service and the address alone, so that a prompt may say so. A trial takes
 * the password alone. */
bool code_is_joined(const struct attempt *attempt);

/* Asks, or sends first; the password is proved, and no claim is held. */
must_check int code_begin(struct attempt *attempt);
/* Takes an answer; NULL: it was too long. password: the same in the form of
 * passwords. Answers the attempt's call. */
void code_answer(struct attempt *attempt, const char *answer,
		 const struct secret *password);
/* The conversation ended here: that is recorded as its decision. */
void code_abandoned(struct attempt *attempt);

/* Asks for one, with a sentence before the question; NULL: none. */
must_check int code_ask(struct attempt *attempt, const char *before);
/* Ends the attempt with a refusal. */
void code_refuse(struct attempt *attempt, enum reason reason);
/* What user has for codes that can be sent or typed now, as bits of 1 << enum
 * code_way, with the addresses opened. -errno, or 0. */
struct code_ways {
	unsigned int ways;
	bool phone_lost, mail_lost; /* it is there, and does not open */
	struct second_factor factor;
	struct secret phone, mail;
};
void code_ways_deinit(struct code_ways *ways);
must_check int code_ways_find(const struct attempts *attempts, uint32_t uid,
			      struct code_ways *ret_ways);
/* Whether somewhere he is asked for a code, and has no way to give one. */
must_check int code_is_missing(const struct attempts *attempts,
			       const struct user *user, bool *ret_missing);
/* As it stands in records. */
const char *code_way_name(enum code_way way);
