/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Map cache: the one mapping of a file that a process keeps, for all its
 * threads. Readers take no lock, so that a fork in a threaded program leaves
 * none held in the child; they count themselves in and out, and a mapping that
 * was replaced goes when nobody who may know it is inside. Failures are not
 * remembered: a file that comes is found at the next look-up.
 * No descriptor stays open; no environment variable is read.
 */

#include <stdatomic.h>

#include "base/map.h"
#include "base/scope.h"

struct map_mapping;

/* Readers count themselves in one of several places, by their thread, each in a
 * cache line of its own: they do not wait for each other's. */
struct map_stripe {
	_Alignas(64) _Atomic unsigned int n_inside;
};

#define MAP_STRIPES_MAX 64

struct map_cache {
	const char *path;
	int (*open)(const char *path, struct map **ret_map);
	/* A power of two, at most MAP_STRIPES_MAX; zero at first. A child that
	 * was forked while another thread was inside counts one too many for
	 * ever, and keeps replaced mappings, unless they stand in memory that
	 * is wiped on fork. */
	struct map_stripe *stripes;
	unsigned int n_stripes;
	_Atomic(struct map_mapping *) current;
	_Atomic(struct map_mapping *) replaced; /* a list */
};

/* array: of stripes, as long as the cache. */
#define MAP_CACHE_INIT(at, function, array)                           \
	{                                                             \
		.path = (at), .open = (function), .stripes = (array), \
		.n_stripes = ARRAY_SIZE(array)                        \
	}

/* A look-up's hold on a mapping. */
struct map_view {
	struct map_cache *cache;
	struct map_stripe *stripe;
	const struct map *map;
	struct map_mapping *own; /* for this look-up only, or NULL */
};

/*
 * Where 0: view->map stays mapped until map_view_leave(). Else MAP_E_* or
 * -errno, and there is nothing to leave. No thread is cancelled within; errno
 * is kept.
 */
must_check int map_view_enter(struct map_view *view, struct map_cache *cache);
void map_view_leave(struct map_view *view);

/* Unmaps all; nobody may be inside. */
void map_cache_deinit(struct map_cache *cache);
