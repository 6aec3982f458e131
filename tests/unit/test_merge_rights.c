/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A restore: rights stay as they are now, or are as they were, if that is said;
 * and no id comes again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/backup/merge_rights.h"
#include "tests/unit/state_fixture.h"

#define JAN 66000
#define PIET 66001
#define ANNA 66002 /* came since the backup */
#define SERVICE "books"

/* What comes out of the backup, and what stands now. */
static struct state_fixture then_fixture, now_fixture;
static struct state_fixture *const then = &then_fixture;
static struct state_fixture *const now = &now_fixture;

static void add_user(struct state_fixture *f, uint32_t uid, const char *name)
{
	struct user user = user_of(uid, name);

	apply(f,
	      (struct change){
		      .type = CHANGE_USER_ADD, .uid = uid, .user = &user },
	      0);
}

static struct project project_of(uint32_t id, const char *name)
{
	struct project project = { .id = id, .service = SERVICE, .created = 1 };

	(void)snprintf(project.name, sizeof(project.name), "%s", name);
	return project;
}

static void add_project(struct state_fixture *f, uint32_t id, const char *name)
{
	struct project project = project_of(id, name);

	apply(f,
	      (struct change){ .type = CHANGE_PROJECT_ADD,
			       .project = &project },
	      0);
}

static void put_grant(struct state_fixture *f, enum change_type type,
		      uint32_t project, uint32_t holder, uint32_t rights)
{
	struct grant grant = { .service = SERVICE,
			       .project = project,
			       .holder = holder,
			       .rights = rights,
			       .granted_at = 1,
			       .granted_by = "root" };

	apply(f, (struct change){ .type = type, .grant = &grant }, 0);
}

/* Both begin alike: two users, two projects, a group, three grants. */
static int setup(void **state)
{
	struct state_fixture *const both[] = { then, now };
	struct user_group group = { .id = 1, .name = "finance", .created = 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		state_fixture_init(both[i]);
		state_fixture_open(both[i]);
		add_user(both[i], JAN, "jan");
		add_user(both[i], PIET, "piet");
		add_project(both[i], 1, "a");
		add_project(both[i], 2, "b");
		apply(both[i],
		      (struct change){ .type = CHANGE_GROUP_ADD,
				       .group = &group },
		      0);
		apply(both[i],
		      (struct change){ .type = CHANGE_MEMBER_ADD,
				       .group = &group,
				       .uid = PIET },
		      0);
		put_grant(both[i], CHANGE_GRANT_SET, 1, JAN, ACCESS_WRITE);
		put_grant(both[i], CHANGE_GRANT_SET, 2, JAN, ACCESS_READ);
		put_grant(both[i], CHANGE_GRANT_SET, 1, 1 | ACCESS_GROUP_BIT,
			  ACCESS_READ);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_fixture_deinit(then);
	state_fixture_deinit(now);
	return 0;
}

static int collect(const char *name, void *userdata)
{
	struct text *text = userdata;

	text_add_format(text, "%s ", name);
	return 0;
}

/* Merges, and expects what is told to differ. */
static void merge(bool as_then, const char *differs)
{
	struct store *store = then->state.store;
	char path[160], names[256];
	struct text text;

	/* As a restore finds it: nobody has it open. */
	state_fixture_close(now);
	(void)snprintf(path, sizeof(path), "%s/private/store.db",
		       now->directory);
	assert_int_equal(
		store_run(store, "ATTACH DATABASE ? AS present", "t", path), 0);
	text_init(&text, names, sizeof(names));
	assert_int_equal(merge_rights_for_each(store, collect, &text), 0);
	assert_string_equal(names, differs);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(merge_rights(store, as_then), 0);
	assert_int_equal(store_commit(store), 0);
}

static bool has_grant(uint32_t project, uint32_t holder)
{
	struct grant grant;

	return grant_find(then->state.store, SERVICE, project, holder,
			  &grant) == 0;
}

static bool has_project(const char *name)
{
	struct project project;

	return project_find(then->state.store, name, &project) == 0;
}

static void nothing_differs(void **state)
{
	(void)state;
	merge(false, "");
	assert_true(has_grant(1, JAN) && has_grant(1, 1 | ACCESS_GROUP_BIT));
}

/* What was taken away since does not come back; or it does, when it is said. */
static void what_was_revoked(bool as_then)
{
	struct user_group group = { .id = 1, .name = "finance" };
	struct project project = project_of(2, "b");
	uint32_t ids[USER_GROUPS_MAX], n;

	put_grant(now, CHANGE_GRANT_REMOVE, 1, JAN, ACCESS_WRITE);
	put_grant(now, CHANGE_GRANT_SET, 1, PIET, ACCESS_DENY);
	apply(now,
	      (struct change){ .type = CHANGE_MEMBER_REMOVE,
			       .group = &group,
			       .uid = PIET },
	      0);
	apply(now,
	      (struct change){ .type = CHANGE_PROJECT_DELETE,
			       .project = &project },
	      0);
	add_project(now, 3, "c");
	merge(as_then, "@finance a b c ");
	assert_int_equal(has_grant(1, JAN), as_then);
	assert_int_equal(has_grant(1, PIET), !as_then);
	assert_int_equal(has_grant(2, JAN), as_then);
	assert_int_equal(has_project("b"), as_then);
	assert_int_equal(has_project("c"), !as_then);
	assert_int_equal(user_group_of(then->state.store, PIET, ids, &n), 0);
	assert_int_equal(n, as_then);
	/* Whichever: the id of the newest is nobody else's. */
	assert_int_equal(project_free_id(then->state.store, &n), 0);
	assert_int_equal(n, 4);
}

static void the_rights_of_now_stay(void **state)
{
	(void)state;
	what_was_revoked(false);
}

static void the_rights_of_then_come_back(void **state)
{
	(void)state;
	what_was_revoked(true);
}

/* A group of the system that one side had is no user's later. */
static void ids_of_groups_stay_retired(void **state)
{
	struct project project = project_of(1, "a");
	bool used;

	(void)state;
	project.readers_gid = 66500;
	project.writers_gid = 66501;
	apply(now,
	      (struct change){ .type = CHANGE_PROJECT_SET,
			       .project = &project },
	      0);
	merge(true, "a ");
	assert_int_equal(user_uid_is_used(then->state.store, 66501, &used), 0);
	assert_true(used);
}

/* A user who is not there holds nothing, however the rights are merged. */
static void who_goes_takes_his_grants_along(void **state)
{
	(void)state;
	assert_int_equal(store_run(then->state.store,
				   "DELETE FROM user WHERE uid = ?", "i",
				   (int64_t)JAN),
			 0);
	merge(false, "");
	assert_false(has_grant(1, JAN));
	assert_true(has_grant(1, 1 | ACCESS_GROUP_BIT));
}

/* Nor is he a member: of a restored store he is no user. */
static void who_came_since_is_in_no_group(void **state)
{
	struct user_group group = { .id = 1, .name = "finance" };
	uint32_t n;

	(void)state;
	add_user(now, ANNA, "anna");
	apply(now,
	      (struct change){
		      .type = CHANGE_MEMBER_ADD, .group = &group, .uid = ANNA },
	      0);
	put_grant(now, CHANGE_GRANT_SET, 1, ANNA, ACCESS_READ);
	merge(false, "@finance a ");
	assert_false(has_grant(1, ANNA));
	assert_int_equal(user_group_count(then->state.store, 1, &n), 0);
	assert_int_equal(n, 1);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(nothing_differs),
		case_of(the_rights_of_now_stay),
		case_of(the_rights_of_then_come_back),
		case_of(ids_of_groups_stay_retired),
		case_of(who_goes_takes_his_grants_along),
		case_of(who_came_since_is_in_no_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
