/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/decision_json.h"

#include <string.h>

json_t *decision_rules_json(const enum login_outcome outcomes[_LOGIN_RULE_N])
{
	json_t *rules = json_array();

	for (unsigned int i = 0; i < _LOGIN_RULE_N; i++)
		(void)!json_array_append_new(
			rules,
			json_pack("{s:s, s:s, s:s}", "rule", login_rule_name(i),
				  "outcome", login_outcome_name(outcomes[i]),
				  "text", login_rule_text(i)));
	return rules;
}

json_t *decision_advice_json(enum reason reason, const char *user)
{
	const char *advice = reason_advice(reason);
	const char *name = advice ? strstr(advice, "NAME") : NULL;
	char filled[512];
	struct text text;

	if (!advice)
		return json_null();
	text_init(&text, filled, sizeof(filled));
	text_add_bytes(&text, advice,
		       name ? (size_t)(name - advice) : strlen(advice));
	if (name)
		text_add_format(&text, "%s%s", user, name + strlen("NAME"));
	return json_string(filled);
}

json_t *decision_json(const struct login_decision *decision, const char *user)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "verdict",
			 verdict_name(decision->verdict), "reason",
			 reason_name(decision->reason), "text",
			 reason_text(decision->reason), "rules",
			 decision_rules_json(decision->outcomes), "advice",
			 decision_advice_json(decision->reason, user));
}
