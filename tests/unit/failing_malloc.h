/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Failing malloc: makes the Nth allocation fail, and counts what is not freed.
 * For a test linked with $(failing_malloc_ldflags); sees the allocations of
 * the objects linked into it, not those of shared libraries. One thread.
 */

#include <stdbool.h>

/* From now on, the nth allocation (from 1) fails; 0: none. */
void failing_malloc_start(unsigned int nth);
/* Not now, and on again. */
void failing_malloc_pause(bool paused);
/* Counts one allocation, for allocators of others: whether it is to fail. */
bool failing_malloc_strikes(void);
/* Ends it. Allocated less freed since then: 0 is no leak. */
int failing_malloc_stop(void);
/* Whether the nth was come to: false once n is beyond the last one. */
bool failing_malloc_has_failed(void);
