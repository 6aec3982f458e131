/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Exchange: puts a restored store in the place of the one that is there, in
 * steps each of which leaves either the old store or the new one, never parts
 * of both: a log beside a store that it does not belong to would be written
 * into it. The old one is kept under another name. It opens no store, and is
 * for who holds the lock.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

#define EXCHANGE_NAME_MAX 64

struct exchange_args {
	int private_fd; /* the directory of store.db */
	/* The new store: whole in one file, on the disk. */
	int new_fd; /* the directory of it */
	const char *new_name;
	/* The old one with its log written into it, as one file in a directory;
	 * folded_fd -1 where it could not be read: then it is kept as it is,
	 * its log beside it. */
	int folded_fd;
	const char *folded_name;
	int64_t now; /* for the name of what is kept */
};

/*
 * Does it. ret_kept: the name of the old store, "" where there was none.
 * -errno: the old one is in force, whole.
 */
must_check int exchange_store(const struct exchange_args *args,
			      char ret_kept[EXCHANGE_NAME_MAX]);

/* Removes kept stores (and their logs) older than keep_s. */
void exchange_prune(int private_fd, int64_t now, int64_t keep_s);
