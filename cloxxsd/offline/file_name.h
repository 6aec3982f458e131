/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * File name: a name in /var/tmp for a file that has none, for as long as it
 * takes to open it by one: SQLite opens by name only. Whoever holds one locks
 * its directory, so that the next one of the same user can tell what a run that
 * was killed has left, and takes that away.
 */

#include "base/scope.h"

struct file_name {
	int directory_fd;
	char directory[40];
	char path[64];
};

/* For what is in fd, a file of /var/tmp without a name. -errno. */
must_check int file_name_give(int fd, struct file_name *ret_name);
/* To be called once; what was opened by it stays open. */
void file_name_take(struct file_name *name);
