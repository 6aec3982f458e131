/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/grant.h"

#include <string.h>

#define COLUMNS \
	"service, project, holder, rights, until, granted_at, granted_by"

static const struct {
	const char *name;
	uint32_t rights;
} words[] = {
	{ "none", 0 },
	{ "read", ACCESS_READ },
	{ "write", ACCESS_READ | ACCESS_WRITE },
	{ "write-only", ACCESS_WRITE },
	{ "deny", ACCESS_DENY },
};

const char *grant_rights_name(uint32_t rights)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].rights == rights)
			return words[i].name;
	return "deny";
}

bool grant_rights_find(const char *name, uint32_t *ret_rights)
{
	/* "none" is no grant. */
	for (size_t i = 1; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].name, name) == 0) {
			*ret_rights = words[i].rights;
			return true;
		}
	return false;
}

static bool is_holder(int64_t holder)
{
	return holder == ACCESS_EVERYONE ||
	       (holder >= NAME_UID_MIN && holder <= NAME_UID_MAX) ||
	       (holder > ACCESS_GROUP_BIT && holder <= UINT32_MAX);
}

/* The row as a grant: a value out of its range is no value. */
static int read_grant(sqlite3_stmt *row, struct grant *ret_grant)
{
	struct grant grant = { 0 };
	int64_t project = sqlite3_column_int64(row, 1);
	int64_t holder = sqlite3_column_int64(row, 2);
	int64_t rights = sqlite3_column_int64(row, 3);

	if (project < 0 || project > INT32_MAX || !is_holder(holder) ||
	    rights < ACCESS_READ || rights > ACCESS_DENY ||
	    !store_column_text(row, 0, grant.service, sizeof(grant.service)) ||
	    !store_column_text(row, 6, grant.granted_by,
			       sizeof(grant.granted_by)))
		return GRANT_E_DAMAGED;
	grant.project = (uint32_t)project;
	grant.holder = (uint32_t)holder;
	grant.rights = (uint32_t)rights;
	grant.until = sqlite3_column_int64(row, 4);
	grant.granted_at = sqlite3_column_int64(row, 5);
	*ret_grant = grant;
	return 0;
}

static int read_one(sqlite3_stmt *row, struct grant *ret_grant)
{
	int r = store_step(row);

	if (r != STORE_E_ROW)
		return r == 0 ? GRANT_E_UNKNOWN : r;
	r = read_grant(row, ret_grant);
	sqlite3_reset(row);
	return r;
}

int grant_find(struct store *store, const char *service, uint32_t project,
	       uint32_t holder, struct grant *ret_grant)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM project_grant"
			   " WHERE service = ? AND project = ? AND holder = ?",
			   &row, "tii", service, (int64_t)project,
			   (int64_t)holder);

	return r != 0 ? r : read_one(row, ret_grant);
}

int grant_next(struct store *store, const struct grant *after,
	       struct grant *ret_grant)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM project_grant"
			   " WHERE (service, project, holder) > (?, ?, ?)"
			   " ORDER BY service, project, holder LIMIT 1",
			   &row, "tii", after->service, (int64_t)after->project,
			   (int64_t)after->holder);

	return r != 0 ? r : read_one(row, ret_grant);
}

int grant_next_of_holder(struct store *store, const struct grant *after,
			 struct grant *ret_grant)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM project_grant"
			   " WHERE holder = ?1"
			   " AND (service, project) > (?2, ?3)"
			   " ORDER BY service, project LIMIT 1",
			   &row, "iti", (int64_t)after->holder, after->service,
			   (int64_t)after->project);

	return r != 0 ? r : read_one(row, ret_grant);
}

int grant_next_end(struct store *store, struct grant *ret_grant)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM project_grant"
			   " WHERE until != 0 ORDER BY until LIMIT 1",
			   &row, "");

	return r != 0 ? r : read_one(row, ret_grant);
}

int grant_for_each(struct store *store, const char *service,
		   int (*each)(const struct grant *grant, void *userdata),
		   void *userdata)
{
	struct grant grant;
	sqlite3_stmt *row = NULL;
	int r;

	r = store_bind(store,
		       "SELECT " COLUMNS " FROM project_grant"
		       " WHERE service = ?",
		       &row, "t", service);
	while (store_next_row(row, &r)) {
		r = read_grant(row, &grant);
		if (r == 0)
			r = each(&grant, userdata);
	}
	return r;
}

int grant_count(struct store *store, const char *service, uint32_t *ret_n)
{
	return store_count(store,
			   "SELECT count(*) FROM project_grant"
			   " WHERE ?1 IS NULL OR service = ?1",
			   ret_n, "t", service);
}

int grant_count_of_holder(struct store *store, uint32_t holder, uint32_t *ret_n)
{
	sqlite3_stmt *row;
	int64_t n = 0;
	int r = store_bind(store,
			   "SELECT count(*) FROM project_grant"
			   " WHERE holder = ?",
			   &row, "i", (int64_t)holder);

	if (r == 0)
		r = store_step_number(row, &n);
	if (r == 0)
		*ret_n = (uint32_t)n;
	return r;
}

int grant_put(struct store *store, const struct grant *grant)
{
	return store_run(store,
			 "INSERT OR REPLACE INTO project_grant (" COLUMNS ")"
			 " VALUES (?, ?, ?, ?, ?, ?, ?)",
			 "tiiiiit", grant->service, (int64_t)grant->project,
			 (int64_t)grant->holder, (int64_t)grant->rights,
			 grant->until, grant->granted_at, grant->granted_by);
}

int grant_remove(struct store *store, const struct grant *grant)
{
	return store_run(store,
			 "DELETE FROM project_grant WHERE service = ?"
			 " AND project = ? AND holder = ?",
			 "tii", grant->service, (int64_t)grant->project,
			 (int64_t)grant->holder);
}

int grant_remove_of_user(struct store *store, uint32_t uid)
{
	return store_run(store, "DELETE FROM project_grant WHERE holder = ?",
			 "i", (int64_t)uid);
}
