/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Hours: the times of a week within which something is allowed, as they are
 * written, and whether a moment lies in them. A moment is a day and a minute of
 * the wall clock: what time it is where, and when summer begins, is known to
 * whoever asks. An hour that the clock shows twice counts both times, and one
 * that it leaves out never comes.
 *
 *     mo-fr 07:00-20:00, sa 09:00-12:00
 *     fr 22:00-06:00       to Saturday morning: it belongs to its first day
 *     07:00-20:00          every day
 *     always
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"

#define HOURS_RANGES_MAX 16
/* What hours_write() makes of the most, and the NUL. */
#define HOURS_TEXT_MAX 320

enum hours_day {
	HOURS_MONDAY,
	HOURS_TUESDAY,
	HOURS_WEDNESDAY,
	HOURS_THURSDAY,
	HOURS_FRIDAY,
	HOURS_SATURDAY,
	HOURS_SUNDAY,
	_HOURS_DAY_N,
};

/* Minutes of the day, to is not in it; from after to: over midnight. */
struct hours_range {
	uint8_t first_day, last_day;
	uint16_t from, to;
};

/* All zero: always. */
struct hours {
	size_t n;
	struct hours_range ranges[HOURS_RANGES_MAX];
};

/* A minute of a week as the wall clock shows it. */
struct hours_moment {
	uint8_t day; /* enum hours_day; another value is no day */
	uint16_t minute;
};

enum hours_error {
	_HOURS_E_OK,
	HOURS_E_INVALID, /* why says which part, and what of it */
};

/*
 * Reads text; *ret_hours is untouched on failure. why goes on behind "It" or
 * the text itself: "holds "fr-mo 08:00-09:00", whose days run backwards".
 */
must_check int hours_parse(const char *text, struct hours *ret_hours,
			   struct text *why);
/* In the form that is read. */
void hours_write(const struct hours *hours, struct text *text);
/* Hours that are never: for what was once written and cannot be read. */
struct hours hours_never(void);
bool hours_contain(const struct hours *hours,
		   const struct hours_moment *moment);
