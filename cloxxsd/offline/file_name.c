/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/offline/file_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACE "/var/tmp"
#define PREFIX "cloxxs-verify-"
#define FILE_NAME "store"
/* One that clears may find a directory before its owner has locked it. */
#define TRIES_MAX 5

static int open_directory(int parent_fd, const char *name)
{
	return openat(parent_fd, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void remove_left(int place_fd, const char *name)
{
	scope(scope_close) int fd = open_directory(place_fd, name);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_uid != geteuid() ||
	    flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	(void)unlinkat(fd, FILE_NAME, 0);
	(void)unlinkat(place_fd, name, AT_REMOVEDIR);
}

static void clear_left(void)
{
	DIR *stream = opendir(PLACE);
	const struct dirent *entry;

	while (stream && (entry = readdir(stream)))
		if (fnmatch(PREFIX "??????", entry->d_name, FNM_NOESCAPE) == 0)
			remove_left(dirfd(stream), entry->d_name);
	if (stream)
		closedir(stream);
}

static int try_to_give(int fd, struct file_name *name)
{
	char self[64];

	(void)snprintf(name->directory, sizeof(name->directory),
		       PLACE "/" PREFIX "XXXXXX");
	if (!mkdtemp(name->directory))
		return -errno;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	(void)snprintf(name->path, sizeof(name->path), "%s/" FILE_NAME,
		       name->directory);
	name->directory_fd = open_directory(AT_FDCWD, name->directory);
	if (name->directory_fd >= 0 &&
	    flock(name->directory_fd, LOCK_EX) == 0 &&
	    linkat(AT_FDCWD, self, name->directory_fd, FILE_NAME,
		   AT_SYMLINK_FOLLOW) == 0)
		return 0;
	return -errno;
}

int file_name_give(int fd, struct file_name *ret_name)
{
	int r = -ENOENT;

	clear_left();
	for (int i = 0; r == -ENOENT && i < TRIES_MAX; i++) {
		struct file_name name = { .directory_fd = -1 };

		r = try_to_give(fd, &name);
		if (r == 0)
			*ret_name = name;
		else
			file_name_take(&name);
	}
	return r;
}

void file_name_take(struct file_name *name)
{
	(void)unlink(name->path);
	(void)rmdir(name->directory);
	scope_close(&name->directory_fd);
}
