/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The access map as it is written, in one process. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/unit/access_model.h"
#include "tests/unit/raw_map.h"

static const struct access_room no_room;

static struct access_writer *writer_of(struct scratch *scratch)
{
	struct access_writer *writer = NULL;

	assert_int_equal(
		access_writer_new(scratch->path, &no_room, geteuid(), &writer),
		0);
	return writer;
}

/* Random questions; how many of them were answered by a yes. */
static unsigned int compare(const struct access_writer *writer,
			    const struct model *model, unsigned int *seed)
{
	unsigned int n_allowed = 0;

	for (int i = 0; i < 20; i++) {
		struct model_question question = model_ask(seed);
		uint32_t rights = 99, expected;
		enum access_reason reason =
			model_answer(model, &question, &expected);

		assert_int_equal(model_check(access_writer_map(writer),
					     &question, &rights),
				 reason);
		assert_int_equal(rights, expected);
		n_allowed += reason == ACCESS_ALLOWED;
	}
	return n_allowed;
}

/* Thousands of random changes, and after each of them random questions. */
static void answers_as_the_model(void **state)
{
	scope(access_writer_freep) struct access_writer *writer = NULL;
	unsigned int seed = 5, n_allowed = 0;
	struct model model;

	model_init(&model);
	writer = writer_of(*state);
	for (int i = 0; i < 20000; i++) {
		struct model_change change = model_draw(&model, &seed);

		/* Half of them as at a start, before anybody reads. */
		if (i == 10000)
			assert_int_equal(access_writer_publish(writer), 0);
		model_write(writer, &change);
		/* The same again changes nothing. */
		model_write(writer, &change);
		model_apply(&model, &change);
		n_allowed += compare(writer, &model, &seed);
	}
	assert_true(n_allowed > 20000);
	assert_true(access_writer_generation(writer) > 5);
}

/* No file may be larger than this one. */
static void limit_files(const struct access_writer *writer, bool limit)
{
	struct rlimit now;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &now), 0);
	now.rlim_cur = limit ? access_writer_map(writer)->header->arena_offset
			     : now.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
}

/* Where no larger file can be made, a change is refused and nothing is seen of
 * it; when there is space again it is made. */
static void a_full_disk_changes_nothing(void **state)
{
	scope(access_writer_freep) struct access_writer *writer = NULL;
	unsigned int seed = 9, n_failed = 0;
	struct model model;

	signal(SIGXFSZ, SIG_IGN);
	model_init(&model);
	writer = writer_of(*state);
	assert_int_equal(access_writer_publish(writer), 0);
	while (n_failed < 20) {
		struct model_change change = model_draw(&model, &seed);
		int r;

		limit_files(writer, true);
		r = model_try(writer, &change);
		limit_files(writer, false);
		if (r != 0) {
			assert_int_equal(r, -EFBIG);
			n_failed++;
			if (model_is_whole(&change))
				compare(writer, &model, &seed);
			model_write(writer, &change);
		}
		model_apply(&model, &change);
		compare(writer, &model, &seed);
	}
}

/* A map of one project, 7, and one user, 70001, who is in group 3. */
static void furnish(struct access_writer *writer, const char *user_name,
		    const char *project_name)
{
	static const uint32_t groups[] = { 3 };
	const struct access_user user = {
		.uid = 70001,
		.name = user_name,
		.n_name = strlen(user_name),
		.groups = groups,
		.n_groups = 1,
	};
	const struct access_project project = {
		.id = 7, .name = project_name, .n_name = strlen(project_name)
	};

	assert_int_equal(access_writer_set_user(writer, &user), 0);
	assert_int_equal(access_writer_set_project(writer, &project), 0);
}

static void grant(struct access_writer *writer, uint32_t holder,
		  uint32_t project, uint32_t rights)
{
	const struct access_grant granted = { .holder = holder,
					      .project = project,
					      .rights = rights };

	assert_int_equal(access_writer_set_grant(writer, &granted), 0);
}

static enum access_reason may(const struct access_writer *writer,
			      const char *user, const char *project,
			      uint32_t right)
{
	const struct access_question question = {
		.user = user,
		.n_user = strlen(user),
		.project = project,
		.n_project = strlen(project),
		.right = right,
		.now = ACCESS_NOW,
	};

	return access_check(access_writer_map(writer), &question, NULL);
}

/* Deny unless listed; nothing listed, nobody; a wildcard only by its own word;
 * deny beats allow, whichever came first. */
static void abuse_87(void **state)
{
	static const uint32_t holders[] = { ACCESS_EVERYONE, 70001,
					    ACCESS_GROUP_BIT | 3 };
	static const uint32_t projects[] = { 7, ACCESS_EVERY_PROJECT };
	scope(access_writer_freep) struct access_writer *writer = NULL;

	writer = writer_of(*state);
	furnish(writer, "anna", "budget");
	assert_int_equal(may(writer, "anna", "budget", ACCESS_READ),
			 ACCESS_NO_GRANT);
	/* Of other holders, and for another project. */
	grant(writer, 70002, 7, ACCESS_READ);
	grant(writer, ACCESS_GROUP_BIT | 4, 7, ACCESS_READ);
	assert_int_equal(may(writer, "anna", "budget", ACCESS_READ),
			 ACCESS_NO_GRANT);
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < 6; k++) {
			uint32_t holder = holders[i % 3],
				 other = holders[k % 3];
			uint32_t project = projects[i / 3];
			uint32_t another = projects[k / 3];

			grant(writer, holder, project, ACCESS_READ);
			assert_int_equal(
				may(writer, "anna", "budget", ACCESS_READ),
				ACCESS_ALLOWED);
			assert_int_equal(
				may(writer, "anna", "budget", ACCESS_WRITE),
				ACCESS_NO_GRANT);
			grant(writer, other, another, ACCESS_DENY);
			assert_int_equal(
				may(writer, "anna", "budget", ACCESS_READ),
				ACCESS_DENIED);
			grant(writer, holder, project,
			      i == k ? ACCESS_DENY : ACCESS_READ);
			assert_int_equal(
				may(writer, "anna", "budget", ACCESS_READ),
				ACCESS_DENIED);
			assert_int_equal(access_writer_remove_grant(
						 writer, holder, project),
					 0);
			assert_int_equal(access_writer_remove_grant(
						 writer, other, another),
					 0);
			assert_int_equal(
				may(writer, "anna", "budget", ACCESS_READ),
				ACCESS_NO_GRANT);
		}
}

/* Names are what they are, to the byte. */
static void abuse_88(void **state)
{
	static const char *const others[] = {
		"A",          "a/",      "a%2f..",
		"app2",       "ap",      "APP",
		"app\n",      " app",    "app ",
		"",           ".",       "..",
		"../app",     "app/.",   "*",
		"app*",       "%",       "a_p",
		"\xc4\xb1pp", "app\x1b", "every-project",
		"@everyone"
	};
	scope(access_writer_freep) struct access_writer *writer = NULL;

	writer = writer_of(*state);
	furnish(writer, "anna", "app");
	grant(writer, 70001, ACCESS_EVERY_PROJECT, ACCESS_READ | ACCESS_WRITE);
	grant(writer, ACCESS_EVERYONE, 7, ACCESS_READ);
	assert_int_equal(may(writer, "anna", "app", ACCESS_WRITE),
			 ACCESS_ALLOWED);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_int_equal(may(writer, "anna", others[i], ACCESS_READ),
				 ACCESS_UNKNOWN_PROJECT);
		assert_int_equal(may(writer, others[i], "app", ACCESS_READ),
				 ACCESS_UNKNOWN_USER);
	}
	assert_int_equal(may(writer, "Anna", "app", ACCESS_READ),
			 ACCESS_UNKNOWN_USER);
	/* One with a NUL is longer than what stands before it. */
	assert_int_equal(
		access_check(access_writer_map(writer),
			     &(struct access_question){ .user = "anna",
							.n_user = 4,
							.project = "app\0x",
							.n_project = 5,
							.right = ACCESS_READ },
			     NULL),
		ACCESS_UNKNOWN_PROJECT);
}

static uint32_t had(const struct access_writer *writer, const char *user,
		    const char *project)
{
	return access_rights_of(access_writer_map(writer), user, project);
}

/* All that one has, without a reason. */
static void tells_what_is_had(void **state)
{
	scope(access_writer_freep) struct access_writer *writer = NULL;

	writer = writer_of(*state);
	furnish(writer, "anna", "app");
	assert_int_equal(had(writer, "anna", "app"), 0);
	grant(writer, 70001, 7, ACCESS_WRITE);
	assert_int_equal(had(writer, "anna", "app"), ACCESS_WRITE);
	grant(writer, ACCESS_EVERYONE, 7, ACCESS_READ);
	assert_int_equal(had(writer, "anna", "app"),
			 ACCESS_READ | ACCESS_WRITE);
	assert_int_equal(had(writer, "jan", "app"), 0);
	assert_int_equal(had(writer, "anna", "other"), 0);
	assert_int_equal(access_rights_of(NULL, "anna", "app"), 0);
	grant(writer, 70001, ACCESS_EVERY_PROJECT, ACCESS_DENY);
	assert_int_equal(had(writer, "anna", "app"), 0);
}

static void refuses_what_is_none(void **state)
{
	static const uint32_t no_ids[] = { 0 };
	static const uint32_t bits[] = { ACCESS_GROUP_BIT | 3 };
	static const struct {
		struct access_user user;
		int expected;
	} users[] = {
		{ { .uid = 0, .name = "jan", .n_name = 3 }, -EINVAL },
		{ { .uid = ACCESS_GROUP_BIT, .name = "jan", .n_name = 3 },
		  -EINVAL },
		{ { .uid = 5, .name = "Jan", .n_name = 3 }, -EINVAL },
		{ { .uid = 5, .name = "", .n_name = 0 }, -EINVAL },
		{ { .uid = 5, .name = "anna", .n_name = 4 }, -EEXIST },
		{ { .uid = 5,
		    .name = "jan",
		    .n_name = 3,
		    .groups = no_ids,
		    .n_groups = 1 },
		  -EINVAL },
		{ { .uid = 5,
		    .name = "jan",
		    .n_name = 3,
		    .groups = bits,
		    .n_groups = 1 },
		  -EINVAL },
		{ { .uid = 5,
		    .name = "jan",
		    .n_name = 3,
		    .groups = bits,
		    .n_groups = ACCESS_GROUPS_MAX + 1 },
		  -E2BIG },
	};
	static const struct {
		struct access_project project;
		int expected;
	} projects[] = {
		{ { .id = 0, .name = "x", .n_name = 1 }, -EINVAL },
		{ { .id = 8, .name = "x/", .n_name = 2 }, -EINVAL },
		{ { .id = 8, .name = "every-project", .n_name = 13 }, -EINVAL },
		{ { .id = 8, .name = "budget", .n_name = 6 }, -EEXIST },
	};
	static const struct {
		struct access_grant grant;
		int expected;
	} grants[] = {
		{ { .holder = 70001, .project = 7, .rights = 0 }, -EINVAL },
		{ { .holder = 70001, .project = 7, .rights = 8 }, -EINVAL },
		{ { .holder = 70001, .project = 7, .rights = 1, .until = -1 },
		  -EINVAL },
		{ { .holder = 70001,
		    .project = 7,
		    .rights = 1,
		    .until = ACCESS_UNTIL_MAX + 1 },
		  -EINVAL },
		{ { .holder = 70001, .project = 8, .rights = 1 }, -ENOENT },
		{ { .holder = 70001,
		    .project = 7,
		    .rights = 1,
		    .until = ACCESS_UNTIL_MAX },
		  0 },
	};
	scope(access_writer_freep) struct access_writer *writer = NULL;

	writer = writer_of(*state);
	furnish(writer, "anna", "budget");
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		assert_int_equal(access_writer_set_user(writer, &users[i].user),
				 users[i].expected);
		assert_int_equal(
			access_writer_add_user(writer, &users[i].user, NULL, 0),
			users[i].expected);
	}
	for (size_t i = 0; i < ARRAY_SIZE(projects); i++)
		assert_int_equal(
			access_writer_set_project(writer, &projects[i].project),
			projects[i].expected);
	for (size_t i = 0; i < ARRAY_SIZE(grants); i++)
		assert_int_equal(
			access_writer_set_grant(writer, &grants[i].grant),
			grants[i].expected);
	assert_int_equal(access_writer_remove_project(writer, 0), -EINVAL);
	assert_int_equal(access_writer_remove_project(writer, 99), 0);
	assert_int_equal(access_writer_remove_user(writer, 99), 0);
	assert_int_equal(access_writer_remove_grant(writer, 99, 99), 0);
}

/* The same told twice is no change, and costs readers nothing. */
static void changes_are_idempotent(void **state)
{
	scope(access_writer_freep) struct access_writer *writer = NULL;
	uint64_t before;

	writer = writer_of(*state);
	for (int i = 0; i < 2; i++) {
		furnish(writer, "anna", "budget");
		grant(writer, 70001, 7, ACCESS_READ);
		grant(writer, ACCESS_EVERYONE, 7, ACCESS_WRITE);
		grant(writer, ACCESS_GROUP_BIT | 3, 7, ACCESS_WRITE);
		if (i == 0)
			before = map_changes(access_writer_map(writer));
		else
			assert_int_equal(map_changes(access_writer_map(writer)),
					 before);
	}
}

/* A user filled in one go, with more grants than his record takes; as many
 * while he is away, and when he comes back. */
static void many_grants_of_one(void **state)
{
	struct access_grant grants[40];
	const struct access_user user = { .uid = 70002,
					  .name = "bert",
					  .n_name = 4 };
	scope(access_writer_freep) struct access_writer *writer = NULL;
	char name[16];

	writer = writer_of(*state);
	for (uint32_t i = 0; i < 40; i++) {
		struct access_project project = { .id = 100 + i, .name = name };

		(void)snprintf(name, sizeof(name), "p%u", i);
		project.n_name = strlen(name);
		assert_int_equal(access_writer_set_project(writer, &project),
				 0);
		grants[i] = (struct access_grant){ .holder = 70002,
						   .project = 100 + i,
						   .rights = ACCESS_READ };
	}
	assert_int_equal(access_writer_add_user(writer, &user, grants, 40), 0);
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 40; i++) {
			(void)snprintf(name, sizeof(name), "p%u", i);
			assert_int_equal(may(writer, "bert", name, ACCESS_READ),
					 ACCESS_ALLOWED);
		}
		assert_int_equal(
			access_writer_add_user(writer, &user, grants, 40),
			-EEXIST);
		assert_int_equal(access_writer_remove_user(writer, 70002), 0);
		assert_int_equal(may(writer, "bert", "p1", ACCESS_READ),
				 ACCESS_UNKNOWN_USER);
		assert_int_equal(round == 0
					 ? access_writer_set_user(writer, &user)
					 : access_writer_add_user(writer, &user,
								  grants, 40),
				 0);
	}
	/* No second copy of a grant is left behind. */
	for (uint32_t i = 0; i < 40; i++) {
		assert_int_equal(
			access_writer_remove_grant(writer, 70002, 100 + i), 0);
		(void)snprintf(name, sizeof(name), "p%u", i);
		assert_int_equal(may(writer, "bert", name, ACCESS_READ),
				 ACCESS_NO_GRANT);
	}
}

/* A project that comes back under its id brings no grant along. */
static void grants_go_with_their_project(void **state)
{
	scope(access_writer_freep) struct access_writer *writer = NULL;

	writer = writer_of(*state);
	furnish(writer, "anna", "budget");
	grant(writer, 70001, 7, ACCESS_READ);
	grant(writer, 70009, 7, ACCESS_READ);
	grant(writer, ACCESS_EVERYONE, 7, ACCESS_READ);
	grant(writer, ACCESS_GROUP_BIT | 3, 7, ACCESS_READ);
	assert_int_equal(access_writer_remove_project(writer, 7), 0);
	assert_int_equal(may(writer, "anna", "budget", ACCESS_READ),
			 ACCESS_UNKNOWN_PROJECT);
	furnish(writer, "anna", "budget");
	assert_int_equal(may(writer, "anna", "budget", ACCESS_READ),
			 ACCESS_NO_GRANT);
}

/* An end is compared with the host's clock by the reader himself. */
static void ends_by_the_clock(void **state)
{
	struct access_grant ended = { .holder = 70001,
				      .project = 7,
				      .rights = ACCESS_READ,
				      .until = 1000 };
	scope(access_writer_freep) struct access_writer *writer = NULL;

	writer = writer_of(*state);
	furnish(writer, "anna", "budget");
	assert_int_equal(access_writer_set_grant(writer, &ended), 0);
	assert_int_equal(may(writer, "anna", "budget", ACCESS_READ),
			 ACCESS_ENDED);
	ended.until = ACCESS_UNTIL_MAX;
	assert_int_equal(access_writer_set_grant(writer, &ended), 0);
	assert_int_equal(may(writer, "anna", "budget", ACCESS_READ),
			 ACCESS_ALLOWED);
}

/* One who opened the file before sees that it is withdrawn. */
static void is_withdrawn(void **state)
{
	struct scratch *scratch = *state;
	scope(access_writer_freep) struct access_writer *writer = NULL;
	scope(map_freep) struct map *map = NULL, *other = NULL;

	assert_int_equal(access_open(scratch->path, &map), MAP_E_MISSING);
	writer = writer_of(scratch);
	assert_int_equal(access_open(scratch->path, &map), MAP_E_MISSING);
	assert_int_equal(access_writer_publish(writer), 0);
	assert_int_equal(access_open(scratch->path, &map), 0);
	assert_false(map_is_retired(map));
	writer = access_writer_free(writer);
	assert_false(map_is_retired(map));
	assert_int_equal(access_writer_withdraw(scratch->path), 0);
	assert_true(map_is_retired(map));
	assert_int_equal(access_open(scratch->path, &other), MAP_E_MISSING);
	assert_int_equal(access_writer_withdraw(scratch->path), 0);
}

/* Whether uid could read path, as a process of its own. */
static bool can_read(const char *path, uid_t uid)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(setresgid(uid, uid, uid) == 0 &&
				      setresuid(uid, uid, uid) == 0 &&
				      access(path, R_OK) == 0
			      ? 0
			      : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}

/* Also after growth, which makes a new file. */
static void is_its_accounts_alone(void **state)
{
	struct scratch *scratch = *state;
	scope(access_writer_freep) struct access_writer *writer = NULL;
	struct stat status;
	char name[16];
	int r;

	if (geteuid() != 0) {
		print_message("not root: what others can read is not tried\n");
		skip();
	}
	assert_int_equal(chmod(scratch->directory, 0711), 0);
	umask(0);
	r = access_writer_new(scratch->path, &no_room, 64001, &writer);
	if (r == -EOPNOTSUPP) {
		print_message("no ACL on %s\n", scratch->directory);
		skip();
	}
	assert_int_equal(r, 0);
	assert_int_equal(access_writer_publish(writer), 0);
	for (uint32_t i = 1; access_writer_generation(writer) < 3; i++) {
		struct access_project project = { .id = i, .name = name };

		assert_int_equal(stat(scratch->path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0640);
		(void)snprintf(name, sizeof(name), "p%u", i);
		project.n_name = strlen(name);
		assert_int_equal(access_writer_set_project(writer, &project),
				 0);
	}
	assert_true(can_read(scratch->path, 64001));
	assert_false(can_read(scratch->path, 64002));
	writer = access_writer_free(writer);
	assert_int_equal(access_writer_new(scratch->path, &no_room,
					   ACCESS_WRITER_NO_ACCOUNT, &writer),
			 0);
	assert_int_equal(access_writer_publish(writer), 0);
	assert_false(can_read(scratch->path, 64001));
	assert_int_equal(stat(scratch->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(answers_as_the_model),
		WITH_SCRATCH(a_full_disk_changes_nothing),
		WITH_SCRATCH(abuse_87),
		WITH_SCRATCH(abuse_88),
		WITH_SCRATCH(tells_what_is_had),
		WITH_SCRATCH(refuses_what_is_none),
		WITH_SCRATCH(changes_are_idempotent),
		WITH_SCRATCH(many_grants_of_one),
		WITH_SCRATCH(grants_go_with_their_project),
		WITH_SCRATCH(ends_by_the_clock),
		WITH_SCRATCH(is_withdrawn),
		WITH_SCRATCH(is_its_accounts_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
