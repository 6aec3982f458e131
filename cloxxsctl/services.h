/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Services: a word to who gives a user a service that neither PAM nor an
 * application has on this host: most often it is mistyped. A warning and
 * nothing more: the service may be installed tomorrow.
 */

#include "cloxxsctl/ctl.h"

/*
 * One line on ctl's errors for each of --services that has no file of PAM's and
 * that no account speaks for, as the daemon tells; where it does not, without a
 * file is enough.
 */
void services_warn(struct ctl *ctl, const struct command *command,
		   const json_t *reply);
