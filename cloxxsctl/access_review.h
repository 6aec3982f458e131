/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Access review: who can do what in which project, by which grants, and what
 * changed about that since a day, for those who must look at it now and then.
 * It leaves out nothing that could matter to what was asked about.
 */

#include "cloxxsctl/ctl.h"

/* Runs of rows: an exit status; what went wrong has been printed. */
int access_review_run(struct ctl *ctl, const struct command *command);
