/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * User import: the users of a file brought to the daemon in portions, and what
 * is wrong with any of them told by file and line. All or none come in; that
 * the daemon sees to.
 */

#include "cloxxsctl/ctl.h"

/* Runs of rows: an exit status; what went wrong has been printed. */
int user_import_run(struct ctl *ctl, const struct command *command);
/* Every user as a file that user_import_run() reads. */
int user_export_run(struct ctl *ctl, const struct command *command);
