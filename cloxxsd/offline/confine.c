/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing in the state is opened, made or changed as root: a file of
 *     root's in it would stand in the daemon's way, and a link in it would
 *     lead root elsewhere.
 *  2. There is no way back.
 */
#include "cloxxsd/offline/confine.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int find_owner(const char *directory, struct text *why, uid_t *ret_uid,
		      gid_t *ret_gid)
{
	scope(scope_close) int fd = -1;
	struct stat status;

	fd = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0) {
		int r = -errno;

		text_add_format(why, "%s: %s", directory, strerror(-r));
		return r;
	}
	if (status.st_uid == 0 || status.st_gid == 0 ||
	    (status.st_mode & (S_IWGRP | S_IWOTH))) {
		text_add_format(why,
				"%s: must belong to " CLOXXS_USER " and be "
				"writable by nobody else; see "
				"systemd-tmpfiles --create",
				directory);
		return -EPERM;
	}
	*ret_uid = status.st_uid;
	*ret_gid = status.st_gid;
	return 0;
}

static int become(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return -errno;
	/* Asked again: a setuid that did nothing has been seen before. */
	if (geteuid() != uid || getegid() != gid || setuid(0) == 0)
		return -EPERM;
	return 0;
}

static int close_doors(void)
{
	const struct rlimit none = { 0 };

	umask(077);
	if (setrlimit(RLIMIT_CORE, &none) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0) < 0)
		return -errno;
	return 0;
}

int confine(const char *directory, struct text *why)
{
	/* Nobody to become: become() refuses 0. */
	uid_t uid = 0;
	gid_t gid = 0;
	int r = 0;

	if (geteuid() == 0) {
		r = find_owner(directory, why, &uid, &gid);
		if (r < 0)
			return r;
		/* In a container root may have no right to this. */
		(void)!unshare(CLONE_NEWNET);
		r = become(uid, gid);
	}
	if (r == 0)
		r = close_doors();
	if (r < 0)
		text_add_format(why, "rights cannot be given up: %s",
				strerror(-r));
	return r;
}
