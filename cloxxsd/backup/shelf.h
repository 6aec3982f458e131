/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Shelf: the directory of backups as an errand looks at it: lists it, or takes
 * down what may go. What the store knows of its backups is given to it
 * beforehand; what became of them it gives back. All in one thread, which may
 * wait for the disk.
 */

#include <stdbool.h>

#include "base/scope.h"
#include "cloxxsd/backup/catalogue.h"
#include "cloxxsd/state/backups.h"

struct shelf {
	char directory[512];
	struct backup_made *known; /* n_known rows, owned */
	size_t n_known;
	bool prune; /* else it is only looked at */
	bool dry_run;
	struct prune_rule rule; /* but for verify */
	/* What came of it: */
	int r;
	char why[512];
	struct catalogue catalogue;
	bool *removed; /* a flag for each entry; with dry_run: it would be */
};

void shelf_deinit(struct shelf *shelf);
/* The row of the entry's file with its length, or NULL. */
const struct backup_made *shelf_known(const struct shelf *shelf,
				      const struct catalogue_entry *entry);
/* Does it. Sets r and why. */
void shelf_look(struct shelf *shelf);
