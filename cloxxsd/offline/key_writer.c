/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/offline/key_writer.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cloxxsd/state/key.h"

#define N_MAX ((size_t)KEY_ROOTS_MAX * KEY_BYTES)

static int sync_directory_of(const char *path)
{
	scope(scope_close) int fd = -1;
	char copy[512];

	(void)snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Whole and on the disk, or not there. */
static int write_file(const char *path, const uint8_t *bytes, size_t n)
{
	scope(scope_close) int fd = -1;
	int r = 0;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return -errno;
	if (write(fd, bytes, n) != (ssize_t)n || fsync(fd) < 0)
		r = errno != 0 ? -errno : -EIO;
	if (r == 0)
		r = sync_directory_of(path);
	if (r != 0)
		(void)unlink(path);
	return r;
}

/* The child: one message, one answer. */
static int serve(int fd, const char *path)
{
	uint8_t bytes[N_MAX];
	ssize_t n;
	int r = 0;

	(void)prctl(PR_SET_DUMPABLE, 0);
	n = recv(fd, bytes, sizeof(bytes), 0);
	if (n > 0) {
		r = write_file(path, bytes, (size_t)n);
		explicit_bzero(bytes, sizeof(bytes));
		(void)!send(fd, &r, sizeof(r), MSG_NOSIGNAL);
	}
	return r != 0;
}

int key_writer_start(const char *path, struct key_writer *ret_writer)
{
	int fds[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	child = fork();
	if (child < 0) {
		int r = -errno;

		close(fds[0]);
		close(fds[1]);
		return r;
	}
	if (child == 0) {
		close(fds[0]);
		_exit(serve(fds[1], path));
	}
	close(fds[1]);
	*ret_writer = (struct key_writer){ .child = child, .fd = fds[0] };
	return 0;
}

int key_writer_write(struct key_writer *writer, const uint8_t *bytes, size_t n)
{
	int r = 0;

	if (n == 0 || n > N_MAX || writer->child == 0)
		return -EINVAL;
	if (send(writer->fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n ||
	    recv(writer->fd, &r, sizeof(r), 0) != (ssize_t)sizeof(r))
		r = -EPIPE;
	key_writer_end(writer);
	return r;
}

void key_writer_end(struct key_writer *writer)
{
	if (writer->child == 0)
		return;
	close(writer->fd);
	while (waitpid(writer->child, NULL, 0) < 0 && errno == EINTR)
		;
	writer->child = 0;
}
