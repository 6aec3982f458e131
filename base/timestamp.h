/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Timestamp: a moment as people write it (RFC 3339), to seconds since 1970 and
 * back. What has no zone is of this host's. It knows nothing of now.
 *
 *     2027-01-31
 *     2027-01-31T09:00, 2027-01-31 09:00:30
 *     2027-01-31T09:00:00+01:00, 2027-01-31T08:00:00Z
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* The end of the year 9999, and the room for what is written, NUL included. */
#define TIMESTAMP_MAX INT64_C(253402300799)
#define TIMESTAMP_TEXT_MAX 32

enum timestamp_side {
	TIMESTAMP_BEGIN, /* of the day, where only that is named */
	TIMESTAMP_END,   /* its last second */
};

/*
 * False: it is none, or there is no such day, or summer time leaps over that
 * hour. From 1970 on.
 */
bool timestamp_read(const char *text, enum timestamp_side side,
		    int64_t *ret_seconds);
/* "2027-01-31T08:00:00Z" */
void timestamp_write(int64_t seconds, struct text *text);
