/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Backups: what the store knows of the backups that were made of it, and which
 * store it is. Reading only: rows change through state/change.h. Whether a file
 * is still there, and what is in it, it does not know.
 */

#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/state/store.h"

#define BACKUP_FILE_MAX 96
#define BACKUP_DIGEST_BYTES 32
#define INSTALLATION_BYTES 16

struct backup_made {
	int64_t sequence; /* from 1, never one twice */
	int64_t created;
	char file[BACKUP_FILE_MAX]; /* within the directory of backups */
	int64_t bytes;
	uint8_t digest[BACKUP_DIGEST_BYTES]; /* BLAKE2b of the file */
};

enum backups_error {
	_BACKUPS_E_OK,
	BACKUPS_E_UNKNOWN, /* no such row */
	BACKUPS_E_DAMAGED,
};

must_check int backups_find(struct store *store, const char *file,
			    struct backup_made *ret_made);
must_check int backups_last(struct store *store, struct backup_made *ret_made);
/* Which store it is, and the number of its last backup. */
must_check int backups_installation(struct store *store,
				    uint8_t ret_identifier[INSTALLATION_BYTES],
				    int64_t *ret_n);
/* All of them, *ret_made for free(), the newest first. */
must_check int backups_read(struct store *store, struct backup_made **ret_made,
			    size_t *ret_n);
