/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Access: who may do what in which project of one service. The one place that
 * says what grants come to, for the daemon and for readers alike; and the
 * records of an access map and their reader, which answers without a system
 * call. It decides no login and knows no names but those in the map: whoever
 * may not use the service, or was disabled, does not stand there.
 *
 * A right is had by a grant in force: the user's own, one of a group of his, or
 * everyone's; for the project itself, or for every project. Rights add up, in
 * any order, and one grant of ACCESS_DENY takes all of them away. No grant, no
 * right. An archived project is not written to. Names are compared byte by
 * byte.
 *
 * The map is read where it is damaged too, and then says ACCESS_UNAVAILABLE or
 * less than is true, never more: each record carries a check of what it holds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

enum access_right {
	ACCESS_READ = 1,
	ACCESS_WRITE = 2,
	ACCESS_DENY = 4,
};

/* As a holder: whoever stands in the map. */
#define ACCESS_EVERYONE UINT32_C(0)
/* A holder with this bit is the group whose id the others are; without it, the
 * user with that uid. */
#define ACCESS_GROUP_BIT UINT32_C(0x80000000)
/* As a project: each of the service, also those to come. */
#define ACCESS_EVERY_PROJECT UINT32_C(0)

/* The latest end that a grant may have. */
#define ACCESS_UNTIL_MAX ((INT64_C(1) << 40) - 1)
/* Of one user, in a map. */
#define ACCESS_GROUPS_MAX 65535

/* Why, in the order in which it is asked. All but the last refuse. */
enum access_reason {
	ACCESS_NO_GRANT,
	ACCESS_UNAVAILABLE,  /* nobody can say: no map, or a damaged one */
	ACCESS_UNKNOWN_USER, /* or one who may not use this service */
	ACCESS_UNKNOWN_PROJECT,
	ACCESS_NOT_YET_VALID, /* the user */
	ACCESS_NO_LONGER_VALID,
	ACCESS_DENIED,   /* by a grant of ACCESS_DENY */
	ACCESS_ENDED,    /* there were grants enough, but some have ended */
	ACCESS_ARCHIVED, /* he could write if the project were not archived */
	ACCESS_ALLOWED,
	_ACCESS_N_REASONS,
};

/* Times are seconds since 1970, UTC; 0: no limit. Names are not ended by NUL
 * unless they come out of a map. */
struct access_user {
	uint32_t uid;
	const char *name;
	size_t n_name;
	int64_t not_before, not_after; /* both included */
	const uint32_t *groups;        /* ids, without ACCESS_GROUP_BIT */
	uint32_t n_groups;
};

struct access_project {
	uint32_t id;
	const char *name;
	size_t n_name;
	bool archived;
};

struct access_grant {
	uint32_t holder, project;
	uint32_t rights; /* of enum access_right, one at least */
	int64_t until;   /* in force before it; 0: no end */
};

/* "no-grant", "archived" …; of a number that is no reason that of 0. */
const char *access_reason_name(enum access_reason reason);

/*
 * The grants that apply to one user and one project, added up. Starts as zero.
 * That a grant applies, by its holder and its project, is for the caller to
 * see; the others are not to be added.
 */
struct access_sum {
	uint32_t rights; /* of grants in force, ACCESS_DENY among them */
	uint32_t ended;  /* of grants that have ended, without ACCESS_DENY */
};

void access_sum_add(struct access_sum *sum, const struct access_grant *grant,
		    int64_t now);
/*
 * Whether all of right (ACCESS_READ, ACCESS_WRITE or both; else it is no right,
 * and nobody has it) is had in project: ACCESS_NO_GRANT, ACCESS_DENIED,
 * ACCESS_ENDED, ACCESS_ARCHIVED or ACCESS_ALLOWED. *ret_rights, unless NULL, is
 * what is had, whatever was asked.
 */
enum access_reason access_sum_conclude(const struct access_sum *sum,
				       const struct access_project *project,
				       uint32_t right, uint32_t *ret_rights);
/* ACCESS_ALLOWED where the user is valid at now, else why not. */
enum access_reason access_validity(const struct access_user *user, int64_t now);

/*
 * The reader. MAP_E_* or -errno; *ret_map is untouched on failure.
 * map_is_retired() tells when to open the path again. A map is as good as what
 * its writer was told; that none outlives the start of the host in which it was
 * written is for tmpfiles.d(5) to see.
 */
must_check int access_open(const char *path, struct map **ret_map);

/* As now: the host's clock, which is looked at only where something ends. */
#define ACCESS_NOW INT64_MIN

struct access_question {
	const char *user;
	size_t n_user;
	const char *project;
	size_t n_project;
	uint32_t right; /* as of access_sum_conclude() */
	int64_t now;
};

/*
 * May user do that in project? What it says was true at one moment between
 * call and return, however the map is changed meanwhile. *ret_rights, unless
 * NULL, is always filled: what is had, 0 where there is no answer. Takes no
 * lock, waits for nobody.
 */
enum access_reason access_check(const struct map *map,
				const struct access_question *question,
				uint32_t *ret_rights);
/*
 * What user has in project at ACCESS_NOW, of ACCESS_READ and ACCESS_WRITE, both
 * named by strings that NUL ends. 0 where there is no answer, as where map is
 * NULL. As access_check() besides.
 */
uint32_t access_rights_of(const struct map *map, const char *user,
			  const char *project);

/*
 * Views point into the mapping and live as long as it does. False: not there,
 * or nothing that can be true.
 */
bool access_find_user(const struct map *map, const char *name, size_t n,
		      struct access_user *ret_user);
bool access_find_project(const struct map *map, const char *name, size_t n,
			 struct access_project *ret_project);
/*
 * Enumeration: from *position (0 at first) to the next one; false at the end.
 * Changes made meanwhile may be seen or not.
 */
bool access_next_user(const struct map *map, uint32_t *position,
		      struct access_user *ret_user);
bool access_next_project(const struct map *map, uint32_t *position,
			 struct access_project *ret_project);
