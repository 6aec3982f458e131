/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Moment: a point in time as it is typed: "2026-12-24", with a time of day
 * "08:30" or "08:30:00" behind a blank or a T, in local time, or with the zone
 * of RFC 3339 ("Z", "+01:00"). No words such as "tomorrow": what a script asks
 * means the same each day.
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * The seconds since 1970. False where text is no such point, as 30 February is
 * none, or an hour that the clock leaps over.
 */
bool moment_read(const char *text, int64_t *ret_at);
