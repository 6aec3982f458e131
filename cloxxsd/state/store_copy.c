/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/store_copy.h"

#include <fcntl.h>
#include <string.h>

/* Where the first page says that the file is read and written with a log: see
 * https://www.sqlite.org/fileformat.html, 1.3. */
#define AT_LOG 18

struct store_copy {
	struct store *store;
	sqlite3 *to;
	sqlite3_backup *backup;
	int fd;
};

static int make_file(const char *path, int *ret_fd)
{
	int fd;

	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* Nothing waits for the disk: what is lost in a crash is made again. */
static int open_copy(const char *path, sqlite3 **ret_to)
{
	int r = sqlite3_open_v2(path, ret_to,
				SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
					SQLITE_OPEN_NOFOLLOW |
					SQLITE_OPEN_PRIVATECACHE,
				NULL);

	if (r != SQLITE_OK)
		return store_errno(r);
	return store_errno(sqlite3_exec(*ret_to,
					"PRAGMA journal_mode = OFF;"
					"PRAGMA synchronous = OFF;"
					"PRAGMA locking_mode = EXCLUSIVE;",
					NULL, NULL, NULL));
}

int store_copy_new(struct store *store, const char *path,
		   struct store_copy **ret_copy)
{
	scope(store_copy_freep) struct store_copy *copy =
		calloc(1, sizeof(*copy));
	int r;

	if (!copy)
		return -ENOMEM;
	copy->store = store;
	copy->fd = -1;
	r = make_file(path, &copy->fd);
	if (r == 0)
		r = open_copy(path, &copy->to);
	if (r != 0)
		return r;
	copy->backup = sqlite3_backup_init(copy->to, "main",
					   store_database(store), "main");
	if (!copy->backup)
		return store_errno(sqlite3_errcode(copy->to));
	*ret_copy = scope_take_ptr(copy);
	return 0;
}

/*
 * Ends it: the last pages are written, and the first one is made to ask for no
 * log, for who opens the copy to read must not need to make one.
 */
static int finish(struct store_copy *copy)
{
	static const char no_log[2] = { 1, 1 };
	int r = store_errno(sqlite3_backup_finish(copy->backup));

	copy->backup = NULL;
	/* A copy holds nothing that the store may not have after all. */
	if (r == 0)
		r = store_flush(copy->store);
	if (r == 0 && sqlite3_close(copy->to) != SQLITE_OK)
		r = -EIO;
	if (r != 0)
		return r;
	copy->to = NULL;
	return pwrite(copy->fd, no_log, sizeof(no_log), AT_LOG) ==
			       (ssize_t)sizeof(no_log)
		       ? 0
		       : -EIO;
}

int store_copy_step(struct store_copy *copy, int n_pages)
{
	int code;

	if (!copy->backup)
		return -EINVAL;
	code = sqlite3_backup_step(copy->backup, n_pages);
	if (code == SQLITE_OK)
		return STORE_COPY_E_MORE;
	return code == SQLITE_DONE ? finish(copy) : store_errno(code);
}

void store_copy_progress(const struct store_copy *copy, uint32_t *ret_done,
			 uint32_t *ret_all)
{
	int all = copy->backup ? sqlite3_backup_pagecount(copy->backup) : 1;
	int left = copy->backup ? sqlite3_backup_remaining(copy->backup) : 0;

	*ret_all = (uint32_t)all;
	*ret_done = (uint32_t)(all - left);
}

struct store_copy *store_copy_free(struct store_copy *copy)
{
	if (!copy)
		return NULL;
	if (copy->backup)
		(void)sqlite3_backup_finish(copy->backup);
	(void)sqlite3_close(copy->to);
	scope_close(&copy->fd);
	free(copy);
	return NULL;
}
