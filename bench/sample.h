/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Sample: numbers that were measured, and what is told of them: one line with
 * the least, the median and the greatest, for bench/bench to read. Not a
 * statistics library: a loaded machine moves means, so there are none.
 */

#include <stddef.h>
#include <stdint.h>

struct sample {
	double *values;
	size_t n, size;
};

/* CLOCK_MONOTONIC in microseconds. */
double sample_now_us(void);
/* Ends the program where there is no memory. */
void sample_add(struct sample *sample, double value);
/* "NAME MIN MEDIAN MAX N" */
void sample_print(struct sample *sample, const char *name);
/* After sample_print(). */
double sample_median(const struct sample *sample);
void sample_deinit(struct sample *sample);

/* Prints program, what and why, and exits with 1. */
_Noreturn void sample_fail(const char *what, const char *why);
