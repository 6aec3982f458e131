/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Clock: what time it is, in microseconds. Deadlines and pauses are measured on
 * the monotonic clock, which nobody sets; what is told and kept is the real
 * time, since 1970. No rule asks for the time: it is given to it as a fact.
 */

#include <stdint.h>

int64_t clock_monotonic_us(void);
int64_t clock_realtime_us(void);
