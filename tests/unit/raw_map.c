/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <dirent.h>
#include <fcntl.h>
#include <cmocka.h>

#include "tests/unit/raw_map.h"

void scratch_init(struct scratch *scratch)
{
	snprintf(scratch->directory, sizeof(scratch->directory),
		 "/tmp/cloxxs-test-XXXXXX");
	assert_non_null(mkdtemp(scratch->directory));
	snprintf(scratch->path, sizeof(scratch->path), "%s/identity.map",
		 scratch->directory);
}

void scratch_deinit(struct scratch *scratch)
{
	DIR *directory = opendir(scratch->directory);
	struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory)))
		if (unlinkat(dirfd(directory), entry->d_name, 0) < 0)
			(void)!unlinkat(dirfd(directory), entry->d_name,
					AT_REMOVEDIR);
	closedir(directory);
	assert_int_equal(rmdir(scratch->directory), 0);
}

int scratch_set_up(void **state)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));

	assert_non_null(scratch);
	scratch_init(scratch);
	*state = scratch;
	return 0;
}

int scratch_tear_down(void **state)
{
	scratch_deinit(*state);
	free(*state);
	return 0;
}

static const uint32_t tables_of[] = { 0, 3, 12, 16 };

static uint64_t hash_key(uint32_t table, const struct map_record *record)
{
	const struct identity_user_record *user = (const void *)record;
	const struct identity_group_record *group = (const void *)record;
	const struct identity_groups_of_record *groups = (const void *)record;

	return table == 0   ? map_hash_bytes(user->strings, user->n_name)
	       : table == 1 ? map_hash_u32(user->uid)
	       : table == 2 ? map_hash_bytes(group->strings, group->n_name)
	       : table == 3 ? map_hash_u32(group->gid)
			    : map_hash_u32(groups->uid);
}

static const struct map_schema schemas[] = {
	[MAP_KIND_IDENTITY] = { .kind = MAP_KIND_IDENTITY,
				.n_tables = 5,
				.tables_of = tables_of,
				.n_types = 4,
				.hash = hash_key,
				.spare = 100 },
	[MAP_KIND_ACCESS] = { .kind = MAP_KIND_ACCESS,
			      .n_tables = 5,
			      .tables_of = tables_of,
			      .n_types = 4,
			      .hash = hash_key,
			      .spare = 100 },
};

struct map_writer *raw_map_new(const char *path, enum map_kind kind)
{
	const struct map_room room = { .arena = 512 };
	struct map_writer *writer = NULL;

	assert_int_equal(map_writer_new(path, &schemas[kind], &room, &writer),
			 0);
	return writer;
}

void raw_map_publish(struct map_writer *writer)
{
	assert_int_equal(map_writer_publish(writer), 0);
}

static void *draft(struct map_writer *writer, uint32_t type, size_t size)
{
	struct map_room room = { .arena = map_room_of(size) };
	void *record;

	for (int i = 0; i < 5; i++)
		room.n_keys[i] = 1;
	assert_int_equal(map_writer_reserve(writer, &room), 0);
	record = map_writer_draft(writer, type, (uint32_t)size);
	assert_non_null(record);
	return record;
}

void raw_map_user(struct map_writer *writer, const struct identity_user *user)
{
	struct identity_user_record *to = draft(
		writer, IDENTITY_RECORD_USER,
		sizeof(*to) + user->n_name + user->n_home + user->n_shell + 3);
	char *p = to->strings;

	to->uid = user->uid;
	to->gid = user->gid;
	to->n_name = (uint16_t)user->n_name;
	to->n_home = (uint16_t)user->n_home;
	to->n_shell = (uint16_t)user->n_shell;
	memcpy(p, user->name, user->n_name);
	memcpy(p + user->n_name + 1, user->home, user->n_home);
	memcpy(p + user->n_name + 1 + user->n_home + 1, user->shell,
	       user->n_shell);
	map_writer_swing(writer, NULL, &to->record);
}

void raw_map_group(struct map_writer *writer,
		   const struct identity_group *group)
{
	struct identity_group_record *to =
		draft(writer, IDENTITY_RECORD_GROUP,
		      sizeof(*to) + group->n_name + 1 + group->n_members_bytes);

	to->gid = group->gid;
	to->n_members = group->n_members;
	to->n_members_bytes = (uint32_t)group->n_members_bytes;
	to->n_name = (uint16_t)group->n_name;
	memcpy(to->strings, group->name, group->n_name);
	if (group->n_members_bytes > 0)
		memcpy(to->strings + group->n_name + 1, group->members,
		       group->n_members_bytes);
	map_writer_swing(writer, NULL, &to->record);
}

void raw_map_groups_of(struct map_writer *writer, uint32_t uid,
		       const uint32_t *gids, uint32_t n_gids)
{
	struct identity_groups_of_record *to =
		draft(writer, IDENTITY_RECORD_GROUPS_OF,
		      sizeof(*to) + n_gids * sizeof(gids[0]));

	to->uid = uid;
	to->n_gids = n_gids;
	memcpy(to->gids, gids, n_gids * sizeof(gids[0]));
	map_writer_swing(writer, NULL, &to->record);
}

struct identity_user user_of(const char *name, uint32_t id)
{
	return (struct identity_user){
		.uid = id,
		.gid = id,
		.name = name,
		.n_name = strlen(name),
		.home = "/home/of",
		.n_home = 8,
		.shell = "/bin/bash",
		.n_shell = 9,
	};
}
