/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of metrics, how samples are written, and that what somebody types
 * makes no series. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/metrics/counters.h"

/* What a form writes. */
struct paper {
	char *bytes;
	size_t n;
	FILE *stream;
	struct exposition exposition;
};

static void paper_begin(struct paper *paper, enum exposition_form form)
{
	paper->bytes = NULL;
	paper->stream = open_memstream(&paper->bytes, &paper->n);
	assert_non_null(paper->stream);
	exposition_begin(&paper->exposition, paper->stream, form);
}

static void paper_end(struct paper *paper)
{
	assert_int_equal(exposition_end(&paper->exposition), 0);
	assert_int_equal(fclose(paper->stream), 0);
}

static bool ends_in(const char *name, const char *unit)
{
	size_t n = strlen(name), k = strlen(unit);

	return k < n && strcmp(name + n - k, unit) == 0;
}

static void test_table(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < _METRIC_N; i++) {
		enum metric metric = (enum metric)i;
		const char *name = metric_name(metric);
		size_t n = 0;

		assert_non_null(name);
		assert_int_equal(strncmp(name, "cloxxs_", 7), 0);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"),
				 strlen(name));
		assert_false(ends_in(name, "_total"));
		if (*metric_unit(metric))
			assert_true(ends_in(name, metric_unit(metric)));
		else
			assert_false(ends_in(name, "_seconds"));
		assert_true(ends_in(metric_help(metric), "."));
		while (metric_labels(metric)[n])
			n++;
		assert_in_range(n, 0, METRIC_LABELS_MAX);
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(name,
						metric_name((enum metric)j));
	}
}

static void write_some(struct exposition *exposition)
{
	static const uint32_t bounds[] = { 10000, 2500000 };
	static const uint64_t counts[] = { 3, 0, 1 };
	static const char *const labels[] = { "login", "a\"b\\c\n", "denied",
					      "locked" };
	const struct exposition_histogram histogram = { bounds, counts, 2,
							4000001 };

	exposition_add(exposition, METRIC_START_TIME, NULL, 1700000000);
	exposition_add(exposition, METRIC_LOGINS, labels, 7);
	exposition_add_histogram(exposition, METRIC_HASH_DURATION, &histogram);
	exposition_add_one(exposition, METRIC_USERS, "all", 5);
	exposition_add_one(exposition, METRIC_USERS, "locked", 0);
}

static void test_openmetrics(void **state)
{
	struct paper paper;

	(void)state;
	paper_begin(&paper, EXPOSITION_OPENMETRICS);
	write_some(&paper.exposition);
	paper_end(&paper);
	assert_string_equal(
		paper.bytes,
		"# TYPE cloxxs_start_time_seconds gauge\n"
		"# UNIT cloxxs_start_time_seconds seconds\n"
		"# HELP cloxxs_start_time_seconds When cloxxsd was started; "
		"counters began at 0 then.\n"
		"cloxxs_start_time_seconds 1700000000\n"
		"# TYPE cloxxs_logins counter\n"
		"# HELP cloxxs_logins Decisions about users who wanted to "
		"come in.\n"
		"cloxxs_logins_total{phase=\"login\",service=\"a\\\"b\\\\c\\n"
		"\",result=\"denied\",reason=\"locked\"} 7\n"
		"# TYPE cloxxs_hash_duration_seconds histogram\n"
		"# UNIT cloxxs_hash_duration_seconds seconds\n"
		"# HELP cloxxs_hash_duration_seconds Time that the hashes of "
		"one verification or one new password took, without the wait "
		"for a worker.\n"
		"cloxxs_hash_duration_seconds_bucket{le=\"0.010000\"} 3\n"
		"cloxxs_hash_duration_seconds_bucket{le=\"2.500000\"} 3\n"
		"cloxxs_hash_duration_seconds_bucket{le=\"+Inf\"} 4\n"
		"cloxxs_hash_duration_seconds_sum 4.000001\n"
		"cloxxs_hash_duration_seconds_count 4\n"
		"# TYPE cloxxs_users gauge\n"
		"# HELP cloxxs_users Users: all of them, those locked, those "
		"disabled.\n"
		"cloxxs_users{state=\"all\"} 5\n"
		"cloxxs_users{state=\"locked\"} 0\n"
		"# EOF\n");
	free(paper.bytes);
}

static void test_prometheus(void **state)
{
	struct paper paper;

	(void)state;
	paper_begin(&paper, EXPOSITION_PROMETHEUS);
	write_some(&paper.exposition);
	paper_end(&paper);
	assert_non_null(strstr(paper.bytes,
			       "# TYPE cloxxs_logins_total counter\n"
			       "# HELP cloxxs_logins_total Decisions"));
	assert_null(strstr(paper.bytes, "# UNIT"));
	assert_null(strstr(paper.bytes, "# EOF"));
	free(paper.bytes);
}

/* A disk that is full. */
static void test_not_written(void **state)
{
	FILE *stream = fopen("/dev/full", "w");
	struct exposition exposition;

	(void)state;
	assert_non_null(stream);
	exposition_begin(&exposition, stream, EXPOSITION_OPENMETRICS);
	write_some(&exposition);
	assert_int_equal(exposition_end(&exposition), -EIO);
	(void)fclose(stream);
}

struct rows {
	size_t n;
	char last[256];
};

static void note(const struct login_tally_row *row, void *userdata)
{
	struct rows *rows = userdata;

	rows->n++;
	(void)snprintf(rows->last, sizeof(rows->last), "%s %s %s %s %llu",
		       row->phase, row->service, row->result, row->reason,
		       (unsigned long long)row->n);
}

static void count_login(struct counters *counters,
			const struct settings *settings, const char *service)
{
	struct change_set set = { 0 };

	change_set_record(&set,
			  (struct record){ .event = EVENT_LOGIN_DENIED,
					   .result = RECORD_DENIED,
					   .reason = REASON_WRONG_PASSWORD,
					   .user = "anna",
					   .service = service });
	counters_committed(counters, settings, &set);
}

static void test_services_are_few(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	struct counters counters = { 0 };
	struct rows rows = { 0 };
	char service[32];

	(void)state;
	assert_int_equal(settings_new(&settings), 0);
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(service, sizeof(service), "made-up-%d", i);
		count_login(&counters, settings, service);
	}
	count_login(&counters, settings, NULL);
	login_tally_for_each(&counters.logins, note, &rows);
	assert_int_equal(rows.n, 1);
	assert_string_equal(rows.last,
			    "login other denied wrong-password 100001");
	count_login(&counters, settings, "sshd");
	rows.n = 0;
	login_tally_for_each(&counters.logins, note, &rows);
	assert_int_equal(rows.n, 2);
	assert_string_equal(rows.last, "login sshd denied wrong-password 1");
	counters_deinit(&counters);
}

/* Refusals of a source that waits count, and their one record not again. */
static void test_counted_refusals(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	const struct refusal refusal = { .reason = "throttled",
					 .service = "sshd" };
	struct counters counters = { 0 };
	struct change_set set = { 0 }, told = { 0 };
	struct rows rows = { 0 };

	(void)state;
	assert_int_equal(settings_new(&settings), 0);
	change_set_add(&set, (struct change){ .type = CHANGE_REFUSAL,
					      .refusal = &refusal });
	counters_committed(&counters, settings, &set);
	counters_committed(&counters, settings, &set);
	change_set_add(&told, (struct change){ .type = CHANGE_REFUSAL_TOLD,
					       .refusal = &refusal });
	change_set_record(&told,
			  (struct record){ .event = EVENT_REFUSALS_COUNTED,
					   .reason = REASON_THROTTLED,
					   .service = "sshd" });
	counters_committed(&counters, settings, &told);
	login_tally_for_each(&counters.logins, note, &rows);
	assert_int_equal(rows.n, 1);
	assert_string_equal(rows.last, "login sshd denied throttled 2");
	assert_int_equal(counters.events[EVENT_REFUSALS_COUNTED], 1);
	counters_deinit(&counters);
}

static void test_locks(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	struct counters counters = { 0 };
	struct change_set set = { 0 };
	struct paper paper;

	(void)state;
	assert_int_equal(settings_new(&settings), 0);
	change_set_record(&set,
			  (struct record){ .event = EVENT_USER_LOCKED,
					   .reason = REASON_TOO_MANY_FAILURES,
					   .user = "anna" });
	counters_committed(&counters, settings, &set);
	paper_begin(&paper, EXPOSITION_OPENMETRICS);
	counters_expose(&counters, &paper.exposition);
	paper_end(&paper);
	assert_non_null(strstr(
		paper.bytes,
		"\ncloxxs_locks_total{reason=\"too-many-failures\"} 1\n"));
	assert_non_null(strstr(paper.bytes,
			       "\ncloxxs_events_total{event=\"user-locked\"} "
			       "1\n"));
	assert_non_null(strstr(paper.bytes,
			       "\ncloxxs_events_total{event=\"many-locks\"} "
			       "0\n"));
	assert_null(strstr(paper.bytes, "anna"));
	free(paper.bytes);
	counters_deinit(&counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_openmetrics),
		cmocka_unit_test(test_prometheus),
		cmocka_unit_test(test_not_written),
		cmocka_unit_test(test_services_are_few),
		cmocka_unit_test(test_counted_refusals),
		cmocka_unit_test(test_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
