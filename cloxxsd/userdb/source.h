/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Source: what records are made of: the identity map, by the reader that the
 * name service uses, and SSH keys, which cloxxsd is asked for. It believes
 * neither more than they must be: the reader refuses ids outside its bounds,
 * and a key is one line that can be printed.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/identity.h"

struct source {
	const char *map_path;
	const char *socket; /* of cloxxsd */
	struct map *map;
	/* Before that cloxxsd is not asked again: it did not answer. */
	int64_t ask_from_us;
};

void source_deinit(struct source *source);

/*
 * The map in force, or NULL where there is none that can be read. What is found
 * in it is good until this is called again.
 */
const struct map *source_map(struct source *source);

/*
 * Adds the keys that sshd may try for name to keys, an array. False where that
 * cannot be known now. Waits for half a second at most, and then not again for
 * a while.
 */
bool source_keys(struct source *source, const char *name, size_t n_name,
		 json_t *keys);
