/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The input is an access map; everything is asked of it, as the library would.
 * The size in the header, and all checks, are set right, or nothing behind them
 * would ever be reached.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/access_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Fuzz targets have no context either; where the input stands. */
static char path[64];

static void remove_file(void)
{
	unlink(path);
}

/* A record that could be one gets the check that it should have. */
static void mend(struct map_record *record)
{
	struct access_project_record *project = (void *)record;
	struct access_grant_record *grant = (void *)record;
	struct access_user_record *user = (void *)record;

	if (access_user_is_sound(record)) {
		user->check = access_user_check(
			user, map_hash_bytes(user->name, user->n_name));
	} else if (access_project_is_sound(record)) {
		project->check = access_project_check(
			project,
			map_hash_bytes(project->name, project->n_name));
	} else if (access_grant_is_sound(record)) {
		struct access_grant granted = { .holder = grant->holder,
						.project = grant->project };

		(void)access_word_read(grant->word, &granted);
		grant->word = access_word(&granted);
	}
}

static void mend_all(uint8_t *bytes, size_t n)
{
	struct map_header *header = (void *)bytes;
	uint64_t at;

	if (n < sizeof(*header))
		return;
	header->size = n;
	header->check = map_header_check(header);
	at = header->arena_offset;
	while (at % MAP_ALIGN == 0 && at <= n - sizeof(struct map_record)) {
		struct map_record *record = (void *)(bytes + at);

		if (record->size < sizeof(*record) || record->size > n - at)
			return;
		mend(record);
		at += ((uint64_t)record->size + MAP_ALIGN - 1) / MAP_ALIGN *
		      MAP_ALIGN;
	}
}

static bool spill(const uint8_t *bytes, size_t n)
{
	scope(scope_free) uint8_t *mended = malloc(n + 1);
	scope(scope_close) int fd = -1;

	if (!mended)
		return false;
	memcpy(mended, bytes, n);
	mend_all(mended, n);
	if (path[0] == '\0') {
		snprintf(path, sizeof(path), "/dev/shm/cloxxs-fuzz-XXXXXX");
		fd = mkostemp(path, O_CLOEXEC);
		if (fd < 0 || fchmod(fd, 0600) < 0 || atexit(remove_file) != 0)
			abort();
	} else {
		fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	}
	return fd >= 0 && write(fd, mended, n) == (ssize_t)n;
}

static void ask(const struct map *map, const char *user, const char *project)
{
	for (uint32_t right = 1; right <= 3; right++) {
		const struct access_question question = {
			.user = user,
			.n_user = strlen(user),
			.project = project,
			.n_project = strlen(project),
			.right = right,
			.now = 1000,
		};
		uint32_t rights;
		enum access_reason reason =
			access_check(map, &question, &rights);

		/* What is had is what was allowed, and no right is a denial. */
		if ((reason == ACCESS_ALLOWED) != ((rights & right) == right) ||
		    (rights & ~3u))
			abort();
	}
}

static void look_at_all(const struct map *map)
{
	static const char *const users[] = { "anna", "bert", "carl", "dora",
					     "" };
	static const char *const projects[] = { "one", "two", "three", "" };
	struct access_project project;
	struct access_user user;
	uint32_t position;

	for (size_t u = 0; u < ARRAY_SIZE(users); u++)
		for (size_t p = 0; p < ARRAY_SIZE(projects); p++)
			ask(map, users[u], projects[p]);
	for (position = 0; access_next_user(map, &position, &user);) {
		if (strlen(user.name) > user.n_name)
			abort();
		for (uint32_t i = 0; i < user.n_groups; i++)
			(void)*(const volatile uint32_t *)&user.groups[i];
		ask(map, user.name, "one");
	}
	for (position = 0; access_next_project(map, &position, &project);) {
		if (strlen(project.name) > project.n_name)
			abort();
		ask(map, "anna", project.name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct map *map = NULL;

	if (!spill(bytes, n) || access_open(path, &map) != 0)
		return 0;
	look_at_all(map);
	map_free(map);
	return 0;
}
