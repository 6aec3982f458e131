/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/scope.h"

/* In memory where that can be had: stores sync, and tests need no platter. */
void scratch_init(struct scratch *scratch)
{
	static const char *const places[] = { "/dev/shm", "/tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		(void)snprintf(scratch->path, sizeof(scratch->path),
			       "%s/cloxxs-test-XXXXXX", places[i]);
		if (mkdtemp(scratch->path))
			return;
	}
	fail_msg("no directory could be made");
}

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

void scratch_deinit(struct scratch *scratch)
{
	assert_int_equal(
		nftw(scratch->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *scratch_path(const struct scratch *scratch, const char *name,
			 char buffer[128])
{
	int n = snprintf(buffer, 128, "%s/%s", scratch->path, name);

	assert_true(n > 0 && n < 128);
	return buffer;
}

void scratch_write(const struct scratch *scratch, const char *name,
		   const void *bytes, size_t n, mode_t mode)
{
	scope(scope_close) int fd = -1;
	char path[128];

	fd = open(scratch_path(scratch, name, path),
		  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
}

void scratch_patch(const struct scratch *scratch, const char *name,
		   off_t offset, const void *bytes, size_t n)
{
	scope(scope_close) int fd = -1;
	char path[128];

	fd = open(scratch_path(scratch, name, path), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(lseek(fd, offset, offset < 0 ? SEEK_END : SEEK_SET) >= 0);
	assert_int_equal(write(fd, bytes, n), n);
}

off_t scratch_size(const struct scratch *scratch, const char *name)
{
	struct stat status;
	char path[128];

	assert_int_equal(stat(scratch_path(scratch, name, path), &status), 0);
	return status.st_size;
}
