/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Clock: what time it is, in microseconds. Deadlines and pauses are measured on
 * the monotonic clock, which nobody sets; what is told and kept is the real
 * time, since 1970. No rule asks for the time: it is given to it as a fact.
 */

#include <stdbool.h>
#include <stdint.h>

int64_t clock_monotonic_us(void);
int64_t clock_realtime_us(void);
/* Since the host was started, its sleep included; nobody sets it. */
int64_t clock_boottime_us(void);

/*
 * What a clock on the wall of this host shows at seconds: the day of the week,
 * 0 for Monday, and the minute of the day. /etc/localtime is looked at anew
 * when it was changed. False: there is no such time.
 */
bool clock_wall(int64_t seconds, unsigned int *ret_day,
		unsigned int *ret_minute);
