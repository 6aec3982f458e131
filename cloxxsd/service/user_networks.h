/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * User networks: the fixed networks of a user between the forms in which they
 * are given (JSON), kept (a canonical list) and told (what was added and taken
 * away).
 */

#include "base/text.h"
#include "cloxxsd/state/user.h"
#include <jansson.h>

/*
 * Reads an array of texts into the canonical list; what is wrong with it is
 * written to fault, as a sentence, and ret_networks stays as it was.
 */
void user_networks_read(json_t *array, char ret_networks[USER_NETWORKS_MAX],
			struct text *fault);
/* The list as an array of texts. */
json_t *user_networks_json(const char *networks);
/* "+192.0.2.0/24 -198.51.100.7"; nothing where nothing differs. */
void user_networks_tell(const char *before, const char *after,
			struct text *text);
