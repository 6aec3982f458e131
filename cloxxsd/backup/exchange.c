/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold, after each call of the kernel's:
 *  1. store.db is the old store or the new one, whole.
 *  2. No log stands beside the new one.
 *  3. A log that is taken from the old one was in it already.
 * (3 cannot hold where the old one cannot be read; then it goes with it, under
 * the name by which it would be found.)
 */
#include "cloxxsd/backup/exchange.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define STORE "store.db"
#define KEPT STORE ".before-restore-"
#define SECONDS_TRIED 60

static const char *const logs[] = { "-wal", "-shm", "-journal" };

static int sync_directory(int fd)
{
	return fsync(fd) < 0 ? -errno : 0;
}

static bool is_there(int fd, const char *name)
{
	return faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int kept_name(int64_t now, char ret_name[EXCHANGE_NAME_MAX])
{
	time_t at = (time_t)now;
	struct tm tm;

	if (!gmtime_r(&at, &tm) || strftime(ret_name, EXCHANGE_NAME_MAX,
					    KEPT "%Y%m%dT%H%M%SZ", &tm) == 0)
		return -EINVAL;
	return 0;
}

/* A name that is free: each restore keeps what it replaced, a second one in the
 * same second too. */
static int free_kept_name(int private_fd, int64_t now,
			  char ret_name[EXCHANGE_NAME_MAX])
{
	for (int64_t at = now; at < now + SECONDS_TRIED; at++) {
		int r = kept_name(at, ret_name);

		if (r != 0 || !is_there(private_fd, ret_name))
			return r;
	}
	return -EEXIST;
}

/* The old store becomes its own folded form, for which its log says nothing
 * new; then the log can go. */
static int fold(const struct exchange_args *args, const char *kept)
{
	if (linkat(args->folded_fd, args->folded_name, args->private_fd, kept,
		   0) < 0 ||
	    renameat(args->folded_fd, args->folded_name, args->private_fd,
		     STORE) < 0)
		return -errno;
	return sync_directory(args->private_fd);
}

/* What cannot be read goes aside as it is. */
static int keep_damaged(const struct exchange_args *args, const char *kept)
{
	char from[EXCHANGE_NAME_MAX], to[EXCHANGE_NAME_MAX + 16];

	if (linkat(args->private_fd, STORE, args->private_fd, kept, 0) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		(void)snprintf(from, sizeof(from), STORE "%s", logs[i]);
		(void)snprintf(to, sizeof(to), "%s%s", kept, logs[i]);
		if (is_there(args->private_fd, from) &&
		    renameat(args->private_fd, from, args->private_fd, to) < 0)
			return -errno;
	}
	return sync_directory(args->private_fd);
}

static int remove_logs(int private_fd)
{
	char name[EXCHANGE_NAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		(void)snprintf(name, sizeof(name), STORE "%s", logs[i]);
		if (unlinkat(private_fd, name, 0) < 0 && errno != ENOENT)
			return -errno;
	}
	return sync_directory(private_fd);
}

int exchange_store(const struct exchange_args *args,
		   char ret_kept[EXCHANGE_NAME_MAX])
{
	char kept[EXCHANGE_NAME_MAX] = "";
	int r = 0;

	if (is_there(args->private_fd, STORE)) {
		r = free_kept_name(args->private_fd, args->now, kept);
		if (r == 0)
			r = args->folded_fd >= 0 ? fold(args, kept)
						 : keep_damaged(args, kept);
	}
	if (r == 0)
		r = remove_logs(args->private_fd);
	if (r == 0 &&
	    renameat(args->new_fd, args->new_name, args->private_fd, STORE) < 0)
		r = -errno;
	if (r == 0)
		r = sync_directory(args->private_fd);
	if (r == 0)
		memcpy(ret_kept, kept, sizeof(kept));
	return r;
}

static void close_stream(DIR **stream)
{
	if (*stream)
		closedir(*stream);
}

void exchange_prune(int private_fd, int64_t now, int64_t keep_s)
{
	int fd = openat(private_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scope(close_stream) DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char limit[EXCHANGE_NAME_MAX];

	if (!stream || now < keep_s || kept_name(now - keep_s, limit) != 0)
		return;
	/* Their names are in the order of their times. */
	while ((entry = readdir(stream)))
		if (strncmp(entry->d_name, KEPT, strlen(KEPT)) == 0 &&
		    strcmp(entry->d_name, limit) < 0)
			(void)unlinkat(private_fd, entry->d_name, 0);
}
