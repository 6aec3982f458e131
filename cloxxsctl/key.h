/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key: verbs that change keys while the daemon runs. What only root can write,
 * the key file, the recovery key's public half, they write; what the keys mean
 * and whether they fit the daemon says, before anything is written.
 */

#include "cloxxsctl/ctl.h"

/* Runs of rows: an exit status; what went wrong has been printed. */
int key_run_create(struct ctl *ctl, const struct command *command);
int key_run_rotate(struct ctl *ctl, const struct command *command);
int key_run_recovery(struct ctl *ctl, const struct command *command);
