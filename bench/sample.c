/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double sample_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

void sample_add(struct sample *sample, double value)
{
	if (sample->n == sample->size) {
		size_t size = sample->size > 0 ? sample->size * 2 : 64;
		double *values =
			reallocarray(sample->values, size, sizeof(*values));

		if (!values)
			sample_fail("a sample", strerror(ENOMEM));
		sample->values = values;
		sample->size = size;
	}
	sample->values[sample->n++] = value;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void sample_print(struct sample *sample, const char *name)
{
	if (sample->n == 0)
		sample_fail(name, "nothing was measured");
	qsort(sample->values, sample->n, sizeof(*sample->values), compare);
	printf("%s %.3f %.3f %.3f %zu\n", name, sample->values[0],
	       sample_median(sample), sample->values[sample->n - 1], sample->n);
}

double sample_median(const struct sample *sample)
{
	return sample->values[sample->n / 2];
}

void sample_deinit(struct sample *sample)
{
	free(sample->values);
	*sample = (struct sample){ 0 };
}

void sample_fail(const char *what, const char *why)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		why);
	exit(EXIT_FAILURE);
}
