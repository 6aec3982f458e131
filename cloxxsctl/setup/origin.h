/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Origin: the step of setup that says from where: the networks of
 * administrators, in a drop-in of its own. Root who came by ssh would be shut
 * out by the next login without them, so it does not go on then.
 */

#include "cloxxsctl/setup/setup.h"

#define SETUP_ORIGIN CLOXXS_CONFDIR "/cloxxsd.conf.d/10-setup.conf"

/* Takes the options, or asks; an exit status. */
int origin_gather(struct setup *setup);

bool origin_is_needed(struct setup *setup);
int origin_run(struct setup *setup);
