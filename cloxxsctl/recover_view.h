/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Recover view: what recovery did or found, for eyes. It concludes nothing.
 */

#include <jansson.h>

#include "cloxxsctl/output.h"

/* How many users stand in the map now. */
must_check int recover_view_maps(struct output *output, const json_t *answer);
/* What is wrong with the state. */
must_check int recover_view_check(struct output *output, const json_t *answer);
