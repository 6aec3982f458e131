/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Local verbs: those that need no daemon: its configuration read by its own
 * program, a new key, our version. Runs of rows: an exit status; what went
 * wrong has been printed.
 */

#include "cloxxsctl/ctl.h"

int local_run_config_check(struct ctl *ctl, const struct command *command);
int local_run_config_dump(struct ctl *ctl, const struct command *command);
int local_run_version(struct ctl *ctl, const struct command *command);
