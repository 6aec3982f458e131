/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Notice: the verbs that show what users are told about confidentiality, and
 * who accepted it. Reading only.
 */

#include "cloxxsctl/ctl.h"

/* The text alone goes to the output, so that it can be written to a file; which
 * one it is goes where errors go. */
int notice_run_show(struct ctl *ctl, const struct command *command);
int notice_run_accepted(struct ctl *ctl, const struct command *command);
