/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit's rows: chained, dense, escaped, found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/state_fixture.h"

static struct state_fixture fixture;
static struct state_fixture *const f = &fixture;

static int setup(void **state)
{
	(void)state;
	state_fixture_init(f);
	state_fixture_open(f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_fixture_deinit(f);
	return 0;
}

static void write_record(struct record record)
{
	struct change_set set = { 0 };

	change_set_record(&set, record);
	assert_int_equal(state_apply(&f->state, &set), 0);
}

static void write_three(void)
{
	struct record record = record_of(EVENT_LOGIN_DENIED, "piet");

	record.reference = "AAAA-1111";
	write_record(record);
	record.reference = "BBBB-2222";
	record.address = "";
	write_record(record);
	record.reference = "CCCC-3333";
	write_record(record);
}

static void it_is_chained(void **state)
{
	(void)state;
	state_prove(&f->state);
	write_three();
	state_prove(&f->state);
	state_fixture_close(f);
	state_fixture_open(f);
	write_three();
	assert_int_equal(f->state.ledger.seq, 6);
	state_prove(&f->state);
}

/* Null and "" are two things, told apart by the chain. */
static void nothing_is_not_empty(void **state)
{
	static const char *const sql[] = {
		"UPDATE ledger SET address = NULL WHERE seq = 3",
		"UPDATE ledger SET service = '' WHERE seq = 3",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sql); i++) {
		write_three();
		assert_int_equal(store_run(f->state.store, sql[i], ""), 0);
		state_fixture_close(f);
		assert_int_equal(state_fixture_try(f, NULL), -EKEYREJECTED);
		state_fixture_deinit(f);
		state_fixture_init(f);
		state_fixture_open(f);
	}
}

/* abuse_98, as far as the last record tells it at each start. */
static void a_changed_ledger_is_refused(void **state)
{
	static const char *const sql[] = {
		"UPDATE ledger SET user = 'jan' WHERE seq = 3",
		"UPDATE ledger SET event = 'login-allowed' WHERE seq = 3",
		"UPDATE ledger SET at = at + 1 WHERE seq = 3",
		"UPDATE ledger SET seq = 4 WHERE seq = 3",
		"UPDATE ledger SET details = 'x' WHERE seq = 3",
		"UPDATE ledger SET project = 'x' WHERE seq = 3",
		"UPDATE ledger SET action = '' WHERE seq = 3",
		"UPDATE ledger SET object = 'x' WHERE seq = 3",
		"UPDATE ledger SET user = 'pie', actor = 'troot'"
		" WHERE seq = 3",
		"UPDATE ledger SET chain = zeroblob(32) WHERE seq = 3",
		"UPDATE ledger SET chain = x'00' WHERE seq = 3",
		"UPDATE ledger SET chain = zeroblob(0) WHERE seq = 2",
		"UPDATE ledger SET chain = zeroblob(32) WHERE seq = 2",
		"DELETE FROM ledger WHERE seq = 2",
		"DELETE FROM ledger WHERE seq < 3",
		/* reordered: 2 and 3 have changed places */
		"UPDATE ledger SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END"
		" WHERE seq > 1; ",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sql); i++) {
		char why[1024];

		write_three();
		assert_int_equal(store_run(f->state.store, sql[i], ""), 0);
		assert_int_equal(store_run(f->state.store,
					   "UPDATE ledger SET seq = -seq"
					   " WHERE seq < 0",
					   ""),
				 0);
		state_fixture_close(f);
		if (state_fixture_try(f, why) != -EKEYREJECTED)
			fail_msg("was taken: %s", sql[i]);
		assert_non_null(strstr(why, "the last audit record"));
		state_fixture_deinit(f);
		state_fixture_init(f);
		state_fixture_open(f);
	}
}

/* The mark of publication is no part of what is proved. */
static void marks_do_not_matter(void **state)
{
	struct ledger_counts counts;
	struct ledger_row row;

	(void)state;
	write_three();
	assert_int_equal(ledger_mark_published(&f->state.ledger, 1, 2), 0);
	assert_int_equal(ledger_count(&f->state.ledger, &counts), 0);
	assert_int_equal(counts.all, 3);
	assert_int_equal(counts.unpublished, 1);
	assert_true(counts.unpublished_since_us > 0);
	assert_int_equal(ledger_next_unpublished(&f->state.ledger, 1, &row), 0);
	assert_int_equal(row.seq, 3);
	assert_int_equal(ledger_next_unpublished(&f->state.ledger, 4, &row),
			 LEDGER_E_UNKNOWN);
	state_fixture_close(f);
	state_fixture_open(f);
	state_prove(&f->state);
}

static void another_key(void **state)
{
	static const uint8_t other[KEY_BYTES] = { 9 };
	char why[1024];

	(void)state;
	write_three();
	state_fixture_close(f);
	scratch_write(&f->scratch, "key", other, sizeof(other), 0600);
	assert_int_equal(state_fixture_try(f, why), -EKEYREJECTED);
	assert_non_null(strstr(why, "it needs root key"));
}

static void found_by_reference(void **state)
{
	struct ledger_row row;

	(void)state;
	write_three();
	assert_int_equal(ledger_find(&f->state.ledger, "BBBB-2222", &row), 0);
	assert_int_equal(row.seq, 2);
	assert_int_equal(row.at_us, 1000000);
	assert_string_equal(row.event, "login-denied");
	assert_string_equal(row.result, "done");
	assert_string_equal(row.reason, "by-administrator");
	assert_string_equal(row.user, "piet");
	assert_string_equal(row.actor, "root");
	assert_string_equal(row.service, "");
	assert_string_equal(row.reference, "BBBB-2222");
	row.seq = 4711;
	assert_int_equal(ledger_find(&f->state.ledger, "bbbb-2222", &row),
			 LEDGER_E_UNKNOWN);
	assert_int_equal(ledger_find(&f->state.ledger, "", &row),
			 LEDGER_E_UNKNOWN);
	assert_int_equal(ledger_find(&f->state.ledger, "%", &row),
			 LEDGER_E_UNKNOWN);
	assert_int_equal(row.seq, 4711);
}

/* abuse_94: whatever a name holds, the row is printable and one line. */
static void foreign_text_is_escaped(void **state)
{
	static const struct {
		const char *user, *stored;
	} cases[] = {
		{ "piet\n_UID=0", "piet\\x0a_UID=0" },
		{ "\033[2J", "\\x1b[2J" },
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae" },
		{ "\xff", "\\xff" },
		{ "a\\b", "a\\x5cb" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record record =
			record_of(EVENT_LOGIN_DENIED, cases[i].user);
		char reference[10];
		struct ledger_row row;

		(void)snprintf(reference, sizeof(reference), "AAAA-000%zu", i);
		record.reference = reference;
		write_record(record);
		assert_int_equal(ledger_find(&f->state.ledger, reference, &row),
				 0);
		assert_string_equal(row.user, cases[i].stored);
	}
	state_prove(&f->state);
}

/* What is too long is cut, and the row is as good as any. */
static void long_text_is_cut(void **state)
{
	static char name[65536];
	struct record record = record_of(EVENT_LOGIN_DENIED, name);
	struct ledger_row row;

	(void)state;
	memset(name, '\n', sizeof(name) - 1);
	record.reference = "AAAA-0000";
	record.details = record.rules = record.actor = record.service = name;
	record.address = record.terminal = name;
	write_record(record);
	assert_int_equal(ledger_find(&f->state.ledger, "AAAA-0000", &row), 0);
	assert_in_range(strlen(row.user), 250, sizeof(row.user) - 1);
	assert_int_equal(strlen(row.user) % 4, 0);
	state_fixture_close(f);
	state_fixture_open(f);
	state_prove(&f->state);
}

static struct ledger_row last_row(void)
{
	struct ledger_row row;

	assert_int_equal(ledger_next_unpublished(&f->state.ledger,
						 f->state.ledger.seq, &row),
			 0);
	return row;
}

static struct record action(const char *const *fields)
{
	struct record record = record_of(EVENT_ACTION, "piet");

	record.project = "budget-2027";
	record.action = "budget.write";
	record.object = "line \"12\"\n";
	record.fields = fields;
	return record;
}

/* What was done in an application, with fields that can be told apart. */
static void an_action_has_columns_of_its_own(void **state)
{
	static const char *const fields[] = {
		"amount", "12,50", "why", "he said \"x\" y=\"z\\\"\n",
		"empty",  "",      NULL
	};
	static const char *const none[] = { NULL };
	struct ledger_row row;

	(void)state;
	write_three();
	write_record(action(fields));
	row = last_row();
	assert_string_equal(row.event, "action");
	assert_string_equal(row.project, "budget-2027");
	assert_string_equal(row.action, "budget.write");
	assert_string_equal(row.object, "line \"12\"\\x0a");
	assert_string_equal(row.details,
			    "amount=\"12,50\" why=\"he said \\x22x\\x22 "
			    "y=\\x22z\\x5c\\x22\\x0a\" empty=\"\"");
	write_record(action(none));
	assert_string_equal(last_row().details, "");
	write_three();
	assert_string_equal(last_row().action, "");
	state_prove(&f->state);
	state_fixture_close(f);
	state_fixture_open(f);
	state_prove(&f->state);
}

/* abuse_98: nor can an action become another, or none. */
static void a_changed_action_is_refused(void **state)
{
	static const char *const sql[] = {
		"UPDATE ledger SET project = NULL WHERE seq = 4",
		"UPDATE ledger SET project = 'budget-2028' WHERE seq = 4",
		"UPDATE ledger SET action = 'budget.read' WHERE seq = 4",
		"UPDATE ledger SET object = NULL WHERE seq = 4",
		"UPDATE ledger SET project = NULL, action = NULL,"
		" object = NULL WHERE seq = 4",
		"UPDATE ledger SET project = action, action = project"
		" WHERE seq = 4",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sql); i++) {
		write_three();
		write_record(action(NULL));
		assert_int_equal(store_run(f->state.store, sql[i], ""), 0);
		state_fixture_close(f);
		if (state_fixture_try(f, NULL) != -EKEYREJECTED)
			fail_msg("was taken: %s", sql[i]);
		state_fixture_deinit(f);
		state_fixture_init(f);
		state_fixture_open(f);
	}
}

static void what_fits_in_fields(void **state)
{
	char value[1100];
	const char *fields[] = { "k", value, NULL };

	(void)state;
	memset(value, 'x', sizeof(value));
	value[1023 - 4] = '\0';
	assert_true(ledger_fields_fit(fields));
	value[1023 - 4] = 'x';
	value[1024 - 4] = '\0';
	assert_false(ledger_fields_fit(fields));
	/* As it is written: four bytes for each. */
	memset(value, '"', sizeof(value));
	value[254] = '\0';
	assert_true(ledger_fields_fit(fields));
	value[254] = '"';
	value[255] = '\0';
	assert_false(ledger_fields_fit(fields));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_chained),
		TEST(nothing_is_not_empty),
		TEST(a_changed_ledger_is_refused),
		TEST(marks_do_not_matter),
		TEST(another_key),
		TEST(found_by_reference),
		TEST(foreign_text_is_escaped),
		TEST(long_text_is_cut),
		TEST(an_action_has_columns_of_its_own),
		TEST(a_changed_action_is_refused),
		TEST(what_fits_in_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
