/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

#include <time.h>

static int64_t now_us(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}

int64_t clock_realtime_us(void)
{
	return now_us(CLOCK_REALTIME);
}

int64_t clock_boottime_us(void)
{
	return now_us(CLOCK_BOOTTIME);
}

bool clock_wall(int64_t seconds, unsigned int *ret_day,
		unsigned int *ret_minute)
{
	time_t time = (time_t)seconds;
	struct tm tm;

	/* localtime_r() keeps to the zone that it read first. */
	tzset();
	if (!localtime_r(&time, &tm))
		return false;
	*ret_day = ((unsigned int)tm.tm_wday + 6) % 7;
	*ret_minute = (unsigned int)(tm.tm_hour * 60 + tm.tm_min);
	return true;
}
