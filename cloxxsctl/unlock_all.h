/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Unlock all: lifts the locks that wrong answers brought, of many users, one
 * call and one record each. Locks that an administrator set stay: he had a
 * reason of his own.
 */

#include "cloxxsctl/ctl.h"

/* The verb; STATUS_FAILURE where one at least stays locked. */
int unlock_all_run(struct ctl *ctl, const struct command *command);
