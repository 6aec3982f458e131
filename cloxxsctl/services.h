/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Services: a word to who gives a user a service that PAM does not know on this
 * host: most often it is mistyped. A warning and nothing more: the service may
 * be installed tomorrow.
 */

#include "cloxxsctl/ctl.h"

/* One line on ctl's errors for each of --services without a file of PAM's. */
void services_warn(const struct ctl *ctl, const struct command *command);
