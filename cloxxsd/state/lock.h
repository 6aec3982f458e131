/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Lock: who may write the state: the daemon while it runs, or one program run
 * by root while it does not. It is the file private/lock of the state
 * directory, locked (flock(2)) for as long as the holder lives; what stands in
 * it only tells others who that is. It gives no right to anything.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/scope.h"
#include "base/text.h"

struct lock;

/*
 * Takes the lock of the state in directory, as the program called who (letters
 * and '-'), making directory/private where it is not there. -EBUSY where
 * somebody holds it: why tells who; other -errno: why tells where.
 */
must_check int lock_take(const char *directory, const char *who,
			 struct text *why, struct lock **ret_lock);
/* Gives it back; takes NULL, returns NULL. */
struct lock *lock_free(struct lock *lock);
static inline void lock_freep(struct lock **lock)
{
	*lock = lock_free(*lock);
}
