/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Restore: the steps of putting a backup back, on files of its own below
 * private/ until the last one, which exchanges the stores. It asks nobody
 * and prints nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/backup/archive.h"
#include "cloxxsd/backup/exchange.h"
#include "cloxxsd/backup/merge.h"
#include "cloxxsd/backup/proof.h"
#include "cloxxsd/state/recovery.h"
#include "cloxxsd/state/state.h"

struct restore_args {
	const char *private_directory; /* where store.db is to be */
	int archive_fd;
	const struct recovery_identity *identity;
	struct key *key; /* of this host, or NULL; taken in any case */
	struct merge_args merge;
};

struct restore {
	struct restore_args args;
	int private_fd, new_fd, old_fd;
	char new_path[512], old_path[512]; /* directories */
	struct archive_header header;
	uint8_t digest[ARCHIVE_DIGEST_BYTES]; /* of the archive's file */
	struct key *key;       /* of the restored one */
	bool key_is_of_backup; /* this host has none of its own */
	bool is_ours;          /* signed with a key that this host had */
	bool is_there;         /* a present store */
	bool is_folded;        /* SQLite can read it */
	bool is_compared;
	char not_compared[512]; /* why not */
	int64_t present_seq;    /* last record of its ledger */
	struct merge_counts counts;
	enum merge_ledger ledger;
	struct proof proof; /* of what the store will be */
	char kept[EXCHANGE_NAME_MAX];
};

/*
 * Opens the backup, proves it, and merges the present in. All that follows is
 * known then; nothing of the present has been touched. 0, or -errno with why.
 */
must_check int restore_prepare(const struct restore_args *args,
			       struct text *why, struct restore *ret_restore);
/*
 * Whether what was prepared may be done: a present store that could not be
 * compared would take every lock since the backup with it, and must have been
 * named. 0, or -EPERM with why.
 */
must_check int restore_may_finish(const struct restore *restore,
				  struct text *why);
/* Writes the record of it, proves the whole once more, and exchanges. */
must_check int restore_finish(struct restore *restore,
			      const struct record *record, struct text *why);
/* Takes down all that is its own. */
void restore_deinit(struct restore *restore);
