/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "tests/unit/raw_map.h"

struct file {
	struct scratch scratch;
	char *bytes;
	size_t n;
};

static void spill(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

/* A small sound map: two users, a group with members, supplementary groups. */
static int set_up(void **state)
{
	static const uint32_t gids[] = { 70002, 70003 };
	struct file *file = calloc(1, sizeof(*file));
	struct identity_user piet = user_of("piet", 70000);
	struct identity_user jan = user_of("jan", 70001);
	struct identity_group group = { .gid = 70002,
					.n_members = 2,
					.name = "staf",
					.n_name = 4,
					.members = "piet\0jan",
					.n_members_bytes = 9 };
	struct map_writer *writer;
	struct stat status;
	int fd;

	assert_non_null(file);
	scratch_init(&file->scratch);
	writer = raw_map_new(file->scratch.path, MAP_KIND_IDENTITY);
	raw_map_user(writer, &piet);
	raw_map_user(writer, &jan);
	raw_map_group(writer, &group);
	raw_map_groups_of(writer, 70000, gids, 2);
	raw_map_publish(writer);
	map_writer_free(writer);

	fd = open(file->scratch.path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	file->n = (size_t)status.st_size;
	file->bytes = malloc(file->n);
	assert_non_null(file->bytes);
	assert_int_equal(read(fd, file->bytes, file->n), file->n);
	close(fd);
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

/* Every byte that a view promises stands in the mapping, and can be read. */
static void touch(const struct map *map, const void *bytes, size_t n)
{
	uintptr_t at = (uintptr_t)bytes, from = (uintptr_t)map->header;
	volatile char sum = 0;

	assert_true(at >= from && at - from <= map->size &&
		    n <= map->size - (at - from));
	for (size_t i = 0; i < n; i++)
		sum = (char)(sum ^ ((const char *)bytes)[i]);
}

static void look_at_all(const struct map *map)
{
	static const char *const names[] = { "piet", "jan", "staf", "", "x" };
	struct identity_group group;
	struct identity_user user;
	const uint32_t *gids;
	uint32_t n, position;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (identity_find_user(map, names[i], strlen(names[i]), &user))
			touch(map, user.shell, user.n_shell + 1);
		if (identity_find_group(map, names[i], strlen(names[i]),
					&group))
			touch(map, group.members, group.n_members_bytes);
	}
	for (uint32_t id = 69999; id < 70004; id++) {
		if (identity_find_uid(map, id, &user))
			touch(map, user.home, user.n_home + 1);
		if (identity_find_gid(map, id, &group))
			touch(map, group.name, group.n_name + 1);
		if (identity_find_groups_of(map, id, &gids, &n))
			touch(map, gids, n * sizeof(*gids));
	}
	for (position = 0; identity_next_user(map, &position, &user);)
		touch(map, user.name, user.n_name + 1);
	for (position = 0; identity_next_group(map, &position, &group);)
		touch(map, group.members, group.n_members_bytes);
}

static void test_reads(void **state)
{
	struct file *file = *state;
	scope(map_freep) struct map *map = NULL;
	struct identity_group group;
	struct identity_user user;
	const uint32_t *gids;
	uint32_t n;

	assert_int_equal(identity_open(file->scratch.path, &map), 0);
	assert_true(identity_find_user(map, "piet", 4, &user));
	assert_int_equal(user.uid, 70000);
	assert_string_equal(user.shell, "/bin/bash");
	assert_true(identity_find_uid(map, 70001, &user));
	assert_string_equal(user.name, "jan");
	assert_false(identity_find_user(map, "pie", 3, &user));
	assert_false(identity_find_user(map, "piets", 5, &user));
	assert_true(identity_find_group(map, "staf", 4, &group));
	assert_int_equal(group.n_members, 2);
	assert_true(identity_find_groups_of(map, 70000, &gids, &n));
	assert_int_equal(n, 2);
	assert_false(identity_find_groups_of(map, 70001, &gids, &n));
}

/* A header that cannot be true: what is written where, and the finding. */
static const struct {
	const char *what;
	size_t at;
	uint64_t value;
	size_t n;
	int expected;
} headers[] = {
#define AT(member) offsetof(struct map_header, member)
	{ "sound", AT(byte_order), MAP_BYTE_ORDER, 4, 0 },
	{ "magic", AT(magic), 0, 1, MAP_E_FOREIGN },
	{ "other byte order", AT(byte_order), 0x04030201, 4, MAP_E_FOREIGN },
	{ "newer", AT(version), MAP_VERSION + 1, 2, MAP_E_FOREIGN },
	{ "other kind", AT(kind), MAP_KIND_ACCESS, 2, MAP_E_FOREIGN },
	{ "too few tables", AT(n_tables), 4, 4, MAP_E_DAMAGED },
	{ "too many tables", AT(n_tables), 9, 4, MAP_E_DAMAGED },
	{ "size", AT(size), 176, 8, MAP_E_DAMAGED },
	{ "arena in the header", AT(arena_offset), 8, 8, MAP_E_DAMAGED },
	{ "arena outside", AT(arena_offset), UINT64_MAX, 8, MAP_E_DAMAGED },
	{ "table in the header", AT(tables[0].offset), 0, 8, MAP_E_DAMAGED },
	{ "table outside", AT(tables[4].offset), 1 << 20, 8, MAP_E_DAMAGED },
	{ "table off balance", AT(tables[1].offset), 257, 8, MAP_E_DAMAGED },
	{ "no slots", AT(tables[2].n_slots), 0, 4, MAP_E_DAMAGED },
	{ "odd slots", AT(tables[2].n_slots), 7, 4, MAP_E_DAMAGED },
	{ "slots to infinity", AT(tables[3].n_slots), UINT32_C(1) << 31, 4,
	  MAP_E_DAMAGED },
};

static void test_headers(void **state)
{
	struct file *file = *state;
	scope(scope_free) char *bytes = malloc(file->n);

	assert_non_null(bytes);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		scope(map_freep) struct map *map = NULL;

		memcpy(bytes, file->bytes, file->n);
		memcpy(bytes + headers[i].at, &headers[i].value, headers[i].n);
		spill(file->scratch.path, bytes, file->n);
		if (identity_open(file->scratch.path, &map) !=
		    headers[i].expected)
			fail_msg("%s", headers[i].what);
	}
}

static void test_foreign(void **state)
{
	struct file *file = *state;
	const char *path = file->scratch.path;
	char link[128];
	struct map *map = NULL;

	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(identity_open(path, &map), MAP_E_FOREIGN);
	assert_int_equal(chmod(path, 0644), 0);
	snprintf(link, sizeof(link), "%s.link", path);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(identity_open(link, &map), MAP_E_FOREIGN);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(identity_open(path, &map), MAP_E_MISSING);
	/* Nobody writes to it, and the reader must not wait for one. */
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(identity_open(path, &map), MAP_E_FOREIGN);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(identity_open(path, &map), MAP_E_FOREIGN);
	assert_null(map);
}

/* Every length but the true one is refused; every flipped byte is survived. */
static void test_damage(void **state)
{
	static const unsigned char flips[] = { 0x01, 0x80, 0xff };
	struct file *file = *state;
	struct map *map = NULL;

	for (size_t n = 0; n < file->n; n++) {
		spill(file->scratch.path, file->bytes, n);
		assert_int_equal(identity_open(file->scratch.path, &map),
				 n < sizeof(struct map_header) ? MAP_E_FOREIGN
							       : MAP_E_DAMAGED);
	}
	for (size_t i = 0; i < file->n * ARRAY_SIZE(flips); i++) {
		char *byte = &file->bytes[i / ARRAY_SIZE(flips)];
		char before = *byte;

		*byte = (char)(*byte ^ flips[i % ARRAY_SIZE(flips)]);
		spill(file->scratch.path, file->bytes, file->n);
		*byte = before;
		if (identity_open(file->scratch.path, &map) == 0) {
			look_at_all(map);
			map = map_free(map);
		}
	}
}

/* Tables of nothing but noise end too. */
static void test_full_of_noise(void **state)
{
	struct file *file = *state;
	struct map_header *header = (void *)file->bytes;
	struct map *map = NULL;

	for (unsigned int seed = 0; seed < 200; seed++) {
		srand(seed);
		for (size_t i = sizeof(*header); i < file->n; i++)
			file->bytes[i] = (char)rand();
		/* Slots that do lead into the arena. */
		for (size_t i = header->tables[0].offset;
		     seed % 2 && i < header->arena_offset; i += 8)
			*(uint64_t *)(void *)&file->bytes[i] =
				map_hash_u32(70000) >> 32 << 32 |
				(uint64_t)rand() % (file->n / 8);
		spill(file->scratch.path, file->bytes, file->n);
		assert_int_equal(identity_open(file->scratch.path, &map), 0);
		look_at_all(map);
		map = map_free(map);
	}
}

/* A writer killed between the flag and the rename leaves a retired map at the
 * path: it is read, and the next writer replaces it. */
static void test_killed_between_flag_and_rename(void **state)
{
	struct file *file = *state;
	struct map_header *header = (void *)file->bytes;
	struct map *map = NULL, *after = NULL;
	struct identity_user user;
	struct map_writer *writer;

	atomic_store(&header->retired, 1);
	spill(file->scratch.path, file->bytes, file->n);
	assert_int_equal(identity_open(file->scratch.path, &map), 0);
	assert_true(map_is_retired(map));
	assert_true(identity_find_user(map, "piet", 4, &user));

	writer = raw_map_new(file->scratch.path, MAP_KIND_IDENTITY);
	assert_int_equal(map_writer_generation(writer), header->generation + 1);
	raw_map_publish(writer);
	assert_int_equal(identity_open(file->scratch.path, &after), 0);
	assert_false(map_is_retired(after));
	assert_false(identity_find_user(after, "piet", 4, &user));
	/* Who still looks at the old one is not disturbed. */
	assert_true(identity_find_user(map, "piet", 4, &user));
	map_free(map);
	map_free(after);
	map_writer_free(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(test_reads),
		TEST(test_headers),
		TEST(test_foreign),
		TEST(test_damage),
		TEST(test_full_of_noise),
		TEST(test_killed_between_flag_and_rename),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
