/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Alarm view: the rules of alarms and what they are at, for eyes.
 */

#include <jansson.h>

#include "cloxxsctl/output.h"

/* The reply of Alarms. */
must_check int alarm_view(struct output *output, const json_t *reply);
