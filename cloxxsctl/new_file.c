/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/new_file.h"

#include <fcntl.h>

int new_file_open(const char *path, FILE **ret_file)
{
	scope(scope_close) int fd = -1;
	FILE *file;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return -errno;
	file = fdopen(fd, "w");
	if (!file) {
		int r = -errno;

		(void)unlink(path);
		return r;
	}
	(void)scope_take_fd(&fd);
	*ret_file = file;
	return 0;
}

int new_file_close(const char *path, FILE *file, bool whole)
{
	int r = 0;

	errno = 0;
	if (fflush(file) != 0 || ferror(file) || fsync(fileno(file)) < 0)
		r = errno > 0 ? -errno : -EIO;
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	if (r < 0 || !whole)
		(void)unlink(path);
	return r;
}
