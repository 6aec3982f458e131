/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Login test: a whole conversation of a login by which nobody gets in, with
 * what the user would see, and how it is decided. The daemon holds it; here
 * are its questions and answers.
 */

#include "cloxxsctl/ctl.h"

/* STATUS_REFUSED where the login would be denied. */
int login_test_run(struct ctl *ctl, const struct command *command);
