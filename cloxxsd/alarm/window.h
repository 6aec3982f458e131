/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Window: how often something happened within the last so many seconds, to a
 * sixtieth of them. It is told the time, by a clock that nobody sets, and takes
 * no more room for many than for few.
 */

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_PARTS 60

struct window {
	uint32_t span_s;
	int64_t begun; /* since when it counts */
	int64_t part;  /* the newest, in sixtieths of the span */
	uint64_t counts[WINDOW_PARTS];
};

/* An empty one from now on, of span_s seconds, 1 at least. */
void window_init(struct window *window, uint32_t span_s, int64_t now);
void window_add(struct window *window, int64_t now);
uint64_t window_count(struct window *window, int64_t now);
/* Whether it has counted for all of its span. */
bool window_is_whole(const struct window *window, int64_t now);
