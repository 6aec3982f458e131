/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/alarm/window.h"

void window_init(struct window *window, uint32_t span_s, int64_t now)
{
	*window = (struct window){ .span_s = span_s, .begun = now };
	window->part = now * WINDOW_PARTS / span_s;
}

/* Forgets the parts that have passed. */
static void move(struct window *window, int64_t now)
{
	int64_t part = now * WINDOW_PARTS / window->span_s;

	if (part - window->part >= WINDOW_PARTS)
		window->part = part - WINDOW_PARTS;
	while (window->part < part)
		window->counts[++window->part % WINDOW_PARTS] = 0;
}

void window_add(struct window *window, int64_t now)
{
	move(window, now);
	window->counts[window->part % WINDOW_PARTS]++;
}

uint64_t window_count(struct window *window, int64_t now)
{
	uint64_t n = 0;

	move(window, now);
	for (int i = 0; i < WINDOW_PARTS; i++)
		n += window->counts[i];
	return n;
}

bool window_is_whole(const struct window *window, int64_t now)
{
	return now - window->begun >= window->span_s;
}
