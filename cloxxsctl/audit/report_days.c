/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/report_days.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/timestamp.h"

/* More steps than these cannot be told apart on paper. */
#define DAYS_MAX 93
#define MONTHS_MAX 60
#define DAY_S 86400

/* The day of this host as a time of noon, UTC, so that days can be counted. */
static time_t day_of(int64_t at_us)
{
	time_t seconds = (time_t)(at_us / 1000000);
	struct tm tm;

	if (at_us < 0 || seconds > TIMESTAMP_MAX || !localtime_r(&seconds, &tm))
		return 0;
	tm.tm_hour = 12;
	tm.tm_min = tm.tm_sec = 0;
	return timegm(&tm);
}

static bool find_period(const struct audit_report *report, time_t *ret_first,
			time_t *ret_last)
{
	int64_t first = report->since_us ? report->since_us : report->first_us;
	int64_t last = report->last_us, made_us = report->made * 1000000;

	if (report->until_us) {
		last = report->until_us - 1;
		/* What has not come yet is no day without logins. */
		if (last > made_us && made_us > first)
			last = made_us;
	}
	if (first == 0 || last < first)
		return false;
	*ret_first = day_of(first);
	*ret_last = day_of(last);
	return *ret_first != 0 && *ret_last >= *ret_first;
}

static enum report_step step_of(time_t first, time_t last)
{
	int64_t n = (last - first) / DAY_S + 1;

	return n <= DAYS_MAX          ? REPORT_STEP_DAY
	       : n <= MONTHS_MAX * 31 ? REPORT_STEP_MONTH
				      : REPORT_STEP_YEAR;
}

static int add_bucket(struct report_days *days, const char *name)
{
	struct report_bucket *buckets;

	if (days->n > 0 && strcmp(days->buckets[days->n - 1].name, name) == 0)
		return 0;
	buckets = reallocarray(days->buckets, days->n + 1, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	days->buckets = buckets;
	buckets[days->n] = (struct report_bucket){ 0 };
	memcpy(buckets[days->n].name, name, strlen(name) + 1);
	days->n++;
	return 0;
}

/* Adds the day to the step that it is in, which comes last so far. */
static int add_day(const struct audit_report *report, time_t day,
		   struct report_days *days)
{
	static const size_t sizes[] = {
		[REPORT_STEP_DAY] = sizeof("2026-11-28"),
		[REPORT_STEP_MONTH] = sizeof("2026-11"),
		[REPORT_STEP_YEAR] = sizeof("2026"),
	};
	char name[REPORT_DAY_MAX], step[REPORT_DAY_MAX];
	const struct tally_row *row;
	const char *part = name;
	struct tm tm;
	int r;

	if (!gmtime_r(&day, &tm) ||
	    strftime(name, sizeof(name), "%Y-%m-%d", &tm) == 0)
		return 0;
	(void)snprintf(step, sizes[days->step], "%s", name);
	r = add_bucket(days, step);
	row = tally_find(&report->tallies[REPORT_DAYS], &part);
	for (size_t i = 0; r == 0 && row && i < TALLY_COUNTS_MAX; i++)
		days->buckets[days->n - 1].counts[i] += row->counts[i];
	return r;
}

int report_days_make(const struct audit_report *report,
		     struct report_days *ret_days)
{
	struct report_days days = { 0 };
	time_t first, last;
	int r = 0;

	if (find_period(report, &first, &last)) {
		days.step = step_of(first, last);
		for (time_t day = first; r == 0 && day <= last; day += DAY_S)
			r = add_day(report, day, &days);
	}
	if (r < 0) {
		report_days_deinit(&days);
		return r;
	}
	*ret_days = days;
	return 0;
}

void report_days_deinit(struct report_days *days)
{
	free(days->buckets);
	*days = (struct report_days){ 0 };
}

const struct report_bucket *report_days_most(const struct report_days *days,
					     enum report_day_count column)
{
	const struct report_bucket *most = NULL;

	for (size_t i = 0; i < days->n; i++)
		if (days->buckets[i].counts[column] >
		    (most ? most->counts[column] : 0))
			most = &days->buckets[i];
	return most;
}

int64_t report_days_sum(const struct report_days *days,
			enum report_day_count column)
{
	int64_t sum = 0;

	for (size_t i = 0; i < days->n; i++)
		sum += days->buckets[i].counts[column];
	return sum;
}
