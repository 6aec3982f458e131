/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Grant: who may do what in a project: one row for a holder (a user, a group of
 * users, everyone) and a project, or every project of a service. What several
 * of them come to together is base/access.h's. Reading, and the rows' writing
 * for state/change.h, which alone calls it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/access.h"
#include "base/name.h"
#include "cloxxsd/state/store.h"

#define GRANT_BY_MAX 41
/* What the record of a change of one tells: service/grant_request.h. */
#define GRANT_DETAILS_MAX 320

/* Times in seconds since 1970, UTC. */
struct grant {
	char service[NAME_SERVICE_MAX + 1];
	uint32_t project; /* or ACCESS_EVERY_PROJECT of the service */
	uint32_t holder;  /* as base/access.h writes it */
	uint32_t rights;  /* enum access_right, ORed */
	int64_t until;    /* from then on it is none; 0: no end */
	int64_t granted_at;
	char granted_by[GRANT_BY_MAX];
};

enum grant_error {
	_GRANT_E_OK,
	GRANT_E_UNKNOWN, /* no such grant, or none behind it */
	GRANT_E_DAMAGED, /* a row that cannot be true: not used */
};

must_check int grant_find(struct store *store, const char *service,
			  uint32_t project, uint32_t holder,
			  struct grant *ret_grant);
/* The first behind after, in order of service, project and holder. */
must_check int grant_next(struct store *store, const struct grant *after,
			  struct grant *ret_grant);
/* The first of after's holder behind it. */
must_check int grant_next_of_holder(struct store *store,
				    const struct grant *after,
				    struct grant *ret_grant);
/* The one that ends first, among those that have an end. */
must_check int grant_next_end(struct store *store, struct grant *ret_grant);
/* Calls each for all of service, in no order; what it returns other than 0 ends
 * it. */
must_check int grant_for_each(struct store *store, const char *service,
			      int (*each)(const struct grant *grant,
					  void *userdata),
			      void *userdata);
/* How many there are of service; NULL: of all. */
must_check int grant_count(struct store *store, const char *service,
			   uint32_t *ret_n);

/* How many holder holds. */
must_check int grant_count_of_holder(struct store *store, uint32_t holder,
				     uint32_t *ret_n);

static inline bool grant_is_ended(const struct grant *grant, int64_t latest)
{
	return grant->until != 0 && grant->until <= latest;
}

/* In the place of that of its holder and project. */
must_check int grant_put(struct store *store, const struct grant *grant);
must_check int grant_remove(struct store *store, const struct grant *grant);
must_check int grant_remove_of_user(struct store *store, uint32_t uid);

/* "read", "write" (and read), "write-only", "deny"; "none". */
const char *grant_rights_name(uint32_t rights);
/* false: no such word. */
bool grant_rights_find(const char *name, uint32_t *ret_rights);
