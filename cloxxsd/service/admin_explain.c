/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/admin.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/code.h"
#include "cloxxsd/service/decision_json.h"
#include "cloxxsd/service/question.h"

/* The rules of a record; none where its line cannot be read. */
static json_t *recorded_rules_json(const char *line)
{
	enum login_outcome outcomes[_LOGIN_RULE_N];

	return login_rules_read(line, outcomes) ? decision_rules_json(outcomes)
						: json_array();
}

int admin_explain(struct varlink_call *call, json_t *parameters, void *userdata)
{
	const char *typed = admin_string(parameters, "reference");
	struct service *service = userdata;
	char code[REFERENCE_MAX];
	struct ledger_row row;
	enum reason reason = REASON_UNDECIDED;
	struct user user;
	bool known;
	int r;

	if (!reference_read(typed, code))
		return admin_invalid(call, "reference",
				     "A reference code has eight letters and "
				     "digits, as in ABCD-1234.");
	r = ledger_find(&service->state->ledger, code, &row);
	if (r == LEDGER_E_UNKNOWN)
		return admin_not_found(call, code);
	if (r != 0)
		return admin_unavailable(call, "The ledger cannot be read.");
	(void)!reason_find(row.reason, &reason);
	known = user_find(service->state->store, row.user, &user) == 0;
	return varlink_call_reply(
		call,
		json_pack("{s:I, s:s, s:s, s:b, s:o, s:o, s:o, s:s, s:s, s:s,"
			  " s:o, s:o}",
			  "at", (json_int_t)(row.at_us / 1000000), "event",
			  row.event, "user", row.user, "known", (int)known,
			  "service", text_or_null(row.service), "address",
			  text_or_null(row.address), "terminal",
			  text_or_null(row.terminal), "verdict", "deny",
			  "reason", row.reason, "text", reason_text(reason),
			  "rules", recorded_rules_json(row.rules), "advice",
			  decision_advice_json(reason, row.user)));
}

/* What would be decided, and of whom. */
struct explained {
	struct login_decision decision;
	bool known;
	bool code_due; /* and is taken to be the right one */
};

/* What would be decided of subject at a moment, by the login's own rules. */
static int decide(struct service *service, const struct subject *subject,
		  enum login_purpose purpose, int64_t at,
		  struct explained *ret_explained)
{
	struct login_facts facts;
	struct user user;
	int r;

	r = attempt_gather(service->attempts, subject, purpose, &user, &facts);
	if (r != 0)
		return r;
	attempt_move(&facts, at);
	/* Whether it is, nobody can say before it is typed; nor of a code. */
	if (purpose == LOGIN_PURPOSE_LOGIN)
		facts.password = LOGIN_PASSWORD_RIGHT;
	ret_explained->known = facts.user_known;
	ret_explained->code_due =
		facts.user_known &&
		code_suppose(service->attempts, user.uid, &facts);
	ret_explained->decision = login_decide(&facts);
	return 0;
}

/* The moment that is asked about; false: answered. */
static bool read_moment(struct varlink_call *call, json_t *parameters,
			int64_t *ret_at)
{
	json_t *at = json_object_get(parameters, "at");

	*ret_at = clock_realtime_us() / 1000000;
	if (!json_is_integer(at))
		return true;
	*ret_at = json_integer_value(at);
	if (admin_is_time(*ret_at))
		return true;
	(void)!admin_invalid(call, "at", "It is no time of 1970 to 9999.");
	return false;
}

int admin_explain_login(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	struct service *service = userdata;
	struct explained login, account;
	struct subject subject;
	int64_t at;

	if (!question_read(service, call, parameters, &subject) ||
	    !read_moment(call, parameters, &at))
		return 0;
	if (decide(service, &subject, LOGIN_PURPOSE_LOGIN, at, &login) != 0 ||
	    decide(service, &subject, LOGIN_PURPOSE_ACCOUNT, at, &account) != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	return varlink_call_reply(
		call,
		json_pack("{s:I, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:b}", "at",
			  (json_int_t)at, "user", subject.name, "known",
			  (int)login.known, "service", subject.service,
			  "address", text_or_null(subject.address), "terminal",
			  text_or_null(subject.terminal), "login",
			  decision_json(&login.decision, subject.name),
			  "account",
			  decision_json(&account.decision, subject.name),
			  "code_due", (int)login.code_due));
}
