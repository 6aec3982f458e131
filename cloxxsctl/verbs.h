/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Verbs: everything that this tool can do, one row each. There is no verb and
 * no option that takes a password: a command line is read by everybody.
 */

#include "cloxxsctl/grammar.h"

/* Ended by noun NULL; the rows of a noun stand together. */
extern const struct grammar_verb verbs[];
