/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Duration: a time as settings and options have it, "36h". It knows no bounds:
 * whoever takes one has his own.
 */

#include <stdbool.h>
#include <stdint.h>

/* Seconds of "90s", "30m", "2h" or "1d"; false for anything else. */
bool duration_read(const char *text, uint32_t *ret_seconds);
