/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Catalogue: the backups in a directory, by their headers, and which of them
 * may go. A file is ours by its name, its header and its length; links are not
 * followed, and what is not ours is neither listed nor touched. Reading a
 * directory may take long (a network's): for a thread of its own.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/backup/archive.h"

#define CATALOGUE_FILE_MAX 96

struct catalogue_entry {
	char file[CATALOGUE_FILE_MAX];
	uint64_t bytes;
	int fault; /* 0, or what archive_inspect() answered */
	/* Where there is no fault: */
	struct archive_header header;
};

struct catalogue {
	size_t n;
	struct catalogue_entry *entries; /* the newest first */
};

void catalogue_deinit(struct catalogue *catalogue);

/*
 * Opens the directory of backups: no link, of ours or root's, writable by
 * nobody else. -errno: why says what is to be done.
 */
must_check int catalogue_open_directory(const char *path, struct text *why,
					int *ret_fd);
/* Whether name is one that catalogue_file_name() makes. */
bool catalogue_is_file_name(const char *name);
void catalogue_file_name(int64_t created, uint64_t sequence,
			 char ret_name[CATALOGUE_FILE_MAX]);
/* Removes what a making that broke off left: such a name with ".new". */
void catalogue_remove_unfinished(int directory_fd);
must_check int catalogue_read(int directory_fd, struct catalogue *ret);

struct prune_rule {
	int64_t now, keep_s;
	uint32_t keep_verified;
	uint8_t installation[ARCHIVE_INSTALLATION_BYTES];
	/* Whether the file is, byte for byte, the one that was made. */
	bool (*verify)(const struct catalogue_entry *entry, void *userdata);
	void *userdata;
};

/*
 * Marks in remove (n flags) what may go: whole backups of this installation
 * older than keep_s, and only while keep_verified others that are verified
 * stay. Returns how many. What has a fault stays: it may be all that is left.
 */
size_t catalogue_prune(const struct catalogue *catalogue,
		       const struct prune_rule *rule, bool *remove);
