/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/time_value.h"

#include <string.h>
#include <time.h>

#include "cloxxsctl/duration.h"

bool time_value_read(const char *text, enum timestamp_side side,
		     int64_t *ret_seconds)
{
	if (*text && strcmp(text, "never") != 0)
		return timestamp_read(text, side, ret_seconds);
	*ret_seconds = 0;
	return true;
}

bool time_value_read_until(const char *text, int64_t *ret_seconds)
{
	int64_t begin, end;

	if (!time_value_read(text, TIMESTAMP_BEGIN, &begin) ||
	    !time_value_read(text, TIMESTAMP_END, &end))
		return false;
	*ret_seconds = begin != end ? end + 1 : end;
	return true;
}

bool time_value_read_since(const char *text, int64_t *ret_seconds)
{
	uint32_t ago;

	if (!duration_read(text, &ago))
		return timestamp_read(text, TIMESTAMP_BEGIN, ret_seconds);
	*ret_seconds = (int64_t)time(NULL) - ago;
	return true;
}
