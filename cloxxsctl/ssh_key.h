/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * SSH key: the verbs about the keys by which a user comes in over SSH. What a
 * good key is the daemon says.
 */

#include "cloxxsctl/ctl.h"

/* Runs of rows: an exit status; what went wrong has been printed. */
int ssh_key_run_add(struct ctl *ctl, const struct command *command);
int ssh_key_run_list(struct ctl *ctl, const struct command *command);
int ssh_key_run_remove(struct ctl *ctl, const struct command *command);
