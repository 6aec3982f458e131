/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Projects, groups and grants in a whole daemon: what an administrator says is
 * what the map, the socket and the explanation say, at once and again after a
 * restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/access.h"
#include "base/clock.h"
#include "base/identity.h"
#include "cloxxsd/state/grant.h"
#include "tests/unit/core_fixture.h"

#define JAN 66000
#define PIET 66001
#define ANNA 66002 /* not of the service */
#define ADMIN "nl.cloxxs.Admin."
#define ACCESS "nl.cloxxs.Access."
#define NOT_FOUND ADMIN "NotFound"
#define CONFLICT ADMIN "Conflict"
#define INVALID ADMIN "Invalid"
#define EXISTS ADMIN "AlreadyExists"
#define APP "books"

static struct core fixture;
static struct core *const core = &fixture;

/* The reply's parameters; NULL where it is an error, which must be error. */
static json_t *ask(const char *method, json_t *parameters, const char *error)
{
	json_t *reply, *inner;
	const char *found;
	struct talk talk;

	talk_open(core, &talk, 0);
	reply = talk_call(core, &talk, method, parameters);
	found = json_string_value(json_object_get(reply, "error"));
	assert_string_equal(found ? found : "", error ? error : "");
	inner = json_incref(json_object_get(reply, "parameters"));
	json_decref(reply);
	talk_close(core, &talk);
	return inner;
}

static void tell(const char *method, json_t *parameters, const char *error)
{
	json_decref(ask(method, parameters, error));
}

static void add_project(const char *name, const char *error)
{
	tell(ADMIN "AddProject",
	     json_pack("{s:s, s:s}", "name", name, "service", APP), error);
}

static void grant(const char *holder, const char *project, const char *right,
		  const char *error)
{
	json_t *parameters = json_pack("{s:s, s:s, s:s}", "holder", holder,
				       "project", project, "right", right);

	if (strcmp(project, "every-project") == 0)
		(void)!json_object_set_new(parameters, "service",
					   json_string(APP));
	tell(ADMIN "AddGrant", parameters, error);
}

static void grant_until(const char *holder, const char *project,
			const char *right, int64_t until, const char *error)
{
	tell(ADMIN "AddGrant",
	     json_pack("{s:s, s:s, s:s, s:I}", "holder", holder, "project",
		       project, "right", right, "until", (json_int_t)until),
	     error);
}

static void take_away(const char *holder, const char *project,
		      const char *error)
{
	json_t *parameters =
		json_pack("{s:s, s:s}", "holder", holder, "project", project);

	if (strcmp(project, "every-project") == 0)
		(void)!json_object_set_new(parameters, "service",
					   json_string(APP));
	tell(ADMIN "RemoveGrant", parameters, error);
}

static void group(const char *method, const char *name, const char *user,
		  const char *error)
{
	char whole[64];

	(void)snprintf(whole, sizeof(whole), ADMIN "%s", method);
	tell(whole,
	     user ? json_pack("{s:s, s:s}", "name", name, "user", user)
		  : json_pack("{s:s}", "name", name),
	     error);
}

/* By the file, as an application's process opens it. */
static enum access_reason by_map(const char *user, const char *project,
				 uint32_t right)
{
	struct access_question question = {
		.user = user,
		.n_user = strlen(user),
		.project = project,
		.n_project = strlen(project),
		.right = right,
		.now = clock_realtime_us() / 1000000,
	};
	enum access_reason reason;
	struct map *map;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/access/" APP ".map",
		       core->state);
	assert_int_equal(access_open(path, &map), 0);
	reason = access_check(map, &question, NULL);
	map_free(map);
	return reason;
}

static json_t *question(const char *user, const char *project, uint32_t right)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "service", APP, "user", user,
			 "project", project, "right",
			 right == ACCESS_READ ? "read" : "write");
}

/* Map, socket and explanation say the same: that it is so. */
static void expect(const char *user, const char *project, uint32_t right,
		   enum access_reason reason)
{
	static const char *const methods[] = { ACCESS "Check",
					       ACCESS "Explain" };

	assert_string_equal(access_reason_name(by_map(user, project, right)),
			    access_reason_name(reason));
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		json_t *reply =
			ask(methods[i], question(user, project, right), NULL);

		assert_string_equal(
			json_string_value(json_object_get(reply, "reason")),
			access_reason_name(reason));
		assert_int_equal(
			json_is_true(json_object_get(reply, "allowed")),
			reason == ACCESS_ALLOWED);
		json_decref(reply);
	}
}

static int setup(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_world.quick = true;
	core_add(core, JAN, "jan", CORE_OLD);
	core_add(core, PIET, "piet", CORE_OLD);
	core_add(core, ANNA, "anna", CORE_OLD);
	core_set_services(core, "jan", "sshd," APP);
	core_set_services(core, "piet", APP);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static void rights_are_given_and_taken(void **state)
{
	(void)state;
	add_project("budget-2027", NULL);
	expect("jan", "budget-2027", ACCESS_READ, ACCESS_NO_GRANT);
	grant("jan", "budget-2027", "read", NULL);
	expect("jan", "budget-2027", ACCESS_READ, ACCESS_ALLOWED);
	expect("jan", "budget-2027", ACCESS_WRITE, ACCESS_NO_GRANT);
	grant("jan", "budget-2027", "write", NULL);
	expect("jan", "budget-2027", ACCESS_WRITE, ACCESS_ALLOWED);
	grant("jan", "budget-2027", "write-only", NULL);
	expect("jan", "budget-2027", ACCESS_READ, ACCESS_NO_GRANT);
	expect("jan", "budget-2027", ACCESS_WRITE, ACCESS_ALLOWED);
	core_restart(core);
	expect("jan", "budget-2027", ACCESS_WRITE, ACCESS_ALLOWED);
	take_away("jan", "budget-2027", NULL);
	expect("jan", "budget-2027", ACCESS_WRITE, ACCESS_NO_GRANT);
	take_away("jan", "budget-2027", CONFLICT);
	assert_int_equal(core_count(core, "grant-set"), 3);
	assert_int_equal(core_count(core, "grant-removed"), 1);
}

/* Not listed, empty, wildcard by its word only, deny beats allow whatever came
 * first. */
static void rights_abuse_87(void **state)
{
	static const char *const orders[2][2] = { { "deny", "write" },
						  { "write", "deny" } };

	(void)state;
	add_project("a", NULL);
	expect("jan", "a", ACCESS_READ, ACCESS_NO_GRANT);
	grant("jan", "*", "read", NOT_FOUND);
	grant("jan", "", "read", NOT_FOUND);
	grant("jan", "every-project", "read", NULL);
	expect("jan", "a", ACCESS_READ, ACCESS_ALLOWED);
	expect("piet", "a", ACCESS_READ, ACCESS_NO_GRANT);
	group("AddGroup", "finance", NULL, NULL);
	group("AddMember", "@finance", "piet", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		grant("piet", "a", orders[i][0], NULL);
		grant("@finance", "a", orders[i][1], NULL);
		expect("piet", "a", ACCESS_READ, ACCESS_DENIED);
		grant("@everyone", "every-project", "write", NULL);
		expect("piet", "a", ACCESS_WRITE, ACCESS_DENIED);
		take_away("@everyone", "every-project", NULL);
		take_away("piet", "a", NULL);
		take_away("@finance", "a", NULL);
	}
	grant("@everyone", "a", "read", NULL);
	expect("piet", "a", ACCESS_READ, ACCESS_ALLOWED);
	/* Everyone of the service: she is not. */
	expect("anna", "a", ACCESS_READ, ACCESS_UNKNOWN_USER);
}

static void names_abuse_88(void **state)
{
	static const char *const bad[] = { "a/", "a%2f..",  "../a",
					   "",   "a b",     "a\n",
					   "-a", ".a",      "\"a\"",
					   "a'", "\x1b[2J", "every-project" };

	(void)state;
	add_project("a", NULL);
	add_project("A", NULL);
	add_project("app", NULL);
	add_project("app2", NULL);
	add_project("a", EXISTS);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		add_project(bad[i], INVALID);
	grant("jan", "a", "read", NULL);
	expect("jan", "A", ACCESS_READ, ACCESS_NO_GRANT);
	expect("jan", "app", ACCESS_READ, ACCESS_NO_GRANT);
	expect("jan", "a/", ACCESS_READ, ACCESS_UNKNOWN_PROJECT);
	expect("jan", "a%2f..", ACCESS_READ, ACCESS_UNKNOWN_PROJECT);
	grant("jan", "app2", "read", NULL);
	expect("jan", "app", ACCESS_READ, ACCESS_NO_GRANT);
	grant("Jan", "a", "read", NOT_FOUND);
	grant("jan ", "a", "read", NOT_FOUND);
	grant("@jan", "a", "read", NOT_FOUND);
	grant("jan", "a", "Read", INVALID);
	assert_int_equal(core_count(core, "project-added"), 4);
}

static void users_come_and_go_abuse_91(void **state)
{
	struct user user;

	(void)state;
	add_project("a", NULL);
	grant("jan", "a", "write", NULL);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DISABLE, .uid = JAN });
	expect("jan", "a", ACCESS_READ, ACCESS_UNKNOWN_USER);
	core_restart(core);
	expect("jan", "a", ACCESS_READ, ACCESS_UNKNOWN_USER);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_ENABLE, .uid = JAN });
	expect("jan", "a", ACCESS_READ, ACCESS_ALLOWED);
	core_set_services(core, "jan", "sshd");
	expect("jan", "a", ACCESS_READ, ACCESS_UNKNOWN_USER);
	core_set_services(core, "jan", APP);
	user = core_user(core, "jan");
	user.not_after = clock_realtime_us() / 1000000 - 10;
	core_set(core, &user);
	expect("jan", "a", ACCESS_READ, ACCESS_NO_LONGER_VALID);
	/* A lock keeps out, and ends nothing that runs. */
	core_apply(core, (struct change){ .type = CHANGE_USER_LOCK,
					  .uid = PIET,
					  .at = 1,
					  .text = "because" });
	grant("piet", "a", "read", NULL);
	expect("piet", "a", ACCESS_READ, ACCESS_ALLOWED);
	/* Another one of the same name inherits nothing. */
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DELETE, .uid = PIET });
	expect("piet", "a", ACCESS_READ, ACCESS_UNKNOWN_USER);
	core_add(core, 66010, "piet", CORE_OLD);
	core_set_services(core, "piet", APP);
	expect("piet", "a", ACCESS_READ, ACCESS_NO_GRANT);
	core_restart(core);
	expect("piet", "a", ACCESS_READ, ACCESS_NO_GRANT);
}

static void projects_come_and_go(void **state)
{
	(void)state;
	add_project("a", NULL);
	grant("jan", "a", "write", NULL);
	tell(ADMIN "ArchiveProject",
	     json_pack("{s:s, s:s}", "name", "a", "reason", "year is over"),
	     NULL);
	expect("jan", "a", ACCESS_READ, ACCESS_ALLOWED);
	expect("jan", "a", ACCESS_WRITE, ACCESS_ARCHIVED);
	core_restart(core);
	expect("jan", "a", ACCESS_WRITE, ACCESS_ARCHIVED);
	tell(ADMIN "ReopenProject",
	     json_pack("{s:s, s:s}", "name", "a", "reason", "not yet"), NULL);
	expect("jan", "a", ACCESS_WRITE, ACCESS_ALLOWED);
	tell(ADMIN "SetProject",
	     json_pack("{s:s, s:s}", "name", "a", "new_name", "b"), NULL);
	expect("jan", "a", ACCESS_WRITE, ACCESS_UNKNOWN_PROJECT);
	expect("jan", "b", ACCESS_WRITE, ACCESS_ALLOWED);
	tell(ADMIN "DeleteProject", json_pack("{s:s}", "name", "b"), NULL);
	expect("jan", "b", ACCESS_WRITE, ACCESS_UNKNOWN_PROJECT);
	add_project("b", NULL);
	expect("jan", "b", ACCESS_WRITE, ACCESS_NO_GRANT);
	core_restart(core);
	expect("jan", "b", ACCESS_WRITE, ACCESS_NO_GRANT);
}

/* As after a restore of a store that knows the service no more. */
static void maps_of_former_services_go(void **state)
{
	char path[256], former[256];

	(void)state;
	add_project("a", NULL);
	grant("jan", "a", "read", NULL);
	core_stop(core);
	(void)snprintf(path, sizeof(path), "%s/access/" APP ".map",
		       core->state);
	(void)snprintf(former, sizeof(former), "%s/access/former.map",
		       core->state);
	assert_int_equal(link(path, former), 0);
	core_start(core);
	expect("jan", "a", ACCESS_READ, ACCESS_ALLOWED);
	assert_int_equal(access(former, F_OK), -1);
}

static void groups_come_and_go(void **state)
{
	(void)state;
	add_project("a", NULL);
	group("AddGroup", "finance", NULL, NULL);
	group("AddGroup", "@finance", NULL, EXISTS);
	group("AddGroup", "everyone", NULL, INVALID);
	group("AddGroup", "Fin", NULL, INVALID);
	grant("@finance", "a", "read", NULL);
	group("AddMember", "finance", "jan", NULL);
	group("AddMember", "finance", "jan", CONFLICT);
	group("AddMember", "finance", "nobody", NOT_FOUND);
	expect("jan", "a", ACCESS_READ, ACCESS_ALLOWED);
	group("RemoveMember", "finance", "jan", NULL);
	group("RemoveMember", "finance", "jan", CONFLICT);
	expect("jan", "a", ACCESS_READ, ACCESS_NO_GRANT);
	group("AddMember", "finance", "jan", NULL);
	group("AddMember", "finance", "piet", NULL);
	group("DeleteGroup", "finance", NULL, NULL);
	expect("jan", "a", ACCESS_READ, ACCESS_NO_GRANT);
	group("AddGroup", "finance", NULL, NULL);
	group("AddMember", "finance", "jan", NULL);
	expect("jan", "a", ACCESS_READ, ACCESS_NO_GRANT);
	core_restart(core);
	expect("jan", "a", ACCESS_READ, ACCESS_NO_GRANT);
}

/* The end holds by the reader's clock, then for good. */
static void grants_end(void **state)
{
	int64_t now = clock_realtime_us() / 1000000;

	(void)state;
	add_project("a", NULL);
	grant_until("jan", "a", "read", now - 1, INVALID);
	grant_until("jan", "a", "read", -1, INVALID);
	grant_until("jan", "a", "read", now + 1000, NULL);
	grant_until("piet", "a", "read", now + 5000, NULL);
	expect("jan", "a", ACCESS_READ, ACCESS_ALLOWED);
	core_stop(core);
	core_world.clock_s = 2000;
	assert_int_equal(by_map("jan", "a", ACCESS_READ), ACCESS_ENDED);
	core_start(core);
	core_settle(core);
	assert_int_equal(core_count(core, "grant-ended"), 1);
	expect("jan", "a", ACCESS_READ, ACCESS_NO_GRANT);
	/* A clock that is set back gives it to nobody again. */
	core_world.clock_s = 0;
	expect("jan", "a", ACCESS_READ, ACCESS_NO_GRANT);
	expect("piet", "a", ACCESS_READ, ACCESS_ALLOWED);
	core_restart(core);
	expect("jan", "a", ACCESS_READ, ACCESS_NO_GRANT);
}

static void set_validity(const char *name, int64_t not_before,
			 int64_t not_after)
{
	struct user user = core_user(core, name);

	user.not_before = not_before;
	user.not_after = not_after;
	core_set(core, &user);
}

static bool in_group(const char *name, uint32_t uid, const char *user);

/* His time is over: groups follow by themselves, and no clock brings it back.
 */
static void users_end_abuse_133(void **state)
{
	int64_t now = clock_realtime_us() / 1000000;

	(void)state;
	tell(ADMIN "AddProject",
	     json_pack("{s:s, s:s, s:b}", "name", "share", "service", APP,
		       "unix_groups", 1),
	     NULL);
	grant("@everyone", "share", "read", NULL);
	set_validity("jan", 0, now + 1000);
	set_validity("piet", now + 1000, 0);
	core_settle(core);
	assert_true(in_group("share-readers", JAN, "jan"));
	assert_false(in_group("share-readers", PIET, "piet"));
	core_stop(core);
	core_world.clock_s = 2000;
	core_start(core);
	core_settle(core);
	assert_false(in_group("share-readers", JAN, "jan"));
	assert_true(in_group("share-readers", PIET, "piet"));
	/* Something that keeps the time: then it is set back. */
	add_project("later", NULL);
	core_world.clock_s = 0;
	expect("jan", "share", ACCESS_READ, ACCESS_NO_LONGER_VALID);
	core_restart(core);
	expect("jan", "share", ACCESS_READ, ACCESS_NO_LONGER_VALID);
}

static json_t *line_of(int line, const char *holder, const char *project,
		       const char *right)
{
	return json_pack("{s:i, s:s, s:s, s:s}", "line", line, "holder", holder,
			 "project", project, "right", right);
}

/* Begins, puts lines, commits; the last reply. */
static json_t *import(json_t *lines, bool dry_run)
{
	json_t *reply, *inner;
	struct talk talk;

	talk_open(core, &talk, 0);
	json_decref(talk_call(core, &talk, ADMIN "GrantsBegin", NULL));
	json_decref(talk_call(core, &talk, ADMIN "GrantsPut",
			      json_pack("{s:o}", "grants", lines)));
	reply = talk_call(core, &talk, ADMIN "GrantsCommit",
			  json_pack("{s:b}", "dry_run", (int)dry_run));
	inner = json_incref(json_object_get(reply, "parameters"));
	json_decref(reply);
	talk_close(core, &talk);
	core_settle(core);
	return inner;
}

static json_int_t number(json_t *reply, const char *name)
{
	return json_integer_value(json_object_get(reply, name));
}

static void many_at_once(void **state)
{
	json_t *reply;

	(void)state;
	add_project("a", NULL);
	add_project("b", NULL);
	grant("jan", "a", "read", NULL);
	/* One bad line, and nothing is done. */
	reply = import(json_pack("[o, o, o]", line_of(2, "jan", "a", "write"),
				 line_of(3, "nobody", "b", "read"),
				 line_of(4, "piet", "c", "read")),
		       false);
	assert_int_equal(number(reply, "n_faults"), 2);
	json_decref(reply);
	expect("jan", "a", ACCESS_WRITE, ACCESS_NO_GRANT);
	/* Two lines that contradict each other are one too. */
	reply = import(json_pack("[o, o]", line_of(2, "jan", "a", "write"),
				 line_of(3, "jan", "a", "read")),
		       false);
	assert_int_equal(number(reply, "n_faults"), 1);
	json_decref(reply);
	/* What is no time is not "no end". */
	reply = import(json_pack("[{s:i, s:s, s:s, s:s, s:s}]", "line", 2,
				 "holder", "jan", "project", "a", "right",
				 "write", "until", "2027-01-31"),
		       false);
	assert_int_equal(number(reply, "n_faults"), 1);
	json_decref(reply);
	for (int dry_run = 1; dry_run >= 0; dry_run--) {
		reply = import(json_pack("[o, o, o]",
					 line_of(2, "jan", "a", "read"),
					 line_of(3, "piet", "b", "write"),
					 line_of(4, "@everyone", "b", "read")),
			       dry_run);
		assert_int_equal(number(reply, "n_faults"), 0);
		assert_int_equal(number(reply, "added"), 2);
		assert_int_equal(number(reply, "unchanged"), 1);
		json_decref(reply);
		expect("piet", "b", ACCESS_WRITE,
		       dry_run ? ACCESS_NO_GRANT : ACCESS_ALLOWED);
	}
	/* Each in the audit, beside the record of the whole. */
	assert_int_equal(core_count(core, "grants-imported"), 1);
	assert_int_equal(core_count(core, "grant-set"), 3);
}

/* Whether the identity map has user in the group, by both of its sides. */
static bool in_group(const char *name, uint32_t uid, const char *user)
{
	struct identity_group found;
	const uint32_t *gids;
	struct map *map;
	bool in = false, listed = false;
	uint32_t n = 0;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/identity.map", core->state);
	assert_int_equal(identity_open(path, &map), 0);
	if (identity_find_group(map, name, strlen(name), &found)) {
		const char *one = found.members;

		for (uint32_t i = 0; i < found.n_members; i++) {
			listed = listed || strcmp(one, user) == 0;
			one += strlen(one) + 1;
		}
		if (identity_find_groups_of(map, uid, &gids, &n))
			for (uint32_t i = 0; i < n; i++)
				in = in || gids[i] == found.gid;
	}
	map_free(map);
	assert_int_equal(in, listed);
	return in;
}

static void groups_of_the_system(void **state)
{
	(void)state;
	tell(ADMIN "AddProject",
	     json_pack("{s:s, s:s, s:b}", "name", "share", "service", APP,
		       "unix_groups", 1),
	     NULL);
	tell(ADMIN "AddProject",
	     json_pack("{s:s, s:s, s:b}", "name", "Not-A-Group", "service", APP,
		       "unix_groups", 1),
	     INVALID);
	assert_false(in_group("share-readers", JAN, "jan"));
	grant("jan", "share", "read", NULL);
	assert_true(in_group("share-readers", JAN, "jan"));
	assert_false(in_group("share-writers", JAN, "jan"));
	group("AddGroup", "all", NULL, NULL);
	grant("@all", "share", "write", NULL);
	group("AddMember", "all", "piet", NULL);
	assert_true(in_group("share-writers", PIET, "piet"));
	core_restart(core);
	assert_true(in_group("share-writers", PIET, "piet"));
	assert_true(in_group("share-readers", JAN, "jan"));
	tell(ADMIN "SetProject",
	     json_pack("{s:s, s:s}", "name", "share", "new_name", "shared"),
	     NULL);
	assert_false(in_group("share-writers", PIET, "piet"));
	assert_true(in_group("shared-writers", PIET, "piet"));
	group("RemoveMember", "all", "piet", NULL);
	assert_false(in_group("shared-writers", PIET, "piet"));
	grant("@everyone", "shared", "read", NULL);
	assert_true(in_group("shared-readers", PIET, "piet"));
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DISABLE, .uid = PIET });
	assert_false(in_group("shared-readers", PIET, "piet"));
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DELETE, .uid = JAN });
	assert_false(in_group("shared-readers", JAN, "jan"));
	tell(ADMIN "SetProject",
	     json_pack("{s:s, s:b}", "name", "shared", "unix_groups", 0), NULL);
	assert_false(in_group("shared-readers", PIET, "piet"));
	tell(ADMIN "DeleteProject", json_pack("{s:s}", "name", "shared"), NULL);
	core_restart(core);
	assert_false(in_group("shared-readers", PIET, "piet"));
}

/* A name or id of a user's is no group's, and the other way round. */
static void groups_collide_with_nobody_abuse_26(void **state)
{
	(void)state;
	core_add(core, 66020, "share-readers", CORE_OLD);
	tell(ADMIN "AddProject",
	     json_pack("{s:s, s:s, s:b}", "name", "share", "service", APP,
		       "unix_groups", 1),
	     EXISTS);
	tell(ADMIN "AddProject",
	     json_pack("{s:s, s:s, s:b}", "name", "plan", "service", APP,
		       "unix_groups", 1),
	     NULL);
	tell(ADMIN "AddUser", json_pack("{s:s}", "name", "plan-writers"),
	     EXISTS);
}

/* All questions about all, against what a plain model says. */
#define USERS 3
#define GROUPS 3
#define PROJECTS 4
#define HOLDERS (USERS + GROUPS + 1)

struct model {
	uint32_t grants[HOLDERS][PROJECTS + 1]; /* the last: every project */
	bool member[GROUPS][USERS];
};

static const char *const holder_names[HOLDERS] = {
	"jan", "piet", "kees", "@g0", "@g1", "@g2", "@everyone",
};
static const char *const project_names[PROJECTS + 1] = {
	"p0", "p1", "p2", "p3", "every-project",
};

static uint32_t rights_in(const struct model *model, int user, int project)
{
	const int projects[] = { project, PROJECTS };
	uint32_t rights = 0;

	for (int h = 0; h < HOLDERS; h++) {
		bool applies = h == user || h == HOLDERS - 1 ||
			       (h >= USERS && h < USERS + GROUPS &&
				model->member[h - USERS][user]);

		for (int i = 0; applies && i < 2; i++)
			rights |= model->grants[h][projects[i]];
	}
	return rights & ACCESS_DENY ? 0 : rights;
}

static void compare(const struct model *model)
{
	for (int u = 0; u < USERS; u++)
		for (int p = 0; p < PROJECTS; p++) {
			uint32_t rights = rights_in(model, u, p);
			const char *user = holder_names[u];
			const char *project = project_names[p];

			assert_int_equal(by_map(user, project, ACCESS_READ) ==
						 ACCESS_ALLOWED,
					 (rights & ACCESS_READ) != 0);
			assert_int_equal(by_map(user, project, ACCESS_WRITE) ==
						 ACCESS_ALLOWED,
					 (rights & ACCESS_WRITE) != 0);
		}
}

static void step(struct model *model)
{
	static const char *const words[] = { "read", "write", "write-only",
					     "deny" };
	static const uint32_t bits[] = { ACCESS_READ,
					 ACCESS_READ | ACCESS_WRITE,
					 ACCESS_WRITE, ACCESS_DENY };
	int h = rand() % HOLDERS, p = rand() % (PROJECTS + 1), w = rand() % 4;
	int g = rand() % GROUPS, u = rand() % USERS;
	char name[8];

	if (rand() % 4 == 0) {
		(void)snprintf(name, sizeof(name), "g%d", g);
		group(model->member[g][u] ? "RemoveMember" : "AddMember", name,
		      holder_names[u], NULL);
		model->member[g][u] = !model->member[g][u];
	} else if (model->grants[h][p] && rand() % 2) {
		take_away(holder_names[h], project_names[p], NULL);
		model->grants[h][p] = 0;
	} else {
		grant(holder_names[h], project_names[p], words[w], NULL);
		model->grants[h][p] = bits[w];
	}
}

static void all_agree(void **state)
{
	struct model model = { 0 };

	(void)state;
	core_add(core, 66003, "kees", CORE_OLD);
	core_set_services(core, "kees", APP);
	for (int i = 0; i < PROJECTS; i++)
		add_project(project_names[i], NULL);
	for (int i = 0; i < GROUPS; i++)
		group("AddGroup", holder_names[USERS + i], NULL, NULL);
	srand(20271);
	for (int i = 0; i < 300; i++) {
		step(&model);
		compare(&model);
		if (i % 100 == 99) {
			core_restart(core);
			compare(&model);
		}
	}
}

/* Who watches hears of each change that concerns the service. */
static void changes_are_watched(void **state)
{
	struct talk talk;
	json_t *reply;

	(void)state;
	add_project("a", NULL);
	talk_open(core, &talk, 0);
	talk_send_more(&talk, ACCESS "Watch",
		       json_pack("{s:s}", "service", APP));
	reply = talk_next(core, &talk);
	assert_int_equal(json_object_size(json_object_get(reply, "parameters")),
			 0);
	json_decref(reply);
	grant("jan", "a", "read", NULL);
	reply = talk_next(core, &talk);
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(reply, "parameters"), "change")),
		"grant");
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(reply, "parameters"), "user")),
		"jan");
	json_decref(reply);
	/* Of who is of no concern nothing is heard; who lost the service is
	 * not named any more. */
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DISABLE, .uid = ANNA });
	core_set_services(core, "jan", "sshd");
	reply = talk_next(core, &talk);
	assert_true(json_is_null(
		json_object_get(json_object_get(reply, "parameters"), "user")));
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(reply, "parameters"), "change")),
		"user");
	json_decref(reply);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DISABLE, .uid = PIET });
	reply = talk_next(core, &talk);
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(reply, "parameters"), "user")),
		"piet");
	json_decref(reply);
	talk_close(core, &talk);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(rights_are_given_and_taken),
		case_of(rights_abuse_87),
		case_of(names_abuse_88),
		case_of(users_come_and_go_abuse_91),
		case_of(projects_come_and_go),
		case_of(maps_of_former_services_go),
		case_of(groups_come_and_go),
		case_of(grants_end),
		case_of(users_end_abuse_133),
		case_of(many_at_once),
		case_of(groups_of_the_system),
		case_of(groups_collide_with_nobody_abuse_26),
		case_of(all_agree),
		case_of(changes_are_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
