/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Metrics: prints them as the daemon wrote them. Runs of rows: an exit status;
 * what went wrong has been printed.
 */

#include "cloxxsctl/ctl.h"

int metrics_run(struct ctl *ctl, const struct command *command);
