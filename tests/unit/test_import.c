/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Imports, through the daemon's socket: all or nothing, and by whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/core_fixture.h"

#define ADMIN "nl.cloxxs.Admin."
#define BCRYPT "$2y$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC"

static json_t *load(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);

	if (!json)
		fail_msg("%s: %s", text, error.text);
	return json;
}

static json_t *call(struct core *core, struct talk *talk, const char *method,
		    json_t *parameters)
{
	char name[64];
	json_t *reply, *inner;

	(void)snprintf(name, sizeof(name), ADMIN "%s", method);
	reply = talk_call(core, talk, name, parameters);
	assert_non_null(reply);
	if (json_object_get(reply, "error"))
		return reply;
	inner = json_incref(json_object_get(reply, "parameters"));
	json_decref(reply);
	return inner ? inner : json_object();
}

static void begin(struct core *core, struct talk *talk, bool update)
{
	json_t *reply = call(core, talk, "ImportBegin",
			     json_pack("{s:b}", "update", (int)update));

	assert_null(json_object_get(reply, "error"));
	json_decref(reply);
}

/* Both faults of a whole import in one text: "line: sentence\n". */
static void gather_faults(json_t *reply, struct text *faults)
{
	json_t *fault;
	size_t i;

	json_array_foreach(json_object_get(reply, "faults"), i, fault)
	{
		text_add_format(
			faults, "%d: %s\n",
			(int)json_integer_value(json_object_get(fault, "line")),
			json_string_value(json_object_get(fault, "message")));
	}
}

struct result {
	bool done;
	int added, changed, unchanged, n_faults;
	char error[64], faults[2048];
};

static struct result commit(struct core *core, struct talk *talk, bool dry_run)
{
	json_t *reply = call(core, talk, "ImportCommit",
			     json_pack("{s:b}", "dry_run", (int)dry_run));
	const char *error = json_string_value(json_object_get(reply, "error"));
	struct result result = {
		.done = json_is_true(json_object_get(reply, "done")),
		.added = (int)json_integer_value(
			json_object_get(reply, "added")),
		.changed = (int)json_integer_value(
			json_object_get(reply, "changed")),
		.unchanged = (int)json_integer_value(
			json_object_get(reply, "unchanged")),
		.n_faults = (int)json_integer_value(
			json_object_get(reply, "n_faults")),
	};
	struct text text;

	(void)snprintf(result.error, sizeof(result.error), "%s",
		       error ? error : "");
	text_init(&text, result.faults, sizeof(result.faults));
	gather_faults(reply, &text);
	json_decref(reply);
	return result;
}

/* A whole import of users, an array, by uid on a connection of its own. */
static struct result import_as(struct core *core, uid_t uid, const char *users,
			       bool update, bool dry_run)
{
	struct result result, staged = { 0 };
	struct talk talk;
	struct text text;
	json_t *reply;

	talk_open(core, &talk, uid);
	begin(core, &talk, update);
	reply = call(core, &talk, "ImportUsers",
		     json_pack("{s:o}", "users", load(users)));
	text_init(&text, staged.faults, sizeof(staged.faults));
	gather_faults(reply, &text);
	json_decref(reply);
	result = commit(core, &talk, dry_run);
	text_add(&text, result.faults);
	memcpy(result.faults, staged.faults, sizeof(result.faults));
	talk_close(core, &talk);
	assert_null(core->daemon.service.import);
	return result;
}

static struct result import(struct core *core, const char *users)
{
	return import_as(core, 0, users, false, false);
}

static int64_t n_users(struct core *core)
{
	return state_number(&core->daemon.state, "SELECT count(*) FROM user");
}

static void adds(void **state)
{
	struct result result;
	struct core core;
	struct user user;

	(void)state;
	core_init(&core, NULL);
	result = import(&core,
			"[{\"line\": 2, \"name\": \"anna\"},"
			" {\"line\": 3, \"name\": \"ben\", \"uid\": 66000,"
			"  \"role\": \"administrator\", \"enabled\": false,"
			"  \"services\": [\"sshd\", \"sudo\"],"
			"  \"shell\": \"/bin/sh\", \"home\": \"/srv/ben\","
			"  \"language\": \"nl\"},"
			" {\"line\": 4, \"name\": \"cor\","
			"  \"wanted_uid\": 66005},"
			" {\"line\": 5, \"name\": \"dik\","
			"  \"wanted_uid\": 1000}]");
	assert_string_equal(result.faults, "");
	assert_true(result.done);
	assert_int_equal(result.added, 4);
	user = core_user(&core, "ben");
	assert_int_equal(user.uid, 66000);
	assert_int_equal(user.role, USER_ROLE_ADMINISTRATOR);
	assert_false(user.enabled);
	assert_string_equal(user.services, "sshd,sudo");
	assert_string_equal(user.home, "/srv/ben");
	assert_string_equal(user.language, "nl");
	assert_int_equal(user.password_kind, USER_PASSWORD_NONE);
	/* Who named a uid in the range comes before those who are given one. */
	assert_int_equal(core_user(&core, "cor").uid, 66005);
	assert_int_equal(core_user(&core, "anna").uid, 66001);
	assert_int_equal(core_user(&core, "dik").uid, 66002);
	assert_string_equal(core_user(&core, "anna").home, "/home/anna");
	assert_int_equal(core_count(&core, "user-added"), 4);
	assert_int_equal(core_count(&core, "users-imported"), 1);
	assert_int_equal(state_number(&core.daemon.state,
				      "SELECT count(*) FROM import_record"),
			 0);
	core_finish(&core);
}

/* What is wrong with one keeps all out; each is told by its line. */
static void abuse_126_faults(void **state)
{
	static const struct {
		const char *user, *fault;
	} cases[] = {
		{ "{\"line\": 1}", "name: It is missing." },
		{ "{\"name\": 1}", "name: A name has" },
		{ "{\"name\": \"Anna\"}", "name: A name has" },
		{ "{\"name\": \"a'; DROP TABLE user;--\"}",
		  "name: A name has" },
		{ "{\"name\": \"%\"}", "name: A name has" },
		{ "{\"name\": \"=cmd|x\"}", "name: A name has" },
		{ "{\"name\": \"\"}", "name: A name has" },
		{ "{\"name\": \"root\"}", "name: This name belongs" },
		{ "{\"name\": \"sudo\"}", "name: This name belongs" },
		{ "{\"name\": \"daemon\"}", "name: This name belongs" },
		{ "{\"name\": \"games\"}", "name: It stands in /etc/" },
		{ "{\"name\": \"a\", \"uid\": 0}", "uid: It must lie in" },
		{ "{\"name\": \"a\", \"uid\": 100000}", "uid: It must lie in" },
		{ "{\"name\": \"a\", \"uid\": -1}",
		  "uid: It must be a number" },
		{ "{\"name\": \"a\", \"uid\": 4295033296}",
		  "uid: It must be a number" },
		{ "{\"name\": \"a\", \"uid\": \"66001\"}",
		  "uid: It must be a number" },
		{ "{\"name\": \"a\", \"uid\": 66050}",
		  "uid: The uid is or was" },
		{ "{\"name\": \"a\", \"uid\": 66051}",
		  "uid: The uid is or was" },
		{ "{\"name\": \"a\", \"role\": \"root\"}", "role: It must be" },
		{ "{\"name\": \"a\", \"enabled\": 1}", "enabled: It must be" },
		{ "{\"name\": \"a\", \"services\": \"sshd\"}",
		  "services: It must be a list" },
		{ "{\"name\": \"a\", \"services\": [\"ss hd\"]}",
		  "services: A service is named" },
		{ "{\"name\": \"a\", \"services\": [1]}",
		  "services: A service is named" },
		{ "{\"name\": \"a\", \"shell\": \"bash\"}",
		  "shell: It must be an absolute path" },
		{ "{\"name\": \"a\", \"home\": \"/home/a:b\"}",
		  "home: It must be an absolute path" },
		{ "{\"name\": \"a\", \"home\": \"/home/../etc\"}",
		  "home: It must be an absolute path" },
		{ "{\"name\": \"a\", \"language\": \"de\"}",
		  "language: It must" },
		{ "{\"name\": \"a\", \"colour\": \"red\"}",
		  "colour: There is no such attribute." },
		{ "{\"name\": \"a\", \"password\": \"secret\"}",
		  "password: There is no such attribute." },
		{ "{\"name\": \"a\", \"password_hash\": \"secret\"}",
		  "password_hash: Only $y$" },
		{ "{\"name\": \"a\", \"password_hash\": "
		  "\"$6$rounds=999999999$s$"
		  "x\"}",
		  "password_hash: Only $y$" },
		{ "{\"name\": \"old\", \"shell\": \"/bin/other\"}",
		  "He exists already and differs (shell: " },
		{ "{\"name\": \"old\", \"uid\": 66051}",
		  "He has uid 66050, which never changes." },
		{ "{\"name\": \"old\", \"password_hash\": \"" BCRYPT "\"}",
		  "He exists already: an import changes no password." },
		{ "{\"name\": \"good\"}", "stands in line 1 already" },
	};
	struct core core;

	(void)state;
	core_init(&core, NULL);
	core_add(&core, 66050, "old", CORE_OLD);
	core_add(&core, 66051, "gone", CORE_OLD);
	core_apply(&core,
		   (struct change){ .type = CHANGE_USER_DELETE, .uid = 66051 });
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct result result;
		char users[512];

		(void)snprintf(
			users, sizeof(users),
			"[{\"line\": 1, \"name\": \"good\"}, {\"line\": "
			"7%s%s, {\"line\": 9, \"name\": \"better\"}]",
			strcmp(cases[i].user, "{\"line\": 1}") == 0 ? "" : ", ",
			strcmp(cases[i].user, "{\"line\": 1}") == 0
				? "}"
				: cases[i].user + 1);
		result = import(&core, users);
		if (result.done || result.n_faults != 1 ||
		    strncmp(result.faults, "7: ", 3) != 0 ||
		    !strstr(result.faults, cases[i].fault))
			fail_msg("%s: %d \"%s\"", users, result.n_faults,
				 result.faults);
		assert_int_equal(n_users(&core), 1);
	}
	assert_int_equal(core_count(&core, "users-imported"), 0);
	core_finish(&core);
}

static void many_faults_are_counted(void **state)
{
	struct result result;
	struct core core;
	struct talk talk;
	json_t *users = json_array(), *reply;

	(void)state;
	core_init(&core, NULL);
	for (int i = 0; i < 300; i++)
		assert_int_equal(
			json_array_append_new(users,
					      json_pack("{s:i, s:s}", "line", i,
							"name", "Not one")),
			0);
	talk_open(&core, &talk, 0);
	begin(&core, &talk, false);
	reply = call(&core, &talk, "ImportUsers",
		     json_pack("{s:o}", "users", users));
	assert_int_equal(json_array_size(json_object_get(reply, "faults")),
			 100);
	json_decref(reply);
	result = commit(&core, &talk, false);
	assert_int_equal(result.n_faults, 300);
	assert_false(result.done);
	talk_close(&core, &talk);
	core_finish(&core);
}

static void updates(void **state)
{
	static const char users[] =
		"[{\"line\": 1, \"name\": \"old\", \"services\": [\"sshd\"],"
		"  \"language\": \"nl\"},"
		" {\"line\": 2, \"name\": \"same\", \"uid\": 66051},"
		" {\"line\": 3, \"name\": \"out\", \"enabled\": false},"
		" {\"line\": 4, \"name\": \"new\"}]";
	struct result result;
	struct core core;
	int64_t before;

	(void)state;
	core_init(&core, NULL);
	core_add(&core, 66050, "old", CORE_OLD);
	core_add(&core, 66051, "same", CORE_OLD);
	core_add(&core, 66052, "out", CORE_OLD);
	before = core_count(&core, "user-changed");
	result = import_as(&core, 0, users, true, true);
	assert_string_equal(result.faults, "");
	assert_false(result.done);
	assert_int_equal(result.added, 1);
	assert_int_equal(result.changed, 2);
	assert_int_equal(result.unchanged, 1);
	assert_int_equal(n_users(&core), 3);
	assert_true(core_user(&core, "out").enabled);
	result = import_as(&core, 0, users, true, false);
	assert_true(result.done);
	assert_string_equal(core_user(&core, "old").services, "sshd");
	assert_string_equal(core_user(&core, "old").language, "nl");
	assert_false(core_user(&core, "out").enabled);
	assert_int_equal(core_count(&core, "user-changed"), before + 2);
	/* What was not named has stayed. */
	expect_login(&core, "old", CORE_OLD, "allow", NULL);
	expect_login(&core, "out", CORE_OLD, "deny", "disabled");
	/* Again: nothing is left to do. */
	result = import_as(&core, 0, users, false, false);
	assert_true(result.done);
	assert_int_equal(result.unchanged, 4);
	assert_int_equal(core_count(&core, "user-changed"), before + 2);
	core_finish(&core);
}

/* What an administrator's verbs leave alone his imports do too. */
static void guards_hold(void **state)
{
	static const char change[] =
		"[{\"line\": 1, \"name\": \"anna\", \"shell\": \"/bin/x\"}]";
	static const char demote[] =
		"[{\"line\": 1, \"name\": \"jan\", \"role\": \"user\"},"
		" {\"line\": 2, \"name\": \"kees\", \"enabled\": false}]";
	struct result result;
	struct core core;

	(void)state;
	core_init(&core, NULL);
	core_add(&core, 66050, "anna", CORE_OLD);
	core_add(&core, 66051, "jan", CORE_OLD);
	core_add(&core, 66052, "kees", CORE_OLD);
	core_protect(&core, "anna");
	core_set_role(&core, "jan", USER_ROLE_ADMINISTRATOR);
	core_set_role(&core, "kees", USER_ROLE_ADMINISTRATOR);
	result = import_as(&core, 66051, change, true, false);
	assert_false(result.done);
	assert_non_null(strstr(result.faults, "Only root"));
	result = import_as(&core, 0, change, true, false);
	assert_true(result.done);
	assert_true(core_user(&core, "anna").protected);
	result = import_as(&core, 0, demote, true, false);
	assert_false(result.done);
	assert_string_equal(result.error, ADMIN "Conflict");
	core_finish(&core);
}

/* The old password is good once; what stands there then is ours. */
static void hashes_are_replaced(void **state)
{
	scope(secret_deinit) struct secret stored = { 0 };
	struct result result;
	struct user user;
	struct core core;

	(void)state;
	core_init(&core, NULL);
	result = import(&core, "[{\"line\": 1, \"name\": \"anna\","
			       " \"services\": [\"sshd\"],"
			       " \"password_hash\": \"" BCRYPT "\"}]");
	assert_string_equal(result.faults, "");
	user = core_user(&core, "anna");
	assert_int_equal(user.password_kind, USER_PASSWORD_CHOSEN);
	assert_int_equal(
		state_open_password(&core.daemon.state, &user, &stored), 0);
	assert_string_equal(stored.bytes, BCRYPT);
	expect_login(&core, "anna", CORE_WRONG, "deny", "wrong-password");
	assert_int_equal(core_user(&core, "anna").failures, 1);
	expect_login(&core, "anna", "right", "allow", NULL);
	user = core_user(&core, "anna");
	assert_int_equal(user.failures, 0);
	assert_int_equal(
		state_open_password(&core.daemon.state, &user, &stored), 0);
	assert_memory_equal(stored.bytes, "$argon2id$", 10);
	expect_login(&core, "anna", "right", "allow", NULL);
	expect_login(&core, "anna", CORE_WRONG, "deny", "wrong-password");
	core_finish(&core);
}

/* An administrator is no root: neither hashes nor homes. */
static void not_by_an_administrator(void **state)
{
	struct result result;
	struct core core;
	struct talk talk;

	(void)state;
	core_init(&core, NULL);
	core_add(&core, 66000, "boss", CORE_OLD);
	assert_int_equal(store_execute(core.daemon.state.store,
				       "UPDATE user SET role = 1"),
			 0);
	result = import_as(&core, 66000,
			   "[{\"line\": 1, \"name\": \"a\", \"home\":"
			   " \"/etc/systemd/system\"}, {\"line\": 2, \"name\":"
			   " \"b\", \"password_hash\": \"" BCRYPT "\"},"
			   " {\"line\": 3, \"name\": \"c\","
			   " \"home\": \"/home/c\"}]",
			   false, false);
	assert_int_equal(result.n_faults, 2);
	assert_non_null(strstr(result.faults, "1: home: Only root"));
	assert_non_null(strstr(result.faults, "2: password_hash: Only root"));
	/* The last one does not shut himself out. */
	result = import_as(&core, 66000,
			   "[{\"line\": 1, \"name\": \"boss\","
			   " \"enabled\": false}]",
			   true, false);
	assert_string_equal(result.error, ADMIN "Conflict");
	assert_true(core_user(&core, "boss").enabled);
	result = import_as(&core, 66000, "[{\"line\": 1, \"name\": \"c\"}]",
			   false, false);
	assert_true(result.done);
	/* Nor does a plain user begin one. */
	core_add(&core, 66009, "user", CORE_OLD);
	talk_open(&core, &talk, 66009);
	json_decref(talk_call(&core, &talk, ADMIN "ImportBegin", NULL));
	assert_null(core.daemon.service.import);
	talk_close(&core, &talk);
	core_finish(&core);
}

static void one_at_a_time(void **state)
{
	struct core core;
	struct talk one, two;
	struct outcome outcome;
	json_t *reply;

	(void)state;
	core_init(&core, NULL);
	talk_open(&core, &one, 0);
	talk_open(&core, &two, 0);
	/* Nothing was begun; and an attempt on the connection is no import. */
	reply = call(&core, &two, "ImportCommit", NULL);
	assert_string_equal(json_string_value(json_object_get(reply, "error")),
			    ADMIN "Conflict");
	json_decref(reply);
	begin(&core, &one, false);
	reply = call(&core, &two, "ImportBegin", NULL);
	assert_string_equal(json_string_value(json_object_get(reply, "error")),
			    ADMIN "Conflict");
	json_decref(reply);
	outcome = answer(&core, &one, "x");
	assert_string_equal(outcome.error, "nl.cloxxs.Login.NoAttempt");
	/* A login on its connection ends it. */
	outcome = start(
		&core, &one,
		(struct about){ .user = "nobody-here", .service = "sshd" });
	assert_string_equal(outcome.step, "password");
	assert_null(core.daemon.service.import);
	reply = call(&core, &one, "ImportUsers", json_pack("{s:[]}", "users"));
	assert_string_equal(json_string_value(json_object_get(reply, "error")),
			    ADMIN "Conflict");
	json_decref(reply);
	begin(&core, &two, false);
	talk_close(&core, &two);
	assert_null(core.daemon.service.import);
	talk_close(&core, &one);
	core_finish(&core);
}

static void stage_many(struct core *core, struct talk *talk, int from, int n)
{
	json_t *users = json_array();
	char name[16];

	for (int i = from; i < from + n; i++) {
		(void)snprintf(name, sizeof(name), "many%d", i);
		(void)!json_array_append_new(
			users,
			json_pack("{s:i, s:s}", "line", i, "name", name));
	}
	json_decref(call(core, talk, "ImportUsers",
			 json_pack("{s:o}", "users", users)));
}

struct told {
	json_int_t percent;
	char phase[16], phases[64];
};

static void hear(struct told *told, const json_t *reply)
{
	const json_t *parameters = json_object_get(reply, "parameters");
	const char *phase =
		json_string_value(json_object_get(parameters, "phase"));
	json_int_t percent =
		json_integer_value(json_object_get(parameters, "percent"));
	size_t n = strlen(told->phases);

	assert_non_null(phase);
	assert_in_range(percent, 0, 100);
	if (strcmp(phase, told->phase) == 0)
		assert_true(percent > told->percent);
	else
		(void)snprintf(told->phases + n, sizeof(told->phases) - n,
			       "%s ", phase);
	(void)snprintf(told->phase, sizeof(told->phase), "%s", phase);
	told->percent = percent;
}

static void tells_how_far_it_is(void **state)
{
	struct told told = { 0 };
	struct core core;
	struct talk talk;
	json_t *reply;
	bool goes_on;

	(void)state;
	core_init(&core, NULL);
	talk_open(&core, &talk, 0);
	begin(&core, &talk, false);
	for (int i = 0; i < 4; i++)
		stage_many(&core, &talk, 1 + i * 400, 400);
	talk_send_more(&talk, ADMIN "ImportCommit", NULL);
	do {
		reply = talk_next(&core, &talk);
		hear(&told, reply);
		goes_on = json_is_true(json_object_get(reply, "continues"));
		assert_int_equal(
			json_is_true(json_object_get(
				json_object_get(reply, "parameters"), "done")),
			!goes_on);
		json_decref(reply);
	} while (goes_on);
	assert_string_equal(told.phases, "look write publish record done ");
	assert_int_equal(n_users(&core), 1600);
	talk_close(&core, &talk);
	assert_null(core.daemon.service.import);
	core_finish(&core);
}

/* The daemon ends between the transaction and the last record: the next start
 * brings it to its end. */
static void records_follow(void **state)
{
	struct core core;

	(void)state;
	core_init(&core, NULL);
	assert_int_equal(
		store_execute(
			core.daemon.state.store,
			"INSERT INTO import_record (at, act, user, actor,"
			" details) VALUES (7, 1, 'anna', 'root', 'uid 1'),"
			" (8, 2, 'ben', 'root', 'role')"),
		0);
	core_restart(&core);
	assert_int_equal(core_count(&core, "user-added"), 1);
	assert_int_equal(core_count(&core, "user-changed"), 1);
	assert_int_equal(state_number(&core.daemon.state,
				      "SELECT count(*) FROM import_record"),
			 0);
	core_finish(&core);
}

/* Somebody adds a user of the same name while the import is looked at. */
static void what_changes_meanwhile(void **state)
{
	struct core core;
	struct talk talk;
	json_t *reply;
	struct result result;

	(void)state;
	core_init(&core, NULL);
	talk_open(&core, &talk, 0);
	begin(&core, &talk, false);
	reply = call(&core, &talk, "ImportUsers",
		     json_pack("{s:o}", "users",
			       load("[{\"line\": 4, \"name\": \"anna\"}]")));
	json_decref(reply);
	result = commit(&core, &talk, true);
	assert_int_equal(result.added, 1);
	core_add(&core, 66000, "anna", CORE_OLD);
	result = commit(&core, &talk, false);
	/* core_add() gives other services. */
	assert_false(result.done && result.added > 0);
	assert_int_equal(n_users(&core), 1);
	talk_close(&core, &talk);
	core_finish(&core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds),
		cmocka_unit_test(abuse_126_faults),
		cmocka_unit_test(many_faults_are_counted),
		cmocka_unit_test(updates),
		cmocka_unit_test(guards_hold),
		cmocka_unit_test(hashes_are_replaced),
		cmocka_unit_test(not_by_an_administrator),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(tells_how_far_it_is),
		cmocka_unit_test(records_follow),
		cmocka_unit_test(what_changes_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
