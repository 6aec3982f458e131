/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/answer.h"

#include <string.h>

/* Of what a provider says, as much is told. */
#define DETAIL_MAX 120

bool answer_statuses_have(const struct answer_statuses *statuses, int status)
{
	for (size_t i = 0; i < statuses->n; i++)
		if (status >= statuses->ranges[i].from &&
		    status <= statuses->ranges[i].to)
			return true;
	return false;
}

static bool matches(const regex_t *regex, const char *body)
{
	return regexec(regex, body, 0, NULL, 0) == 0;
}

/* Of a body that one condition says no to, it is no; else of one that it cannot
 * say anything of, unknown. */
static enum condition_answer ask_json(const struct answer_rules *rules,
				      const json_t *json)
{
	enum condition_answer whole = CONDITION_TRUE;

	for (size_t i = 0; i < rules->conditions.n; i++) {
		enum condition_answer one =
			condition_ask(&rules->conditions.list[i], json);

		if (one == CONDITION_FALSE)
			return CONDITION_FALSE;
		if (one == CONDITION_UNKNOWN)
			whole = CONDITION_UNKNOWN;
	}
	return whole;
}

static enum result judge_body(const struct answer_rules *rules,
			      const struct answer *answer, const json_t *json)
{
	if (rules->refused_body && matches(rules->refused_body, answer->body))
		return RESULT_REFUSED;
	if (answer->cut)
		return RESULT_UNCERTAIN;
	if (rules->accepted_body &&
	    !matches(rules->accepted_body, answer->body))
		return RESULT_UNCERTAIN;
	switch (ask_json(rules, json)) {
	case CONDITION_UNKNOWN:
		return RESULT_UNCERTAIN;
	case CONDITION_FALSE:
		return RESULT_REFUSED;
	case CONDITION_TRUE:
		break;
	}
	return RESULT_ACCEPTED;
}

static void tell(const struct answer_rules *rules, const json_t *json,
		 struct text *detail)
{
	const json_t *found =
		rules->detail ? condition_find(json, rules->detail) : NULL;
	size_t n = json_string_length(found);

	if (json_is_string(found))
		text_add_bytes(detail, json_string_value(found),
			       n > DETAIL_MAX ? DETAIL_MAX : n);
	else if (json_is_integer(found))
		text_add_format(detail, "%lld",
				(long long)json_integer_value(found));
}

enum result answer_judge(const struct answer_rules *rules,
			 const struct answer *answer, struct text *ret_detail)
{
	json_t *json = NULL;
	enum result result;

	if (rules->conditions.n > 0 || rules->detail)
		json = json_loadb(answer->body, answer->n, 0, NULL);
	if (answer_statuses_have(&rules->accepted, answer->status))
		result = judge_body(rules, answer, json);
	else if (answer_statuses_have(&rules->retry, answer->status))
		result = RESULT_UNREACHABLE;
	else if (answer_statuses_have(&rules->refused, answer->status))
		result = RESULT_REFUSED;
	else
		result = RESULT_UNCERTAIN;
	if (result != RESULT_ACCEPTED)
		tell(rules, json, ret_detail);
	json_decref(json);
	return result;
}
