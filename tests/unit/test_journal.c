/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of as sent: all of it, in order, and nothing that was lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <systemd/sd-journal.h>

#include "base/clock.h"
#include "cloxxsd/publish/journal.h"

#define N_ROWS 6
#define PATIENCE_US INT64_C(30000000)

/* journald, as the thread meets it. */
static struct {
	bool is_there;
	unsigned int n_calls, fails_at, n_fails;
	unsigned int n_taken;
	int64_t taken[N_ROWS * 2];
	char message[512]; /* of the last one */
} world;

static struct {
	int64_t last;
	bool in_order;
} told;

int __wrap_access(const char *path, int mode);
int __wrap_sd_journal_sendv(const struct iovec *fields, int n);

int __wrap_access(const char *path, int mode)
{
	assert_string_equal(path, "/run/systemd/journal/socket");
	assert_int_equal(mode, F_OK);
	errno = ENOENT;
	return __atomic_load_n(&world.is_there, __ATOMIC_SEQ_CST) ? 0 : -1;
}

static int64_t seq_of(const struct iovec *fields, int n)
{
	static const char name[] = "CLOXXS_SEQ=";

	for (int i = 0; i < n; i++)
		if (strncmp(fields[i].iov_base, name, sizeof(name) - 1) == 0)
			return atoll((const char *)fields[i].iov_base +
				     sizeof(name) - 1);
	return 0;
}

int __wrap_sd_journal_sendv(const struct iovec *fields, int n)
{
	unsigned int call = ++world.n_calls;

	if (call >= world.fails_at && call < world.fails_at + world.n_fails)
		return -ECONNREFUSED;
	(void)snprintf(world.message, sizeof(world.message), "%.*s",
		       (int)fields[0].iov_len, (char *)fields[0].iov_base);
	if (world.n_taken < ARRAY_SIZE(world.taken))
		world.taken[world.n_taken++] = seq_of(fields, n);
	return 0;
}

static void sent(int64_t first_seq, int64_t last_seq, void *userdata)
{
	(void)userdata;
	told.in_order = told.in_order && first_seq == told.last + 1;
	told.last = last_seq;
}

static struct ledger_row row_of(int64_t seq)
{
	return (struct ledger_row){ .seq = seq,
				    .at_us = 1,
				    .event = "login-denied",
				    .result = "denied",
				    .reason = "locked",
				    .details = "said \"x\" result=allowed",
				    .user = "piet" };
}

static void run(int64_t until_seq, int64_t patience_us, sd_event *event)
{
	int64_t end = clock_monotonic_us() + patience_us;

	while (told.last < until_seq && clock_monotonic_us() < end)
		assert_true(sd_event_run(event, 50000) >= 0);
}

static struct journal *begin(sd_event **event)
{
	struct journal *journal;

	told.last = 0;
	told.in_order = true;
	assert_true(sd_event_new(event) >= 0);
	assert_int_equal(journal_new(*event, sent, NULL, &journal), 0);
	for (int64_t seq = 1; seq <= N_ROWS; seq++) {
		struct ledger_row row = row_of(seq);

		assert_int_equal(journal_send(journal, &row), 0);
	}
	return journal;
}

static void abuse_97_what_journald_refuses_is_sent_again(void **state)
{
	struct journal *journal;
	sd_event *event;

	(void)state;
	memset(&world, 0, sizeof(world));
	world.is_there = true;
	world.fails_at = 3;
	world.n_fails = 1;
	journal = begin(&event);
	run(N_ROWS, PATIENCE_US, event);
	journal_free(journal);
	sd_event_unref(event);
	assert_int_equal(told.last, N_ROWS);
	assert_true(told.in_order);
	assert_int_equal(world.n_taken, N_ROWS);
	/* abuse_94: nothing in the details ends them. */
	assert_string_equal(world.message,
			    "MESSAGE=login-denied: user=piet result=denied "
			    "reason=locked "
			    "details=\"said \\\"x\\\" result=allowed\"");
	for (int i = 0; i < N_ROWS; i++)
		assert_int_equal(world.taken[i], i + 1);
}

/* What is typed as a name is no other part of the line. */
static void a_name_is_one_word(void **state)
{
	struct journal *journal;
	struct ledger_row row = row_of(1);
	sd_event *event;

	(void)state;
	memset(&world, 0, sizeof(world));
	world.is_there = true;
	told.last = 0;
	(void)snprintf(row.user, sizeof(row.user),
		       "x\" service=sshd address=192.0.2.9 result=denied");
	(void)snprintf(row.service, sizeof(row.service), "sshd");
	(void)snprintf(row.address, sizeof(row.address), "203.0.113.7");
	(void)snprintf(row.reference, sizeof(row.reference), "ABCD-1234");
	row.details[0] = '\0';
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(journal_new(event, sent, NULL, &journal), 0);
	assert_int_equal(journal_send(journal, &row), 0);
	run(1, PATIENCE_US, event);
	journal_free(journal);
	sd_event_unref(event);
	assert_string_equal(world.message,
			    "MESSAGE=login-denied: user=\"x\\\" service=sshd "
			    "address=192.0.2.9 result=denied\" service=sshd "
			    "address=203.0.113.7 result=denied reason=locked "
			    "reference=ABCD-1234");
}

/* libsystemd calls that a success. */
static void abuse_97_without_journald_nothing_is_sent(void **state)
{
	struct journal *journal;
	sd_event *event;

	(void)state;
	memset(&world, 0, sizeof(world));
	journal = begin(&event);
	run(1, 300000, event);
	assert_int_equal(told.last, 0);
	__atomic_store_n(&world.is_there, true, __ATOMIC_SEQ_CST);
	run(N_ROWS, PATIENCE_US, event);
	journal_free(journal);
	sd_event_unref(event);
	assert_int_equal(told.last, N_ROWS);
	assert_true(told.in_order);
}

/* One that never comes does not hold up the end. */
static void an_end_without_journald(void **state)
{
	struct journal *journal;
	sd_event *event;

	(void)state;
	memset(&world, 0, sizeof(world));
	journal = begin(&event);
	run(1, 100000, event);
	journal_free(journal);
	sd_event_unref(event);
	assert_int_equal(world.n_calls, 0);
	assert_int_equal(told.last, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abuse_97_what_journald_refuses_is_sent_again),
		cmocka_unit_test(a_name_is_one_word),
		cmocka_unit_test(abuse_97_without_journald_nothing_is_sent),
		cmocka_unit_test(an_end_without_journald),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
