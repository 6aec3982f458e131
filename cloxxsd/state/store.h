/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Store: the SQLite database below private/: opened with care, migrated by
 * number, written through prepared statements only. The one home of sqlite3.h
 * is this folder. It knows tables, not what they mean.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/scope.h"
#include "base/text.h"

struct store;

enum store_error {
	_STORE_E_OK,
	STORE_E_ROW,     /* store_step(): there is a row */
	STORE_E_DAMAGED, /* not a database of ours, or its pages are broken */
	STORE_E_NEWER,   /* made by a later version */
	STORE_E_LOST,    /* there was a store here, and it is gone */
	STORE_E_FULL,    /* store_free_id(): none is left */
};

/*
 * Makes directory, for us alone, where it is not there yet. -errno: why tells
 * what it lacks to hold a store.
 */
must_check int store_make_directory(const char *directory, struct text *why);

/*
 * Opens directory/store.db, making it where directory has never held one (a
 * marker file tells: a store that vanished is an error, never an empty new
 * one). WAL, synchronous FULL, defensive. why says what was found.
 */
must_check int store_open(const char *directory, struct text *why,
			  struct store **ret_store);
struct store *store_free(struct store *store);
static inline void store_freep(struct store **store)
{
	*store = store_free(*store);
}

/*
 * Opens the one file at path, which nobody writes any more, for reading alone:
 * nothing is made beside it, and it is not migrated. Errors as above.
 */
must_check int store_open_snapshot(const char *path, struct text *why,
				   struct store **ret_store);

/*
 * Says that the store was proved to be ours. Before, closing it leaves its file
 * and its log as they were found: one that turns out to be another's, or to
 * have another's log, is refused without having been changed.
 */
must_check int store_trust(struct store *store);

/* Has SQLite look at every page; each for each fault, ten at most. */
must_check int store_check(struct store *store,
			   void (*each)(const char *fault, void *userdata),
			   void *userdata);

/*
 * Writes once more what the log holds, into the database, and empties it. What
 * a former run could not bring to the disk the kernel shows as if it were
 * there, and says no more of it; and a log ends, after a power failure, at the
 * first piece that is not. To be called once the store is trusted, before
 * anything is told; what opening it wrote goes with it. Blocks on the disk.
 */
must_check int store_renew(struct store *store);

/*
 * Gives the write-ahead log the blocks that it will need, so that a commit
 * overwrites and waits for nothing but its own bytes: a log that grows makes
 * each commit wait for the file system's journal, and so for everybody's
 * files. It makes commits ahead of the disk possible, too. -errno: commits are
 * slower, and as safe.
 */
must_check int store_reserve_log(struct store *store);

/*
 * The statement for sql (a literal: statements are kept by its address), reset,
 * with arguments bound by form: i int64_t, t const char * (NULL: null), b const
 * void * and size_t (NULL: null). Owned by the store.
 */
must_check int store_bind(struct store *store, const char *sql,
			  sqlite3_stmt **ret_statement, const char *form, ...);
/*
 * STORE_E_ROW, 0 at the end, or -errno: -EBADMSG for damaged pages, -EEXIST
 * for a row of that key, -ENOSPC, -EIO and so on. So for all that follow.
 */
must_check int store_step(sqlite3_stmt *statement);
/*
 * For a loop over all rows: *r is what the statement's binding came to, or what
 * was made of the row before. True where that was 0 and there is a row. False:
 * *r stays what it was, or is what store_step() gives, 0 at the end; and the
 * statement (NULL where it was not bound) is reset.
 */
bool store_next_row(sqlite3_stmt *statement, int *r);
/* To the one row that a bound statement gives, as one of sums and counts does;
 * the caller resets it. -EIO: there is no row. */
must_check int store_step_one(sqlite3_stmt *statement);
/* The number in the one row that a bound statement gives, null as 0; it is
 * reset. -EIO: there is no row. */
must_check int store_step_number(sqlite3_stmt *statement, int64_t *ret_number);
/* Binds, and gives that number, which is a count. */
must_check int store_count(struct store *store, const char *sql,
			   uint32_t *ret_n, const char *form, ...);
/* An id, INT32_MAX at most, that never was a row's of table, which numbers its
 * rows by AUTOINCREMENT; STORE_E_FULL. */
must_check int store_free_id(struct store *store, const char *table,
			     uint32_t *ret_id);
/* Binds, runs to the end, resets. */
must_check int store_run(struct store *store, const char *sql, const char *form,
			 ...);
/* Rows changed by the last store_run(). */
int store_changes(const struct store *store);

/* A column as bounded text; null gives "". false where it does not fit. */
bool store_column_text(sqlite3_stmt *statement, int column, char *buffer,
		       size_t size);

/* For what is about the whole file: a copy of it, a second one beside it. */
sqlite3 *store_database(const struct store *store);
/* A result code of SQLite's, as store_step() gives it. */
must_check int store_errno(int code);
/* Runs sql, one statement or several, that no argument is bound to. */
must_check int store_execute(struct store *store, const char *sql);

must_check int store_begin(struct store *store);
/*
 * The same, but that its commit does not wait for the disk: a kill takes
 * nothing of it back, a power failure may, until store_flush(). Where that
 * cannot be had it waits as any does.
 */
must_check int store_begin_ahead(struct store *store);
/* 0: it is on the disk, or ahead of it as it was begun. -errno: nothing of it
 * is there. */
must_check int store_commit(struct store *store);
/*
 * Brings to the disk what was committed ahead of it. -errno: it is not there,
 * and nobody can say what is: nothing is written any more, by closing it
 * neither, until the store is opened again, and made sound by store_renew().
 * Blocks on the disk.
 */
must_check int store_flush(struct store *store);
void store_rollback(struct store *store);
