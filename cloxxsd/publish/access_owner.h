/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Access owner: a user and the grants in his record of an access map, taken
 * apart and put together. It knows no map. His name and his groups may point
 * into the record that he was read from, and live as long as it does.
 */

#include "base/access_record.h"

struct access_owner {
	struct access_user user;
	uint32_t flags;
	uint32_t n_grants;
	uint64_t words[ACCESS_GRANTS_INSIDE];
	uint32_t projects[ACCESS_GRANTS_INSIDE];
};

/* record is sound. */
void access_owner_read(struct access_owner *owner,
		       const struct access_user_record *user);
size_t access_owner_size(const struct access_owner *owner);
/* The index of project's grant, or n_grants. */
uint32_t access_owner_find(const struct access_owner *owner, uint32_t project);
/* Adds or replaces; there is a place for one more. */
void access_owner_set(struct access_owner *owner,
		      const struct access_grant *grant);
void access_owner_drop(struct access_owner *owner, uint32_t i);
/* Into a drafted record of access_owner_size(). */
void access_owner_fill(const struct access_owner *owner,
		       struct map_record *record);
