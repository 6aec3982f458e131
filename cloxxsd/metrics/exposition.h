/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Exposition: samples as text, in one of two forms: OpenMetrics 1.0, and the
 * older text format of Prometheus (version 0.0.4), which node_exporter's
 * textfile collector reads. Samples of one metric come one after the other, and
 * metrics in the order of their table. It measures nothing.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cloxxsd/metrics/metric.h"

enum exposition_form {
	EXPOSITION_OPENMETRICS,
	EXPOSITION_PROMETHEUS,
};

struct exposition {
	FILE *stream;
	enum exposition_form form;
	int last; /* the metric whose head was written; -1: none */
};

void exposition_begin(struct exposition *exposition, FILE *stream,
		      enum exposition_form form);
/* One sample; labels are the values in the order of the table, and may be NULL
 * where it has none. */
void exposition_add(struct exposition *exposition, enum metric metric,
		    const char *const *labels, int64_t value);
/* The same for the one label that the metric has. */
static inline void exposition_add_one(struct exposition *exposition,
				      enum metric metric, const char *label,
				      int64_t value)
{
	const char *const labels[] = { label };

	exposition_add(exposition, metric, labels, value);
}

/* n bounds in microseconds, rising; counts has one more, for what is above. */
struct exposition_histogram {
	const uint32_t *bounds_us;
	const uint64_t *counts;
	size_t n;
	uint64_t sum_us;
};
void exposition_add_histogram(struct exposition *exposition, enum metric metric,
			      const struct exposition_histogram *histogram);
/* -EIO where something was not written. */
must_check int exposition_end(struct exposition *exposition);
