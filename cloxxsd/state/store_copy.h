/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Store copy: a store that is in use, copied into one file page by page
 * (SQLite's online backup), a few pages at a time, so that whoever writes to it
 * meanwhile waits for those only. It goes over the store's own connection: what
 * is committed between two steps goes into both. The copy needs no log beside
 * it. It proves nothing about it.
 */

#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/state/store.h"

struct store_copy;

enum store_copy_error {
	_STORE_COPY_E_OK,
	STORE_COPY_E_MORE, /* not whole yet */
};

/*
 * Begins to copy store, which must outlive it, to path, which is made anew,
 * mode 0600, over what is there. -errno.
 */
must_check int store_copy_new(struct store *store, const char *path,
			      struct store_copy **ret_copy);
/* Copies up to n_pages. 0: the copy is whole, as of now; STORE_COPY_E_MORE; or
 * -errno, when it cannot become whole any more. No transaction may be open. */
must_check int store_copy_step(struct store_copy *copy, int n_pages);
/* Pages copied and all of them, after a step. */
void store_copy_progress(const struct store_copy *copy, uint32_t *ret_done,
			 uint32_t *ret_all);
/* The file stays. Takes NULL, returns NULL. */
struct store_copy *store_copy_free(struct store_copy *copy);
static inline void store_copy_freep(struct store_copy **copy)
{
	*copy = store_copy_free(*copy);
}
