/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Backup view: what is shown of backups, for eyes. */

#include "cloxxsctl/output.h"

/* Of create and verify: one backup. */
int backup_view_one(struct output *output, const json_t *answer);
/* Of list: the backups, then those of others. */
int backup_view_list(struct output *output, const json_t *answer);
int backup_view_removed(struct output *output, const json_t *answer);
/* Of restore: what changes, or did. */
int backup_view_restore(struct output *output, const json_t *answer);
