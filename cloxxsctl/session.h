/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Session: those that run are listed, and ended by root. The daemon says which
 * there are and records that they are ended; it has no privilege to do it, so
 * it is done here.
 */

#include <jansson.h>

#include "cloxxsctl/ctl.h"

int session_run_list(struct ctl *ctl, const struct command *command);
int session_run_end(struct ctl *ctl, const struct command *command);

/*
 * Whether command, which may have --end-sessions, can do so: an exit status,
 * and what is wrong was printed. To be asked before anything is changed.
 */
int session_may_end(const struct ctl *ctl, const struct command *command);
/* Ends the sessions that reply names, and every process of the user; the same.
 */
int session_end_all(const struct ctl *ctl, const struct command *command,
		    const json_t *reply);
