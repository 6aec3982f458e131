/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Access maps that are not what they should be: never a crash, never a yes that
 * was not there before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/access_record.h"
#include "cloxxsd/publish/access_writer.h"
#include "tests/unit/raw_map.h"

#define NOW 1000

static const char *const users[] = { "anna", "bert", "carl", "dora", "nobody" };
static const char *const projects[] = { "one", "two", "three", "none" };

/* Each user's rights in each project, in the order of those. */
struct truth {
	uint32_t rights[ARRAY_SIZE(users)][ARRAY_SIZE(projects)];
};

struct file {
	struct scratch scratch;
	struct truth truth;
	unsigned char *bytes;
	size_t n;
	size_t grants_at, grants_end; /* the slots of grants */
};

static void fill(struct access_writer *writer)
{
	static const uint32_t groups[] = { 3, 4 };
	static const struct access_user all[] = {
		{ .uid = 70001,
		  .name = "anna",
		  .n_name = 4,
		  .groups = groups,
		  .n_groups = 2 },
		{ .uid = 70002, .name = "bert", .n_name = 4 },
		{ .uid = 70003, .name = "carl", .n_name = 4, .not_after = 900 },
		{ .uid = 70004,
		  .name = "dora",
		  .n_name = 4,
		  .not_before = 900,
		  .groups = groups,
		  .n_groups = 1 },
	};
	static const struct access_project known[] = {
		{ .id = 1, .name = "one", .n_name = 3 },
		{ .id = 2, .name = "two", .n_name = 3 },
		{ .id = 3, .name = "three", .n_name = 5, .archived = true },
	};
	static const struct access_grant grants[] = {
		{ 70001, 1, ACCESS_READ | ACCESS_WRITE, 0 },
		{ 70001, 2, ACCESS_DENY, 0 },
		{ 70001, 3, ACCESS_WRITE, 0 },
		{ 70002, 1, ACCESS_READ, 0 },
		{ 70002, 2, ACCESS_READ, 0 },
		{ 70003, 1, ACCESS_READ | ACCESS_WRITE, 0 },
		{ 70004, 1, ACCESS_WRITE, 900 },
		{ 70004, ACCESS_EVERY_PROJECT, ACCESS_READ, 1100 },
		{ ACCESS_GROUP_BIT | 3, 1, ACCESS_DENY, 0 },
		{ ACCESS_GROUP_BIT | 4, ACCESS_EVERY_PROJECT, ACCESS_READ, 0 },
		{ ACCESS_EVERYONE, 2, ACCESS_WRITE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_int_equal(access_writer_set_user(writer, &all[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert_int_equal(access_writer_set_project(writer, &known[i]),
				 0);
	for (size_t i = 0; i < ARRAY_SIZE(grants); i++)
		assert_int_equal(access_writer_set_grant(writer, &grants[i]),
				 0);
}

/* Asks everything that can be asked. */
static struct truth look_at(const struct map *map)
{
	struct access_project project;
	struct access_user user;
	uint32_t position;
	struct truth truth;

	for (size_t u = 0; u < ARRAY_SIZE(users); u++)
		for (size_t p = 0; p < ARRAY_SIZE(projects); p++) {
			const struct access_question question = {
				.user = users[u],
				.n_user = strlen(users[u]),
				.project = projects[p],
				.n_project = strlen(projects[p]),
				.right = ACCESS_READ,
				.now = NOW,
			};
			enum access_reason reason = access_check(
				map, &question, &truth.rights[u][p]);

			assert_true((reason == ACCESS_ALLOWED) ==
				    ((truth.rights[u][p] & ACCESS_READ) != 0));
		}
	for (position = 0; access_next_user(map, &position, &user);)
		assert_int_equal(user.name[user.n_name], '\0');
	for (position = 0; access_next_project(map, &position, &project);)
		assert_int_equal(project.name[project.n_name], '\0');
	return truth;
}

static int set_up(void **state)
{
	static const struct access_room room = { 0 };
	struct file *file = calloc(1, sizeof(*file));
	struct access_writer *writer = NULL;
	const struct map *map;

	assert_non_null(file);
	scratch_init(&file->scratch);
	assert_int_equal(access_writer_new(file->scratch.path, &room, geteuid(),
					   &writer),
			 0);
	fill(writer);
	assert_int_equal(access_writer_publish(writer), 0);
	map = access_writer_map(writer);
	file->truth = look_at(map);
	file->n = (size_t)atomic_load(&map->header->arena_end);
	file->grants_at = map->tables[ACCESS_GRANT_BY_KEY].offset;
	file->grants_end =
		file->grants_at +
		map->tables[ACCESS_GRANT_BY_KEY].n_slots * sizeof(uint64_t);
	file->bytes = malloc(map->size);
	assert_non_null(file->bytes);
	memcpy(file->bytes, map->header, map->size);
	access_writer_free(writer);
	*state = file;
	return 0;
}

static int tear_down(void **state)
{
	struct file *file = *state;

	scratch_deinit(&file->scratch);
	free(file->bytes);
	free(file);
	return 0;
}

/* What is granted is what was meant; the rest of this file compares with it. */
static void sound_one_answers(void **state)
{
	static const struct truth expected = { {
		{ 0, 0, ACCESS_READ, 0 },
		{ ACCESS_READ, ACCESS_READ | ACCESS_WRITE, 0, 0 },
		{ 0, 0, 0, 0 },
		{ 0, ACCESS_READ | ACCESS_WRITE, ACCESS_READ, 0 },
		{ 0, 0, 0, 0 },
	} };
	const struct file *file = *state;

	assert_memory_equal(&file->truth, &expected, sizeof(expected));
}

static void no_more_than(const struct truth *is, const struct truth *was)
{
	for (size_t u = 0; u < ARRAY_SIZE(users); u++)
		for (size_t p = 0; p < ARRAY_SIZE(projects); p++)
			assert_int_equal(is->rights[u][p] & ~was->rights[u][p],
					 0);
}

/*
 * Every byte of a map, made another in several ways: nobody gains a right. Not
 * so where a slot of a grant goes, which may be the grant that denies; there it
 * is only read. (base/access_record.h)
 */
static void flipped_bytes_grant_nothing(void **state)
{
	static const unsigned char flips[] = { 0x01, 0x04, 0x80, 0xff };
	const struct file *file = *state;
	int fd = open(file->scratch.path, O_RDWR | O_CLOEXEC);
	unsigned int n_read = 0;

	assert_true(fd >= 0);
	for (size_t i = 0; i < file->n * ARRAY_SIZE(flips); i++) {
		size_t at = i / ARRAY_SIZE(flips);
		unsigned char byte =
			file->bytes[at] ^ flips[i % ARRAY_SIZE(flips)];
		struct map *map = NULL;
		struct truth truth;

		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
		if (access_open(file->scratch.path, &map) == 0) {
			truth = look_at(map);
			if (at < file->grants_at || at >= file->grants_end)
				no_more_than(&truth, &file->truth);
			map_free(map);
			n_read++;
		}
		assert_int_equal(pwrite(fd, file->bytes + at, 1, (off_t)at), 1);
	}
	close(fd);
	assert_true(n_read > file->n);
}

/* A page that the disk lost, or a file cut short. */
static void lost_parts_grant_nothing(void **state)
{
	const struct file *file = *state;
	int fd = open(file->scratch.path, O_RDWR | O_CLOEXEC);
	const char zeros[64] = { 0 };
	struct map *map;

	assert_true(fd >= 0);
	for (size_t at = 0; at + sizeof(zeros) <= file->n; at += 8) {
		struct truth truth;

		assert_int_equal(pwrite(fd, zeros, sizeof(zeros), (off_t)at),
				 sizeof(zeros));
		map = NULL;
		if (access_open(file->scratch.path, &map) == 0) {
			truth = look_at(map);
			if (at + sizeof(zeros) <= file->grants_at ||
			    at >= file->grants_end)
				no_more_than(&truth, &file->truth);
			map_free(map);
		}
		assert_int_equal(
			pwrite(fd, file->bytes + at, sizeof(zeros), (off_t)at),
			sizeof(zeros));
	}
	for (size_t n = file->n - 1; n > 0; n = n * 9 / 10) {
		assert_int_equal(ftruncate(fd, (off_t)n), 0);
		map = NULL;
		assert_int_not_equal(access_open(file->scratch.path, &map), 0);
	}
	close(fd);
}

/* Of another kind, or of those whom others could write. */
static void foreign_files_are_refused(void **state)
{
	struct file *file = *state;
	struct identity_user piet = user_of("anna", 70001);
	struct map_writer *writer;
	struct map *map = NULL;

	assert_int_equal(chmod(file->scratch.path, 0620), 0);
	assert_int_equal(access_open(file->scratch.path, &map), MAP_E_FOREIGN);
	assert_int_equal(chmod(file->scratch.path, 0602), 0);
	assert_int_equal(access_open(file->scratch.path, &map), MAP_E_FOREIGN);
	writer = raw_map_new(file->scratch.path, MAP_KIND_IDENTITY);
	raw_map_user(writer, &piet);
	raw_map_publish(writer);
	map_writer_free(writer);
	assert_int_equal(access_open(file->scratch.path, &map), MAP_E_FOREIGN);
	assert_int_equal(unlink(file->scratch.path), 0);
	assert_int_equal(mkfifo(file->scratch.path, 0600), 0);
	assert_int_equal(access_open(file->scratch.path, &map), MAP_E_FOREIGN);
	assert_int_equal(unlink(file->scratch.path), 0);
	assert_int_equal(symlink("/dev/zero", file->scratch.path), 0);
	assert_int_equal(access_open(file->scratch.path, &map), MAP_E_FOREIGN);
	assert_int_equal(unlink(file->scratch.path), 0);
	assert_int_equal(access_open(file->scratch.path, &map), MAP_E_MISSING);
	assert_null(map);
}

int main(void)
{
#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(sound_one_answers),
		TEST(flipped_bytes_grant_nothing),
		TEST(lost_parts_grant_nothing),
		TEST(foreign_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
