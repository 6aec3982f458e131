/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Access maps: one for each service that has projects or an account: written
 * at the start, swung after each commit, written anew where the account
 * changed. What cannot be written is withdrawn: its readers then know nothing,
 * and nobody has a right; it is tried again with the next change. It only ever
 * tells what the store holds already.
 */

#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"
#include "cloxxsd/publish/access_writer.h"
#include "cloxxsd/service/accounts.h"
#include "cloxxsd/state/state.h"

struct access_map;

struct access_maps {
	struct state *state;
	const struct accounts *accounts;
	char directory[512];
	struct access_map *maps; /* one a service */
	size_t n;
};

/* Writes them all below directory/access. -errno: nothing can stand there. */
must_check int access_maps_init(struct access_maps *maps, struct state *state,
				const struct accounts *accounts,
				const char *directory);
void access_maps_deinit(struct access_maps *maps);

/* The accounts were bound anew. */
void access_maps_bind(struct access_maps *maps);
/* After a commit. */
void access_maps_committed(struct access_maps *maps,
			   const struct change_set *set);

/* The map of service as its readers see it, or NULL; until the next change. */
const struct map *access_maps_find(const struct access_maps *maps,
				   const char *service);
/* How many there are, and how many of them could not be written. */
size_t access_maps_count(const struct access_maps *maps,
			 size_t *ret_n_withdrawn);
