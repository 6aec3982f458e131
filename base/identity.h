/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Identity: the records of identity.map and their reader: who is ours, under
 * which ids, in which groups. World-readable, so it holds what passwd(5) and
 * group(5) would show and nothing else. Readers refuse ids outside the hard
 * bounds of base/name.h, whatever the file says: a broken writer cannot make
 * a root. A found view points into the mapping and lives as long as it does.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

enum identity_table {
	IDENTITY_USER_BY_NAME,
	IDENTITY_USER_BY_UID,
	IDENTITY_GROUP_BY_NAME,
	IDENTITY_GROUP_BY_GID,
	IDENTITY_GROUPS_OF_UID, /* supplementary groups; no record where there
				   are none */
	_IDENTITY_N_TABLES,
};

enum identity_record_type {
	_IDENTITY_RECORD_NONE,
	IDENTITY_RECORD_USER,
	IDENTITY_RECORD_GROUP,
	IDENTITY_RECORD_GROUPS_OF,
};

/* name NUL home NUL shell NUL */
struct identity_user_record {
	struct map_record record;
	uint32_t uid;
	uint32_t gid;
	uint16_t n_name; /* without the NUL */
	uint16_t n_home;
	uint16_t n_shell;
	uint16_t reserved;
	char strings[];
};

/* name NUL, then the members: each a name ended by NUL */
struct identity_group_record {
	struct map_record record;
	uint32_t gid;
	uint32_t n_members;
	uint32_t n_members_bytes; /* of all member names, NULs included */
	uint16_t n_name;
	uint16_t reserved;
	char strings[];
};

struct identity_groups_of_record {
	struct map_record record;
	uint32_t uid;
	uint32_t n_gids;
	uint32_t gids[];
};

/* All strings are ended by NUL within the record: checked before this is
 * filled. */
struct identity_user {
	uint32_t uid, gid;
	const char *name, *home, *shell;
	size_t n_name, n_home, n_shell;
};

struct identity_group {
	uint32_t gid;
	uint32_t n_members;
	const char *name;
	size_t n_name;
	const char *members; /* n_members strings one behind the other */
	size_t n_members_bytes;
};

must_check int identity_open(const char *path,
			     struct map **ret_map); /* MAP_E_* or -errno */

bool identity_find_user(const struct map *map, const char *name, size_t n,
			struct identity_user *ret_user);
bool identity_find_uid(const struct map *map, uint32_t uid,
		       struct identity_user *ret_user);
bool identity_find_group(const struct map *map, const char *name, size_t n,
			 struct identity_group *ret_group);
bool identity_find_gid(const struct map *map, uint32_t gid,
		       struct identity_group *ret_group);
/* The gids stand in the mapping, each within the hard bounds or to be left out
 * by the caller. */
bool identity_find_groups_of(const struct map *map, uint32_t uid,
			     const uint32_t **ret_gids, uint32_t *ret_n);

/*
 * Enumeration: from *position (0 at first) to the next one; false at the end.
 * Changes made meanwhile may be seen or not.
 */
bool identity_next_user(const struct map *map, uint32_t *position,
			struct identity_user *ret_user);
bool identity_next_group(const struct map *map, uint32_t *position,
			 struct identity_group *ret_group);
