/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What applications have recorded of their users, in a whole daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/core_fixture.h"

#define ANNA 66000
#define PIET 66001

#define WWW CORE_WWW_DATA

#define DENIED "org.varlink.service.PermissionDenied"
#define BAD_PARAMETER "org.varlink.service.InvalidParameter"
#define INVALID "nl.cloxxs.Audit.Invalid"
#define UNKNOWN "nl.cloxxs.Audit.UnknownUser"

static struct core fixture;
static struct core *const core = &fixture;

static int setup(void **state)
{
	(void)state;
	core_init(core, "[service accounts]\naccount = www-data\n"
			"proxies = 10.0.0.1\n"
			"[service reports]\naccount = reports\n");
	core_world.quick = true;
	core_add(core, ANNA, "anna", CORE_OLD);
	core_add(core, PIET, "piet", CORE_OLD);
	core_set_services(core, "anna", "accounts");
	core_set_services(core, "piet", "reports");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

/* Takes parameters; "", or the error. */
static const char *record(uid_t uid, json_t *parameters, int64_t *ret_sequence)
{
	static char error[64];
	const char *found;
	json_t *reply;
	struct talk talk;

	talk_open(core, &talk, uid);
	reply = talk_call(core, &talk, "nl.cloxxs.Audit.Record", parameters);
	found = json_string_value(json_object_get(reply, "error"));
	(void)snprintf(error, sizeof(error), "%s", found ? found : "");
	*ret_sequence = json_integer_value(json_object_get(
		json_object_get(reply, "parameters"), "sequence"));
	json_decref(reply);
	talk_close(core, &talk);
	return error;
}

static struct ledger_row last_row(void)
{
	struct ledger_row row;

	assert_int_equal(ledger_next_unpublished(&core->daemon.state.ledger,
						 core->daemon.state.ledger.seq,
						 &row),
			 0);
	return row;
}

static json_t *pack(const char *user, const char *action)
{
	return json_pack("{s:s, s:s, s:s}", "user", user, "action", action,
			 "result", "done");
}

static void it_is_one_row(void **state)
{
	json_t *all = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "service",
		"accounts", "user", "anna", "address", "192.0.2.7", "project",
		"budget-2027", "action", "budget.write", "object", "line 12",
		"result", "done", "details", "old", "10", "new", "12 \"x\"");
	int64_t sequence, before = core->daemon.state.ledger.seq;
	struct ledger_row row;

	(void)state;
	assert_string_equal(record(WWW, all, &sequence), "");
	assert_int_equal(sequence, before + 1);
	assert_int_equal(core->daemon.state.ledger.seq, before + 1);
	row = last_row();
	assert_string_equal(row.event, "action");
	assert_string_equal(row.user, "anna");
	assert_string_equal(row.actor, "anna");
	assert_string_equal(row.service, "accounts");
	assert_string_equal(row.address, "192.0.2.7");
	assert_string_equal(row.project, "budget-2027");
	assert_string_equal(row.action, "budget.write");
	assert_string_equal(row.object, "line 12");
	assert_string_equal(row.result, "done");
	assert_string_equal(row.details, "old=\"10\" new=\"12 \\x22x\\x22\"");
	/* As little as may be. */
	assert_string_equal(record(WWW, pack("anna", "a"), &sequence), "");
	assert_int_equal(sequence, before + 2);
	row = last_row();
	assert_string_equal(row.service, "accounts");
	assert_string_equal(row.address, "");
	assert_string_equal(row.details, "");
	/* Root, for whom it likes. */
	assert_string_equal(
		record(0,
		       json_pack("{s:s, s:s, s:s, s:s, s:s}", "service",
				 "reports", "user", "piet", "action",
				 "report.read", "result", "denied", "address",
				 "::ffff:10.0.0.1"),
		       &sequence),
		"");
	row = last_row();
	assert_string_equal(row.service, "reports");
	assert_string_equal(row.result, "denied");
	assert_string_equal(row.address, "10.0.0.1");
}

/* abuse_94: one record, whatever is in the text. */
static void abuse_94_text_is_escaped(void **state)
{
	int64_t sequence;
	struct ledger_row row;

	(void)state;
	assert_string_equal(
		record(WWW,
		       json_pack("{s:s, s:s, s:s, s:s, s:{s:s}}", "user",
				 "anna", "action", "a", "result", "done",
				 "object",
				 "a\n_UID=0\r\x1b]8;;x\x07 \xe2\x80\xae",
				 "details", "f", "x\" y=\"z\n\\"),
		       &sequence),
		"");
	row = last_row();
	assert_string_equal(row.object, "a\\x0a_UID=0\\x0d\\x1b]8;;x\\x07 "
					"\\xe2\\x80\\xae");
	assert_string_equal(row.details, "f=\"x\\x22 y=\\x22z\\x0a\\x5c\"");
}

/* Who may not, as what a stranger is refused; nothing is recorded of it but
 * that. */
static void abuse_42_of_others(void **state)
{
	static const uid_t uids[] = { ANNA, PIET, 1234 };
	int64_t sequence;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uids); i++)
		assert_string_equal(
			record(uids[i], pack("anna", "a"), &sequence), DENIED);
	assert_string_equal(record(WWW,
				   json_pack("{s:s, s:s, s:s, s:s}", "service",
					     "reports", "user", "piet",
					     "action", "a", "result", "done"),
				   &sequence),
			    DENIED);
	assert_string_equal(record(WWW, pack("piet", "a"), &sequence), UNKNOWN);
	assert_string_equal(record(WWW, pack("nobody", "a"), &sequence),
			    UNKNOWN);
	assert_string_equal(record(WWW, pack("", "a"), &sequence), UNKNOWN);
	/* Root says of which. */
	assert_string_equal(record(0, pack("anna", "a"), &sequence),
			    BAD_PARAMETER);
	assert_int_equal(core_count(core, "action"), 0);
	assert_int_equal(core_count(core, "call-refused"), 4);
}

static char *long_text(size_t n)
{
	static char text[70000];

	memset(text, 'x', n);
	text[n] = '\0';
	return text;
}

static json_t *fields(size_t n, const char *value)
{
	json_t *details = json_object();

	for (size_t i = 0; i < n; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "f%zu", i);
		assert_int_equal(
			json_object_set_new(details, name, json_string(value)),
			0);
	}
	return details;
}

/* What is not good is refused whole, and never cut. */
static void what_is_not_good_is_refused(void **state)
{
	const struct {
		const char *name;
		json_t *value;
		const char *error;
	} rows[] = {
		{ "action", json_string(""), INVALID },
		{ "action", json_string("budget write"), INVALID },
		{ "action", json_string("a/b"), INVALID },
		{ "action", json_string("a\n"), INVALID },
		{ "action", json_string(long_text(65)), INVALID },
		{ "action", json_string(long_text(256)), BAD_PARAMETER },
		{ "action", json_null(), BAD_PARAMETER },
		{ "project", json_string("../x"), INVALID },
		{ "project", json_string("a%2f"), INVALID },
		{ "project", json_string(""), INVALID },
		{ "object", json_string(long_text(129)), BAD_PARAMETER },
		{ "result", json_string("good"), INVALID },
		{ "result", json_string(""), INVALID },
		{ "user", json_string(long_text(257)), BAD_PARAMETER },
		/* A proxy's, a name, none. */
		{ "address", json_string("10.0.0.1"), INVALID },
		{ "address", json_string("client.example"), INVALID },
		{ "address", json_string(""), INVALID },
		{ "details", json_string("x"), BAD_PARAMETER },
		{ "details", json_pack("{s:i}", "a", 1), BAD_PARAMETER },
		{ "details", json_pack("{s:{s:s}}", "a", "b", "c"),
		  BAD_PARAMETER },
		{ "details", json_pack("{s:s}", "", "x"), INVALID },
		{ "details", json_pack("{s:s}", "A", "x"), INVALID },
		{ "details", json_pack("{s:s}", "1a", "x"), INVALID },
		{ "details", json_pack("{s:s}", "a=b", "x"), INVALID },
		{ "details", json_pack("{s:s}", long_text(33), "x"), INVALID },
		{ "details", fields(17, "x"), INVALID },
		{ "details", fields(65, "x"), BAD_PARAMETER },
		{ "details", fields(1, long_text(257)), BAD_PARAMETER },
		{ "details", fields(5, long_text(256)), INVALID },
		{ "details", fields(2, "\n"), NULL },
		{ "details", fields(16, long_text(50)), NULL },
		{ "details", json_object(), NULL },
		{ "details", json_null(), NULL },
		{ "object", json_string(long_text(128)), NULL },
		{ "object", json_string(""), NULL },
		{ "project", json_string(long_text(64)), NULL },
		{ "other", json_string("x"), BAD_PARAMETER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t before = core->daemon.state.ledger.seq, sequence;
		json_t *all = pack("anna", "a");
		const char *error;

		assert_int_equal(
			json_object_set_new(all, rows[i].name, rows[i].value),
			0);
		error = record(WWW, all, &sequence);
		if (strcmp(error, rows[i].error ? rows[i].error : "") != 0)
			fail_msg("%zu: %s: '%s'", i, rows[i].name, error);
		assert_int_equal(core->daemon.state.ledger.seq,
				 before + (rows[i].error ? 0 : 1));
	}
}

/* An application that may state no address cannot lose one unseen. */
static void an_address_that_is_not_believed_is_an_error(void **state)
{
	json_t *all = pack("piet", "a");
	int64_t sequence;

	(void)state;
	assert_int_equal(
		json_object_set_new(all, "address", json_string("192.0.2.7")),
		0);
	assert_string_equal(record(CORE_REPORTS, all, &sequence), INVALID);
	assert_string_equal(record(CORE_REPORTS, pack("piet", "a"), &sequence),
			    "");
}

/* Many on one connection, one after the other: none is lost, all in order. */
static void many_wait_for_the_disk(void **state)
{
	int64_t last = core->daemon.state.ledger.seq;
	struct talk talk;

	(void)state;
	talk_open(core, &talk, WWW);
	for (int i = 0; i < 100; i++)
		talk_send(&talk, "nl.cloxxs.Audit.Record", pack("anna", "a"));
	for (int i = 0; i < 100; i++) {
		json_t *reply = talk_wait(core, &talk);

		assert_int_equal(json_integer_value(json_object_get(
					 json_object_get(reply, "parameters"),
					 "sequence")),
				 last + i + 1);
		json_decref(reply);
	}
	talk_close(core, &talk);
	assert_int_equal(core_count(core, "action"), 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_one_row),
		TEST(abuse_94_text_is_escaped),
		TEST(abuse_42_of_others),
		TEST(what_is_not_good_is_refused),
		TEST(an_address_that_is_not_believed_is_an_error),
		TEST(many_wait_for_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
