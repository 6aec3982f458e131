/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mail, byte by byte; a fixed clock and a fixed Message-ID. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "courier/mail.h"
#include "tests/unit/failing_malloc.h"

#define BEGIN                                                       \
	"Date: Sat, 28 Nov 2026 20:15:09 +0000\r\n"                 \
	"From: <codes@example.nl>\r\nTo: <jan@example.nl>\r\n"      \
	"Message-ID: <00000000000000010000000000000002@example.nl>" \
	"\r\nSubject: "
#define MIDDLE                                        \
	"\r\nMIME-Version: 1.0\r\n"                   \
	"Content-Type: text/plain; charset=UTF-8\r\n" \
	"Content-Transfer-Encoding: "
#define END "\r\nAuto-Submitted: auto-generated\r\n\r\n"

static void compose(const char *subject, const char *text, const char *name,
		    struct wiped *wiped)
{
	const struct message_args message_args = { "mail", "jan@example.nl",
						   subject, text, "r" };
	struct message message;
	const struct mail_args args = { .message = &message,
					.from = "codes@example.nl",
					.from_name = name,
					.seconds = 1795896909,
					.unique = { 1, 2 } };

	assert_int_equal(message_init(&message_args, &message), 0);
	mail_compose(&args, wiped);
	message_deinit(&message);
}

static const struct {
	const char *subject, *text, *mail;
} cases[] = {
	{ "Code", "one\ntwo", BEGIN "Code" MIDDLE "7bit" END "one\r\ntwo\r\n" },
	{ "Code", ".\n.a\n", BEGIN "Code" MIDDLE "7bit" END ".\r\n.a\r\n" },
	{ "Caf\xc3\xa9", "caf\xc3\xa9\n",
	  BEGIN "=?UTF-8?B?Q2Fmw6k=?=" MIDDLE "base64" END "Y2Fmw6kNCg==\r\n" },
	/* What would be read as an encoded word is one. */
	{ "=?UTF-8?Q?a?=", "%s",
	  BEGIN "=?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?=" MIDDLE "7bit" END "%s\r\n" },
	{ "", "a", BEGIN MIDDLE "7bit" END "a\r\n" },
};

static void test_mails(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct wiped wiped = { 0 };

		compose(cases[i].subject, cases[i].text, NULL, &wiped);
		assert_string_equal(wiped_string(&wiped), cases[i].mail);
		wiped_deinit(&wiped);
	}
}

/* Whatever subject, name and text are: no line is longer than RFC 5322 has it,
 * and no header begins that is not ours. */
static void test_lines(void **state)
{
	char subject[MESSAGE_SUBJECT_MAX + 1], text[4096];

	(void)state;
	for (size_t n = 0; n < MESSAGE_SUBJECT_MAX; n++) {
		struct wiped wiped = { 0 };
		size_t n_headers = 0;
		const char *line;

		memset(subject, n % 2 ? 'a' : ' ', n);
		(void)snprintf(subject + n, sizeof(subject) - n, "\xc3\xa9");
		if (strlen(subject) < n + 2)
			break;
		memset(text, 'b', sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		text[n * 10] = '\n';
		compose(subject, text, subject, &wiped);
		for (line = wiped.bytes; *line; line = strchr(line, '\n') + 1) {
			size_t length = strcspn(line, "\r");

			assert_true(length <= 998);
			assert_int_equal(line[length + 1], '\n');
			if (length == 0)
				break;
			assert_true(length <= 90);
			n_headers += *line != ' ';
		}
		assert_int_equal(n_headers, 9);
		wiped_deinit(&wiped);
	}
}

static void test_abuse_130_mail(void **state)
{
	(void)state;
	for (unsigned int n = 1;; n++) {
		const struct message_args args = { "mail", "a@b.nl", "\xc3\xa9",
						   "caf\xc3\xa9", "r" };
		struct message message = { 0 };
		struct wiped wiped = { 0 };
		int r;

		failing_malloc_start(n);
		r = message_init(&args, &message);
		if (r == 0) {
			mail_compose(&(struct mail_args){ .message = &message,
							  .from = "c@d.nl" },
				     &wiped);
			r = wiped.error;
		}
		(void)failing_malloc_stop();
		assert_int_equal(r, failing_malloc_has_failed() ? -ENOMEM : 0);
		wiped_deinit(&wiped);
		message_deinit(&message);
		if (r == 0)
			break;
	}
}

static const struct {
	const char *address;
	bool is_one;
} addresses[] = {
	{ "a@b.nl", true },
	{ "a.b+c=d@b-c.example.nl", true },
	{ "a@localhost", true },
	{ "", false },
	{ "a", false },
	{ "@b.nl", false },
	{ "a@", false },
	{ "a@b@c.nl", false },
	{ ".a@b.nl", false },
	{ "a.@b.nl", false },
	{ "a..b@b.nl", false },
	{ "a@.nl", false },
	{ "a@b.", false },
	{ "a b@c.nl", false },
	{ "a@b.nl ", false },
	{ "a@b.nl,c@d.nl", false },
	{ "a@b.nl\n", false },
	{ "a@b.nl\r\nX: y", false },
	{ "<a@b.nl>", false },
	{ "\"a b\"@c.nl", false },
	{ "a@[127.0.0.1]", false },
	{ "caf\xc3\xa9@b.nl", false },
	{ "a@caf\xc3\xa9.nl", false },
	{ "-f@b.nl", false },
	{ "a@-b.nl", false },
};

static void test_abuse_55_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		if (message_is_mail_address(addresses[i].address) !=
		    addresses[i].is_one)
			fail_msg("%s", addresses[i].address);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mails),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_abuse_130_mail),
		cmocka_unit_test(test_abuse_55_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
