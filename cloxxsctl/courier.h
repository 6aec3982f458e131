/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Courier: what is asked of cloxxs-courier itself, at its own socket: which
 * ways out there are, whether a message gets out by one, and how the addresses
 * that it probes look. For root. Runs of rows: an exit status; what went wrong
 * has been printed.
 */

#include "cloxxsctl/ctl.h"

#define COURIER_SOCKET CLOXXS_RUNDIR "-courier/courier.sock"

int courier_run_status(struct ctl *ctl, const struct command *command);
/* A failure too where one of the addresses is not as it was asked to be. */
int courier_run_probe(struct ctl *ctl, const struct command *command);
int courier_run_test(struct ctl *ctl, const struct command *command);
