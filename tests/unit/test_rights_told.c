/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an administrator is told beside the change that he made, so that he sees
 * what it did not do: in a whole daemon, as a client reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/core_fixture.h"

#define JAN 66000
#define PIET 66001
#define ADMIN "nl.cloxxs.Admin."
#define INVALID ADMIN "Invalid"
#define NOT_FOUND ADMIN "NotFound"
/* One that an account speaks for, and one that none does. */
#define APP "books"
#define OTHER "plans"

static struct core fixture;
static struct core *const core = &fixture;

/* The reply's parameters; where it is an error, it must be error. */
static json_t *ask(const char *method, json_t *parameters, const char *error)
{
	json_t *reply, *inner;
	const char *found;
	struct talk talk;
	char whole[64];

	(void)snprintf(whole, sizeof(whole), ADMIN "%s", method);
	talk_open(core, &talk, 0);
	if (strncmp(method, "List", 4) == 0)
		talk_send_more(&talk, whole, parameters);
	else
		talk_send(&talk, whole, parameters);
	reply = talk_wait(core, &talk);
	found = json_string_value(json_object_get(reply, "error"));
	assert_string_equal(found ? found : "", error ? error : "");
	inner = json_incref(json_object_get(reply, "parameters"));
	json_decref(reply);
	talk_close(core, &talk);
	return inner;
}

static void tell(const char *method, json_t *parameters)
{
	json_decref(ask(method, parameters, NULL));
}

/* member of the reply is what is written here, with ' for ". */
static void expect(const char *method, json_t *parameters, const char *member,
		   const char *written)
{
	json_t *reply = ask(method, parameters, NULL);
	char text[512], *told;

	(void)snprintf(text, sizeof(text), "%s", written);
	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	told = json_dumps(json_object_get(reply, member),
			  JSON_COMPACT | JSON_ENCODE_ANY);
	assert_non_null(told);
	assert_string_equal(told, text);
	free(told);
	json_decref(reply);
}

static json_t *services_of(const char *name, const char *one, const char *two)
{
	return json_pack("{s:s, s:[s, s*]}", "name", name, "services", one,
			 two);
}

static int setup(void **state)
{
	(void)state;
	core_init(core, "[service " APP "]\naccount = www-data\n"
			"[service lost]\naccount = nobody-here\n");
	core_add(core, JAN, "jan", CORE_OLD);
	core_add(core, PIET, "piet", CORE_OLD);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static void replaced_services(void **state)
{
	(void)state;
	expect("SetUser", services_of("jan", "sshd", APP), "services_before",
	       "['sshd','sudo']");
	expect("SetUser", services_of("jan", "sshd", APP), "services_before",
	       "null");
	expect("SetUser",
	       json_pack("{s:s, s:s}", "name", "jan", "shell", "/bin/sh"),
	       "services_before", "null");
	expect("SetUser", json_pack("{s:s, s:[]}", "name", "jan", "services"),
	       "services_before", "['sshd','" APP "']");
	expect("SetUser", services_of("jan", "sshd", NULL), "services_before",
	       "[]");
}

static void bound_services(void **state)
{
	static const struct {
		const char *service, *bound;
	} cases[] = { { APP, "true" },
		      { OTHER, "false" },
		      { "lost", "false" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect("AddProject",
		       json_pack("{s:s, s:s}", "name", cases[i].service,
				 "service", cases[i].service),
		       "bound", cases[i].bound);
}

static json_t *grant_of(const char *holder, const char *project,
			const char *right)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "holder", holder, "project",
			 project, "right", right, "service", APP);
}

static void add(const char *method, const char *name, const char *of)
{
	tell(method, of ? json_pack("{s:s, s:s}", "name", name, "service", of)
			: json_pack("{s:s}", "name", name));
}

/* Who has not the service is told of: he, and nobody else. */
static void lacking_services(void **state)
{
	(void)state;
	add("AddProject", "a", APP);
	add("AddProject", "b", OTHER);
	add("AddGroup", "finance", NULL);
	tell("SetUser", services_of("jan", "sshd", APP));
	expect("AddGrant", grant_of("piet", "a", "read"), "lacks_services",
	       "['" APP "']");
	expect("AddGrant", grant_of("piet", "every-project", "read"),
	       "lacks_services", "['" APP "']");
	expect("AddGrant", grant_of("jan", "a", "read"), "lacks_services",
	       "[]");
	expect("AddGrant", grant_of("@everyone", "a", "read"), "lacks_services",
	       "[]");
	expect("AddGrant", grant_of("@finance", "a", "read"), "lacks_services",
	       "[]");
	tell("AddGrant", grant_of("@finance", "every-project", "read"));
	tell("AddGrant", json_pack("{s:s, s:s, s:s}", "holder", "@finance",
				   "project", "b", "right", "read"));
	expect("AddMember",
	       json_pack("{s:s, s:s}", "name", "finance", "user", "jan"),
	       "lacks_services", "['" OTHER "']");
	expect("AddMember",
	       json_pack("{s:s, s:s}", "name", "finance", "user", "piet"),
	       "lacks_services", "['" APP "','" OTHER "']");
	add("AddGroup", "empty", NULL);
	expect("AddMember",
	       json_pack("{s:s, s:s}", "name", "empty", "user", "piet"),
	       "lacks_services", "[]");
}

#define KEY                                                    \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcICQoLDA0ODxAR" \
	"EhMUFRYXGBkaGxwdHh8gISIjJCUm x"

static json_t *name_of(const char *name)
{
	return json_pack("{s:s}", "name", name);
}

/* In the order of the groups' making, and counted by who holds them. */
static void given_to_a_user(void **state)
{
	(void)state;
	expect("GetUser", name_of("jan"), "groups", "[]");
	expect("GetUser", name_of("jan"), "grants", "0");
	add("AddProject", "a", APP);
	add("AddProject", "c", APP);
	add("AddGroup", "finance", NULL);
	add("AddGroup", "audit", NULL);
	tell("AddMember",
	     json_pack("{s:s, s:s}", "name", "finance", "user", "jan"));
	tell("AddMember",
	     json_pack("{s:s, s:s}", "name", "audit", "user", "jan"));
	tell("AddGrant", grant_of("jan", "a", "read"));
	tell("AddGrant", grant_of("@everyone", "a", "read"));
	tell("AddGrant", grant_of("@finance", "a", "read"));
	tell("AddGrant", grant_of("@finance", "c", "read"));
	tell("AddGrant", grant_of("@audit", "every-project", "deny"));
	tell("AddSshKey", json_pack("{s:s, s:s}", "name", "jan", "key", KEY));
	expect("GetUser", name_of("jan"), "groups", "['finance','audit']");
	expect("GetUser", name_of("jan"), "grants", "1");
	expect("GetUser", name_of("jan"), "group_grants", "3");
	expect("GetUser", name_of("jan"), "ssh_keys", "1");
	expect("GetUser", name_of("piet"), "group_grants", "0");
	expect("GetUser", name_of("piet"), "ssh_keys", "0");
}

static void is_told_of_the_group(const char *method, json_t *parameters)
{
	json_t *reply = ask(method, parameters, INVALID);

	assert_string_equal(
		json_string_value(json_object_get(reply, "parameter")),
		"holder");
	assert_string_equal(
		json_string_value(json_object_get(reply, "message")),
		"There is no user finance; the group of that name is written "
		"@finance.");
	json_decref(reply);
}

/* The message of the first fault of an import of one line. */
static void expect_fault(const char *holder, const char *message)
{
	json_t *reply, *fault;
	struct talk talk;

	talk_open(core, &talk, 0);
	json_decref(talk_call(core, &talk, ADMIN "GrantsBegin", NULL));
	reply = talk_call(core, &talk, ADMIN "GrantsPut",
			  json_pack("{s:[{s:i, s:s, s:s, s:s}]}", "grants",
				    "line", 2, "holder", holder, "project", "a",
				    "right", "read"));
	fault = json_array_get(
		json_object_get(json_object_get(reply, "parameters"), "faults"),
		0);
	assert_string_equal(
		json_string_value(json_object_get(fault, "message")), message);
	json_decref(reply);
	talk_close(core, &talk);
}

static void group_without_its_mark(void **state)
{
	(void)state;
	add("AddProject", "a", APP);
	add("AddGroup", "finance", NULL);
	add("AddGroup", "piet", NULL);
	is_told_of_the_group("AddGrant", grant_of("finance", "a", "read"));
	is_told_of_the_group(
		"RemoveGrant",
		json_pack("{s:s, s:s}", "holder", "finance", "project", "a"));
	is_told_of_the_group("ListGrants",
			     json_pack("{s:s}", "holder", "finance"));
	expect_fault("finance", "there is no user finance; the group of that "
				"name is written @finance");
	expect_fault("nobody", "there is no user or group nobody");
	json_decref(
		ask("AddGrant", grant_of("nobody", "a", "read"), NOT_FOUND));
	json_decref(ask("AddGrant", grant_of("@jan", "a", "read"), NOT_FOUND));
	/* A user comes before a group of his name. */
	tell("AddGrant", grant_of("piet", "a", "read"));
	tell("AddGrant", grant_of("@finance", "a", "read"));
}

static json_t *line_of(int line, const char *holder, const char *project,
		       const char *right, int64_t until)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:I}", "line", line, "holder",
			 holder, "project", project, "right", right, "until",
			 (json_int_t)until);
}

/* The next change is this one, with ' for "; or the counts of all. */
static void expect_next(struct talk *talk, const char *written)
{
	json_t *reply = talk_next(core, talk), *change;
	char *told;

	change = json_object_get(reply, "parameters");
	if (json_object_get(change, "change"))
		change = json_object_get(change, "change");
	told = json_dumps(change, JSON_COMPACT | JSON_SORT_KEYS);
	assert_non_null(told);
	for (char *c = told; *c; c++)
		*c = *c == '"' ? '\'' : *c;
	assert_string_equal(told, written);
	free(told);
	json_decref(reply);
}

#define CHANGE(line, holder, before, until_before, right, until)               \
	"{'holder':'" holder "','line':" line ",'project':'a','right':'" right \
	"','right_before':'" before "','service':'" APP "','until':" until     \
	",'until_before':" until_before "}"

/* Those that stand and become others, in order of lines; and nothing is done.
 */
static void changes_of_an_import(void **state)
{
	struct talk talk;

	(void)state;
	add("AddProject", "a", APP);
	add("AddProject", "b", APP);
	tell("AddGrant", json_pack("{s:s, s:s, s:s, s:I}", "holder", "piet",
				   "project", "a", "right", "write", "until",
				   (json_int_t)INT64_C(4102444800)));
	tell("AddGrant", grant_of("jan", "a", "read"));
	tell("AddGrant", grant_of("@everyone", "a", "read"));
	talk_open(core, &talk, 0);
	json_decref(talk_call(core, &talk, ADMIN "GrantsBegin", NULL));
	json_decref(talk_call(
		core, &talk, ADMIN "GrantsPut",
		json_pack("{s:[o, o, o, o]}", "grants",
			  line_of(2, "piet", "a", "read", 0),
			  line_of(3, "jan", "b", "write", 0),
			  line_of(4, "@everyone", "a", "read", 0),
			  line_of(5, "jan", "a", "read", 4102444800))));
	talk_send_more(&talk, ADMIN "GrantsCommit",
		       json_pack("{s:b}", "dry_run", 1));
	expect_next(&talk,
		    CHANGE("2", "piet", "write", "4102444800", "read", "null"));
	expect_next(&talk,
		    CHANGE("5", "jan", "read", "null", "read", "4102444800"));
	expect_next(&talk, "{'added':1,'changed':2,'faults':[],'n_faults':0,"
			   "'unchanged':1}");
	/* And the next import may begin. */
	json_decref(ask("GrantsBegin", NULL, NULL));
	talk_close(core, &talk);
	assert_int_equal(core_count(core, "grants-imported"), 0);
}

/* Nothing stands: only the counts come, after more than one turn. */
static void changes_of_a_new_import(void **state)
{
	json_t *lines = json_array();
	struct talk talk;
	char name[16];

	(void)state;
	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		add("AddProject", name, APP);
		(void)!json_array_append_new(
			lines, line_of(i + 2, "jan", name, "read", 0));
	}
	talk_open(core, &talk, 0);
	json_decref(talk_call(core, &talk, ADMIN "GrantsBegin", NULL));
	json_decref(talk_call(core, &talk, ADMIN "GrantsPut",
			      json_pack("{s:o}", "grants", lines)));
	talk_send_more(&talk, ADMIN "GrantsCommit",
		       json_pack("{s:b}", "dry_run", 1));
	expect_next(&talk, "{'added':300,'changed':0,'faults':[],'n_faults':0,"
			   "'unchanged':0}");
	talk_close(core, &talk);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replaced_services),       TEST(bound_services),
		TEST(lacking_services),        TEST(given_to_a_user),
		TEST(group_without_its_mark),  TEST(changes_of_an_import),
		TEST(changes_of_a_new_import),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
