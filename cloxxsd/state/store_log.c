/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/store_log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloxxsd/state/store.h"

/* What the write-ahead log grows to between two of SQLite's checkpoints (1000
 * pages), and some more. */
#define LOG_BYTES (1100 * (4096 + 24))

void store_log_deinit(struct store_log *log)
{
	scope_close(&log->fd);
}

int store_log_renew(struct store_log *log)
{
	return store_errno(sqlite3_wal_checkpoint_v2(
		log->database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

int store_log_reserve(struct store_log *log)
{
	static const char zeros[1 << 16];
	scope(scope_close) int fd = -1;
	struct stat status;

	fd = open(sqlite3_filename_wal(
			  sqlite3_db_filename(log->database, "main")),
		  O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	/* Behind what is there: SQLite finds the end of a log by its sums. */
	while (status.st_size < LOG_BYTES) {
		ssize_t n = pwrite(fd, zeros, sizeof(zeros), status.st_size);

		if (n < 0)
			return -errno;
		status.st_size += n;
	}
	if (fsync(fd) < 0)
		return -errno;
	scope_close(&log->fd);
	log->fd = scope_take_fd(&fd);
	return 0;
}

static int set(struct store_log *log, const char *sql)
{
	return store_errno(sqlite3_exec(log->database, sql, NULL, NULL, NULL));
}

int store_log_wait(struct store_log *log)
{
	int r;

	if (!sqlite3_get_autocommit(log->database))
		return 0;
	if (log->lead == LEAD_LOST)
		return -EIO;
	if (!log->hurries)
		return 0;
	r = set(log, "PRAGMA synchronous = FULL");
	if (r == 0)
		log->hurries = false;
	return r;
}

int store_log_hurry(struct store_log *log)
{
	if (log->lead == LEAD_LOST)
		return -EIO;
	if (log->fd < 0 || log->hurries)
		return 0;
	/* SQLite sets it while it compiles the PRAGMA, which may fail after
	 * that: so it is taken as set. */
	log->hurries = true;
	(void)!set(log, "PRAGMA synchronous = NORMAL");
	return 0;
}

void store_log_committed(struct store_log *log)
{
	if (log->hurries)
		log->lead = LEAD_AHEAD;
}

/* Nor by closing it: what the log holds is proved by its sums, and only when it
 * is opened. */
static void lose(struct store_log *log)
{
	log->lead = LEAD_LOST;
	(void)sqlite3_db_config(log->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
				1, NULL);
}

/* Where a commit that waited came between it finds nothing to write. */
int store_log_flush(struct store_log *log)
{
	if (log->lead == LEAD_AHEAD && fdatasync(log->fd) < 0)
		lose(log);
	else if (log->lead == LEAD_AHEAD)
		log->lead = LEAD_NONE;
	return log->lead == LEAD_NONE ? 0 : -EIO;
}
