/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Store log: the write-ahead log of a store, and how far the disk is behind
 * what was committed. Part of store.c, which says what its callers may count
 * on.
 */

#include <stdbool.h>

#include <sqlite3.h>

#include "base/scope.h"

/* Between the disk and what was committed. */
enum lead {
	LEAD_NONE,
	LEAD_AHEAD, /* something is not there yet */
	LEAD_LOST,  /* something may never be: nothing is written any more */
};

struct store_log {
	sqlite3 *database; /* the store's */
	int fd;       /* our own, for it may have been SQLite's that was told of
			 an error; -1: nothing is committed ahead */
	bool hurries; /* commits may not wait, until store_log_wait() */
	enum lead lead;
};

#define STORE_LOG_INIT ((struct store_log){ .fd = -1 })

void store_log_deinit(struct store_log *log);

/* As store_renew(), store_reserve_log() and store_flush(). */
must_check int store_log_renew(struct store_log *log);
must_check int store_log_reserve(struct store_log *log);
must_check int store_log_flush(struct store_log *log);

/*
 * Makes commits wait again, but within a transaction, where it cannot be set.
 * To be called before every write but one that hurries. -errno: nothing may be
 * written.
 */
must_check int store_log_wait(struct store_log *log);
/* Makes the next transaction's commit not wait, where that can be had. */
must_check int store_log_hurry(struct store_log *log);
/* A transaction was committed. */
void store_log_committed(struct store_log *log);
