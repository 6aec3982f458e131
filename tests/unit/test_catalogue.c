/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogues of reasons and events: what others rely upon by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <syslog.h>
#include <cmocka.h>

#include "cloxxsd/audit/event.h"
#include "cloxxsd/audit/meaning.h"
#include "cloxxsd/audit/record.h"
#include "cloxxsd/state/ledger.h"
#include "policy/reason.h"

static void assert_is_name(const char *name, size_t size)
{
	assert_non_null(name);
	assert_in_range(strlen(name), 1, size - 1);
	assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"),
			 strlen(name));
	assert_true(name[0] != '-' && name[strlen(name) - 1] != '-');
}

static void reasons(void **state)
{
	const size_t size = sizeof(((struct ledger_row *)0)->reason);

	(void)state;
	for (unsigned int i = 0; i < _REASON_N; i++) {
		enum reason found = REASON_NONE;

		assert_is_name(reason_name(i), size);
		assert_non_null(reason_text(i));
		assert_true(reason_find(reason_name(i), &found));
		/* Found under its own number, so no name stands twice. */
		assert_int_equal(found, i);
	}
	/* What nobody decided is a refusal. */
	assert_string_equal(reason_name(0), "undecided");
}

static void what_is_no_reason(void **state)
{
	enum reason reason = REASON_LOCKED;

	(void)state;
	assert_false(reason_find("", &reason));
	assert_false(reason_find("Locked", &reason));
	assert_false(reason_find("locked ", &reason));
	assert_int_equal(reason, REASON_LOCKED);
}

static void events(void **state)
{
	const size_t size = sizeof(((struct ledger_row *)0)->event);

	(void)state;
	for (unsigned int i = 1; i < _EVENT_N; i++) {
		const char *id = event_message_id(i);

		assert_is_name(event_name(i), size);
		assert_int_equal(event_find(event_name(i)), i);
		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		/* journald wants a UUID of version 4 (RFC 9562). */
		assert_int_equal(id[12], '4');
		assert_non_null(strchr("89ab", id[16]));
		assert_in_range(event_priority(i), LOG_ALERT, LOG_INFO);
		assert_true(strlen(event_text(i)) > 0);
		for (unsigned int k = 1; k < i; k++)
			assert_string_not_equal(id, event_message_id(k));
	}
	assert_int_equal(event_find("none"), _EVENT_NONE);
	assert_int_equal(event_find(""), _EVENT_NONE);
}

static size_t sentence_ends(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '.' && (text[1] == ' ' || text[1] == '\0');
	return n;
}

static void meanings(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < _EVENT_N; i++) {
		const char *meaning = event_meaning(i);

		assert_non_null(meaning);
		assert_in_range(sentence_ends(meaning), 1, 3);
		assert_int_equal(meaning[strlen(meaning) - 1], '.');
		for (const char *at = meaning; *at; at++)
			assert_in_range(*at, ' ', '~');
		/* A variable of the journal's catalogue would begin there. */
		assert_null(strpbrk(meaning, "@\"\\"));
		assert_int_equal(event_fields(i) & FIELDS_ALWAYS,
				 FIELDS_ALWAYS);
	}
	assert_true(event_fields(EVENT_ACTION) & FIELD_BIT(FIELD_OBJECT));
	assert_false(event_fields(EVENT_LOGIN_DENIED) &
		     FIELD_BIT(FIELD_OBJECT));
}

static void fields(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < _FIELD_N; i++) {
		assert_int_equal(strncmp(field_journal_name(i), "CLOXXS_", 7),
				 0);
		assert_is_name(field_key(i), 16);
		for (unsigned int k = 0; k < i; k++) {
			assert_string_not_equal(field_journal_name(i),
						field_journal_name(k));
			assert_string_not_equal(field_key(i), field_key(k));
		}
	}
}

static void classes(void **state)
{
	enum event_class class;

	(void)state;
	for (unsigned int i = 0; i < _EVENT_CLASS_N; i++) {
		assert_true(event_class_find(event_class_name(i), &class));
		assert_int_equal(class, i);
	}
	assert_false(event_class_find("", &class));
	assert_false(event_class_find("login", &class));
	assert_int_equal(event_class(EVENT_LOGIN_DENIED), EVENT_CLASS_LOGIN);
	assert_int_equal(event_class(EVENT_USER_UNLOCKED),
			 EVENT_CLASS_ADMINISTRATION);
	assert_int_equal(event_class(EVENT_DAEMON_STARTED),
			 EVENT_CLASS_ADMINISTRATION);
	assert_int_equal(event_class(EVENT_ACTION), EVENT_CLASS_APPLICATION);
}

static void results(void **state)
{
	const size_t size = sizeof(((struct ledger_row *)0)->result);

	(void)state;
	for (unsigned int i = 0; i < _RECORD_RESULT_N; i++) {
		assert_is_name(record_result_name(i), size);
		for (unsigned int k = 0; k < i; k++)
			assert_string_not_equal(record_result_name(i),
						record_result_name(k));
	}
	assert_string_equal(record_result_name(0), "denied");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons), cmocka_unit_test(what_is_no_reason),
		cmocka_unit_test(events),  cmocka_unit_test(meanings),
		cmocka_unit_test(fields),  cmocka_unit_test(classes),
		cmocka_unit_test(results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
