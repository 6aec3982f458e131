/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Reply: the shapes in which an attempt answers nl.cloxxs.Login, in one place.
 */

#include "cloxxsd/attempt/attempt.h"

/* A continued reply that only says: still at it. */
void reply_wait(struct varlink_call *call);
/* echo: what is typed may be seen. */
must_check int reply_step(struct varlink_call *call, const char *step,
			  const char *prompt, bool echo);
/* message, reference and pass may be NULL. */
must_check int reply_done(struct varlink_call *call, const char *verdict,
			  const char *message, const char *reference,
			  const char *pass);

/* Answers the attempt's open call with a step, and waits for the answer. */
must_check int attempt_ask(struct attempt *attempt, enum attempt_phase phase,
			   const char *step, const char *prompt);
/*
 * The one decision: writes set together with its record (which this adds from
 * decision), then answers, giving a pass where it allows. Where it cannot be
 * written the answer is a refusal. The attempt is done.
 */
void attempt_conclude(struct attempt *attempt,
		      const struct login_decision *decision,
		      struct change_set *set, const char *reference);

/* Whether it ends well; what would be asked next of whoever must change his
 * password, a trial does not ask. */
bool attempt_lets_in(const struct attempt *attempt,
		     const struct login_decision *decision);

/* Parts that attempt.c keeps for its neighbours. */
must_check int attempt_arm(struct attempt *attempt);
/* It is done, and no longer among the open ones, whoever still holds the
 * connection. */
void attempt_finish(struct attempt *attempt);
/* The attempt's job has ended: it may be freed again. */
void attempt_worked(struct attempt *attempt);
/*
 * Held while a callback runs in its name: an answer may end the connection and
 * with it the attempt. After the last release it may be gone.
 */
void attempt_hold(struct attempt *attempt);
void attempt_release(struct attempt *attempt);
