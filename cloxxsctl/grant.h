/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Grant: the verbs about who may do what in which project. What grants come to
 * together the daemon says.
 */

#include <jansson.h>

#include "cloxxsctl/ctl.h"

/* Runs of rows: an exit status; what went wrong has been printed. */
int grant_run_list(struct ctl *ctl, const struct command *command);
/* The grants of a file, all or none; and all as such a file. */
int grant_run_import(struct ctl *ctl, const struct command *command);
int grant_run_export(struct ctl *ctl, const struct command *command);

/* Appends the grants that parameters (taken) name to the array; an exit status.
 */
int grant_gather(struct ctl *ctl, const struct command *command,
		 json_t *parameters, json_t *grants);
/* A heading and a table below a page. */
must_check int grant_show_table(struct output *output, const json_t *grants);
/* A user was asked for, and a group was named: what to ask instead, as the
 * failure of command; STATUS_OK where it is none. */
int grant_refuse_group(const struct ctl *ctl, const struct command *command,
		       const char *user);
/* Where a grant gives its holder nothing yet. */
void grant_warn_added(struct ctl *ctl, const struct command *command,
		      const json_t *reply);
/* What who lacks the services of a reply gains nothing by, for a warning:
 * false where he lacks none. */
bool grant_add_lacking(struct text *text, const char *user,
		       const json_t *reply);
/* The reply to a change, in one line. */
must_check int grant_view_changed(struct output *output,
				  const struct command *command,
				  const json_t *reply);
