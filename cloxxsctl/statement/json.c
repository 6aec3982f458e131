/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>

#include "cloxxsctl/statement/statement.h"

/* Scripts rely on these. */
static const char *const outcomes[_N_ANSWER_OUTCOMES] = {
	[ANSWER_NOT_KEPT] = "not-kept",
	[ANSWER_KEPT] = "kept",
	[ANSWER_DECLARED] = "declared",
	[ANSWER_OFF] = "off",
};

static json_t *promise_json(const struct statement *statement, size_t i)
{
	const struct answer *answer = &statement->answers[i];

	return json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:I}", "id",
			 promises[i].id, "promise",
			 promises[i].text[statement->language], "optional",
			 promises[i].optional, "kind",
			 promises[i].declared ? "declared" : "measured",
			 "outcome", outcomes[answer->outcome], "seen",
			 answer->seen[statement->language], "at",
			 (json_int_t)statement->made);
}

static json_t *summary_json(const struct statement *statement)
{
	json_t *summary = json_object();

	for (enum answer_outcome one = 0; one < _N_ANSWER_OUTCOMES; one++)
		(void)json_object_set_new(
			summary, outcomes[one],
			json_integer(statement_count(statement, one)));
	return summary;
}

int statement_json(const struct statement *statement, struct output *output)
{
	json_t *list = json_array();
	scope(json_decrefp) json_t *whole = NULL;

	for (size_t i = 0; i < N_PROMISES; i++)
		if (json_array_append_new(list, promise_json(statement, i)) <
		    0) {
			json_decref(list);
			return -ENOMEM;
		}
	whole = json_pack("{s:s, s:s, s:s, s:I, s:b, s:o, s:o, s:s}", "version",
			  VERSION, "host", statement->host, "language",
			  statement->language == STATEMENT_DUTCH ? "nl" : "en",
			  "made", (json_int_t)statement->made, "as_root",
			  (int)!statement->partial, "summary",
			  summary_json(statement), "promises", list,
			  "disclaimer",
			  statement_word(statement, WORD_NO_RIGHTS));
	if (!whole || json_dumpf(whole, output->stream, JSON_INDENT(2)) < 0)
		return -ENOMEM;
	fputc('\n', output->stream);
	return 0;
}
