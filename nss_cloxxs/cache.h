/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Cache: the one mapping of identity.map that a process keeps, for all its
 * threads. Readers take no lock, so that a fork in a threaded program leaves
 * none held in the child; they count themselves in and out, and a mapping that
 * was replaced goes when nobody is inside. A child forked while another thread
 * was inside counts one too many for ever: it keeps replaced mappings, which
 * costs address space at each new file and nothing else. Failures are not
 * remembered: a file that comes is found at the next look-up.
 * No descriptor stays open; no environment variable is read.
 */

#include <stdatomic.h>

#include "base/identity.h"
#include "base/scope.h"

struct nss_mapping;

struct nss_cache {
	const char *path;
	_Atomic(struct nss_mapping *) current;
	_Atomic(struct nss_mapping *) replaced; /* a list */
	_Atomic unsigned int n_inside;
};

#define NSS_CACHE_INIT(at)   \
	{                    \
		.path = (at) \
	}

/* A look-up's hold on a mapping. */
struct nss_view {
	struct nss_cache *cache;
	const struct map *map;
	struct nss_mapping *own; /* for this look-up only, or NULL */
};

/*
 * Where 0: view->map stays mapped until nss_view_leave(). Else MAP_E_* or
 * -errno, and there is nothing to leave. No thread is cancelled within.
 */
must_check int nss_view_enter(struct nss_view *view, struct nss_cache *cache);
void nss_view_leave(struct nss_view *view);

/* Unmaps all; nobody may be inside. For tests: the module is never unloaded. */
void nss_cache_deinit(struct nss_cache *cache);
