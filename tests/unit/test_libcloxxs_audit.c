/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of actions through the installed library: sent once, and told of as
 * written only when they are. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "libcloxxs/cloxxs.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/raw_map.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct rig {
	struct scratch scratch;
	struct fake_daemon daemon;
	struct cloxxs_audit *audit;
};

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	scratch_init(&rig->scratch);
	fake_daemon_init(&rig->daemon, rig->scratch.directory);
	assert_int_equal(cloxxs_audit_new("accounts", &rig->audit), 0);
	assert_int_equal(cloxxs_audit_set_socket(rig->audit, rig->daemon.path),
			 0);
	cloxxs_audit_set_deadline(rig->audit, 20000);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	assert_null(cloxxs_audit_free(rig->audit));
	assert_null(cloxxs_audit_free(NULL));
	fake_daemon_deinit(&rig->daemon);
	scratch_deinit(&rig->scratch);
	free(rig);
	return 0;
}

static struct cloxxs_action small(void)
{
	return (struct cloxxs_action){ .size = sizeof(struct cloxxs_action),
				       .user = "anna",
				       .action = "a",
				       .result = CLOXXS_RESULT_DONE };
}

static void it_is_sent_as_it_is(void **state)
{
	static const char *const script[] = { "\"sequence\":7",
					      "\"sequence\":8", NULL };
	static const char *const details[] = { "old", "\"1\"", "new", "2\n",
					       NULL };
	struct rig *rig = *state;
	struct cloxxs_action action = small();
	int64_t sequence = 0;

	fake_daemon_script(&rig->daemon, script);
	action.address = "192.0.2.7";
	action.project = "budget-2027";
	action.object = "line 12";
	action.details = details;
	action.result = CLOXXS_RESULT_DENIED;
	assert_int_equal(cloxxs_audit_record(rig->audit, &action, &sequence),
			 0);
	assert_int_equal(sequence, 7);
	action = small();
	assert_int_equal(cloxxs_audit_record(rig->audit, &action, NULL), 0);
	assert_string_equal(
		fake_daemon_request(&rig->daemon, 0),
		"{\"method\":\"nl.cloxxs.Audit.Record\",\"parameters\":{"
		"\"service\":\"accounts\",\"user\":\"anna\","
		"\"address\":\"192.0.2.7\",\"project\":\"budget-2027\","
		"\"action\":\"a\",\"object\":\"line 12\","
		"\"result\":\"denied\",\"details\":{"
		"\"old\":\"\\\"1\\\"\",\"new\":\"2\\u000a\"}}}");
	assert_string_equal(
		fake_daemon_request(&rig->daemon, 1),
		"{\"method\":\"nl.cloxxs.Audit.Record\",\"parameters\":{"
		"\"service\":\"accounts\",\"user\":\"anna\","
		"\"action\":\"a\",\"result\":\"done\",\"details\":{}}}");
	assert_int_equal(fake_daemon_n_connections(&rig->daemon), 1);
}

#define ERROR(name) "!{\"error\":\"" name "\",\"parameters\":{}}"

static const struct {
	const char *reply;
	int expected;
} replies[] = {
	{ "\"sequence\":9", CLOXXS_OK },
	{ "\"sequence\":9,\"later\":\"x\"", CLOXXS_OK },
	{ "", CLOXXS_E_BROKEN },
	{ "\"sequence\":null", CLOXXS_E_BROKEN },
	{ "\"sequence\":\"9\"", CLOXXS_E_BROKEN },
	{ "!{\"parameters\":{\"sequence\":9},\"continues\":true}",
	  CLOXXS_E_BROKEN },
	{ "!x", CLOXXS_E_BROKEN },
	{ "%half", CLOXXS_E_UNREACHABLE },
	{ "%close", CLOXXS_E_UNREACHABLE },
	{ "%large", CLOXXS_E_BROKEN },
	{ ERROR("nl.cloxxs.Audit.Invalid"), CLOXXS_E_UNFIT },
	{ ERROR("nl.cloxxs.Audit.Unavailable"), CLOXXS_E_UNAVAILABLE },
	{ ERROR("nl.cloxxs.Audit.UnknownUser"), CLOXXS_E_REFUSED },
	{ ERROR("org.varlink.service.PermissionDenied"), CLOXXS_E_REFUSED },
	{ ERROR("org.varlink.service.InvalidParameter"), CLOXXS_E_UNFIT },
	{ ERROR("nl.cloxxs.Audit.Later"), CLOXXS_E_REFUSED },
	{ "!{\"error\":\"x\",\"parameters\":{\"sequence\":9}}",
	  CLOXXS_E_REFUSED },
};

static void what_an_answer_comes_to(void **state)
{
	struct rig *rig = *state;
	struct cloxxs_action action = small();

	for (size_t i = 0; i < LENGTH(replies); i++) {
		const char *script[] = { replies[i].reply, "\"sequence\":10",
					 NULL };
		int64_t sequence = -1;
		int r;

		fake_daemon_script(&rig->daemon, script);
		r = cloxxs_audit_record(rig->audit, &action, &sequence);
		if (r != replies[i].expected)
			fail_msg("%s: %s", replies[i].reply,
				 cloxxs_error_name(r));
		assert_int_equal(sequence, r == 0 ? 9 : -1);
		/* Never sent again by itself; and the next one is good. */
		assert_int_equal(fake_daemon_n_requests(&rig->daemon), 1);
		assert_int_equal(
			cloxxs_audit_record(rig->audit, &action, &sequence), 0);
		assert_int_equal(sequence, 10);
	}
}

static void many_are_one_message(void **state)
{
	static const char *const script[] = { "\"first\":7,\"last\":8",
					      "\"sequence\":9", NULL };
	static const char *const details[] = { "old", "1", NULL };
	struct rig *rig = *state;
	struct cloxxs_action one = small(), other = small(), bad = small();
	const struct cloxxs_action *const both[] = { &one, &other };
	const struct cloxxs_action *const spoiled[] = { &one, &bad };
	const struct cloxxs_action *many[257];
	int64_t first = -1;

	fake_daemon_script(&rig->daemon, script);
	one.details = details;
	other.user = "piet";
	assert_int_equal(cloxxs_audit_record_many(rig->audit, both, 2, &first),
			 0);
	assert_int_equal(first, 7);
	assert_string_equal(
		fake_daemon_request(&rig->daemon, 0),
		"{\"method\":\"nl.cloxxs.Audit.RecordMany\",\"parameters\":{"
		"\"records\":[{\"service\":\"accounts\",\"user\":\"anna\","
		"\"action\":\"a\",\"result\":\"done\","
		"\"details\":{\"old\":\"1\"}},"
		"{\"service\":\"accounts\",\"user\":\"piet\","
		"\"action\":\"a\",\"result\":\"done\",\"details\":{}}]}}");
	/* An answer to one is none to many. */
	assert_int_equal(cloxxs_audit_record_many(rig->audit, both, 2, &first),
			 CLOXXS_E_BROKEN);
	assert_int_equal(first, 7);
	/* All of it, or nothing. */
	bad.user = NULL;
	for (size_t i = 0; i < LENGTH(many); i++)
		many[i] = &one;
	assert_int_equal(
		cloxxs_audit_record_many(rig->audit, spoiled, 2, &first),
		CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_audit_record_many(rig->audit, both, 0, &first),
			 CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_audit_record_many(rig->audit, NULL, 1, &first),
			 CLOXXS_E_UNFIT);
	assert_int_equal(
		cloxxs_audit_record_many(rig->audit, many, 257, &first),
		CLOXXS_E_UNFIT);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 2);
}

static void what_is_not_good_is_not_sent(void **state)
{
	static const char *const script[] = { "\"sequence\":1", NULL };
	static const char *const odd[] = { "name", NULL };
	static const char *const not_utf8[] = { "name", "\xff", NULL };
	static char large[20000];
	const char *const too_large[] = { "name", large, NULL };
	struct rig *rig = *state;
	struct cloxxs_action rows[10];
	struct cloxxs_audit *other;

	memset(large, 'x', sizeof(large) - 1);
	fake_daemon_script(&rig->daemon, script);
	for (size_t i = 0; i < LENGTH(rows); i++)
		rows[i] = small();
	rows[0].size = 0;
	rows[1].size = sizeof(struct cloxxs_action) - 1;
	rows[2].user = NULL;
	rows[3].action = NULL;
	rows[4].result = CLOXXS_RESULT_NONE;
	rows[5].result = (enum cloxxs_result)5;
	rows[6].details = odd;
	rows[7].details = not_utf8;
	rows[8].details = too_large;
	rows[9].object = "\xc3(";
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_int_equal(
			cloxxs_audit_record(rig->audit, &rows[i], NULL),
			CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_audit_record(rig->audit, NULL, NULL),
			 CLOXXS_E_UNFIT);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 0);
	/* Who was compiled with a later header. */
	rows[0].size = sizeof(struct cloxxs_action) + 64;
	assert_int_equal(cloxxs_audit_record(rig->audit, &rows[0], NULL), 0);
	assert_int_equal(cloxxs_audit_new(NULL, &other), CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_audit_new("a/b", &other), CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_audit_set_socket(rig->audit, large),
			 CLOXXS_E_UNFIT);
}

static void the_daemon_is_away(void **state)
{
	static const char *const silent[] = { "%silent", "\"sequence\":2",
					      NULL };
	struct rig *rig = *state;
	struct cloxxs_action action = small();
	int64_t sequence = 0;
	char path[160];

	fake_daemon_script(&rig->daemon, silent);
	cloxxs_audit_set_deadline(rig->audit, 200);
	assert_int_equal(cloxxs_audit_record(rig->audit, &action, NULL),
			 CLOXXS_E_TIMEOUT);
	/* What it would say late is no answer to the next one. */
	cloxxs_audit_set_deadline(rig->audit, 20000);
	assert_int_equal(cloxxs_audit_record(rig->audit, &action, &sequence),
			 0);
	assert_int_equal(sequence, 2);
	(void)snprintf(path, sizeof(path), "%.100s/none.sock",
		       rig->scratch.directory);
	assert_int_equal(cloxxs_audit_set_socket(rig->audit, path), 0);
	assert_int_equal(cloxxs_audit_record(rig->audit, &action, NULL),
			 CLOXXS_E_UNREACHABLE);
}

/* A daemon that was started anew between two records: the second is sent, to
 * the new one, once. */
static void the_daemon_was_started_anew(void **state)
{
	static const char *const first[] = { "\"sequence\":1", NULL };
	static const char *const second[] = { "\"sequence\":2", NULL };
	struct rig *rig = *state;
	struct cloxxs_action action = small();
	int64_t sequence = 0;

	fake_daemon_script(&rig->daemon, first);
	assert_int_equal(cloxxs_audit_record(rig->audit, &action, &sequence),
			 0);
	/* Ends what is open, and begins. */
	fake_daemon_script(&rig->daemon, second);
	assert_int_equal(cloxxs_audit_record(rig->audit, &action, &sequence),
			 0);
	assert_int_equal(sequence, 2);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 1);
}

#define N_THREADS 8
#define N_EACH 9

struct worker {
	pthread_t thread;
	struct cloxxs_audit *audit;
	unsigned int n_good;
	int64_t seen[N_EACH];
};

static void *record_some(void *userdata)
{
	struct worker *worker = userdata;
	struct cloxxs_action action = small();

	for (int i = 0; i < N_EACH; i++)
		worker->n_good += cloxxs_audit_record(worker->audit, &action,
						      &worker->seen[i]) == 0;
	return NULL;
}

/* One object, many threads: each hears of its own record. */
static void all_threads_use_one(void **state)
{
	static char texts[N_THREADS * N_EACH][32];
	const char *script[N_THREADS * N_EACH + 1] = { NULL };
	struct worker workers[N_THREADS] = { 0 };
	bool seen[N_THREADS * N_EACH] = { false };
	struct rig *rig = *state;

	for (size_t i = 0; i < N_THREADS * N_EACH; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "\"sequence\":%zu",
			       i);
		script[i] = texts[i];
	}
	fake_daemon_script(&rig->daemon, script);
	for (size_t i = 0; i < N_THREADS; i++) {
		workers[i].audit = rig->audit;
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
						record_some, &workers[i]),
				 0);
	}
	for (size_t i = 0; i < N_THREADS; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		assert_int_equal(workers[i].n_good, N_EACH);
		for (int k = 0; k < N_EACH; k++) {
			assert_false(seen[workers[i].seen[k]]);
			seen[workers[i].seen[k]] = true;
		}
	}
	assert_int_equal(fake_daemon_n_connections(&rig->daemon), 1);
}

/* Who waits for his turn waits within his time. */
static void a_turn_that_does_not_come(void **state)
{
	static const char *const silent[] = { "%silent", NULL };
	struct rig *rig = *state;
	struct worker worker = { .audit = rig->audit };
	struct cloxxs_action action = small();

	fake_daemon_script(&rig->daemon, silent);
	cloxxs_audit_set_deadline(rig->audit, 300);
	assert_int_equal(
		pthread_create(&worker.thread, NULL, record_some, &worker), 0);
	for (int i = 0; i < 3; i++)
		assert_int_not_equal(
			cloxxs_audit_record(rig->audit, &action, NULL), 0);
	assert_int_equal(pthread_join(worker.thread, NULL), 0);
	assert_int_equal(worker.n_good, 0);
}

/* After a fork neither side speaks on the other's connection. The fake daemon
 * serves one at a time, so the child is not heard; the parent goes on. */
static void both_sides_of_a_fork(void **state)
{
	static const char *const script[] = { "\"sequence\":1",
					      "\"sequence\":2", NULL };
	struct rig *rig = *state;
	struct cloxxs_action action = small();
	int64_t sequence = 0;
	int status;
	pid_t pid;

	fake_daemon_script(&rig->daemon, script);
	assert_int_equal(cloxxs_audit_record(rig->audit, &action, NULL), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		cloxxs_audit_set_deadline(rig->audit, 200);
		_exit(cloxxs_audit_record(rig->audit, &action, NULL));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CLOXXS_E_TIMEOUT);
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 1);
	assert_int_equal(cloxxs_audit_record(rig->audit, &action, &sequence),
			 0);
	assert_int_equal(sequence, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_sent_as_it_is),  TEST(what_an_answer_comes_to),
		TEST(many_are_one_message), TEST(what_is_not_good_is_not_sent),
		TEST(the_daemon_is_away),   TEST(the_daemon_was_started_anew),
		TEST(all_threads_use_one),  TEST(a_turn_that_does_not_come),
		TEST(both_sides_of_a_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
