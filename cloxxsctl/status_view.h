/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Status view: how the daemon does, on one screen, for eyes. Watching is
 * another program's work.
 */

#include <jansson.h>

#include "cloxxsctl/output.h"

/* The reply of Status as a page. */
must_check int status_view(struct output *output, const json_t *reply);
