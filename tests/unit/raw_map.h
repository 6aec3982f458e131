/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Raw map: identity maps for tests, with whatever in them: what the identity
 * writer refuses to write is what readers must refuse to believe. Hashes are
 * stated here once more, so that writer and reader cannot err together.
 */

#include <stdint.h>

#include "base/identity.h"
#include "cloxxsd/publish/map_writer.h"

/* A directory of the test's own, and a path in it. */
struct scratch {
	char directory[64];
	char path[96];
};

void scratch_init(struct scratch *scratch);
/* Removes the directory and all files in it. */
void scratch_deinit(struct scratch *scratch);
/* Both as a fixture of cmocka: the test's state is its scratch. */
int scratch_set_up(void **state);
int scratch_tear_down(void **state);
#define WITH_SCRATCH(test) \
	cmocka_unit_test_setup_teardown(test, scratch_set_up, scratch_tear_down)

/* An empty unpublished map at path, of kind. Asserts. */
struct map_writer *raw_map_new(const char *path, enum map_kind kind);
void raw_map_publish(struct map_writer *writer);
void raw_map_user(struct map_writer *writer, const struct identity_user *user);
/* members: n_members names, each ended by NUL, n bytes in all */
void raw_map_group(struct map_writer *writer,
		   const struct identity_group *group);
void raw_map_groups_of(struct map_writer *writer, uint32_t uid,
		       const uint32_t *gids, uint32_t n_gids);

/* A user called name, as the tests mostly want him. */
struct identity_user user_of(const char *name, uint32_t id);
