/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/going_on.h"

#include "base/clock.h"
#include "cloxxsd/attempt/code.h"
#include "cloxxsd/attempt/notice.h"
#include "cloxxsd/attempt/replacement.h"
#include "cloxxsd/attempt/reply.h"

void going_on_release(const struct attempt *attempt, struct change_set *set)
{
	change_set_add(set, (struct change){
				    .type = attempt->trial ? CHANGE_TEST_RELEASE
							   : CHANGE_RELEASE,
				    .uid = attempt->uid });
}

/* To another question before the verdict. */
static int ask(struct attempt *attempt, struct change_set *set,
	       int (*begin)(struct attempt *attempt),
	       void (*abandoned)(struct attempt *attempt))
{
	int r;

	if (attempt->claimed)
		going_on_release(attempt, set);
	r = set->n_changes > 0 ? state_apply(attempt->attempts->state, set) : 0;
	if (r != 0)
		return r;
	attempt->proved = attempt->proved || attempt->claimed;
	attempt->claimed = false;
	if (attempt->gone) {
		abandoned(attempt);
		return 0;
	}
	return begin(attempt);
}

static int let_in(struct attempt *attempt,
		  const struct login_decision *decision, struct change_set *set)
{
	change_set_add(set,
		       (struct change){ .type = CHANGE_SUCCESS,
					.uid = attempt->uid,
					.code = attempt->code.proved,
					.at = clock_realtime_us() / 1000000,
					.service = attempt->subject.service,
					.address = attempt->subject.address });
	attempt_conclude(attempt, decision, set, NULL);
	return 0;
}

static int refuse(struct attempt *attempt, struct login_decision decision)
{
	struct change_set set = { 0 };

	decision.verdict = VERDICT_DENY;
	if (attempt->claimed)
		going_on_release(attempt, &set);
	attempt_conclude(attempt, &decision, &set, NULL);
	return 0;
}

int going_on(struct attempt *attempt, const struct login_facts *facts,
	     struct change_set *set)
{
	struct login_decision decision = login_decide(facts);

	switch (decision.verdict) {
	case VERDICT_ALLOW:
		if (attempt->purpose == LOGIN_PURPOSE_CHANGE)
			return ask(attempt, set, replacement_begin,
				   replacement_abandoned);
		return let_in(attempt, &decision, set);
	case VERDICT_CHANGE:
		attempt->change = decision.reason;
		return ask(attempt, set, replacement_begin,
			   replacement_abandoned);
	case VERDICT_CODE:
		return ask(attempt, set, code_begin, code_abandoned);
	case VERDICT_NOTICE:
		return ask(attempt, set, notice_begin, notice_abandoned);
	case VERDICT_DENY:
	case VERDICT_ASK:
		break;
	}
	return refuse(attempt, decision);
}
