/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Access record: how an access map is laid out, for its reader and its writer
 * alone. A user's first grants stand in his own record, where the reader is
 * anyway; all others, and those of groups and of everyone, in a table. Flags
 * say in which records more has to be looked for: one that is set may be so in
 * vain, one that is not may not.
 *
 * Each record carries a check over what it holds, so that bytes which nobody
 * wrote read as damage. A slot has none: what it named is not there, where it
 * was lost. Nor is a check a seal: whoever may write the file may say what he
 * likes.
 */

#include "base/access.h"

enum access_table {
	ACCESS_USER_BY_NAME,
	ACCESS_USER_BY_UID,
	ACCESS_PROJECT_BY_NAME,
	ACCESS_PROJECT_BY_ID, /* ACCESS_EVERY_PROJECT among them, without name
			       */
	ACCESS_GRANT_BY_KEY,
	_ACCESS_N_TABLES,
};

enum access_record_type {
	_ACCESS_RECORD_NONE,
	ACCESS_RECORD_USER,
	ACCESS_RECORD_PROJECT,
	ACCESS_RECORD_EVERY, /* a project's, of every project */
	ACCESS_RECORD_GRANT,
};

/* In a user's own record, at the most. */
#define ACCESS_GRANTS_INSIDE 16

enum access_user_flag {
	/* Grants of his may stand in the table too. */
	ACCESS_USER_MORE = 1,
};

struct access_user_record {
	struct map_record record;
	uint32_t check;
	uint32_t uid;
	int64_t not_before, not_after;
	uint16_t n_groups;
	uint8_t n_name; /* without the NUL */
	uint8_t n_grants;
	uint32_t flags;
	/* Ended by NUL, filled up to a multiple of 8; behind it n_grants words
	 * of access_word(), n_grants ids of projects, n_groups ids of groups.
	 */
	char name[];
};

enum access_project_flag {
	ACCESS_PROJECT_ARCHIVED = 1,
	ACCESS_PROJECT_GROUPS = 2,   /* groups may have grants */
	ACCESS_PROJECT_EVERYONE = 4, /* everyone may have one */
};

struct access_project_record {
	struct map_record record;
	uint32_t check;
	uint32_t id;
	uint8_t flags;
	uint8_t n_name; /* without the NUL that ends it */
	uint16_t reserved;
	char name[];
};

struct access_grant_record {
	struct map_record record;
	uint32_t holder, project;
	uint64_t word;
};

static inline const struct access_user_record *access_to_user(
	const struct map_record *record)
{
	return (const void *)record;
}

static inline const struct access_project_record *access_to_project(
	const struct map_record *record)
{
	return (const void *)record;
}

static inline const struct access_grant_record *access_to_grant(
	const struct map_record *record)
{
	return (const void *)record;
}

/* The parts of a user's record, by its n_name, n_grants and n_groups. */
static inline size_t access_words_at(const struct access_user_record *user)
{
	return sizeof(*user) + ((size_t)user->n_name + 8) / 8 * 8;
}

static inline size_t access_projects_at(const struct access_user_record *user)
{
	return access_words_at(user) + user->n_grants * sizeof(uint64_t);
}

static inline size_t access_groups_at(const struct access_user_record *user)
{
	return access_projects_at(user) + user->n_grants * sizeof(uint32_t);
}

static inline size_t access_user_size(const struct access_user_record *user)
{
	return access_groups_at(user) + user->n_groups * sizeof(uint32_t);
}

static inline const void *access_part(const struct access_user_record *user,
				      size_t at)
{
	return (const char *)user + at;
}

/* The key of a grant. */
uint64_t access_hash_grant(uint32_t holder, uint32_t project);
/* End and rights of a grant, with a check that is good for this holder and
 * project alone. */
uint64_t access_word(const struct access_grant *grant);
/* Fills in rights and until; false where the check is wrong. */
bool access_word_read(uint64_t word, struct access_grant *grant);
/* hash is of the name. */
uint32_t access_user_check(const struct access_user_record *user,
			   uint64_t hash);
uint32_t access_project_check(const struct access_project_record *project,
			      uint64_t hash);

/* False where the record cannot be one of that kind, whatever its key. */
bool access_user_is_sound(const struct map_record *record);
bool access_project_is_sound(const struct map_record *record);
bool access_grant_is_sound(const struct map_record *record);

/* For the writer: without regard to the check. NULL: none. */
const struct access_user_record *access_record_of_uid(const struct map *map,
						      uint32_t uid);
const struct access_project_record *access_record_of_project(
	const struct map *map, uint32_t id);
const struct access_grant_record *access_record_of_grant(const struct map *map,
							 uint32_t holder,
							 uint32_t project);
