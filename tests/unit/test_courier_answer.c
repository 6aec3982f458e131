/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an answer means, which route is tried after it, what of it may be told,
 * and which references are remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "courier/answer.h"
#include "courier/detail.h"
#include "courier/references.h"

static const struct {
	const char *condition, *json;
	enum condition_answer answer;
} conditions[] = {
	{ "/a == 0", "{\"a\":0}", CONDITION_TRUE },
	{ "/a == 0", "{\"a\":0.0}", CONDITION_TRUE },
	{ "/a == 0", "{\"a\":\"0\"}", CONDITION_FALSE },
	{ "/a == 0", "{\"a\":false}", CONDITION_FALSE },
	{ "/a == 0", "{\"a\":null}", CONDITION_FALSE },
	{ "/a == 0", "{}", CONDITION_UNKNOWN },
	{ "/a == 0", "[]", CONDITION_UNKNOWN },
	{ "/a == \"0\"", "{\"a\":\"0\"}", CONDITION_TRUE },
	{ "/a == null", "{\"a\":null}", CONDITION_TRUE },
	{ "/a == null", "{}", CONDITION_TRUE },
	{ "/a == null", "{\"a\":3}", CONDITION_FALSE },
	/* What is no object says nothing of what it lacks. */
	{ "/a == null", "[]", CONDITION_UNKNOWN },
	{ "/a != null", "{\"a\":\"x\"}", CONDITION_TRUE },
	{ "/a != null", "{\"a\":null}", CONDITION_FALSE },
	{ "/a != null", "{}", CONDITION_UNKNOWN },
	{ "/a >= 1", "{\"a\":1}", CONDITION_TRUE },
	{ "/a >= 1", "{\"a\":0}", CONDITION_FALSE },
	{ "/a >= 1", "{\"a\":\"1\"}", CONDITION_FALSE },
	{ "/a/0/b == true", "{\"a\":[{\"b\":true}]}", CONDITION_TRUE },
	{ "/a/1/b == true", "{\"a\":[{\"b\":true}]}", CONDITION_UNKNOWN },
	{ "/a/00 == 1", "{\"a\":[1]}", CONDITION_UNKNOWN },
	{ "/a/-1 == 1", "{\"a\":[1]}", CONDITION_UNKNOWN },
	{ "/a/99999999999999999999 == 1", "{\"a\":[1]}", CONDITION_UNKNOWN },
	{ "/a~1b == 1", "{\"a/b\":1}", CONDITION_TRUE },
	{ "/a~0b == 1", "{\"a~b\":1}", CONDITION_TRUE },
	{ "/ == 1", "{\"\":1}", CONDITION_TRUE },
};

static void test_conditions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		json_t *json = json_loads(conditions[i].json, 0, NULL);
		struct condition condition;
		char why[256];
		struct text text;

		text_init(&text, why, sizeof(why));
		assert_non_null(json);
		assert_int_equal(condition_init(&condition,
						conditions[i].condition, &text),
				 0);
		if (condition_ask(&condition, json) != conditions[i].answer)
			fail_msg("%s of %s", conditions[i].condition,
				 conditions[i].json);
		/* No answer at all says nothing. */
		assert_int_equal(condition_ask(&condition, NULL),
				 CONDITION_UNKNOWN);
		condition_deinit(&condition);
		json_decref(json);
	}
}

static void test_condition_faults(void **state)
{
	static const char *const faults[] = {
		"",           "/a",       "/a ==",    "/a == ",     "/a = 0",
		"a == 0",     "/a == {}", "/a == []", "/a == zero", "/a <= 0",
		"/a >= \"\"", "/~2 == 0", "/a  == 0", "/a == 0 0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct condition condition;
		char why[256];
		struct text text;

		text_init(&text, why, sizeof(why));
		if (condition_init(&condition, faults[i], &text) !=
		    CONDITION_E_INVALID)
			fail_msg("%s is taken", faults[i]);
	}
}

static enum result judge(int status, const char *body, bool cut)
{
	struct answer_rules rules = {
		.accepted = { 1, { { 200, 202 } } },
		.retry = { 2, { { 429, 429 }, { 503, 503 } } },
		.refused = { 1, { { 400, 499 } } },
	};
	const struct answer answer = { status, body, strlen(body), cut };
	char why[256], detail[DETAIL_SIZE];
	struct text text;
	enum result result;

	text_init(&text, why, sizeof(why));
	assert_int_equal(
		condition_init(&rules.conditions.list[0], "/error == 0", &text),
		0);
	rules.conditions.n = 1;
	text_init(&text, detail, sizeof(detail));
	result = answer_judge(&rules, &answer, &text);
	condition_list_deinit(&rules.conditions);
	return result;
}

static const struct {
	int status;
	const char *body;
	bool cut;
	enum result result;
} answers[] = {
	{ 200, "{\"error\":0}", false, RESULT_ACCEPTED },
	{ 202, "{\"error\":0}", false, RESULT_ACCEPTED },
	{ 200, "{\"error\":0}", true, RESULT_UNCERTAIN },
	{ 200, "{\"error\":7}", false, RESULT_REFUSED },
	{ 200, "{}", false, RESULT_UNCERTAIN },
	{ 200, "", false, RESULT_UNCERTAIN },
	{ 200, "<html>", false, RESULT_UNCERTAIN },
	{ 204, "{\"error\":0}", false, RESULT_UNCERTAIN },
	{ 429, "{\"error\":0}", false, RESULT_UNREACHABLE },
	{ 503, "", false, RESULT_UNREACHABLE },
	{ 400, "{\"error\":0}", false, RESULT_REFUSED },
	{ 500, "{\"error\":7}", false, RESULT_UNCERTAIN },
	{ 302, "", false, RESULT_UNCERTAIN },
	{ 0, "", false, RESULT_UNCERTAIN },
	{ -1, "", false, RESULT_UNCERTAIN },
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		if (judge(answers[i].status, answers[i].body, answers[i].cut) !=
		    answers[i].result)
			fail_msg("%d %s", answers[i].status, answers[i].body);
}

/* All orders of three results: which routes are tried. */
static void test_failover(void **state)
{
	(void)state;
	for (int i = 0; i < _RESULT_N * _RESULT_N * _RESULT_N; i++) {
		const enum result results[] = {
			(enum result)(i % _RESULT_N),
			(enum result)(i / _RESULT_N % _RESULT_N),
			(enum result)(i / _RESULT_N / _RESULT_N),
		};
		struct failover failover = { .n_routes = 3 };
		size_t n = 1;

		while (failover_next(&failover, results[failover.at]))
			n++;
		assert_int_equal(n, failover.at + 1);
		/* None behind one by which it may have left. */
		for (size_t k = 0; k + 1 < n; k++)
			assert_true(results[k] == RESULT_REFUSED ||
				    results[k] == RESULT_UNREACHABLE);
		assert_true(n == 3 || results[n - 1] == RESULT_ACCEPTED ||
			    results[n - 1] == RESULT_UNCERTAIN);
	}
}

static const struct {
	const char *said, *told;
} details[] = {
	{ "no credit", "no credit" },
	{ "error 21211", "error 21211" },
	{ "to 31612345678", "to ###" },
	{ "to +31 6 1234-5678!", "to +###!" },
	{ "code 048213", "code ###" },
	{ "of 4821", "of ###" },
	{ "of 9999", "of 9999" },
	{ "a\x1b[2J\xc3\xa9", "a\\x1b[2J\\xc3\\xa9" },
	{ "[Your code is 0482]", "(not told: it quotes what was sent)" },
	{ "", "" },
};

static void test_details(void **state)
{
	const struct message_args args = { "sms", "+31612345678", NULL,
					   "Your code is 048213", "r" };
	struct message message;
	struct vault vault = { 0 };

	(void)state;
	assert_int_equal(message_init(&args, &message), 0);
	for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
		char buffer[DETAIL_SIZE];
		struct text text;

		text_init(&text, buffer, sizeof(buffer));
		detail_add(&text, details[i].said, strlen(details[i].said),
			   &message, &vault);
		assert_string_equal(buffer, details[i].told);
	}
	message_deinit(&message);
}

static const struct {
	const char *kind, *to, *masked;
} masks[] = {
	{ "sms", "+31612345678", "***78" },
	{ "mail", "jan@example.nl", "j***@example.nl" },
	{ "webhook", "ops", "ops" },
};

static void test_abuse_99_masks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		const struct message_args args = { masks[i].kind, masks[i].to,
						   NULL, "x", "r" };
		struct message message;

		assert_int_equal(message_init(&args, &message), 0);
		assert_string_equal(message_mask(&message).to, masks[i].masked);
		message_deinit(&message);
	}
}

/* The newest are known, the oldest forgotten, and none is another's. */
static void test_references(void **state)
{
	struct references *references;
	char name[MESSAGE_REFERENCE_MAX + 1], detail[32];
	const unsigned int n = REFERENCES_MAX * 2 + 7;

	(void)state;
	assert_int_equal(references_new(&references), 0);
	for (unsigned int i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "ref-%u", i);
		(void)snprintf(detail, sizeof(detail), "detail %u", i);
		assert_null(references_find(references, name));
		references_add(references, name, (enum result)(i % _RESULT_N),
			       i % 2 ? "route" : NULL, detail);
	}
	for (unsigned int i = 0; i < n; i++) {
		const struct reference *one;

		(void)snprintf(name, sizeof(name), "ref-%u", i);
		one = references_find(references, name);
		assert_int_equal(one != NULL, i >= n - REFERENCES_MAX);
		if (!one)
			continue;
		(void)snprintf(detail, sizeof(detail), "detail %u", i);
		assert_string_equal(one->detail, detail);
		assert_string_equal(one->route, i % 2 ? "route" : "");
		assert_int_equal(one->result, i % _RESULT_N);
	}
	references_free(references);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_condition_faults),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_failover),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_abuse_99_masks),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
