/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Courier: what is asked of cloxxs-courier itself, at its own socket: which
 * ways out there are, whether a message gets out by one, and how the addresses
 * that it probes look. For root. Runs of rows: an exit status; what went wrong
 * has been printed.
 */

#include <jansson.h>

#include "cloxxsctl/ctl.h"

#define COURIER_SOCKET CLOXXS_RUNDIR "-courier/courier.sock"

int courier_run_status(struct ctl *ctl, const struct command *command);
/* A failure too where one of the addresses is not as it was asked to be. */
int courier_run_probe(struct ctl *ctl, const struct command *command);
int courier_run_test(struct ctl *ctl, const struct command *command);
/*
 * Calls one of its methods, for a verb of another noun; what it takes beyond
 * timeout_ms, the courier's own, is short. STATUS_OK, or an exit status, told,
 * upon which nothing is returned.
 */
int courier_call(const struct ctl *ctl, const struct command *command,
		 const char *method, uint32_t timeout_ms, json_t **ret_reply);
