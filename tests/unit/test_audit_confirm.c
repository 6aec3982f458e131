/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was found in the journal, and how the daemon is told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audit_confirm/inquiry.h"
#include "audit_confirm/numbers.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/raw_map.h"

struct rig {
	struct scratch scratch;
	struct fake_daemon daemon;
	struct varlink_client *client;
};

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	scratch_init(&rig->scratch);
	fake_daemon_init(&rig->daemon, rig->scratch.directory);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	varlink_client_free(rig->client);
	fake_daemon_deinit(&rig->daemon);
	scratch_deinit(&rig->scratch);
	free(rig);
	return 0;
}

static void add(struct numbers *numbers, const char *text)
{
	numbers_add(numbers, text, strlen(text));
}

static void add_number(struct numbers *numbers, int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)number);
	add(numbers, text);
}

static void only_numbers_of_the_window(void **state)
{
	static const char *const foreign[] = {
		"",
		"9",
		"21",
		"-12",
		"+12",
		" 12",
		"12 ",
		"1 2",
		"0x0c",
		"12a",
		"1e1",
		"999999999999999999",
		"9999999999999999999999999999999",
	};
	struct numbers_range range;
	struct numbers numbers;

	(void)state;
	assert_int_equal(numbers_init(&numbers, 10, 20), 0);
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		add(&numbers, foreign[i]);
		if (numbers_next(&numbers, 1, 100, &range))
			fail_msg("%s is taken", foreign[i]);
	}
	add(&numbers, "10");
	add(&numbers, "10");
	add(&numbers, "20");
	assert_true(numbers_next(&numbers, 1, 100, &range));
	assert_int_equal(range.first, 10);
	assert_int_equal(range.last, 10);
	assert_true(numbers_next(&numbers, 11, 100, &range));
	assert_int_equal(range.first, 20);
	assert_int_equal(range.last, 20);
	assert_false(numbers_next(&numbers, 21, 100, &range));
	numbers_deinit(&numbers);
}

static void rows_of_numbers(void **state)
{
	struct numbers_range range;
	struct numbers numbers;

	(void)state;
	assert_int_equal(numbers_init(&numbers, 1, INT64_MAX), 0);
	assert_int_equal(numbers.last, NUMBERS_MAX);
	for (int64_t i = 1; i <= NUMBERS_MAX + 1; i++)
		if (i != 1000)
			add_number(&numbers, i);
	assert_true(numbers_next(&numbers, 1, 400, &range));
	assert_int_equal(range.last, 400);
	assert_true(numbers_next(&numbers, 401, INT64_MAX, &range));
	assert_int_equal(range.last, 999);
	assert_true(numbers_next(&numbers, 1000, INT64_MAX, &range));
	assert_int_equal(range.first, 1001);
	assert_int_equal(range.last, NUMBERS_MAX);
	numbers_deinit(&numbers);
}

static void begin(struct rig *rig, const char *const *script)
{
	fake_daemon_script(&rig->daemon, script);
	rig->client = varlink_client_free(rig->client);
	assert_int_equal(inquiry_connect(rig->daemon.path, 5000, &rig->client),
			 0);
}

static void what_is_asked(void **state)
{
	static const char *const none[] = {
		"\"first\":null,\"last\":null,\"since\":null", NULL
	};
	static const char *const some[] = {
		"\"first\":7,\"last\":9,\"since\":1764000000000000", NULL
	};
	struct unseen unseen = { .first = 1 };
	struct rig *rig = *state;

	begin(rig, none);
	assert_int_equal(inquiry_ask(rig->client, &unseen), 0);
	assert_int_equal(unseen.first, 0);
	begin(rig, some);
	assert_int_equal(inquiry_ask(rig->client, &unseen), 0);
	assert_int_equal(unseen.first, 7);
	assert_int_equal(unseen.last, 9);
	assert_int_equal(unseen.since_us, INT64_C(1764000000000000));
}

static void what_is_no_answer(void **state)
{
	static const struct {
		const char *reply;
		int error;
	} rows[] = {
		{ "%close", INQUIRY_E_BROKEN },
		{ "%half", INQUIRY_E_BROKEN },
		{ "!no", INQUIRY_E_BROKEN },
		{ "\"first\":9,\"last\":7,\"since\":1", INQUIRY_E_BROKEN },
		{ "\"first\":0,\"last\":7,\"since\":1", INQUIRY_E_BROKEN },
		{ "\"first\":1,\"last\":7,\"since\":-1", INQUIRY_E_BROKEN },
		{ "\"first\":\"1\",\"last\":7,\"since\":1", INQUIRY_E_BROKEN },
		{ "\"first\":1,\"last\":7", INQUIRY_E_BROKEN },
		{ "", INQUIRY_E_BROKEN },
		{ "!{\"error\":\"org.varlink.service.PermissionDenied\"}",
		  INQUIRY_E_DENIED },
		{ "!{\"error\":\"nl.cloxxs.Audit.Unavailable\","
		  "\"parameters\":{\"message\":\"no\"}}",
		  INQUIRY_E_FAILED },
		{ "!{\"error\":\"a.b.C\"}", INQUIRY_E_BROKEN },
	};
	struct rig *rig = *state;
	struct unseen unseen;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const script[] = { rows[i].reply, NULL };
		int r;

		begin(rig, script);
		r = inquiry_ask(rig->client, &unseen);
		if (r != rows[i].error)
			fail_msg("%s: %d", rows[i].reply, r);
		assert_non_null(inquiry_error_text(r));
	}
}

static int tell(struct rig *rig, const char *const *script,
		const struct numbers *numbers, int64_t *ret_lost)
{
	begin(rig, script);
	return inquiry_tell(rig->client, numbers, 77, ret_lost);
}

static void the_last_portion_ends_it(void **state)
{
	static const char *const script[] = { "\"lost\":0", "\"lost\":0",
					      "\"lost\":4", NULL };
	struct rig *rig = *state;
	struct numbers numbers;
	int64_t lost = -1;

	assert_int_equal(numbers_init(&numbers, 1, 20000), 0);
	for (int64_t i = 1; i < 20000; i++)
		add_number(&numbers, i);
	assert_int_equal(tell(rig, script, &numbers, &lost), 0);
	assert_int_equal(lost, 4);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 3);
	assert_string_equal(
		fake_daemon_request(&rig->daemon, 0),
		"{\"method\":\"nl.cloxxs.Audit.Seen\",\"parameters\":"
		"{\"ranges\":[{\"first\":1,\"last\":8192}],\"last\":0,"
		"\"until\":0}}");
	assert_string_equal(
		fake_daemon_request(&rig->daemon, 2),
		"{\"method\":\"nl.cloxxs.Audit.Seen\",\"parameters\":"
		"{\"ranges\":[{\"first\":16385,\"last\":19999}],"
		"\"last\":20000,\"until\":77}}");
	numbers_deinit(&numbers);
}

/* All is lost: that is told too. */
static void nothing_was_found(void **state)
{
	static const char *const script[] = { "\"lost\":11", NULL };
	struct rig *rig = *state;
	struct numbers numbers;
	int64_t lost = 0;

	assert_int_equal(numbers_init(&numbers, 10, 20), 0);
	assert_int_equal(tell(rig, script, &numbers, &lost), 0);
	assert_int_equal(lost, 11);
	assert_string_equal(fake_daemon_request(&rig->daemon, 0),
			    "{\"method\":\"nl.cloxxs.Audit.Seen\","
			    "\"parameters\":{\"ranges\":[],\"last\":20,"
			    "\"until\":77}}");
	numbers_deinit(&numbers);
}

static void many_ranges(void **state)
{
	static const char *const script[] = { "\"lost\":0", "\"lost\":0",
					      NULL };
	struct rig *rig = *state;
	struct numbers numbers;
	int64_t lost = -1;

	assert_int_equal(numbers_init(&numbers, 1, 1026), 0);
	for (int64_t i = 1; i <= 1026; i += 2)
		add_number(&numbers, i);
	assert_int_equal(tell(rig, script, &numbers, &lost), 0);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 2);
	assert_string_equal(
		fake_daemon_request(&rig->daemon, 1),
		"{\"method\":\"nl.cloxxs.Audit.Seen\",\"parameters\":"
		"{\"ranges\":[{\"first\":1025,\"last\":1025}],\"last\":1026,"
		"\"until\":77}}");
	numbers_deinit(&numbers);
}

/* What was told stays told, and the end is not. */
static void an_error_ends_the_telling(void **state)
{
	static const char *const script[] = {
		"!{\"error\":\"nl.cloxxs.Audit.Unavailable\"}", "\"lost\":0",
		NULL
	};
	static const char *const none[] = { "\"lost\":-1", NULL };
	struct rig *rig = *state;
	struct numbers numbers;
	int64_t lost = 5;

	assert_int_equal(numbers_init(&numbers, 1, 20000), 0);
	for (int64_t i = 1; i <= 20000; i++)
		add_number(&numbers, i);
	assert_int_equal(tell(rig, script, &numbers, &lost), INQUIRY_E_FAILED);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 1);
	assert_int_equal(tell(rig, none, &numbers, &lost), INQUIRY_E_BROKEN);
	assert_int_equal(lost, 5);
	numbers_deinit(&numbers);
}

static void nobody_there(void **state)
{
	struct varlink_client *client = NULL;
	int r = inquiry_connect("/nowhere/s", 100, &client);

	(void)state;
	assert_int_equal(r, INQUIRY_E_UNREACHABLE);
	assert_null(client);
	for (r = 1; r <= INQUIRY_E_BROKEN; r++)
		assert_true(strlen(inquiry_error_text(r)) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_numbers_of_the_window),
		cmocka_unit_test(rows_of_numbers),
		cmocka_unit_test_setup_teardown(what_is_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_answer, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_last_portion_ends_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(nothing_was_found, setup,
						teardown),
		cmocka_unit_test_setup_teardown(many_ranges, setup, teardown),
		cmocka_unit_test_setup_teardown(an_error_ends_the_telling,
						setup, teardown),
		cmocka_unit_test(nobody_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
