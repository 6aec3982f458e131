/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Project: what rights are given in: one row a project, which belongs to one
 * service. Its id is never another project's, its name may be once it has gone.
 * Reading, and the rows' writing for state/change.h, which alone calls it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/name.h"
#include "base/scope.h"
#include "cloxxsd/state/store.h"

#define PROJECT_REASON_MAX 256

/* Times in seconds since 1970, UTC; 0: not. */
struct project {
	uint32_t id;
	char name[NAME_PROJECT_MAX + 1];
	char service[NAME_SERVICE_MAX + 1];
	int64_t created;
	int64_t archived_at; /* since then nobody writes in it */
	char archived_because[PROJECT_REASON_MAX];
	/* As groups of the system, of those who may read and who may write; 0:
	 * it is none. */
	uint32_t readers_gid, writers_gid;
};

enum project_error {
	_PROJECT_E_OK,
	PROJECT_E_UNKNOWN, /* no such project */
	PROJECT_E_DAMAGED, /* a row that cannot be true: not used */
	PROJECT_E_FULL,    /* no id is left */
};

must_check int project_find(struct store *store, const char *name,
			    struct project *ret_project);
must_check int project_find_id(struct store *store, uint32_t id,
			       struct project *ret_project);
/* The first whose name comes after name; PROJECT_E_UNKNOWN at the end. */
must_check int project_next(struct store *store, const char *name,
			    struct project *ret_project);
/* The same of those of service. */
must_check int project_next_of(struct store *store, const char *service,
			       const char *name, struct project *ret_project);
/* The first with groups of the system whose id comes after id. */
must_check int project_next_grouped(struct store *store, uint32_t id,
				    struct project *ret_project);
/* One of the first service that comes after service. */
must_check int project_next_service(struct store *store, const char *service,
				    struct project *ret_project);
/* Calls each for all of service, in no order; what it returns other than 0 ends
 * it. */
must_check int project_for_each(struct store *store, const char *service,
				int (*each)(const struct project *project,
					    void *userdata),
				void *userdata);
/* How many there are of service; NULL: of all. */
must_check int project_count(struct store *store, const char *service,
			     uint32_t *ret_n);
/* An id that never was a project's; PROJECT_E_FULL. */
must_check int project_free_id(struct store *store, uint32_t *ret_id);

/* As a group of the system a project's name is no longer than this, and as a
 * user's. */
#define PROJECT_GROUPED_MAX 24
/* "NAME-readers", "NAME-writers" */
void project_group_name(const struct project *project, bool writers,
			char ret_name[NAME_USER_MAX + 1]);
/* Whether name is that of a group of a project. */
must_check int project_has_group(struct store *store, const char *name,
				 bool *ret_has);

/* As it stands, id included. -EEXIST: the name is taken. */
must_check int project_add(struct store *store, const struct project *project);
/* Name, archive and groups of the row with its id; ids of groups that it had
 * are retired. */
must_check int project_set(struct store *store, const struct project *project,
			   int64_t at);
/* And all grants in it; the ids of its groups are retired. */
must_check int project_delete(struct store *store, uint32_t id, int64_t at);
