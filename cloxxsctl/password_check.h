/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password check: "password check": a password from the terminal, unseen, or
 * from the first line of standard input; never from an argument. The daemon
 * judges it.
 */

#include "cloxxsctl/ctl.h"

/* An exit status: 0 where it would be taken, 1 where it would not. */
int password_check_run(struct ctl *ctl, const struct command *command);
