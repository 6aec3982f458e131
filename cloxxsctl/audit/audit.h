/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Audit: the verbs of the noun "audit", which find, show, count and prove what
 * was recorded. They change nothing; that they read is recorded.
 */

#include "cloxxsctl/ctl.h"

int audit_run_search(struct ctl *ctl, const struct command *command);
int audit_run_follow(struct ctl *ctl, const struct command *command);
int audit_run_export(struct ctl *ctl, const struct command *command);
int audit_run_show(struct ctl *ctl, const struct command *command);
int audit_run_stats(struct ctl *ctl, const struct command *command);
int audit_run_report(struct ctl *ctl, const struct command *command);
int audit_run_verify(struct ctl *ctl, const struct command *command);
int audit_run_anchor(struct ctl *ctl, const struct command *command);
