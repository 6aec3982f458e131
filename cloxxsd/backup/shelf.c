/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/backup/shelf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void shelf_deinit(struct shelf *shelf)
{
	free(shelf->known);
	free(shelf->removed);
	catalogue_deinit(&shelf->catalogue);
	*shelf = (struct shelf){ 0 };
}

const struct backup_made *shelf_known(const struct shelf *shelf,
				      const struct catalogue_entry *entry)
{
	for (size_t i = 0; i < shelf->n_known; i++)
		if (strcmp(shelf->known[i].file, entry->file) == 0 &&
		    (uint64_t)shelf->known[i].bytes == entry->bytes)
			return &shelf->known[i];
	return NULL;
}

struct verifying {
	const struct shelf *shelf;
	int directory_fd;
};

/* Byte for byte what was written: by the digest that was kept then. */
static bool verify(const struct catalogue_entry *entry, void *userdata)
{
	const struct verifying *verifying = userdata;
	const struct backup_made *made = shelf_known(verifying->shelf, entry);
	uint8_t digest[ARCHIVE_DIGEST_BYTES];
	scope(scope_close) int fd = -1;

	if (!made)
		return false;
	fd = openat(verifying->directory_fd, entry->file,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 && archive_digest(fd, digest) == 0 &&
	       memcmp(digest, made->digest, sizeof(digest)) == 0;
}

/* Takes the marked ones down; what cannot be is marked no more. */
static int take_down(struct shelf *shelf, int directory_fd)
{
	int r = 0;

	for (size_t i = 0; i < shelf->catalogue.n; i++)
		if (shelf->removed[i] &&
		    unlinkat(directory_fd, shelf->catalogue.entries[i].file,
			     0) < 0) {
			r = -errno;
			shelf->removed[i] = false;
		}
	if (fsync(directory_fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static int prune(struct shelf *shelf, int directory_fd)
{
	struct verifying verifying = { shelf, directory_fd };
	struct prune_rule rule = shelf->rule;

	shelf->removed = calloc(shelf->catalogue.n + 1, sizeof(bool));
	if (!shelf->removed)
		return -ENOMEM;
	rule.verify = verify;
	rule.userdata = &verifying;
	if (catalogue_prune(&shelf->catalogue, &rule, shelf->removed) == 0 ||
	    shelf->dry_run)
		return 0;
	return take_down(shelf, directory_fd);
}

void shelf_look(struct shelf *shelf)
{
	scope(scope_close) int directory_fd = -1;
	struct text why;

	text_init(&why, shelf->why, sizeof(shelf->why));
	shelf->r =
		catalogue_open_directory(shelf->directory, &why, &directory_fd);
	if (shelf->r == 0)
		shelf->r = catalogue_read(directory_fd, &shelf->catalogue);
	if (shelf->r == 0 && shelf->prune)
		shelf->r = prune(shelf, directory_fd);
	if (shelf->r != 0 && why.n == 0)
		text_add_format(&why, "%s: %s", shelf->directory,
				strerror(-shelf->r));
}
