/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/admin.h"

#include <string.h>

#include "cloxxsd/service/decision_json.h"

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
