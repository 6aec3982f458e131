/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The login that something is done in, in a whole daemon: what sudo, su and
 * administrators do is recorded with where it came from, and no rule asks it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/login_number.h"
#include "tests/unit/core_fixture.h"

#define JAN 66000 /* an administrator */
#define PIET 66001
#define ADMIN "nl.cloxxs.Admin."

static struct core fixture;
static struct core *const core = &fixture;

/* From afar, and what he does then on the host itself. */
static const struct about ssh = { .user = "piet",
				  .service = "sshd",
				  .address = "192.0.2.1",
				  .audit_session = 7 };
static const struct about sudo = { .user = "piet",
				   .service = "sudo",
				   .requester = "piet",
				   .audit_session = 7 };

static int setup(void **state)
{
	struct user jan;

	(void)state;
	assert_int_equal(setenv("CLOXXS_BOOT_ID", "0123456789abcdef", 1), 0);
	core_init(core, NULL);
	core_world.quick = true;
	core_add(core, JAN, "jan", CORE_OLD);
	core_add(core, PIET, "piet", CORE_OLD);
	jan = core_user(core, "jan");
	jan.role = USER_ROLE_ADMINISTRATOR;
	core_apply(core, (struct change){ .type = CHANGE_USER_SET,
					  .uid = JAN,
					  .user = &jan });
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static struct ledger_row last_row(void)
{
	struct ledger *ledger = &core->daemon.state.ledger;
	struct ledger_row row;
	sqlite3_stmt *statement;

	assert_int_equal(store_bind(ledger->store,
				    "UPDATE ledger SET published = 0"
				    " WHERE seq = ?",
				    &statement, "i", ledger->seq),
			 0);
	assert_int_equal(store_step(statement), 0);
	assert_int_equal(ledger_next_unpublished(ledger, ledger->seq, &row), 0);
	return row;
}

/* The last record, and what of it tells of the login. */
static void expect(const char *event, const char *address, const char *within)
{
	struct ledger_row row = last_row();
	const char *found = strstr(row.details, "within=");

	assert_string_equal(row.event, event);
	assert_string_equal(row.address, address);
	assert_string_equal(found ? found : "", within);
}

/* "within=" and the mark of the session, and what follows. */
static void within(const struct outcome *session, const char *rest,
		   char ret_text[WITHIN_MAX])
{
	(void)snprintf(ret_text, WITHIN_MAX, "within=%.12s%s", session->session,
		       rest);
}

static struct outcome come_in(struct about about)
{
	struct outcome session = open_session(core, 0, about);
	char mark[64];

	assert_string_equal(session.verdict, "allow");
	(void)snprintf(mark, sizeof(mark), "session=%.12s", session.session);
	assert_non_null(strstr(last_row().details, mark));
	return session;
}

static void sudo_is_recorded_with_the_address(void **state)
{
	struct outcome session = come_in(ssh);
	char text[WITHIN_MAX];

	(void)state;
	within(&session, "", text);
	assert_string_equal(account(core, 0, sudo).verdict, "allow");
	expect("account-allowed", "192.0.2.1", text);
}

static void a_wrong_password_in_sudo_too(void **state)
{
	struct outcome session = come_in(ssh);
	char text[WITHIN_MAX];
	struct talk talk;

	(void)state;
	within(&session, "", text);
	talk_open(core, &talk, 0);
	(void)start(core, &talk, sudo);
	assert_string_equal(answer(core, &talk, "wrong").verdict, "deny");
	talk_close(core, &talk);
	expect("login-denied", "192.0.2.1", text);
}

/* Who became another is told by the name that he came in by. */
static void su_names_who_came_in(void **state)
{
	struct outcome session = come_in(ssh);
	struct about su = { .user = "jan",
			    .service = "su",
			    .requester = "root",
			    .audit_session = 7 };
	struct user jan = core_user(core, "jan");
	char text[WITHIN_MAX];

	(void)state;
	memcpy(jan.services, "sshd,su", sizeof("sshd,su"));
	core_apply(core, (struct change){ .type = CHANGE_USER_SET,
					  .uid = JAN,
					  .user = &jan });
	within(&session, " login=piet", text);
	assert_string_equal(open_session(core, 0, su).verdict, "allow");
	expect("session-opened", "192.0.2.1", text);
	assert_string_equal(last_row().actor, "root");
	/* It began no login: the number is still piet's. */
	assert_string_equal(account(core, 0, sudo).verdict, "allow");
	within(&session, "", text);
	expect("account-allowed", "192.0.2.1", text);
}

/* Root of the host, whose login nobody told of, becomes piet: that is not the
 * login of piet. */
static void su_begins_no_login(void **state)
{
	struct about su = { .user = "piet",
			    .service = "sudo",
			    .requester = "root",
			    .audit_session = 7 };

	(void)state;
	assert_string_equal(open_session(core, 0, su).verdict, "allow");
	assert_string_equal(account(core, 0, sudo).verdict, "allow");
	expect("account-allowed", "", "");
}

/* The first one is the login's, whoever names its number later. */
static void the_first_stays(void **state)
{
	struct outcome session = come_in(ssh);
	struct about later = ssh;
	char text[WITHIN_MAX];

	(void)state;
	later.user = "jan";
	later.address = "192.0.2.9";
	(void)come_in(later);
	assert_string_equal(account(core, 0, sudo).verdict, "allow");
	within(&session, "", text);
	expect("account-allowed", "192.0.2.1", text);
}

/* What he left running goes on to be his. */
static void after_it_was_closed(void **state)
{
	struct outcome session = come_in(ssh);
	char text[WITHIN_MAX];
	struct talk talk;

	(void)state;
	within(&session, "", text);
	talk_open(core, &talk, 0);
	json_decref(talk_call(core, &talk, "nl.cloxxs.Login.CloseSession",
			      json_pack("{s:s}", "session", session.session)));
	talk_close(core, &talk);
	assert_string_equal(last_row().event, "session-closed");
	assert_string_equal(account(core, 0, sudo).verdict, "allow");
	expect("account-allowed", "192.0.2.1", text);
}

static void what_is_not_known(void **state)
{
	static const int64_t numbers[] = { 8, 0, -7, UINT32_MAX,
					   INT64_C(1) << 32 };

	(void)state;
	(void)come_in(ssh);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct about other = sudo;

		other.audit_session = numbers[i];
		assert_string_equal(account(core, 0, other).verdict, "allow");
		expect("account-allowed", "", "");
	}
}

/* His own word, of a number that he read, is nothing. */
static void only_root_is_believed(void **state)
{
	struct about own = ssh;

	(void)state;
	own.audit_session = 9;
	own.address = NULL;
	(void)open_session(core, PIET, own);
	own = sudo;
	own.audit_session = 9;
	assert_string_equal(account(core, 0, own).verdict, "allow");
	expect("account-allowed", "", "");
	(void)come_in(ssh);
	(void)account(core, PIET, sudo);
	expect("account-allowed", "", "");
}

/* Who comes from afar has his own address, and nothing of another login. */
static void from_afar_it_is_not_asked(void **state)
{
	struct about again = ssh;

	(void)state;
	(void)come_in(ssh);
	again.address = "192.0.2.9";
	assert_string_equal(account(core, 0, again).verdict, "allow");
	expect("account-allowed", "192.0.2.9", "");
	again.address = "nowhere";
	assert_string_equal(account(core, 0, again).verdict, "deny");
	expect("account-denied", "", "");
}

/* The numbers of another boot begin anew. */
static void another_boot(void **state)
{
	(void)state;
	(void)come_in(ssh);
	core_stop(core);
	assert_int_equal(setenv("CLOXXS_BOOT_ID", "fedcba9876543210", 1), 0);
	core_start(core);
	assert_string_equal(account(core, 0, sudo).verdict, "allow");
	expect("account-allowed", "", "");
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM audit_session"),
			 0);
}

/* ---- administrators ---- */

static void act(uid_t uid, int64_t number)
{
	static unsigned int n;
	struct talk talk;
	char name[16];

	(void)snprintf(name, sizeof(name), "group-%u", n++);
	talk_open(core, &talk, uid);
	if (number)
		json_decref(talk_call(core, &talk, ADMIN "Introduce",
				      json_pack("{s:I}", "audit_session",
						(json_int_t)number)));
	json_decref(talk_call(core, &talk, ADMIN "AddGroup",
			      json_pack("{s:s}", "name", name)));
	talk_close(core, &talk);
}

static void root_by_sudo(void **state)
{
	struct outcome session;
	struct about jan = ssh;
	char text[WITHIN_MAX];

	(void)state;
	jan.user = "jan";
	session = come_in(jan);
	within(&session, " login=jan", text);
	act(0, 7);
	expect("group-added", "192.0.2.1", text);
	assert_string_equal(last_row().actor, "root");
	act(0, 8);
	expect("group-added", "", "");
	act(0, 0);
	expect("group-added", "", "");
}

/* A user is no root: his uid is known, and his sessions. */
static void an_administrator_at_his_shell(void **state)
{
	struct about jan = ssh;
	struct outcome session;
	char text[WITHIN_MAX];

	(void)state;
	jan.user = "jan";
	act(JAN, 0);
	expect("group-added", "", "");
	session = come_in(jan);
	within(&session, "", text);
	act(JAN, 0);
	expect("group-added", "192.0.2.1", text);
	assert_string_equal(last_row().actor, "jan");
	jan.audit_session = 8;
	(void)come_in(jan);
	act(JAN, 0);
	expect("group-added", "192.0.2.1", "");
	/* From which of two he does it, nobody can say. */
	jan.address = "192.0.2.2";
	jan.audit_session = 9;
	(void)come_in(jan);
	act(JAN, 0);
	expect("group-added", "", "");
}

static void he_cannot_introduce_himself(void **state)
{
	struct talk talk;
	json_t *reply;

	(void)state;
	(void)come_in(ssh);
	talk_open(core, &talk, JAN);
	reply = talk_call(core, &talk, ADMIN "Introduce",
			  json_pack("{s:i}", "audit_session", 7));
	assert_string_equal(json_string_value(json_object_get(reply, "error")),
			    "org.varlink.service.PermissionDenied");
	json_decref(reply);
	talk_close(core, &talk);
}

/* ---- the kernel's file ---- */

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t number;
	} cases[] = {
		{ "7528", 7528 },
		{ "1\n", 1 },
		{ "4294967294", INT64_C(4294967294) },
		{ "4294967295", 0 },
		{ "", 0 },
		{ "0", 0 },
		{ "-1", 0 },
		{ "99999999999", 0 },
		{ "12345678901234567890", 0 },
		{ "7 8", 0 },
		{ "x", 0 },
	};
	struct scratch scratch;
	char path[128];

	(void)state;
	scratch_init(&scratch);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		scratch_write(&scratch, "sessionid", cases[i].text,
			      strlen(cases[i].text), 0600);
		scratch_path(&scratch, "sessionid", path);
		assert_int_equal(login_number_read(path), cases[i].number);
	}
	scratch_deinit(&scratch);
	assert_int_equal(login_number_read("/nonexistent"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sudo_is_recorded_with_the_address),
		TEST(a_wrong_password_in_sudo_too),
		TEST(su_names_who_came_in),
		TEST(su_begins_no_login),
		TEST(the_first_stays),
		TEST(after_it_was_closed),
		TEST(what_is_not_known),
		TEST(only_root_is_believed),
		TEST(from_afar_it_is_not_asked),
		TEST(another_boot),
		TEST(root_by_sudo),
		TEST(an_administrator_at_his_shell),
		TEST(he_cannot_introduce_himself),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
