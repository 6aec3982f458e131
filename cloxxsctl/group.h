/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Group: the verbs about groups of users, which hold grants. They are no groups
 * of the system.
 */

#include "cloxxsctl/ctl.h"

/* Runs of rows: an exit status; what went wrong has been printed. */
int group_run_list(struct ctl *ctl, const struct command *command);
/* Its members and its grants. */
int group_run_show(struct ctl *ctl, const struct command *command);

/* Where the group's grants give a new member nothing yet. */
void group_warn_added(struct ctl *ctl, const struct command *command,
		      const json_t *reply);

/* The reply to a change, in one line. */
must_check int group_view_changed(struct output *output,
				  const struct command *command,
				  const json_t *reply);
