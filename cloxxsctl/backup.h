/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Backup: the verbs about backups. The daemon makes, lists and prunes them;
 * cloxxs-offline opens and restores them. It opens none itself.
 */

#include "cloxxsctl/ctl.h"

int backup_run_create(struct ctl *ctl, const struct command *command);
int backup_run_list(struct ctl *ctl, const struct command *command);
int backup_run_verify(struct ctl *ctl, const struct command *command);
int backup_run_restore(struct ctl *ctl, const struct command *command);
int backup_run_prune(struct ctl *ctl, const struct command *command);
