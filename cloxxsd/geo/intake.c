/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/geo/intake.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloxxsd/geo/geo.h"

struct geo_intake {
	int directory_fd;  /* of the state */
	int fd;            /* of the new file; -1: there is none any more */
	uint64_t bytes, n; /* in all, and so far */
};

struct geo_intake *geo_intake_free(struct geo_intake *intake)
{
	if (!intake)
		return NULL;
	if (intake->fd >= 0)
		(void)unlinkat(intake->directory_fd, GEO_FILE_NEW, 0);
	scope_close(&intake->fd);
	scope_close(&intake->directory_fd);
	free(intake);
	return NULL;
}

static int open_new(struct geo_intake *intake, const char *state_directory)
{
	intake->directory_fd =
		open(state_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (intake->directory_fd < 0)
		return -errno;
	if (unlinkat(intake->directory_fd, GEO_FILE_NEW, 0) < 0 &&
	    errno != ENOENT)
		return -errno;
	intake->fd = openat(intake->directory_fd, GEO_FILE_NEW,
			    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0600);
	return intake->fd < 0 ? -errno : 0;
}

int geo_intake_new(const char *state_directory, uint64_t bytes,
		   struct geo_intake **ret_intake)
{
	struct geo_intake *intake = calloc(1, sizeof(*intake));
	int r;

	if (!intake)
		return -ENOMEM;
	intake->fd = intake->directory_fd = -1;
	intake->bytes = bytes;
	r = open_new(intake, state_directory);
	if (r < 0) {
		geo_intake_free(intake);
		return r;
	}
	*ret_intake = intake;
	return 0;
}

int geo_intake_put(struct geo_intake *intake, const void *bytes, size_t n)
{
	const char *next = bytes;

	if (n > intake->bytes - intake->n)
		return GEO_INTAKE_E_TOO_MUCH;
	while (n > 0) {
		ssize_t written = write(intake->fd, next, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		next += written;
		n -= (size_t)written;
		intake->n += (uint64_t)written;
	}
	return 0;
}

int geo_intake_prove(struct geo_intake *intake, int64_t now_s,
		     int64_t max_age_s, struct text *why,
		     struct geo_database **ret_database)
{
	scope(geo_database_freep) struct geo_database *database = NULL;
	int64_t age;
	int r;

	if (intake->n < intake->bytes) {
		text_add_format(why,
				"is cut: %" PRIu64 " of %" PRIu64 " bytes came",
				intake->n, intake->bytes);
		return GEO_DATABASE_E_REFUSED;
	}
	if (fsync(intake->fd) < 0)
		return -errno;
	r = geo_database_read(intake->fd, now_s, why, &database);
	if (r != 0)
		return r;
	age = now_s - geo_database_facts(database)->built;
	if (age > max_age_s) {
		text_add_format(why,
				"was built %" PRId64 " days ago; none older "
				"than %" PRId64 " days is used",
				age / 86400, max_age_s / 86400);
		return GEO_DATABASE_E_REFUSED;
	}
	*ret_database = scope_take_ptr(database);
	return 0;
}

int geo_intake_install(struct geo_intake *intake)
{
	scope(scope_close) int private_fd =
		openat(intake->directory_fd, "private",
		       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (private_fd < 0 || renameat(intake->directory_fd, GEO_FILE_NEW,
				       intake->directory_fd, GEO_FILE) < 0)
		return -errno;
	scope_close(&intake->fd);
	return fsync(private_fd) < 0 ? -errno : 0;
}
