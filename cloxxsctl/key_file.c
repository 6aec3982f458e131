/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold: the file did not exist before (O_EXCL, which follows no
 * link); nobody else can ever open it (0600 from its first moment); it is
 * whole and on the disk when we say so, or not there.
 */
#include "cloxxsctl/key_file.h"

#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

static int write_all(int fd, const unsigned char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? -errno : -EIO;
		bytes += written;
		n -= (size_t)written;
	}
	return 0;
}

static int write_key(int fd)
{
	unsigned char key[KEY_FILE_BYTES];
	ssize_t n;
	int r;

	do {
		n = getrandom(key, sizeof(key), 0);
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(key))
		r = n < 0 ? -errno : -EIO;
	else
		r = write_all(fd, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

/* dirname() may change what it is given. */
static int open_directory(const char *path)
{
	scope(scope_free) char *copy = strdup(path);
	int fd;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int key_file_create(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	scope(scope_close) int directory = open_directory(path);
	scope(scope_close) int fd = -1;
	int r;

	if (directory < 0)
		return directory;
	if (*name == '\0')
		return -EISDIR;
	fd = openat(directory, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fchmod(fd, 0600) < 0 ? -errno : write_key(fd);
	if (r == 0 && fsync(directory) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(directory, name, 0);
	return r;
}
