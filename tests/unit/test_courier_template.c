/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Templates of gateway files: what they take, and what stands in a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "courier/template.h"
#include "tests/unit/failing_malloc.h"

#define TEXT "\"\\<&'>%\n{text}\xe2\x82\xac"

static struct message message_of(const char *to, const char *text)
{
	const struct message_args args = { "sms", to, NULL, text, "r-1" };
	struct message message = { 0 };

	assert_int_equal(message_init(&args, &message), 0);
	return message;
}

/* What source becomes, or the number of what is wrong, or why. */
static void fill(enum template_use use, const char *source, const char *to,
		 char *result, size_t size)
{
	struct message message = message_of(to, TEXT);
	struct vault vault = { 0 };
	struct template_values values = { .message = &message,
					  .sender = "Me & you",
					  .country_code = "31",
					  .trunk_prefix = "0",
					  .expires_s = 1795896909,
					  .vault = &vault };
	struct template template = { 0 };
	struct wiped wiped = { 0 };
	char why[256];
	struct text text;
	int r;

	text_init(&text, why, sizeof(why));
	r = template_init(&template, use, source, &vault, &text);
	if (r == 0)
		r = template_fill(&template, &values, &wiped);
	if (r == TEMPLATE_E_INVALID)
		(void)snprintf(result, size, "%s", why);
	else if (r != 0)
		(void)snprintf(result, size, "error %d", r);
	else
		(void)snprintf(result, size, "%s", wiped_string(&wiped));
	wiped_deinit(&wiped);
	template_deinit(&template);
	vault_deinit(&vault);
	message_deinit(&message);
}

#define NL "+31612345678"
#define LOGGED " cannot stand here: what stands here is logged by others"

static const struct {
	enum template_use use;
	const char *source, *to, *result;
} cases[] = {
	{ TEMPLATE_JSON, "{\"a\":\"{text}\"}", NL,
	  "{\"a\":\"\\\"\\\\<&'>%\\n{text}\xe2\x82\xac\"}" },
	{ TEMPLATE_XML, "<a b=\"{text}\"/>", NL,
	  "<a b=\"&quot;\\&lt;&amp;&apos;&gt;%&#10;{text}\xe2\x82\xac\"/>" },
	{ TEMPLATE_FORM, "a=b&t={text}", NL,
	  "a=b&t=%22%5C%3C%26%27%3E%25%0A%7Btext%7D%E2%82%AC" },
	{ TEMPLATE_QUERY, "t={text}", NL,
	  "t=%22%5C%3C%26%27%3E%25%0A%7Btext%7D%E2%82%AC" },
	{ TEMPLATE_TEXT, "{text}", NL, TEXT },
	{ TEMPLATE_URL, "https://a.nl/{text}", NL, "place 'text'" LOGGED },
	{ TEMPLATE_HEADER, "X: {text}", NL, "place 'text'" LOGGED },
	{ TEMPLATE_HEADER, "X: {sender} {reference}", NL, "X: Me & you r-1" },
	{ TEMPLATE_URL, "https://a.nl/{sender}", NL,
	  "https://a.nl/Me%20%26%20you" },
	{ TEMPLATE_TEXT, "{phone_e164} {phone_digits} {phone_00}", NL,
	  "+31612345678 31612345678 0031612345678" },
	{ TEMPLATE_TEXT, "{phone_national}", NL, "0612345678" },
	{ TEMPLATE_TEXT, "{phone_national}", "+3212345678", "error 2" },
	{ TEMPLATE_FORM, "to={phone_e164}", NL, "to=%2B31612345678" },
	{ TEMPLATE_TEXT, "{open}text} {} { text} {Text} {text", NL,
	  "{text} {} { text} {Text} {text" },
	{ TEMPLATE_TEXT, "{t}", NL, "place 't' is unknown" },
	{ TEMPLATE_TEXT, "{secret:}", NL, "place 'secret:' is unknown" },
	{ TEMPLATE_TEXT, "{secret:..}", NL,
	  "a credential is named by letters, digits, '.', '_' and '-'" },
	{ TEMPLATE_TEXT, "[{secret:a}]", NL, "[]" },
	{ TEMPLATE_JSON, "{\"a\":{text}}", NL,
	  "place 'text' stands outside of a string of JSON" },
	{ TEMPLATE_JSON, "{\"a\":\"\\{text}\"}", NL,
	  "place 'text' stands outside of a string of JSON" },
	{ TEMPLATE_JSON, "{\"a\":\"\\\\{sender}\"}", NL,
	  "{\"a\":\"\\\\Me & you\"}" },
	{ TEMPLATE_JSON, "[{phone_digits}]", NL, "[31612345678]" },
	{ TEMPLATE_JSON, "[{phone_e164}]", NL,
	  "place 'phone_e164' stands outside of a string of JSON" },
	{ TEMPLATE_JSON, "{\"a\":\"", NL, "a string of JSON is not ended" },
	{ TEMPLATE_FORM, "a=b c", NL,
	  "has a character in it that stands there as %XX" },
	{ TEMPLATE_HEADER, "X: caf\xc3\xa9", NL,
	  "has a character in it that no header holds" },
	{ TEMPLATE_JSON, "\"{expires}\"", NL, "\"2026-11-28T20:15:09Z\"" },
	{ TEMPLATE_TEXT, "", NL, "" },
};

static void test_templates(void **state)
{
	char result[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fill(cases[i].use, cases[i].source, cases[i].to, result,
		     sizeof(result));
		if (strcmp(result, cases[i].result) != 0)
			fail_msg("%s: %s", cases[i].source, result);
	}
}

/* No byte of a text can end the string that it stands in. */
static void test_every_byte(void **state)
{
	(void)state;
	for (int c = 1; c < 0x80; c++) {
		const char byte = (char)c;
		struct wiped wiped = { 0 };

		assert_int_equal(escape_add(&wiped, ESCAPE_JSON, &byte, 1), 0);
		assert_true(wiped.n > 1 ||
			    (byte >= ' ' && byte != '"' && byte != '\\'));
		wiped_deinit(&wiped);
		assert_int_equal(escape_add(&wiped, ESCAPE_URL, &byte, 1), 0);
		assert_true(wiped.n == 3 || !strchr("&=?#/%+ \r\n;", byte));
		wiped_deinit(&wiped);
		assert_int_equal(escape_add(&wiped, ESCAPE_XML, &byte, 1), 0);
		assert_true(wiped.n > 1 || !strchr("<>&\"'\n", byte));
		wiped_deinit(&wiped);
		assert_int_equal(escape_add(&wiped, ESCAPE_HEADER, &byte, 1),
				 byte >= ' ' && byte <= '~' ? 0
							    : ESCAPE_E_HEADER);
		wiped_deinit(&wiped);
	}
}

/* What does not fit is refused whole, and what grows leaves nothing behind. */
static void test_wiped(void **state)
{
	struct wiped wiped = { 0 };

	(void)state;
	for (size_t i = 0; i < WIPED_MAX; i++)
		wiped_add_char(&wiped, 'a');
	assert_int_equal(wiped.error, 0);
	assert_int_equal(wiped.n, WIPED_MAX);
	wiped_add_char(&wiped, 'b');
	assert_int_equal(wiped.error, -E2BIG);
	assert_int_equal(wiped.n, WIPED_MAX);
	assert_int_equal(strlen(wiped_string(&wiped)), WIPED_MAX);
	wiped_deinit(&wiped);
	assert_string_equal(wiped_string(&wiped), "");
}

/* The Nth allocation fails: an error, and nothing half-made. */
static void test_abuse_130_template(void **state)
{
	(void)state;
	for (unsigned int n = 1;; n++) {
		struct message message = message_of(NL, "text");
		struct vault vault = { 0 };
		const struct template_values values = { .message = &message,
							.sender = "",
							.country_code = "",
							.trunk_prefix = "",
							.vault = &vault };
		struct template template = { 0 };
		struct wiped wiped = { 0 };
		char why[256];
		struct text text;
		int r;

		text_init(&text, why, sizeof(why));
		failing_malloc_start(n);
		r = template_init(&template, TEMPLATE_JSON,
				  "{\"a\":\"{text}\",\"b\":\"{secret:key}\"}",
				  &vault, &text);
		if (r == 0)
			r = template_fill(&template, &values, &wiped);
		if (r == 0)
			r = wiped.error;
		(void)failing_malloc_stop();
		assert_int_equal(r, failing_malloc_has_failed() ? -ENOMEM : 0);
		wiped_deinit(&wiped);
		template_deinit(&template);
		vault_deinit(&vault);
		message_deinit(&message);
		if (r == 0)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_abuse_130_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
