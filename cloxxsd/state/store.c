/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A store that is damaged, foreign, newer or gone is refused, never
 *     replaced: an empty store would be an open one, or lock everybody out.
 *  2. A commit that returned 0 is on the disk; one that was begun ahead of it
 *     is with store_flush(). After a flush that failed nothing is written: the
 *     kernel tells each descriptor once of what it could not write.
 *  3. Values reach SQL as bound arguments only.
 */
#include "cloxxsd/state/store.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "cloxxsd/state/schema.h"
#include "cloxxsd/state/store_log.h"

/* More than that are no statements of ours: each text stands in the source. */
#define STATEMENTS_MAX 1024
#define MARKER "store.made"

/* What ends a transaction is prepared before there is one: where memory is
 * short it must not be the end that fails. */
static const char begin_sql[] = "BEGIN IMMEDIATE";
static const char commit_sql[] = "COMMIT";
static const char rollback_sql[] = "ROLLBACK";

struct statement {
	const char *sql; /* known by where it stands */
	sqlite3_stmt *statement;
};

struct store {
	sqlite3 *database;
	struct store_log log;
	struct statement *statements;
	size_t n_statements, size;
};

/* SQLite's result codes as ours; extended codes name the detail. */
int store_errno(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
		return 0;
	case SQLITE_ROW:
		return STORE_E_ROW;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return -EACCES;
	}
	return -EIO;
}

/* What is written outside of a transaction must be so by this, or by
 * store_run(). */
int store_execute(struct store *store, const char *sql)
{
	int r = store_log_wait(&store->log);

	return r != 0 ? r
		      : store_errno(sqlite3_exec(store->database, sql, NULL,
						 NULL, NULL));
}

/* One number that a PRAGMA gives. */
static int query_number(struct store *store, const char *sql, int64_t *ret)
{
	sqlite3_stmt *statement = NULL;
	int r;

	r = store_errno(
		sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL));
	if (r == 0)
		r = store_step(statement);
	if (r == STORE_E_ROW) {
		*ret = sqlite3_column_int64(statement, 0);
		r = 0;
	} else if (r == 0) {
		r = -EBADMSG;
	}
	sqlite3_finalize(statement);
	return r;
}

int store_make_directory(const char *directory, struct text *why)
{
	struct stat status;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST) {
		text_add_format(why, "%s: cannot be made: %s", directory,
				strerror(errno));
		return -errno;
	}
	if (lstat(directory, &status) < 0)
		return -errno;
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
	    (status.st_mode & 077)) {
		text_add_format(why,
				"%s: must be a directory of mode 0700 "
				"that belongs to the daemon's user",
				directory);
		return -EPERM;
	}
	return 0;
}

/* Remembers, durably, that this directory holds a store. */
static int make_marker(int directory_fd)
{
	scope(scope_close) int fd = -1;

	fd = openat(directory_fd, MARKER,
		    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fsync(fd) < 0 || fsync(directory_fd) < 0)
		return -errno;
	return 0;
}

static int harden(struct store *store)
{
	static const struct {
		int option, value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		/* Until store_trust(): what a log holds that is not ours must
		 * not be copied into the store. */
		{ SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (sqlite3_db_config(store->database, options[i].option,
				      options[i].value, NULL) != SQLITE_OK)
			return -EIO;
	/* Exclusive: no second daemon, and no shared memory file to attack. */
	return store_execute(store, "PRAGMA locking_mode = EXCLUSIVE;"
				    "PRAGMA journal_mode = WAL;"
				    "PRAGMA synchronous = FULL;"
				    "PRAGMA temp_store = MEMORY;"
				    "PRAGMA cell_size_check = ON;"
				    "PRAGMA cache_size = -2048;"
				    "PRAGMA secure_delete = ON;");
}

/*
 * Whether it is ours, or new: an empty database is new only where there was
 * none before.
 */
static int recognise(struct store *store, bool marked, int64_t version,
		     struct text *why)
{
	int64_t application = 0, n_tables = 0;
	int r;

	r = query_number(store, "PRAGMA application_id", &application);
	if (r == 0)
		r = query_number(store, "SELECT count(*) FROM sqlite_schema",
				 &n_tables);
	if (r != 0)
		return r;
	if (version == 0 && application == 0 && n_tables == 0) {
		if (!marked)
			return 0;
		text_add(why, "it is empty, and was not; put it back from a "
			      "backup");
		return STORE_E_LOST;
	}
	if (version > 0 && application == SCHEMA_APPLICATION_ID)
		return 0;
	text_add(why, "it is a database, but not one of ours");
	return STORE_E_DAMAGED;
}

static int migrate(struct store *store, bool marked, struct text *why)
{
	int64_t version = 0;
	char sql[64];
	int r;

	r = query_number(store, "PRAGMA user_version", &version);
	if (r == 0)
		r = recognise(store, marked, version, why);
	if (r != 0)
		return r;
	if (version > (int64_t)schema_version()) {
		text_add_format(why,
				"it has version %lld, this daemon %zu: "
				"install the later version again",
				(long long)version, schema_version());
		return STORE_E_NEWER;
	}
	while (version < (int64_t)schema_version()) {
		struct text text;

		text_init(&text, sql, sizeof(sql));
		text_add_format(&text,
				"PRAGMA application_id = %d; "
				"PRAGMA user_version = %lld",
				SCHEMA_APPLICATION_ID, (long long)++version);
		r = store_begin(store);
		if (r == 0)
			r = store_execute(store,
					  schema_migration((size_t)version));
		if (r == 0)
			r = store_execute(store, sql);
		if (r == 0)
			r = store_commit(store);
		else
			store_rollback(store);
		if (r != 0)
			return r;
	}
	return 0;
}

static int make_room(struct store *store)
{
	size_t size = store->size + 64;
	struct statement *grown;

	if (store->n_statements < store->size)
		return 0;
	if (size > STATEMENTS_MAX)
		return -ENOBUFS;
	grown = reallocarray(store->statements, size, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	store->statements = grown;
	store->size = size;
	return 0;
}

static int find_statement(struct store *store, const char *sql,
			  sqlite3_stmt **ret_statement)
{
	int r;

	for (size_t i = 0; i < store->n_statements; i++)
		if (store->statements[i].sql == sql) {
			*ret_statement = store->statements[i].statement;
			sqlite3_reset(*ret_statement);
			sqlite3_clear_bindings(*ret_statement);
			return 0;
		}
	r = make_room(store);
	if (r == 0)
		r = store_errno(sqlite3_prepare_v3(store->database, sql, -1,
						   SQLITE_PREPARE_PERSISTENT,
						   ret_statement, NULL));
	if (r != 0)
		return r;
	store->statements[store->n_statements].sql = sql;
	store->statements[store->n_statements++].statement = *ret_statement;
	return 0;
}

static int prepare_transactions(struct store *store)
{
	static const char *const sql[] = { begin_sql, commit_sql,
					   rollback_sql };
	sqlite3_stmt *statement;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sql); i++)
		r = find_statement(store, sql[i], &statement);
	return r;
}

static int open_database(struct store *store, const char *path, bool marked,
			 struct text *why)
{
	int r;

	r = sqlite3_open_v2(path, &store->database,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
				    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
				    SQLITE_OPEN_PRIVATECACHE,
			    NULL);
	store->log.database = store->database;
	if (r == SQLITE_OK)
		r = harden(store);
	else
		r = store_errno(r);
	if (r == 0)
		r = prepare_transactions(store);
	if (r == 0)
		r = migrate(store, marked, why);
	if (r == -EBUSY)
		text_add(why, "another cloxxsd has it open");
	return r == -EBADMSG ? STORE_E_DAMAGED : r;
}

static struct store *store_alloc(void)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store)
		store->log = STORE_LOG_INIT;
	return store;
}

int store_open(const char *directory, struct text *why,
	       struct store **ret_store)
{
	scope(store_freep) struct store *store = NULL;
	scope(scope_close) int directory_fd = -1;
	struct text text;
	bool marked, there;
	char path[512];
	size_t n;
	int r;

	text_init(&text, path, sizeof(path));
	text_add_format(&text, "%s/store.db", directory);
	if (text_is_cut(&text))
		return -ENAMETOOLONG;
	r = store_make_directory(directory, why);
	if (r != 0)
		return r;
	directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory_fd < 0)
		return -errno;
	marked = faccessat(directory_fd, MARKER, F_OK, 0) == 0;
	there = faccessat(directory_fd, "store.db", F_OK, 0) == 0;
	if (marked && !there) {
		text_add_format(why,
				"%s: it was here and is gone; "
				"put it back from a backup",
				path);
		return STORE_E_LOST;
	}
	store = store_alloc();
	if (!store)
		return -ENOMEM;
	text_add_format(why, "%s: ", path);
	n = why->n;
	r = open_database(store, path, marked, why);
	if (r == 0 && !marked)
		r = make_marker(directory_fd);
	if (r != 0) {
		/* In brackets only behind a sentence of ours. */
		if (store->database)
			text_add_format(why, why->n > n ? " (%s)" : "%s",
					sqlite3_errmsg(store->database));
		return r;
	}
	*ret_store = scope_take_ptr(store);
	return 0;
}

/* What hardens a connection that never writes. */
static int recognise_snapshot(struct store *store, struct text *why)
{
	int64_t version = 0;
	int r;

	(void)sqlite3_db_config(store->database, SQLITE_DBCONFIG_DEFENSIVE, 1,
				NULL);
	(void)sqlite3_db_config(store->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA,
				0, NULL);
	r = store_execute(store, "PRAGMA cell_size_check = ON;"
				 "PRAGMA temp_store = MEMORY;");
	if (r == 0)
		r = query_number(store, "PRAGMA user_version", &version);
	if (r == 0)
		r = recognise(store, true, version, why);
	if (r == 0 && version > (int64_t)schema_version()) {
		text_add(why, "it was made by a later version");
		r = STORE_E_NEWER;
	}
	return r == -EBADMSG ? STORE_E_DAMAGED : r;
}

int store_open_snapshot(const char *path, struct text *why,
			struct store **ret_store)
{
	scope(store_freep) struct store *store = store_alloc();
	char uri[512];
	struct text text;
	int r;

	if (!store)
		return -ENOMEM;
	text_init(&text, uri, sizeof(uri));
	text_add_format(&text, "file:%s?immutable=1", path);
	if (text_is_cut(&text) || strpbrk(path, "?#%"))
		return -EINVAL;
	r = store_errno(sqlite3_open_v2(uri, &store->database,
					SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
						SQLITE_OPEN_NOMUTEX |
						SQLITE_OPEN_PRIVATECACHE,
					NULL));
	store->log.database = store->database;
	if (r == 0)
		r = recognise_snapshot(store, why);
	if (r != 0)
		return r;
	*ret_store = scope_take_ptr(store);
	return 0;
}

sqlite3 *store_database(const struct store *store)
{
	return store->database;
}

int store_trust(struct store *store)
{
	return sqlite3_db_config(store->database,
				 SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0,
				 NULL) == SQLITE_OK
		       ? 0
		       : -EIO;
}

int store_check(struct store *store,
		void (*each)(const char *fault, void *userdata), void *userdata)
{
	const unsigned char *fault;
	sqlite3_stmt *row;
	int r;

	r = store_bind(store, "PRAGMA integrity_check(10)", &row, "");
	if (r != 0)
		return r;
	while ((r = store_step(row)) == STORE_E_ROW) {
		fault = sqlite3_column_text(row, 0);
		if (fault && strcmp((const char *)fault, "ok") != 0)
			each((const char *)fault, userdata);
	}
	return r;
}

int store_renew(struct store *store)
{
	return store_log_renew(&store->log);
}

int store_reserve_log(struct store *store)
{
	return store_log_reserve(&store->log);
}

struct store *store_free(struct store *store)
{
	if (!store)
		return NULL;
	for (size_t i = 0; i < store->n_statements; i++)
		sqlite3_finalize(store->statements[i].statement);
	sqlite3_close(store->database);
	store_log_deinit(&store->log);
	free(store->statements);
	free(store);
	return NULL;
}

static int bind_arguments(sqlite3_stmt *statement, const char *form,
			  va_list arguments)
{
	int r = SQLITE_OK;

	for (int i = 1; *form && r == SQLITE_OK; form++, i++) {
		const void *bytes;

		switch (*form) {
		case 'i':
			r = sqlite3_bind_int64(statement, i,
					       va_arg(arguments, int64_t));
			break;
		case 't':
			r = sqlite3_bind_text(statement, i,
					      va_arg(arguments, const char *),
					      -1, SQLITE_TRANSIENT);
			break;
		case 'b':
			bytes = va_arg(arguments, const void *);
			r = sqlite3_bind_blob64(statement, i, bytes,
						va_arg(arguments, size_t),
						SQLITE_TRANSIENT);
			break;
		default:
			return -EINVAL;
		}
	}
	return store_errno(r);
}

static int bind_list(struct store *store, const char *sql,
		     sqlite3_stmt **ret_statement, const char *form,
		     va_list arguments)
{
	sqlite3_stmt *statement;
	int r;

	r = find_statement(store, sql, &statement);
	if (r == 0)
		r = bind_arguments(statement, form, arguments);
	if (r == 0)
		*ret_statement = statement;
	return r;
}

int store_bind(struct store *store, const char *sql,
	       sqlite3_stmt **ret_statement, const char *form, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, form);
	r = bind_list(store, sql, ret_statement, form, arguments);
	va_end(arguments);
	return r;
}

int store_step(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	/* A statement left open would hold the transaction. */
	if (code != SQLITE_ROW)
		sqlite3_reset(statement);
	return store_errno(code);
}

bool store_next_row(sqlite3_stmt *statement, int *r)
{
	if (*r != 0) {
		sqlite3_reset(statement);
		return false;
	}
	*r = store_step(statement);
	if (*r != STORE_E_ROW)
		return false;
	*r = 0;
	return true;
}

int store_step_one(sqlite3_stmt *statement)
{
	int r = store_step(statement);

	if (r == STORE_E_ROW)
		return 0;
	return r == 0 ? -EIO : r;
}

int store_step_number(sqlite3_stmt *statement, int64_t *ret_number)
{
	int r = store_step_one(statement);

	if (r != 0)
		return r;
	*ret_number = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return 0;
}

int store_count(struct store *store, const char *sql, uint32_t *ret_n,
		const char *form, ...)
{
	sqlite3_stmt *row = NULL;
	va_list arguments;
	int64_t n = 0;
	int r;

	va_start(arguments, form);
	r = bind_list(store, sql, &row, form, arguments);
	va_end(arguments);
	if (r == 0)
		r = store_step_number(row, &n);
	if (r == 0)
		*ret_n = (uint32_t)n;
	return r;
}

int store_free_id(struct store *store, const char *table, uint32_t *ret_id)
{
	sqlite3_stmt *row;
	int64_t last = 0;
	int r = store_bind(store,
			   "SELECT max(seq) FROM sqlite_sequence"
			   " WHERE name = ?",
			   &row, "t", table);

	if (r == 0)
		r = store_step_number(row, &last);
	if (r != 0)
		return r;
	if (last < 0 || last >= INT32_MAX)
		return STORE_E_FULL;
	*ret_id = (uint32_t)last + 1;
	return 0;
}

int store_run(struct store *store, const char *sql, const char *form, ...)
{
	sqlite3_stmt *statement = NULL;
	va_list arguments;
	int r;

	r = store_log_wait(&store->log);
	if (r != 0)
		return r;
	va_start(arguments, form);
	r = bind_list(store, sql, &statement, form, arguments);
	va_end(arguments);
	if (r == 0)
		r = store_step(statement);
	if (r == STORE_E_ROW) {
		sqlite3_reset(statement);
		r = 0;
	}
	return r;
}

int store_changes(const struct store *store)
{
	return sqlite3_changes(store->database);
}

bool store_column_text(sqlite3_stmt *statement, int column, char *buffer,
		       size_t size)
{
	const unsigned char *value = sqlite3_column_text(statement, column);
	size_t n = (size_t)sqlite3_column_bytes(statement, column);

	if (n >= size || (value && strlen((const char *)value) != n))
		return false;
	if (value)
		memcpy(buffer, value, n);
	buffer[n] = '\0';
	return true;
}

int store_begin(struct store *store)
{
	return store_run(store, begin_sql, "");
}

int store_begin_ahead(struct store *store)
{
	sqlite3_stmt *statement;
	int r = store_log_hurry(&store->log);

	if (r == 0)
		r = find_statement(store, begin_sql, &statement);
	return r != 0 ? r : store_step(statement);
}

int store_commit(struct store *store)
{
	int r = store_run(store, commit_sql, "");

	if (r == 0) {
		store_log_committed(&store->log);
		return 0;
	}
	store_rollback(store);
	/* If it was the disk, what is ahead of it may be what it did not take:
	 * nothing is to be written behind that. */
	(void)!store_flush(store);
	return r;
}

int store_flush(struct store *store)
{
	return store_log_flush(&store->log);
}

void store_rollback(struct store *store)
{
	/* SQLite may have rolled back by itself; then there is nothing to do.
	 */
	if (!sqlite3_get_autocommit(store->database))
		(void)!store_run(store, rollback_sql, "");
}
