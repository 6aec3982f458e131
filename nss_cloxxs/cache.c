/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. A mapping is unmapped only after an instant, later than its removal from
 *     `current`, at which n_inside was 0. Who entered after that instant found
 *     another mapping (the counter and `current` are in one total order).
 *  2. The list of replaced mappings is taken while inside and freed by whoever
 *     takes the counter to 0, or else put back: so nothing that was replaced
 *     after that instant is ever in the list that is freed.
 *  3. Nothing waits for another thread.
 */
#include "nss_cloxxs/cache.h"

#include <pthread.h>

struct nss_mapping {
	struct map *map;
	struct nss_mapping *next;
};

static void free_list(struct nss_mapping *list)
{
	while (list) {
		struct nss_mapping *next = list->next;

		map_free(list->map);
		free(list);
		list = next;
	}
}

static void put_back(struct nss_cache *cache, struct nss_mapping *list)
{
	struct nss_mapping *last = list;

	if (!list)
		return;
	while (last->next)
		last = last->next;
	last->next = atomic_load(&cache->replaced);
	while (!atomic_compare_exchange_weak(&cache->replaced, &last->next,
					     list))
		;
}

static void leave(struct nss_cache *cache)
{
	struct nss_mapping *list = NULL;

	if (atomic_load_explicit(&cache->replaced, memory_order_relaxed))
		list = atomic_exchange(&cache->replaced, NULL);
	if (atomic_fetch_sub(&cache->n_inside, 1) == 1)
		free_list(list);
	else
		put_back(cache, list);
}

static int mapping_new(const char *path, struct nss_mapping **ret_mapping)
{
	struct nss_mapping *mapping;
	int r, state;

	mapping = calloc(1, sizeof(*mapping));
	if (!mapping)
		return -ENOMEM;
	/* open and close are cancellation points; a thread that ended there
	 * would leave a descriptor, and itself counted, behind. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	r = identity_open(path, &mapping->map);
	pthread_setcancelstate(state, NULL);
	if (r != 0) {
		free(mapping);
		return r;
	}
	*ret_mapping = mapping;
	return 0;
}

/* Opens the path again and makes that the current one, if it may be. */
static int refresh(struct nss_view *view, struct nss_mapping *old)
{
	struct nss_cache *cache = view->cache;
	struct nss_mapping *mapping = NULL;
	int r;

	r = mapping_new(cache->path, &mapping);
	if (r != 0)
		return r;
	view->map = mapping->map;
	view->own = mapping;
	/* Retired and still there: its writer died before the rename. It is
	 * what there is, and looked at again next time. Nor is it kept where
	 * another thread was faster. */
	if (map_is_retired(mapping->map) ||
	    !atomic_compare_exchange_strong(&cache->current, &old, mapping))
		return 0;
	view->own = NULL;
	if (old)
		put_back(cache, old);
	return 0;
}

int nss_view_enter(struct nss_view *view, struct nss_cache *cache)
{
	struct nss_mapping *mapping;
	int r = 0, saved = errno;

	*view = (struct nss_view){ .cache = cache };
	atomic_fetch_add(&cache->n_inside, 1);
	mapping = atomic_load(&cache->current);
	if (mapping && !map_is_retired(mapping->map))
		view->map = mapping->map;
	else
		r = refresh(view, mapping);
	if (r != 0)
		leave(cache);
	errno = saved;
	return r;
}

void nss_view_leave(struct nss_view *view)
{
	int saved = errno;

	free_list(view->own);
	leave(view->cache);
	errno = saved;
}

void nss_cache_deinit(struct nss_cache *cache)
{
	free_list(atomic_exchange(&cache->replaced, NULL));
	free_list(atomic_exchange(&cache->current, NULL));
}
