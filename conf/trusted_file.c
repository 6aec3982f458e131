/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Why an opened file is not to be believed, or NULL. */
static const char *distrust(const struct stat *st, enum trusted_file_kind kind)
{
	switch (kind) {
	case TRUSTED_FILE_REGULAR:
		if (!S_ISREG(st->st_mode))
			return "is not a regular file";
		break;
	case TRUSTED_FILE_DIRECTORY:
		if (!S_ISDIR(st->st_mode))
			return "is not a directory";
		break;
	}
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "belongs neither to root nor to this account";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "can be written by group or others";
	return NULL;
}

/* What open() says of the file itself becomes a finding; the rest is ours. */
static int refuse(const struct trusted_file *file, struct findings *findings,
		  int error)
{
	switch (error) {
	case ENOENT:
		return TRUSTED_FILE_E_MISSING;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return -error;
	case ELOOP:
		findings_add(findings, file->shown, 0, "is a symbolic link");
		return TRUSTED_FILE_E_REFUSED;
	default:
		findings_add(findings, file->shown, 0, "cannot be read: %s",
			     strerrordesc_np(error));
		return TRUSTED_FILE_E_REFUSED;
	}
}

int trusted_file_open(const struct trusted_file *file,
		      struct findings *findings, int *ret_fd)
{
	/* Not O_DIRECTORY: ENOTDIR would also stand for a link. O_NONBLOCK: a
	 * FIFO without a writer must not hold us up. */
	scope(scope_close) int fd = openat(file->directory_fd, file->name,
					   O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
						   O_NOCTTY | O_CLOEXEC);
	const char *why;
	struct stat st;

	if (fd < 0)
		return refuse(file, findings, errno);
	if (fstat(fd, &st) < 0)
		return -errno;
	why = distrust(&st, file->kind);
	if (why) {
		findings_add(findings, file->shown, 0, "%s", why);
		return TRUSTED_FILE_E_REFUSED;
	}
	*ret_fd = scope_take_fd(&fd);
	return 0;
}
