/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. A mapping is unmapped only after each stripe was seen with nobody inside,
 *     at an instant of its own, later than the mapping's removal from
 *     `current`. Who enters a stripe after that instant finds another mapping
 *     (the counters and `current` are in one total order).
 *  2. A mapping in the list was removed before it came there. Whoever takes the
 *     list has it alone, and puts back what he does not free.
 *  3. Nothing waits for another thread.
 */
#include "base/map_cache.h"

#include <pthread.h>

struct map_mapping {
	struct map *map;
	uint64_t left; /* a bit for each stripe that was seen empty */
	struct map_mapping *next;
};

static struct map_mapping *mapping_free(struct map_mapping *mapping)
{
	if (!mapping)
		return NULL;
	map_free(mapping->map);
	free(mapping);
	return NULL;
}

/* By the address of errno, of which each thread has its own: to look at it
 * costs little, and nothing is allocated for it. */
static struct map_stripe *stripe_of_thread(struct map_cache *cache)
{
	uint64_t hash = (uintptr_t)&errno * UINT64_C(0x9e3779b97f4a7c15);

	return &cache->stripes[(hash >> 32) & (cache->n_stripes - 1)];
}

static void put_back(struct map_cache *cache, struct map_mapping *list)
{
	struct map_mapping *last = list;

	if (!list)
		return;
	while (last->next)
		last = last->next;
	last->next = atomic_load(&cache->replaced);
	while (!atomic_compare_exchange_weak(&cache->replaced, &last->next,
					     list))
		;
}

/* Whether nobody who is inside can know the mapping any more. */
static bool is_left(const struct map_cache *cache, struct map_mapping *mapping)
{
	const uint64_t all = UINT64_MAX >> (MAP_STRIPES_MAX - cache->n_stripes);

	for (unsigned int i = 0; i < cache->n_stripes; i++)
		if (atomic_load(&cache->stripes[i].n_inside) == 0)
			mapping->left |= UINT64_C(1) << i;
	return mapping->left == all;
}

static void reap(struct map_cache *cache)
{
	struct map_mapping *list = atomic_exchange(&cache->replaced, NULL);
	struct map_mapping *kept = NULL;

	while (list) {
		struct map_mapping *mapping = list;

		list = mapping->next;
		if (is_left(cache, mapping)) {
			mapping_free(mapping);
		} else {
			mapping->next = kept;
			kept = mapping;
		}
	}
	put_back(cache, kept);
}

static void leave(struct map_view *view)
{
	atomic_fetch_sub(&view->stripe->n_inside, 1);
	if (atomic_load_explicit(&view->cache->replaced, memory_order_relaxed))
		reap(view->cache);
}

static int mapping_new(const struct map_cache *cache,
		       struct map_mapping **ret_mapping)
{
	struct map_mapping *mapping;
	int r, state;

	mapping = calloc(1, sizeof(*mapping));
	if (!mapping)
		return -ENOMEM;
	/* open and close are cancellation points; a thread that ended there
	 * would leave a descriptor, and itself counted, behind. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	r = cache->open(cache->path, &mapping->map);
	pthread_setcancelstate(state, NULL);
	if (r != 0) {
		free(mapping);
		return r;
	}
	*ret_mapping = mapping;
	return 0;
}

/* Opens the path again and makes that the current one, if it may be. */
static int refresh(struct map_view *view, struct map_mapping *old)
{
	struct map_cache *cache = view->cache;
	struct map_mapping *mapping = NULL;
	int r;

	r = mapping_new(cache, &mapping);
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
	if (old) {
		old->next = NULL;
		put_back(cache, old);
	}
	return 0;
}

int map_view_enter(struct map_view *view, struct map_cache *cache)
{
	struct map_mapping *mapping;
	int r = 0, saved;

	*view = (struct map_view){ .cache = cache,
				   .stripe = stripe_of_thread(cache) };
	atomic_fetch_add(&view->stripe->n_inside, 1);
	mapping = atomic_load(&cache->current);
	if (mapping && !map_is_retired(mapping->map)) {
		view->map = mapping->map;
		return 0;
	}
	saved = errno;
	r = refresh(view, mapping);
	if (r != 0)
		leave(view);
	errno = saved;
	return r;
}

void map_view_leave(struct map_view *view)
{
	int saved = errno;

	mapping_free(view->own);
	leave(view);
	errno = saved;
}

void map_cache_deinit(struct map_cache *cache)
{
	struct map_mapping *list = atomic_exchange(&cache->replaced, NULL);

	while (list) {
		struct map_mapping *next = list->next;

		mapping_free(list);
		list = next;
	}
	mapping_free(atomic_exchange(&cache->current, NULL));
}
