/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Outcome: what came of one rule, as the daemon names it, and how that is
 * shown. It knows no rule.
 */

#include <jansson.h>

#include "cloxxsctl/output.h"

struct outcome {
	const char *name;
	enum output_mark mark;
	enum output_tone tone;
};

/* Of a rule of a reply; never NULL. What is not known is shown as a refusal. */
const struct outcome *outcome_of(const json_t *rule);
