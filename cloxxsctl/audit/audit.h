/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Audit: the verbs of the noun "audit", which find, show, count and prove what
 * was recorded, and say what of it is kept, and under which name. That they
 * read is recorded.
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
int audit_run_hold_add(struct ctl *ctl, const struct command *command);
int audit_run_hold_list(struct ctl *ctl, const struct command *command);
int audit_run_hold_release(struct ctl *ctl, const struct command *command);
int audit_run_erase(struct ctl *ctl, const struct command *command);
