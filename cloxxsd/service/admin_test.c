/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A test of a login: a trial (attempt/attempt.h) by root, on his connection.
 *
 * What must hold:
 *  1. It is for root alone: who may test can hear of a password that it is
 *     wrong, as often as he may be wrong.
 *  2. Nobody answers a test by the methods of a login, nor a login by this.
 *  3. A code that is supposed is so in the answer alone: no pass comes of it,
 *     and none is sent, used up or proved.
 */
#include "cloxxsd/service/admin.h"

#include <string.h>

#include "cloxxsd/service/decision_json.h"
#include "cloxxsd/service/question.h"

/* The account phase of a login that came so far. */
static int decide_account(const struct attempt *attempt,
			  struct login_decision *ret_decision)
{
	struct login_facts facts;
	struct user user;
	int r;

	r = attempt_gather(attempt->attempts, &attempt->subject,
			   LOGIN_PURPOSE_ACCOUNT, &user, &facts);
	if (r != 0)
		return r;
	/* As if he had accepted it, and typed the code, just now. */
	facts.notice_due = false;
	if (attempt->code.supposed)
		facts.code = LOGIN_CODE_RIGHT;
	*ret_decision = login_decide(&facts);
	return 0;
}

static int reply_refused(struct varlink_call *call,
			 const struct attempt *attempt,
			 const struct login_decision *decision,
			 const char *reference)
{
	char message[HEARER_REFUSAL_MAX];
	struct text text;

	text_init(&text, message, sizeof(message));
	hearer_refuse(&attempt->hearer, decision, reference, &text);
	return varlink_call_reply(
		call,
		json_pack("{s:s, s:s, s:s, s:o}", "step", "done", "message",
			  message, "reference", reference, "login",
			  decision_json(decision, attempt->subject.name)));
}

static int reply_let_in(struct varlink_call *call,
			const struct attempt *attempt,
			const struct login_decision *decision)
{
	const char *name = attempt->subject.name;
	struct login_decision account;

	if (decide_account(attempt, &account) != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	return varlink_call_reply(
		call, json_pack("{s:s, s:o, s:o, s:b}", "step", "done", "login",
				decision_json(decision, name), "account",
				decision_json(&account, name), "code_due",
				(int)attempt->code.supposed));
}

static void tell(struct attempt *attempt, struct varlink_call *call,
		 const struct login_decision *decision, const char *reference)
{
	if (!decision)
		(void)!admin_unavailable(call, "The test could not be "
					       "recorded, and is not told of.");
	else if (decision->verdict == VERDICT_DENY)
		(void)!reply_refused(call, attempt, decision, reference);
	else
		(void)!reply_let_in(call, attempt, decision);
}

/* Root's, as the methods' rows have it. */
static const struct trial trial = { .actor = "root", .answer = tell };

static void free_test(void *data)
{
	attempt_abandon(data);
}

int admin_test_login(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	struct varlink_connection *connection = varlink_call_connection(call);
	struct service *service = userdata;
	struct attempt *attempt;
	struct subject subject;
	int r;

	if (!question_read(service, call, parameters, &subject))
		return 0;
	varlink_connection_set_data(connection, NULL, NULL);
	r = attempt_new(service->attempts, LOGIN_PURPOSE_LOGIN, &subject,
			&attempt);
	if (r == -EBUSY)
		return admin_unavailable(call,
					 "Too many logins are under way.");
	if (r < 0)
		return r;
	attempt->trial = &trial;
	varlink_connection_set_data(connection, attempt, free_test);
	return attempt_start(attempt, call, false);
}

int admin_test_answer(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	struct attempt *attempt = varlink_connection_data(
		varlink_call_connection(call), free_test);
	const char *typed = admin_string(parameters, "answer");
	int r = -EBADE;

	(void)userdata;
	if (attempt)
		r = attempt_answer(attempt, call,
				   strlen(typed) <= SECRET_MAX ? typed : NULL);
	if (r == -EBADE)
		return admin_conflict(call, "No test waits for an answer on "
					    "this connection.");
	return r;
}
