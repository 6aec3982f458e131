/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/backup/merge_rights.h"

#include "base/name.h"

/* What is in one of the two only, or another there. */
#define DIFFERENT(what, table)                                              \
	"SELECT * FROM (SELECT " what " FROM " table " EXCEPT SELECT " what \
	" FROM present." table ")"                                          \
	" UNION SELECT * FROM (SELECT " what " FROM present." table         \
	" EXCEPT SELECT " what " FROM " table ")"

#define PROJECTS                                                      \
	DIFFERENT("id, name, service, archived_at != 0, readers_gid," \
		  " writers_gid",                                     \
		  "project")
#define GRANTS \
	DIFFERENT("service, project, holder, rights, until", "project_grant")
#define MEMBERS DIFFERENT("group_id, uid", "user_group_member")

int merge_rights_for_each(struct store *store,
			  int (*each)(const char *name, void *userdata),
			  void *userdata)
{
	char name[NAME_PROJECT_MAX + 2];
	sqlite3_stmt *row = NULL;
	int r;

	r = store_bind(store,
		       "SELECT name FROM (" PROJECTS ") UNION"
		       " SELECT coalesce("
		       "(SELECT name FROM present.project WHERE id = project),"
		       " (SELECT name FROM main.project WHERE id = project),"
		       " 'every-project') FROM (" GRANTS ") UNION"
		       " SELECT '@' || coalesce("
		       "(SELECT name FROM present.user_group"
		       " WHERE id = group_id),"
		       " (SELECT name FROM main.user_group"
		       " WHERE id = group_id), '') FROM (" MEMBERS ")",
		       &row, "");
	while (store_next_row(row, &r))
		r = store_column_text(row, 0, name, sizeof(name))
			    ? each(name, userdata)
			    : -EBADMSG;
	return r;
}

static int run_all(struct store *store, const char *const *sql, size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = store_run(store, sql[i], "");
	return r;
}

/* Neither side's ids come again, be they of projects or of groups of the
 * system. */
static int keep_ids(struct store *store)
{
	static const char *const sql[] = {
		"INSERT OR IGNORE INTO retired_uid (uid, name, retired)"
		" SELECT readers_gid, name, created FROM present.project"
		" WHERE readers_gid NOT IN (SELECT readers_gid FROM project)",
		"INSERT OR IGNORE INTO retired_uid (uid, name, retired)"
		" SELECT writers_gid, name, created FROM present.project"
		" WHERE writers_gid NOT IN (SELECT writers_gid FROM project)",
		"DELETE FROM retired_uid WHERE uid = 0 OR uid IN"
		" (SELECT readers_gid FROM project UNION"
		" SELECT writers_gid FROM project)",
		"UPDATE sqlite_sequence SET seq = max(seq, coalesce("
		"(SELECT p.seq FROM present.sqlite_sequence AS p"
		" WHERE p.name = sqlite_sequence.name), 0))",
		"INSERT INTO sqlite_sequence (name, seq)"
		" SELECT name, seq FROM present.sqlite_sequence"
		" WHERE name NOT IN (SELECT name FROM main.sqlite_sequence)",
	};

	return run_all(store, sql, ARRAY_SIZE(sql));
}

static int take_present(struct store *store)
{
	static const char *const sql[] = {
		/* Groups of the backup that are no more. */
		"INSERT OR IGNORE INTO retired_uid (uid, name, retired)"
		" SELECT readers_gid, name, created FROM project"
		" WHERE readers_gid != 0",
		"INSERT OR IGNORE INTO retired_uid (uid, name, retired)"
		" SELECT writers_gid, name, created FROM project"
		" WHERE writers_gid != 0",
		"DELETE FROM project",
		"INSERT INTO project SELECT * FROM present.project",
		"DELETE FROM user_group_member",
		"DELETE FROM user_group",
		"INSERT INTO user_group SELECT * FROM present.user_group",
		("INSERT INTO user_group_member"
		 " SELECT * FROM present.user_group_member"
		 " WHERE uid IN (SELECT uid FROM user)"),
		"DELETE FROM project_grant",
		("INSERT INTO project_grant"
		 " SELECT * FROM present.project_grant"),
	};

	return run_all(store, sql, ARRAY_SIZE(sql));
}

int merge_rights(struct store *store, bool then)
{
	/* Of users who are not there: in the backup, or from now on. */
	static const char *const gone[] = {
		"DELETE FROM user_group_member"
		" WHERE uid NOT IN (SELECT uid FROM user)",
		"DELETE FROM project_grant WHERE holder BETWEEN 1"
		" AND 2147483647 AND holder NOT IN (SELECT uid FROM user)",
	};
	int r = 0;

	if (!then)
		r = take_present(store);
	if (r == 0)
		r = keep_ids(store);
	return r != 0 ? r : run_all(store, gone, ARRAY_SIZE(gone));
}
