/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password check: "password check": a password from the terminal, unseen, or
 * from the first line of standard input; never from an argument. The daemon
 * judges it.
 */

#include "cloxxsctl/ctl.h"

/* STATUS_REFUSED where it would not be taken. */
int password_check_run(struct ctl *ctl, const struct command *command);
