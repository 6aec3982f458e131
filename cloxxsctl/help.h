/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Help: the rows of the grammar for eyes, and with --json for completion and
 * the test that compares them with the manual. It knows no verb by name.
 */

#include "cloxxsctl/ctl.h"

/* "help [NOUN [VERB]]": an exit status. */
int help_run(struct ctl *ctl, const struct command *command);
