/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/metrics/exposition.h"

#include <inttypes.h>

#define MILLION UINT64_C(1000000)

void exposition_begin(struct exposition *exposition, FILE *stream,
		      enum exposition_form form)
{
	*exposition = (struct exposition){ .stream = stream,
					   .form = form,
					   .last = -1 };
}

static void put_name(const struct exposition *exposition, enum metric metric,
		     bool of_sample)
{
	(void)fputs(metric_name(metric), exposition->stream);
	if (metric_kind(metric) == METRIC_COUNTER &&
	    (of_sample || exposition->form == EXPOSITION_PROMETHEUS))
		(void)fputs("_total", exposition->stream);
}

static void put_line(const struct exposition *exposition, enum metric metric,
		     const char *what, const char *value)
{
	(void)fprintf(exposition->stream, "# %s ", what);
	put_name(exposition, metric, false);
	(void)fprintf(exposition->stream, " %s\n", value);
}

static void put_head(struct exposition *exposition, enum metric metric)
{
	if (exposition->last == (int)metric)
		return;
	exposition->last = (int)metric;
	put_line(exposition, metric, "TYPE", metric_kind_name(metric));
	if (*metric_unit(metric) && exposition->form == EXPOSITION_OPENMETRICS)
		put_line(exposition, metric, "UNIT", metric_unit(metric));
	put_line(exposition, metric, "HELP", metric_help(metric));
}

static void put_value(FILE *stream, const char *value)
{
	for (; *value; value++)
		switch (*value) {
		case '\\':
			(void)fputs("\\\\", stream);
			break;
		case '"':
			(void)fputs("\\\"", stream);
			break;
		case '\n':
			(void)fputs("\\n", stream);
			break;
		default:
			(void)fputc(*value, stream);
		}
}

static void put_labels(const struct exposition *exposition, enum metric metric,
		       const char *const *labels)
{
	const char *const *names = metric_labels(metric);

	for (size_t i = 0; names[i]; i++) {
		(void)fprintf(exposition->stream, "%s%s=\"", i == 0 ? "{" : ",",
			      names[i]);
		put_value(exposition->stream, labels[i]);
		(void)fputc('"', exposition->stream);
	}
	if (names[0])
		(void)fputc('}', exposition->stream);
}

void exposition_add(struct exposition *exposition, enum metric metric,
		    const char *const *labels, int64_t value)
{
	put_head(exposition, metric);
	put_name(exposition, metric, true);
	put_labels(exposition, metric, labels);
	(void)fprintf(exposition->stream, " %" PRId64 "\n", value);
}

static void put_seconds(FILE *stream, uint64_t us)
{
	(void)fprintf(stream, "%" PRIu64 ".%06" PRIu64, us / MILLION,
		      us % MILLION);
}

void exposition_add_histogram(struct exposition *exposition, enum metric metric,
			      const struct exposition_histogram *histogram)
{
	FILE *stream = exposition->stream;
	const char *name = metric_name(metric);
	uint64_t n = 0;

	put_head(exposition, metric);
	for (size_t i = 0; i < histogram->n; i++) {
		n += histogram->counts[i];
		(void)fprintf(stream, "%s_bucket{le=\"", name);
		put_seconds(stream, histogram->bounds_us[i]);
		(void)fprintf(stream, "\"} %" PRIu64 "\n", n);
	}
	n += histogram->counts[histogram->n];
	(void)fprintf(stream, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, n);
	(void)fprintf(stream, "%s_sum ", name);
	put_seconds(stream, histogram->sum_us);
	(void)fprintf(stream, "\n%s_count %" PRIu64 "\n", name, n);
}

int exposition_end(struct exposition *exposition)
{
	if (exposition->form == EXPOSITION_OPENMETRICS)
		(void)fputs("# EOF\n", exposition->stream);
	if (fflush(exposition->stream) != 0 || ferror(exposition->stream))
		return -EIO;
	return 0;
}
