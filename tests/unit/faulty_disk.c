/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/faulty_disk.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static enum disk_fault kind;
static unsigned int left;
static bool came;

#define STANDS_IN __attribute__((visibility("default")))

STANDS_IN ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at);
STANDS_IN ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at);
STANDS_IN ssize_t write(int fd, const void *bytes, size_t n);
STANDS_IN int fdatasync(int fd);
STANDS_IN int fsync(int fd);
STANDS_IN int ftruncate64(int fd, off64_t n);

void faulty_disk_start(enum disk_fault fault, unsigned int nth)
{
	kind = fault;
	left = nth;
	came = false;
}

bool faulty_disk_stop(void)
{
	kind = DISK_SOUND;
	return came;
}

/* Whether the fault is now. */
static bool strikes(void)
{
	if (kind == DISK_SOUND || (came && kind == DISK_BROKEN))
		return false;
	if (left > 0)
		left--;
	if (left == 0)
		came = true;
	return came;
}

/* What a call gives whose turn it is. */
static int strike(bool is_sync)
{
	switch (kind) {
	case DISK_KILL:
	case DISK_TORN:
		_exit(DISK_KILLED);
	case DISK_FULL:
		if (is_sync)
			return 0;
		errno = ENOSPC;
		return -1;
	case DISK_BROKEN:
	case DISK_BROKEN_ON:
		errno = EIO;
		return -1;
	case DISK_SOUND:
		break;
	}
	return -1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
	if (!strikes())
		return syscall(SYS_pwrite64, fd, bytes, n, at);
	if (kind == DISK_TORN)
		(void)syscall(SYS_pwrite64, fd, bytes, n / 2, at);
	return strike(false);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	return pwrite64(fd, bytes, n, at);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	struct stat status;

	if (kind == DISK_SOUND || fstat(fd, &status) < 0 ||
	    !S_ISREG(status.st_mode) || !strikes())
		return syscall(SYS_write, fd, bytes, n);
	return strike(false);
}

int fdatasync(int fd)
{
	return strikes() ? strike(true) : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	return strikes() ? strike(true) : (int)syscall(SYS_fsync, fd);
}

int ftruncate64(int fd, off64_t n)
{
	return strikes() ? strike(false) : (int)syscall(SYS_ftruncate, fd, n);
}
