/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Explain: why somebody was refused, by the code he was shown, or how a login
 * would be decided, by who and where. The daemon says both.
 */

#include "cloxxsctl/ctl.h"

/* STATUS_REFUSED where a login that is asked about would be denied. */
int explain_run(struct ctl *ctl, const struct command *command);
