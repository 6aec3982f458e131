/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A condition, a regular expression or a template on the first line, and what a
 * provider answered behind it. What is told of an answer is printable, has no
 * code and no secret; a body of JSON that was filled is JSON.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "courier/answer.h"
#include "courier/detail.h"
#include "courier/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define CODE "048213"

static void make_message(struct message *message)
{
	const struct message_args args = { "sms", "+31612345678", NULL,
					   "Your \"code\"\n is " CODE, "r-1" };

	if (message_init(&args, message) != 0)
		abort();
}

static void check_detail(const struct message *message, const char *said,
			 size_t n)
{
	struct vault vault = { 0 };
	char buffer[DETAIL_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	detail_add(&text, said, n, message, &vault);
	for (size_t i = 0; i < text.n; i++)
		if (buffer[i] < ' ' || buffer[i] > '~')
			abort();
	if (strstr(buffer, CODE) || strstr(buffer, "612345678"))
		abort();
}

static void check_answer(const char *line, const char *body, size_t n)
{
	struct answer_rules rules = { .accepted = { 1, { { 200, 200 } } },
				      .detail = (char *)(uintptr_t) "/0" };
	const struct answer answer = { 200, body, n, false };
	char buffer[256], why[256];
	struct text text, fault;

	text_init(&fault, why, sizeof(why));
	text_init(&text, buffer, sizeof(buffer));
	if (condition_is_pointer(line))
		rules.detail = (char *)(uintptr_t)line;
	if (condition_init(&rules.conditions.list[0], line, &fault) == 0)
		rules.conditions.n = 1;
	if (answer_judge(&rules, &answer, &text) >= _RESULT_N)
		abort();
	condition_list_deinit(&rules.conditions);
}

static void check_template(const struct message *message, const char *line,
			   enum template_use use)
{
	struct vault vault = { 0 };
	const struct template_values values = { .message = message,
						.sender = "a\"b",
						.country_code = "31",
						.trunk_prefix = "0",
						.vault = &vault };
	struct template template = { 0 };
	struct wiped wiped = { 0 };
	json_t *json;
	char why[256];
	struct text text;

	text_init(&text, why, sizeof(why));
	if (template_init(&template, use, line, &vault, &text) == 0 &&
	    template_fill(&template, &values, &wiped) == 0 &&
	    use == TEMPLATE_HEADER && strpbrk(wiped_string(&wiped), "\r\n"))
		abort();
	json = use == TEMPLATE_JSON ? json_loads(line, 0, NULL) : NULL;
	/* Places within strings change nothing of what is JSON. */
	if (json && template.n_pieces > 0) {
		json_decref(json);
		json = json_loadb(wiped_string(&wiped), wiped.n, 0, NULL);
		if (!json)
			abort();
	}
	json_decref(json);
	wiped_deinit(&wiped);
	template_deinit(&template);
	vault_deinit(&vault);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct message message;
	char *copy = malloc(n + 1), *body;

	if (!copy)
		abort();
	if (n > 0)
		memcpy(copy, bytes, n);
	copy[n] = '\0';
	body = memchr(copy, '\n', n);
	if (body)
		*body++ = '\0';
	else
		body = copy + n;
	make_message(&message);
	if (!memchr(body, '\0', (size_t)(copy + n - body)))
		check_answer(copy, body, (size_t)(copy + n - body));
	check_detail(&message, body, (size_t)(copy + n - body));
	for (int use = 0; use < _TEMPLATE_N; use++)
		check_template(&message, copy, (enum template_use)use);
	message_deinit(&message);
	free(copy);
	return 0;
}
