/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Factor: the verbs about second factors: by which ways a user gets a code, and
 * when he is asked for one. What a good number is the daemon says; seeds and
 * recovery codes are shown once, and kept nowhere here.
 */

#include "cloxxsctl/ctl.h"

/* Runs of rows: an exit status; what went wrong has been printed. */
int factor_run_show(struct ctl *ctl, const struct command *command);
int factor_run_set(struct ctl *ctl, const struct command *command);
int factor_run_totp(struct ctl *ctl, const struct command *command);
int factor_run_remove_totp(struct ctl *ctl, const struct command *command);
int factor_run_recovery_codes(struct ctl *ctl, const struct command *command);
