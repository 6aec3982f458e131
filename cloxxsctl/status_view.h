/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Status: how the daemon does, who was locked today, how old things are and
 * what is not kept, on one screen. Watching is another program's work.
 */

#include <jansson.h>

#include "cloxxsctl/ctl.h"

/* The verb "status": the reply of Status with statement_digest() in it. */
int status_run(struct ctl *ctl, const struct command *command);

/* That as a page. */
must_check int status_view(struct output *output, const json_t *reply);
