/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/project.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS                                                      \
	"id, name, service, created, archived_at, archived_because," \
	" readers_gid, writers_gid"

static bool is_gid(int64_t gid)
{
	return gid == 0 || (gid >= NAME_UID_MIN && gid <= NAME_UID_MAX);
}

/* The row as a project: a value out of its range is no value. */
static int read_project(sqlite3_stmt *row, struct project *ret_project)
{
	struct project project = { 0 };
	int64_t id = sqlite3_column_int64(row, 0);
	int64_t readers = sqlite3_column_int64(row, 6);
	int64_t writers = sqlite3_column_int64(row, 7);

	if (id < 1 || id > INT32_MAX || !is_gid(readers) || !is_gid(writers) ||
	    !store_column_text(row, 1, project.name, sizeof(project.name)) ||
	    !store_column_text(row, 2, project.service,
			       sizeof(project.service)) ||
	    !store_column_text(row, 5, project.archived_because,
			       sizeof(project.archived_because)))
		return PROJECT_E_DAMAGED;
	project.id = (uint32_t)id;
	project.created = sqlite3_column_int64(row, 3);
	project.archived_at = sqlite3_column_int64(row, 4);
	project.readers_gid = (uint32_t)readers;
	project.writers_gid = (uint32_t)writers;
	*ret_project = project;
	return 0;
}

/* The one row that statement gives. */
static int read_one(sqlite3_stmt *row, struct project *ret_project)
{
	int r = store_step(row);

	if (r != STORE_E_ROW)
		return r == 0 ? PROJECT_E_UNKNOWN : r;
	r = read_project(row, ret_project);
	sqlite3_reset(row);
	return r;
}

int project_find(struct store *store, const char *name,
		 struct project *ret_project)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM project WHERE name = ?",
			   &row, "t", name);

	return r != 0 ? r : read_one(row, ret_project);
}

int project_find_id(struct store *store, uint32_t id,
		    struct project *ret_project)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM project WHERE id = ?", &row,
			   "i", (int64_t)id);

	return r != 0 ? r : read_one(row, ret_project);
}

int project_next(struct store *store, const char *name,
		 struct project *ret_project)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM project WHERE name > ?"
			   " ORDER BY name LIMIT 1",
			   &row, "t", name);

	return r != 0 ? r : read_one(row, ret_project);
}

int project_next_of(struct store *store, const char *service, const char *name,
		    struct project *ret_project)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM project WHERE service = ?"
			   " AND name > ? ORDER BY name LIMIT 1",
			   &row, "tt", service, name);

	return r != 0 ? r : read_one(row, ret_project);
}

int project_next_grouped(struct store *store, uint32_t id,
			 struct project *ret_project)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM project WHERE id > ?"
			   " AND readers_gid != 0 ORDER BY id LIMIT 1",
			   &row, "i", (int64_t)id);

	return r != 0 ? r : read_one(row, ret_project);
}

int project_next_service(struct store *store, const char *service,
			 struct project *ret_project)
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT " COLUMNS " FROM project WHERE service > ?"
			   " ORDER BY service LIMIT 1",
			   &row, "t", service);

	return r != 0 ? r : read_one(row, ret_project);
}

int project_for_each(struct store *store, const char *service,
		     int (*each)(const struct project *project, void *userdata),
		     void *userdata)
{
	struct project project;
	sqlite3_stmt *row = NULL;
	int r;

	r = store_bind(store,
		       "SELECT " COLUMNS " FROM project WHERE service = ?",
		       &row, "t", service);
	while (store_next_row(row, &r)) {
		r = read_project(row, &project);
		if (r == 0)
			r = each(&project, userdata);
	}
	return r;
}

int project_count(struct store *store, const char *service, uint32_t *ret_n)
{
	return store_count(store,
			   "SELECT count(*) FROM project"
			   " WHERE ?1 IS NULL OR service = ?1",
			   ret_n, "t", service);
}

int project_free_id(struct store *store, uint32_t *ret_id)
{
	int r = store_free_id(store, "project", ret_id);

	return r == STORE_E_FULL ? PROJECT_E_FULL : r;
}

static const char *const suffixes[] = { "-readers", "-writers" };

void project_group_name(const struct project *project, bool writers,
			char ret_name[NAME_USER_MAX + 1])
{
	(void)snprintf(ret_name, NAME_USER_MAX + 1, "%.*s%s",
		       PROJECT_GROUPED_MAX, project->name, suffixes[writers]);
}

int project_has_group(struct store *store, const char *name, bool *ret_has)
{
	char stem[NAME_USER_MAX + 1];
	struct project project;
	size_t n = strlen(name);
	bool has = false;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t n_suffix = strlen(suffixes[i]);

		if (n <= n_suffix || n - n_suffix >= sizeof(stem) ||
		    strcmp(name + n - n_suffix, suffixes[i]) != 0)
			continue;
		memcpy(stem, name, n - n_suffix);
		stem[n - n_suffix] = '\0';
		r = project_find(store, stem, &project);
		if (r != 0 && r != PROJECT_E_UNKNOWN)
			return r;
		has = has || (r == 0 && project.readers_gid != 0);
	}
	*ret_has = has;
	return 0;
}

int project_add(struct store *store, const struct project *project)
{
	return store_run(store,
			 "INSERT INTO project (" COLUMNS ")"
			 " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			 "ittiitii", (int64_t)project->id, project->name,
			 project->service, project->created,
			 project->archived_at, project->archived_because,
			 (int64_t)project->readers_gid,
			 (int64_t)project->writers_gid);
}

int project_set(struct store *store, const struct project *project, int64_t at)
{
	int r = store_run(store,
			  "INSERT OR IGNORE INTO retired_uid"
			  " (uid, name, retired)"
			  " SELECT readers_gid, name, ?2 FROM project"
			  " WHERE id = ?1 AND readers_gid NOT IN (0, ?3) UNION"
			  " SELECT writers_gid, name, ?2 FROM project"
			  " WHERE id = ?1 AND writers_gid NOT IN (0, ?4)",
			  "iiii", (int64_t)project->id, at,
			  (int64_t)project->readers_gid,
			  (int64_t)project->writers_gid);

	if (r != 0)
		return r;
	return store_run(store,
			 "UPDATE project SET name = ?, archived_at = ?,"
			 " archived_because = ?, readers_gid = ?,"
			 " writers_gid = ? WHERE id = ?",
			 "titiii", project->name, project->archived_at,
			 project->archived_because,
			 (int64_t)project->readers_gid,
			 (int64_t)project->writers_gid, (int64_t)project->id);
}

int project_delete(struct store *store, uint32_t id, int64_t at)
{
	int r = store_run(store, "DELETE FROM project_grant WHERE project = ?",
			  "i", (int64_t)id);

	/* The gids go the way of the uids: never given out again. */
	if (r == 0)
		r = store_run(store,
			      "INSERT INTO retired_uid (uid, name, retired)"
			      " SELECT readers_gid, name, ?2 FROM project"
			      " WHERE id = ?1 AND readers_gid != 0 UNION"
			      " SELECT writers_gid, name, ?2 FROM project"
			      " WHERE id = ?1 AND writers_gid != 0",
			      "ii", (int64_t)id, at);
	return r != 0 ? r
		      : store_run(store, "DELETE FROM project WHERE id = ?",
				  "i", (int64_t)id);
}
