/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Faulty disk: the Nth write to a file, or sync of one, fails or is the last
 * thing that this process does. It stands in for libc's functions in the whole
 * program, SQLite's calls included, by having their names. Sockets and events
 * are left alone.
 */

#include <stdbool.h>

enum disk_fault {
	DISK_SOUND,
	DISK_KILL,      /* _exit(DISK_KILLED) in its place */
	DISK_TORN,      /* the same, behind half of a write */
	DISK_FULL,      /* -ENOSPC from there on; syncs succeed */
	DISK_BROKEN,    /* -EIO, once */
	DISK_BROKEN_ON, /* -EIO from there on */
};

#define DISK_KILLED 77

/* From now on; nth from 1. */
void faulty_disk_start(enum disk_fault fault, unsigned int nth);
/* Whether the fault came. */
bool faulty_disk_stop(void);
