/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "cloxxsd/publish/identity_writer.h"
#include "tests/unit/raw_map.h"

#define ID UINT32_C(66000)
#define N_IDS 300

static struct identity_writer *writer_at(const char *path, uint32_t n_users)
{
	struct identity_writer *writer = NULL;

	assert_int_equal(identity_writer_new(path, n_users, &writer), 0);
	return writer;
}

static struct map *open_at(const char *path)
{
	struct map *map = NULL;

	assert_int_equal(identity_open(path, &map), 0);
	return map;
}

static void set(struct identity_writer *writer, const char *name, uint32_t id)
{
	struct identity_user user = user_of(name, id);

	assert_int_equal(identity_writer_set(writer, &user), 0);
}

static void test_publish(void **state)
{
	struct scratch *scratch = *state;
	struct identity_writer *writer, *second;
	struct map *before, *map = NULL;
	struct identity_user user;
	struct stat status;
	char name[128];
	mode_t mask = umask(0777);
	int fd;

	/* Left by a writer that was killed. */
	snprintf(name, sizeof(name), "%s.new", scratch->path);
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0);
	assert_true(fd >= 0);
	close(fd);

	writer = writer_at(scratch->path, 2);
	set(writer, "piet", ID);
	assert_int_equal(identity_open(scratch->path, &map), MAP_E_MISSING);
	assert_int_equal(identity_writer_publish(writer), 0);
	assert_int_equal(identity_writer_publish(writer), 0);
	umask(mask);
	assert_int_equal(stat(scratch->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_true(status.st_blocks * 512 >= status.st_size);
	assert_int_not_equal(stat(name, &status), 0);
	assert_int_equal(identity_writer_generation(writer), 1);
	before = open_at(scratch->path);

	second = writer_at(scratch->path, 2);
	set(second, "jan", ID + 1);
	assert_false(map_is_retired(before));
	assert_int_equal(identity_writer_publish(second), 0);
	assert_true(map_is_retired(before));
	assert_int_equal(identity_writer_generation(second), 2);
	map = open_at(scratch->path);
	assert_false(identity_find_user(map, "piet", 4, &user));
	assert_true(identity_find_user(map, "jan", 3, &user));
	map_free(map);
	map_free(before);
	identity_writer_free(writer);
	identity_writer_free(second);

	/* Never published: nothing stays. */
	identity_writer_free(writer_at(scratch->path, 2));
	assert_int_not_equal(stat(name, &status), 0);
}

static void test_one_user(void **state)
{
	struct scratch *scratch = *state;
	struct identity_writer *writer = writer_at(scratch->path, 10);
	struct identity_user user = user_of("piet", ID);
	struct identity_group group;
	struct map *map;

	assert_int_equal(identity_writer_publish(writer), 0);
	map = open_at(scratch->path);
	set(writer, "piet", ID);
	assert_true(identity_find_user(map, "piet", 4, &user));
	assert_string_equal(user.home, "/home/of");
	assert_true(identity_find_group(map, "piet", 4, &group));
	assert_int_equal(group.gid, ID);
	assert_int_equal(group.n_members, 0);

	/* Another name: the former one is gone, the group with it. */
	set(writer, "pieter", ID);
	assert_false(identity_find_user(map, "piet", 4, &user));
	assert_false(identity_find_group(map, "piet", 4, &group));
	assert_true(identity_find_user(map, "pieter", 6, &user));
	assert_true(identity_find_gid(map, ID, &group));
	assert_string_equal(group.name, "pieter");

	/* A name is one user's. */
	user = user_of("pieter", ID + 1);
	assert_int_equal(identity_writer_set(writer, &user), -EEXIST);
	assert_false(identity_find_uid(map, ID + 1, &user));

	assert_int_equal(identity_writer_remove(writer, ID), 0);
	assert_int_equal(identity_writer_remove(writer, ID), 0);
	assert_false(identity_find_user(map, "pieter", 6, &user));
	assert_false(identity_find_uid(map, ID, &user));
	assert_false(identity_find_gid(map, ID, &group));
	assert_false(map_is_retired(map));
	map_free(map);
	identity_writer_free(writer);
}

/* abuse-24, abuse-25, abuse-26: not even written. */
static void test_refused_abuse_24_25_26(void **state)
{
	static const struct {
		uint32_t uid, gid;
		const char *name, *home, *shell;
	} rows[] = {
		{ 0, 0, "piet", "/h", "/s" },
		{ 999, 999, "piet", "/h", "/s" },
		{ 65535, 65535, "piet", "/h", "/s" },
		{ UINT32_MAX, UINT32_MAX, "piet", "/h", "/s" },
		{ ID, 0, "piet", "/h", "/s" },
		{ ID, ID + 1, "piet", "/h", "/s" },
		{ ID, ID, "", "/h", "/s" },
		{ ID, ID, "Piet", "/h", "/s" },
		{ ID, ID, "pi:et", "/h", "/s" },
		{ ID, ID, "root", "/h", "/s" },
		{ ID, ID, "sudo", "/h", "/s" },
		{ ID, ID, "systemd-journal", "/h", "/s" },
		{ ID, ID, "piet", "", "/s" },
		{ ID, ID, "piet", "/h:x", "/s" },
		{ ID, ID, "piet", "/h\n", "/s" },
		{ ID, ID, "piet", "/h/../../root", "/s" },
		{ ID, ID, "piet", "/h", "" },
		{ ID, ID, "piet", "/h", "bash" },
		{ ID, ID, "piet", "/h", "/s\033[2J" },
	};
	struct scratch *scratch = *state;
	struct identity_writer *writer = writer_at(scratch->path, 10);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct identity_user user = {
			.uid = rows[i].uid,
			.gid = rows[i].gid,
			.name = rows[i].name,
			.n_name = strlen(rows[i].name),
			.home = rows[i].home,
			.n_home = strlen(rows[i].home),
			.shell = rows[i].shell,
			.n_shell = strlen(rows[i].shell),
		};

		if (identity_writer_set(writer, &user) != -EINVAL)
			fail_msg("row %zu", i);
	}
	identity_writer_free(writer);
}

/* What a user of the model is: 0 none, else the number in his name and home. */
struct model {
	unsigned int name[N_IDS], home[N_IDS];
};

static struct identity_user modelled(const struct model *model, uint32_t i,
				     char *name, char *home)
{
	struct identity_user user = user_of(name, ID + i);

	user.n_name = (size_t)sprintf(name, "u%u-%u", i, model->name[i]);
	user.n_home = (size_t)sprintf(
		home, "/home/%0*u", (int)(model->home[i] % 60), model->home[i]);
	user.home = home;
	return user;
}

static void check_model(const struct map *map, const struct model *model)
{
	uint32_t n = 0, n_found = 0, n_groups = 0, position;
	char name[40], home[100];
	struct identity_group group;
	struct identity_user user;

	for (uint32_t i = 0; i < N_IDS; i++) {
		bool found = identity_find_uid(map, ID + i, &user);
		struct identity_user wanted;

		assert_int_equal(found, model->name[i] != 0);
		assert_int_equal(identity_find_gid(map, ID + i, &group), found);
		if (!found)
			continue;
		n++;
		wanted = modelled(model, i, name, home);
		assert_string_equal(user.name, name);
		assert_string_equal(user.home, home);
		assert_string_equal(group.name, name);
		assert_true(
			identity_find_user(map, name, wanted.n_name, &user));
		assert_int_equal(user.uid, ID + i);
	}
	for (position = 0; identity_next_user(map, &position, &user);)
		n_found++;
	for (position = 0; identity_next_group(map, &position, &group);)
		n_groups++;
	assert_int_equal(n_found, n);
	assert_int_equal(n_groups, n);
}

static void test_model(void **state)
{
	struct scratch *scratch = *state;
	struct identity_writer *writer = writer_at(scratch->path, 4);
	struct model model = { 0 };
	struct map *map = NULL;

	srand(7);
	for (unsigned int step = 1; step <= 20000; step++) {
		uint32_t i = (uint32_t)rand() % N_IDS;
		char name[40], home[100];
		struct identity_user user;

		if (rand() % 3 == 0) {
			model.name[i] = 0;
			assert_int_equal(identity_writer_remove(writer, ID + i),
					 0);
		} else {
			if (model.name[i] == 0 || rand() % 4 == 0)
				model.name[i] = step;
			model.home[i] = step;
			user = modelled(&model, i, name, home);
			assert_int_equal(identity_writer_set(writer, &user), 0);
		}
		/* Growth before publication too. */
		if (step == 2000)
			assert_int_equal(identity_writer_publish(writer), 0);
		if (step >= 2000 && step % 500 == 0) {
			map_free(map);
			map = open_at(scratch->path);
			assert_false(map_is_retired(map));
			check_model(map, &model);
		}
	}
	/* It did grow, and by far not at every change. */
	assert_in_range(identity_writer_generation(writer), 3, 200);
	map_free(map);
	identity_writer_free(writer);
}

/* The same thing set again takes no room. */
static void test_unchanged(void **state)
{
	struct scratch *scratch = *state;
	struct identity_writer *writer = writer_at(scratch->path, 2);

	assert_int_equal(identity_writer_publish(writer), 0);
	for (int i = 0; i < 10000; i++)
		set(writer, "piet", ID);
	assert_int_equal(identity_writer_generation(writer), 1);
	identity_writer_free(writer);
}

/* In a child: looks until told to stop; 0 if each look found a whole one. */
static int read_until(const char *path, _Atomic int *stop, _Atomic long *n)
{
	struct map *map = open_at(path);
	struct identity_user user;

	for (;;) {
		bool last = atomic_load(stop);
		bool by_name;

		if (map_is_retired(map)) {
			map_free(map);
			map = open_at(path);
		}
		by_name = atomic_fetch_add(n, 1) % 2;
		if (!(by_name ? identity_find_user(map, "piet", 4, &user)
			      : identity_find_uid(map, ID, &user)))
			return 1;
		if (strcmp(user.name, "piet") != 0 ||
		    strncmp(user.home, "/home/", 6) != 0 ||
		    strcmp(user.home + 6, user.shell + 7) != 0)
			return 2;
		if (last)
			break;
	}
	map_free(map);
	return 0;
}

static void test_reader_process(void **state)
{
	struct scratch *scratch = *state;
	struct identity_writer *writer = writer_at(scratch->path, 4);
	struct {
		_Atomic int stop;
		_Atomic long n;
	} *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct identity_user user = user_of("piet", ID);
	int status;
	pid_t pid;

	assert_ptr_not_equal(shared, MAP_FAILED);
	user.home = "/home/0";
	user.n_home = 7;
	user.shell = "/shell/0";
	user.n_shell = 8;
	assert_int_equal(identity_writer_set(writer, &user), 0);
	assert_int_equal(identity_writer_publish(writer), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(read_until(scratch->path, &shared->stop, &shared->n));

	for (unsigned int i = 0; i < 20000 || atomic_load(&shared->n) < 1000;
	     i++) {
		char home[100], shell[100];
		int width = (int)(i % 70) + 1;

		user.home = home;
		user.shell = shell;
		user.n_home = (size_t)sprintf(home, "/home/%0*u", width, i);
		user.n_shell = (size_t)sprintf(shell, "/shell/%0*u", width, i);
		assert_int_equal(identity_writer_set(writer, &user), 0);
	}
	atomic_store(&shared->stop, 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	munmap(shared, 4096);
	identity_writer_free(writer);
}

/* No room for a larger file: readers keep what they had, and so does he. */
static int fill_a_limited_disk(const char *path)
{
	const struct rlimit limit = { 16384, 16384 };
	struct identity_writer *writer = writer_at(path, 4);
	struct identity_user user;
	struct map *map;
	char name[16];
	uint32_t i;
	int r = 0;

	assert_int_equal(identity_writer_publish(writer), 0);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	map = open_at(path);
	for (i = 0; i < 1000 && r == 0; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		user = user_of(name, ID + i);
		r = identity_writer_set(writer, &user);
	}
	if (r != -EFBIG || map_is_retired(map))
		return 1;
	i--; /* the one that failed */
	if (identity_find_uid(map, ID + i, &user))
		return 2;
	while (i-- > 0)
		if (!identity_find_uid(map, ID + i, &user))
			return 3;
	/* Taking away still works. */
	if (identity_writer_remove(writer, ID) != 0 ||
	    identity_find_uid(map, ID, &user))
		return 4;
	map_free(map);
	identity_writer_free(writer);
	return 0;
}

static void test_disk_full(void **state)
{
	struct scratch *scratch = *state;
	struct stat status;
	char name[128];
	int wait_status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fill_a_limited_disk(scratch->path));
	assert_int_equal(waitpid(pid, &wait_status, 0), pid);
	assert_true(WIFEXITED(wait_status));
	assert_int_equal(WEXITSTATUS(wait_status), 0);
	snprintf(name, sizeof(name), "%s.grow", scratch->path);
	assert_int_not_equal(stat(name, &status), 0);
}

static void test_rename_fails(void **state)
{
	struct scratch *scratch = *state;
	struct identity_writer *writer = writer_at(scratch->path, 1);
	struct identity_user user;
	struct map *map;
	char name[16];
	int r = 0;

	assert_int_equal(identity_writer_publish(writer), 0);
	map = open_at(scratch->path);
	/* A directory cannot be replaced by a file. */
	assert_int_equal(unlink(scratch->path), 0);
	assert_int_equal(mkdir(scratch->path, 0755), 0);
	for (uint32_t i = 0; i < 1000 && r == 0; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		user = user_of(name, ID + i);
		r = identity_writer_set(writer, &user);
	}
	assert_int_equal(r, -EISDIR);
	assert_false(map_is_retired(map));
	assert_true(identity_find_uid(map, ID, &user));
	map_free(map);
	identity_writer_free(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(test_publish),
		WITH_SCRATCH(test_one_user),
		WITH_SCRATCH(test_refused_abuse_24_25_26),
		WITH_SCRATCH(test_model),
		WITH_SCRATCH(test_unchanged),
		WITH_SCRATCH(test_reader_process),
		WITH_SCRATCH(test_disk_full),
		WITH_SCRATCH(test_rename_fails),
	};

	return cmocka_run_group_tests_name("identity_writer", tests, NULL,
					   NULL);
}
