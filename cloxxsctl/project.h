/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Project: the verbs about projects, which rights are given in, and what the
 * daemon tells of one as a page. Which names are good the daemon says.
 */

#include "cloxxsctl/ctl.h"

/* Runs of rows: an exit status; what went wrong has been printed. */
int project_run_list(struct ctl *ctl, const struct command *command);
/* One, with the grants that count in it. */
int project_run_show(struct ctl *ctl, const struct command *command);
/* Who can do what there; and what a user can do in all of them. */
int project_run_who(struct ctl *ctl, const struct command *command);
int project_run_of_user(struct ctl *ctl, const struct command *command);

/* Where no application can ask for rights in one that was added. */
void project_warn_added(struct ctl *ctl, const struct command *command,
			const json_t *reply);

/* The reply to a change, in a few lines. */
must_check int project_view_changed(struct output *output,
				    const struct command *command,
				    const json_t *reply);
