/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold: the file did not exist before (O_EXCL, which follows no
 * link); nobody else can ever open it (0600 from its first moment); it is
 * whole and on the disk when we say so, or not there.
 */
#include "cloxxsctl/key_file.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

static int write_all(int fd, const void *from, size_t n)
{
	const unsigned char *bytes = from;

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

static int random_bytes(unsigned char *bytes, size_t n)
{
	ssize_t k;

	do {
		k = getrandom(bytes, n, 0);
	} while (k < 0 && errno == EINTR);
	if (k != (ssize_t)n)
		return k < 0 ? -errno : -EIO;
	return 0;
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

int key_file_write(const char *path, const void *bytes, size_t n,
		   unsigned int mode)
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
	r = fchmod(fd, mode) < 0 ? -errno : write_all(fd, bytes, n);
	if (r == 0 && (fsync(fd) < 0 || fsync(directory) < 0))
		r = -errno;
	if (r < 0)
		(void)unlinkat(directory, name, 0);
	return r;
}

int key_file_create(const char *path)
{
	unsigned char key[KEY_FILE_BYTES];
	int r = random_bytes(key, sizeof(key));

	if (r == 0)
		r = key_file_write(path, key, sizeof(key), 0600);
	explicit_bzero(key, sizeof(key));
	return r;
}

int key_file_new(struct key_file *file)
{
	file->n = 0;
	return key_file_add(file);
}

int key_file_read(const char *path, struct key_file *file)
{
	scope(scope_close) int fd = -1;
	struct stat status;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_size <= 0 ||
	    status.st_size > KEY_FILE_MAX ||
	    status.st_size % KEY_FILE_BYTES != 0)
		return -EBADMSG;
	file->n = 0;
	while (file->n < (size_t)status.st_size) {
		ssize_t n = read(fd, file->bytes + file->n,
				 (size_t)status.st_size - file->n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		file->n += (size_t)n;
	}
	return 0;
}

int key_file_add(struct key_file *file)
{
	size_t kept = file->n;
	int r;

	if (kept > KEY_FILE_MAX - KEY_FILE_BYTES)
		kept = KEY_FILE_MAX - KEY_FILE_BYTES;
	memmove(file->bytes + KEY_FILE_BYTES, file->bytes, kept);
	r = random_bytes(file->bytes, KEY_FILE_BYTES);
	if (r == 0)
		file->n = kept + KEY_FILE_BYTES;
	return r;
}

static int swing(const char *from, const char *path)
{
	scope(scope_close) int directory = open_directory(path);

	if (directory < 0)
		return directory;
	if (rename(from, path) < 0 || fsync(directory) < 0)
		return -errno;
	return 0;
}

int key_file_replace(const char *path, const void *bytes, size_t n)
{
	scope(scope_free) char *from = NULL;
	struct stat status;
	int r;

	if (lstat(path, &status) < 0)
		return -errno;
	if (asprintf(&from, "%s.new", path) < 0)
		return -ENOMEM;
	r = key_file_write(from, bytes, n, 0600);
	if (r < 0)
		return r;
	if (lchown(from, status.st_uid, status.st_gid) < 0)
		r = -errno;
	if (r == 0)
		r = swing(from, path);
	if (r < 0)
		(void)unlink(from);
	return r;
}
