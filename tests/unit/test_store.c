/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * abuse_131: what is not the store that was there is refused, never replaced;
 * and the store's own promises.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "cloxxsd/state/schema.h"
#include "cloxxsd/state/store.h"
#include "tests/unit/scratch.h"

#define NOBODY 65534

static struct scratch scratch;

static int setup(void **state)
{
	(void)state;
	scratch_init(&scratch);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_deinit(&scratch);
	return 0;
}

/* Opens private/ below the scratch directory; what it says must hold say. */
static struct store *open_expecting(int result, const char *say)
{
	struct store *store = NULL;
	char path[128], why[512];
	struct text text;
	int r;

	text_init(&text, why, sizeof(why));
	r = store_open(scratch_path(&scratch, "private", path), &text, &store);
	if (r != result || !strstr(why, say))
		fail_msg("%d instead of %d: '%s' without '%s'", r, result, why,
			 say);
	assert_true((store != NULL) == (r == 0));
	return store;
}

static struct store *open_well(void)
{
	struct store *store = open_expecting(0, "");

	assert_int_equal(store_trust(store), 0);
	return store;
}

static void make_one(void)
{
	store_free(open_well());
}

/* Another program's hand in the file. */
static void meddle(const char *name, const char *sql)
{
	sqlite3 *database;
	char path[128];

	assert_int_equal(
		sqlite3_open(scratch_path(&scratch, name, path), &database),
		SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static int64_t number(struct store *store, const char *sql)
{
	sqlite3_stmt *row;
	int64_t n;

	assert_int_equal(store_bind(store, sql, &row, ""), 0);
	assert_int_equal(store_step(row), STORE_E_ROW);
	n = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return n;
}

static mode_t mode_of(const char *name)
{
	struct stat status;
	char path[128];

	assert_int_equal(stat(scratch_path(&scratch, name, path), &status), 0);
	return status.st_mode & 07777;
}

static void a_new_one(void **state)
{
	struct store *store;

	(void)state;
	umask(022);
	store = open_well();
	assert_int_equal(mode_of("private"), 0700);
	assert_int_equal(number(store, "PRAGMA user_version"),
			 schema_version());
	assert_int_equal(number(store, "PRAGMA synchronous"), 2);
	assert_int_equal(number(store, "PRAGMA foreign_keys"), 1);
	assert_int_equal(number(store, "PRAGMA secure_delete"), 1);
	assert_int_equal(store_run(store, "UPDATE decoy SET n = 7", ""), 0);
	store_free(store);
	store = open_well();
	assert_int_equal(number(store, "SELECT n FROM decoy"), 7);
	store_free(store);
	assert_null(store_free(NULL));
}

static void files_are_for_us_alone(void **state)
{
	struct store *store;

	(void)state;
	umask(077);
	store = open_well();
	assert_int_equal(mode_of("private/store.db"), 0600);
	assert_int_equal(mode_of("private/store.db-wal"), 0600);
	assert_int_equal(mode_of("private/store.made"), 0600);
	store_free(store);
	umask(022);
}

static void one_that_is_gone(void **state)
{
	char path[128];

	(void)state;
	make_one();
	assert_int_equal(
		unlink(scratch_path(&scratch, "private/store.db", path)), 0);
	assert_null(open_expecting(STORE_E_LOST, "gone"));
	/* Nothing was made in its place. */
	assert_int_equal(access(path, F_OK), -1);
}

static void one_that_was_emptied(void **state)
{
	char path[128];

	(void)state;
	make_one();
	assert_int_equal(
		truncate(scratch_path(&scratch, "private/store.db", path), 0),
		0);
	assert_null(open_expecting(STORE_E_LOST, "empty"));
	meddle("private/store.db", "VACUUM");
	assert_null(open_expecting(STORE_E_LOST, "empty"));
}

/* Killed between the making of the file and of its marker. */
static void one_that_was_just_begun(void **state)
{
	char path[128];

	(void)state;
	make_one();
	assert_int_equal(
		unlink(scratch_path(&scratch, "private/store.made", path)), 0);
	make_one();
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(
		truncate(scratch_path(&scratch, "private/store.db", path), 0),
		0);
	make_one();
}

static void another_programs(void **state)
{
	char path[128];

	(void)state;
	assert_int_equal(mkdir(scratch_path(&scratch, "private", path), 0700),
			 0);
	meddle("private/store.db", "CREATE TABLE user (name TEXT)");
	assert_null(open_expecting(STORE_E_DAMAGED, "not one of ours"));
	meddle("private/store.db", "PRAGMA user_version = 1");
	assert_null(open_expecting(STORE_E_DAMAGED, "not one of ours"));
	meddle("private/store.db", "PRAGMA application_id = 1");
	assert_null(open_expecting(STORE_E_DAMAGED, "not one of ours"));
	meddle("private/store.db", "PRAGMA user_version = 0");
	assert_null(open_expecting(STORE_E_DAMAGED, "not one of ours"));
}

static void a_later_version(void **state)
{
	(void)state;
	make_one();
	meddle("private/store.db", "PRAGMA user_version = 1000");
	assert_null(open_expecting(STORE_E_NEWER, "version 1000"));
	/* It was not touched. */
	assert_null(open_expecting(STORE_E_NEWER, "version 1000"));
}

static void no_database(void **state)
{
	static const char zeros[100];

	(void)state;
	make_one();
	scratch_patch(&scratch, "private/store.db", 0, zeros, sizeof(zeros));
	assert_null(open_expecting(STORE_E_DAMAGED, "store.db"));
}

static void a_damaged_page(void **state)
{
	static char noise[4096 - 1];
	struct store *store;
	sqlite3_stmt *row;
	int64_t page;
	int r;

	(void)state;
	store = open_well();
	page = number(store,
		      "SELECT rootpage FROM sqlite_schema WHERE name = 'user'");
	store_free(store);
	memset(noise, 0xa5, sizeof(noise));
	scratch_patch(&scratch, "private/store.db", (page - 1) * 4096, noise,
		      sizeof(noise));
	store = open_well();
	r = store_bind(store, "SELECT role FROM user", &row, "");
	if (r == 0)
		r = store_step(row);
	assert_int_equal(r, -EBADMSG);
	assert_int_equal(
		store_run(store, "DELETE FROM user WHERE uid = 66000", ""),
		-EBADMSG);
	store_free(store);
}

/* abuse_131: a log that is another store's is not copied into this one. */
static void a_foreign_log(void **state)
{
	static uint8_t before[1 << 20], after[1 << 20];
	struct store *store;
	char path[128];
	ssize_t n;
	int fd;

	(void)state;
	make_one();
	fd = open(scratch_path(&scratch, "private/store.db", path), O_RDONLY);
	n = read(fd, before, sizeof(before));
	assert_true(n > 0);
	close(fd);
	/* What stands in the log of a store that nobody proved. */
	store = open_expecting(0, "");
	assert_int_equal(store_run(store, "UPDATE decoy SET n = 9", ""), 0);
	store_free(store);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, after, sizeof(after)), n);
	close(fd);
	assert_memory_equal(before, after, (size_t)n);
	assert_true(scratch_size(&scratch, "private/store.db-wal") > 0);
	store = open_well();
	assert_int_equal(number(store, "SELECT n FROM decoy"), 9);
	store_free(store);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, after, sizeof(after)), n);
	close(fd);
	assert_memory_not_equal(before, after, (size_t)n);
}

static void faults_are_told(const char *fault, void *userdata)
{
	assert_true(strlen(fault) > 0);
	(*(unsigned int *)userdata)++;
}

static void each_page_is_looked_at(void **state)
{
	static char noise[100];
	unsigned int n = 0;
	struct store *store;
	int64_t page;
	int r;

	(void)state;
	store = open_well();
	assert_int_equal(store_check(store, faults_are_told, &n), 0);
	assert_int_equal(n, 0);
	page = number(store,
		      "SELECT rootpage FROM sqlite_schema WHERE name = 'user'");
	store_free(store);
	memset(noise, 0xa5, sizeof(noise));
	scratch_patch(&scratch, "private/store.db", (page - 1) * 4096, noise,
		      sizeof(noise));
	store = open_expecting(0, "");
	r = store_check(store, faults_are_told, &n);
	assert_true(r != 0 || n > 0);
	store_free(store);
}

static void a_second_daemon(void **state)
{
	struct store *store;

	(void)state;
	store = open_well();
	assert_null(open_expecting(-EBUSY, "another cloxxsd"));
	assert_int_equal(store_run(store, "UPDATE decoy SET n = 8", ""), 0);
	store_free(store);
	make_one();
}

static void directories(void **state)
{
	char path[128], target[128];

	(void)state;
	make_one();
	scratch_path(&scratch, "private", path);
	assert_int_equal(chmod(path, 0750), 0);
	assert_null(open_expecting(-EPERM, "0700"));
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(
		rename(path, scratch_path(&scratch, "elsewhere", target)), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_null(open_expecting(-EPERM, "0700"));
	assert_int_equal(unlink(path), 0);
	scratch_write(&scratch, "private", "", 0, 0700);
	assert_null(open_expecting(-EPERM, "0700"));
}

/* The store itself is never reached through a link. */
static void a_linked_store(void **state)
{
	char path[128], target[128];

	(void)state;
	make_one();
	scratch_path(&scratch, "private/store.db", path);
	assert_int_equal(
		rename(path, scratch_path(&scratch, "elsewhere", target)), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_null(open_expecting(-EACCES, "store.db"));
}

static void a_directory_that_cannot_be_written(void **state)
{
	bool is_root = geteuid() == 0;
	char path[128];

	(void)state;
	scratch_path(&scratch, "private", path);
	assert_int_equal(mkdir(path, 0500), 0);
	if (is_root) {
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
		assert_int_equal(chmod(scratch.path, 0755), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	assert_null(open_expecting(-EACCES, "store.db"));
	if (is_root)
		assert_int_equal(seteuid(0), 0);
}

static void transactions(void **state)
{
	struct store *store;

	(void)state;
	store = open_well();
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_run(store, "UPDATE decoy SET n = 1", ""), 0);
	assert_int_equal(store_changes(store), 1);
	store_rollback(store);
	assert_int_equal(number(store, "SELECT n FROM decoy"), 0);
	store_rollback(store);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_begin(store), -EIO);
	assert_int_equal(store_run(store, "UPDATE decoy SET n = 2", ""), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(number(store, "SELECT n FROM decoy"), 2);
	assert_int_equal(
		store_run(store, "INSERT INTO decoy (id, n) VALUES (1, 0)", ""),
		-EEXIST);
	store_free(store);
}

/* abuse_126: values are values, whatever they look like. */
static void values_are_bound(void **state)
{
	static const char name[] = "'; DROP TABLE decoy; --";
	struct store *store;
	sqlite3_stmt *row;
	char read[64];

	(void)state;
	store = open_well();
	assert_int_equal(
		store_run(store,
			  "INSERT INTO retired_uid (uid, name, retired)"
			  " VALUES (?, ?, ?)",
			  "iti", INT64_C(70000), name, INT64_C(1)),
		0);
	assert_int_equal(store_bind(store,
				    "SELECT name FROM retired_uid WHERE"
				    " name = ?",
				    &row, "t", name),
			 0);
	assert_int_equal(store_step(row), STORE_E_ROW);
	assert_true(store_column_text(row, 0, read, sizeof(read)));
	assert_string_equal(read, name);
	assert_false(store_column_text(row, 0, read, strlen(name)));
	assert_true(store_column_text(row, 0, read, strlen(name) + 1));
	sqlite3_reset(row);
	assert_int_equal(store_bind(store,
				    "SELECT name FROM retired_uid WHERE"
				    " name = ?",
				    &row, "t", "%"),
			 0);
	assert_int_equal(store_step(row), 0);
	assert_int_equal(store_bind(store, "SELECT ?", &row, "x"), -EINVAL);
	store_free(store);
}

static int64_t sum_rows(struct store *store, int end, int *ret_r)
{
	sqlite3_stmt *row = NULL;
	int64_t sum = 0;
	int r;

	r = store_bind(store, "SELECT 1 UNION SELECT 2 UNION SELECT 4", &row,
		       "");
	while (store_next_row(row, &r)) {
		sum += sqlite3_column_int64(row, 0);
		r = end;
	}
	/* One left open would hold the log. */
	assert_false(sqlite3_stmt_busy(row));
	*ret_r = r;
	return sum;
}

static void rows_in_a_loop(void **state)
{
	static const int ends[] = { -EIO, STORE_E_ROW, 7 };
	struct store *store;
	int r;

	(void)state;
	store = open_well();
	assert_int_equal(sum_rows(store, 0, &r), 7);
	assert_int_equal(r, 0);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		assert_int_equal(sum_rows(store, ends[i], &r), 1);
		assert_int_equal(r, ends[i]);
	}
	r = -ENOMEM;
	assert_false(store_next_row(NULL, &r));
	assert_int_equal(r, -ENOMEM);
	store_free(store);
}

static void ids_are_given_once(void **state)
{
	struct store *store;
	uint32_t id = 0;

	(void)state;
	store = open_well();
	assert_int_equal(store_free_id(store, "project", &id), 0);
	assert_int_equal(id, 1);
	assert_int_equal(store_run(store,
				   "INSERT INTO sqlite_sequence (name, seq)"
				   " VALUES ('project', 2147483646)",
				   ""),
			 0);
	assert_int_equal(store_free_id(store, "project", &id), 0);
	assert_int_equal(id, INT32_MAX);
	assert_int_equal(store_run(store,
				   "UPDATE sqlite_sequence SET seq = seq + 1"
				   " WHERE name = 'project'",
				   ""),
			 0);
	id = 5;
	assert_int_equal(store_free_id(store, "project", &id), STORE_E_FULL);
	assert_int_equal(id, 5);
	assert_int_equal(store_free_id(store, "user_group", &id), 0);
	assert_int_equal(id, 1);
	store_free(store);
}

/* A text with a NUL within would be another text to whoever reads it. */
static void texts_with_nul(void **state)
{
	struct store *store;
	sqlite3_stmt *row;
	char read[64] = "as before";

	(void)state;
	store = open_well();
	assert_int_equal(
		store_bind(store, "SELECT 'a' || char(0) || 'b'", &row, ""), 0);
	assert_int_equal(store_step(row), STORE_E_ROW);
	assert_false(store_column_text(row, 0, read, sizeof(read)));
	assert_string_equal(read, "as before");
	sqlite3_reset(row);
	assert_int_equal(store_bind(store, "SELECT NULL", &row, ""), 0);
	assert_int_equal(store_step(row), STORE_E_ROW);
	assert_true(store_column_text(row, 0, read, sizeof(read)));
	assert_string_equal(read, "");
	sqlite3_reset(row);
	store_free(store);
}

/* Prepared statements are kept: as many as there are texts in the source, and
 * no more than that. Whatever happens a transaction can be ended. */
static void statements_are_few(void **state)
{
	static char sql[1100][16];
	struct store *store;
	sqlite3_stmt *row;
	int r = 0;

	(void)state;
	store = open_well();
	for (size_t i = 0; i < ARRAY_SIZE(sql) && r == 0; i++) {
		(void)snprintf(sql[i], sizeof(sql[i]), "SELECT %zu", i);
		r = store_bind(store, sql[i], &row, "");
	}
	assert_int_equal(r, -ENOBUFS);
	assert_int_equal(store_bind(store, sql[0], &row, ""), 0);
	assert_int_equal(store_bind(store, sql[900], &row, ""), 0);
	assert_int_equal(store_begin(store), 0);
	store_rollback(store);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_commit(store), 0);
	store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_one),
		TEST(files_are_for_us_alone),
		TEST(one_that_is_gone),
		TEST(one_that_was_emptied),
		TEST(one_that_was_just_begun),
		TEST(another_programs),
		TEST(a_later_version),
		TEST(no_database),
		TEST(a_damaged_page),
		TEST(a_foreign_log),
		TEST(each_page_is_looked_at),
		TEST(a_second_daemon),
		TEST(directories),
		TEST(a_linked_store),
		TEST(a_directory_that_cannot_be_written),
		TEST(transactions),
		TEST(values_are_bound),
		TEST(rows_in_a_loop),
		TEST(ids_are_given_once),
		TEST(texts_with_nul),
		TEST(statements_are_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
