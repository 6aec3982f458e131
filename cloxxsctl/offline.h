/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Offline: verbs that cloxxs-offline does, for root, while no daemon runs. It
 * hands over what was said and shows the answer, as if the daemon had given
 * it; it opens no store itself.
 */

#include <jansson.h>

#include "cloxxsctl/ctl.h"

/* Asks it: an exit status; what went wrong has been printed. */
int offline_ask(struct ctl *ctl, const struct command *command,
		json_t **ret_answer);
/* Runs the verb of the same name there; an exit status. */
int offline_run(struct ctl *ctl, const struct command *command);
