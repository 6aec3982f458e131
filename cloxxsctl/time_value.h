/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Time value: a time as it is given to an option or stands in a file: one of
 * base/timestamp.h, or nothing or "never", which is 0.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/timestamp.h"

bool time_value_read(const char *text, enum timestamp_side side,
		     int64_t *ret_seconds);
/* Or so long before now: "2h". */
bool time_value_read_since(const char *text, int64_t *ret_seconds);
/* The first moment at which what is good until text is not: behind a day. */
bool time_value_read_until(const char *text, int64_t *ret_seconds);
