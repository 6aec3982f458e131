/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pool: within its memory, in order, on the loop, and never for nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>

#include "cloxxsd/attempt/hasher.h"

#define MIB (UINT64_C(1) << 20)

int __wrap_argon2_hash(const struct secret *normal,
		       const struct argon2_cost *cost,
		       char ret_stored[ARGON2_STORED_SIZE]);
int __wrap_argon2_verify(const char *stored, const struct secret *normal,
			 const struct argon2_cost *maximum);
int __real_argon2_verify(const char *stored, const struct secret *normal,
			 const struct argon2_cost *maximum);

/* What stands in for argon2: hashes that a test holds, and their memory. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool held; /* nobody comes out of a hash */
	int fails; /* what making gives */
	unsigned int n_running, n_running_max, n_done;
	uint64_t memory, memory_max;
	struct argon2_cost last;
} oven = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	   .changed = PTHREAD_COND_INITIALIZER };

static void bake(const struct argon2_cost *cost)
{
	pthread_mutex_lock(&oven.mutex);
	oven.last = *cost;
	oven.memory += cost->memory;
	if (oven.memory > oven.memory_max)
		oven.memory_max = oven.memory;
	if (++oven.n_running > oven.n_running_max)
		oven.n_running_max = oven.n_running;
	pthread_cond_broadcast(&oven.changed);
	while (oven.held)
		pthread_cond_wait(&oven.changed, &oven.mutex);
	oven.memory -= cost->memory;
	oven.n_running--;
	oven.n_done++;
	pthread_mutex_unlock(&oven.mutex);
}

int __wrap_argon2_hash(const struct secret *normal,
		       const struct argon2_cost *cost,
		       char ret_stored[ARGON2_STORED_SIZE])
{
	bake(cost);
	if (oven.fails == 0)
		(void)snprintf(ret_stored, ARGON2_STORED_SIZE, "baked %.9s",
			       normal->bytes);
	return oven.fails;
}

/* Right where the password is "right"; the form is weighed as ever. */
int __wrap_argon2_verify(const char *stored, const struct secret *normal,
			 const struct argon2_cost *maximum)
{
	struct argon2_cost cost;
	int r = argon2_inspect(stored, maximum, &cost);

	if (r != 0)
		return r;
	bake(&cost);
	return strcmp(normal->bytes, "right") == 0 ? 0 : ARGON2_E_WRONG;
}

static void hold(bool held)
{
	pthread_mutex_lock(&oven.mutex);
	oven.held = held;
	pthread_cond_broadcast(&oven.changed);
	pthread_mutex_unlock(&oven.mutex);
}

static void wait_running(unsigned int n)
{
	pthread_mutex_lock(&oven.mutex);
	while (oven.n_running < n)
		pthread_cond_wait(&oven.changed, &oven.mutex);
	pthread_mutex_unlock(&oven.mutex);
}

static sd_event *event;
static struct hasher *hasher;
/* In which order they were delivered. */
static char delivered[64];

static void done(struct hash_job *job, void *userdata)
{
	const char *name = userdata;

	(void)job;
	if (strlen(delivered) < sizeof(delivered) - 1)
		delivered[strlen(delivered)] = *name;
}

static void make_hasher(uint32_t n_threads, uint64_t memory)
{
	assert_int_equal(hasher_new(event, n_threads, memory, &hasher), 0);
}

static int setup(void **state)
{
	(void)state;
	oven.held = false;
	oven.fails = 0;
	oven.n_running = oven.n_running_max = oven.n_done = 0;
	oven.memory = oven.memory_max = 0;
	memset(delivered, 0, sizeof(delivered));
	hasher = NULL;
	return sd_event_new(&event) < 0;
}

static int teardown(void **state)
{
	(void)state;
	hold(false);
	hasher = hasher_free(hasher);
	event = sd_event_unref(event);
	return 0;
}

static char any[] = "x";

static struct hash_job job_of(enum hash_task task, const char *password,
			      const char *stored)
{
	struct hash_job job = { .task = task,
				.cost = { 19 * MIB, 2 },
				.done = done,
				.userdata = any };

	assert_int_equal(secret_set(&job.password, password, strlen(password)),
			 0);
	assert_int_equal(secret_set(&job.stored, stored, strlen(stored)), 0);
	return job;
}

static void finish(void)
{
	while (hasher_n_open(hasher) > 0)
		assert_true(sd_event_run(event, 1000000) >= 0);
}

static void run(struct hash_job *job)
{
	assert_int_equal(hasher_submit(hasher, job), 0);
	finish();
}

#define HASH_OF(kib, passes)                    \
	"$argon2id$v=19$m=" kib ",t=" passes    \
	",p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAA" \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define CHEAP HASH_OF("19456", "2")
/* Of "right", by other systems. */
#define BCRYPT "$2y$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC"
#define YESCRYPT                         \
	"$y$jBT$k2XAnEHBqQ1Ct2aMXFKNa/$" \
	"GvLBW8SUghReO2mX8akb.THwHMvkKKkEfhehm.yJGr5"

static void what_comes_of_each_task(void **state)
{
	static const struct {
		enum hash_task task;
		const char *password, *stored;
		enum hash_result result;
		const char *made;
	} cases[] = {
		{ HASH_VERIFY, "right", CHEAP, HASH_RIGHT, "" },
		{ HASH_VERIFY, "wrong", CHEAP, HASH_WRONG, "" },
		/* A decoy is wrong, whatever was typed. */
		{ HASH_VERIFY, "right", "", HASH_WRONG, "" },
		{ HASH_VERIFY, "right", "no hash", HASH_REFUSED, "" },
		/* Cheaper than asked: made anew, where it was right. */
		{ HASH_VERIFY, "right", HASH_OF("8192", "3"), HASH_RIGHT,
		  "baked right" },
		{ HASH_VERIFY, "wrong", HASH_OF("8192", "3"), HASH_WRONG, "" },
		/* Of another system: replaced at once; as dear where wrong. */
		{ HASH_VERIFY, "right", BCRYPT, HASH_RIGHT, "baked right" },
		{ HASH_VERIFY, "wrong", BCRYPT, HASH_WRONG, "" },
		{ HASH_REPLACE, "right", BCRYPT, HASH_RIGHT, "" },
		{ HASH_REPLACE, "new", BCRYPT, HASH_MADE, "baked new" },
		{ HASH_REPLACE, "right", CHEAP, HASH_RIGHT, "" },
		{ HASH_REPLACE, "new", CHEAP, HASH_MADE, "baked new" },
		{ HASH_REPLACE, "new", "", HASH_MADE, "baked new" },
		{ HASH_REPLACE, "new", "no hash", HASH_MADE, "baked new" },
		{ HASH_MAKE, "new", "", HASH_MADE, "baked new" },
		{ _HASH_NOTHING, "right", CHEAP, HASH_FAILED, "" },
	};

	(void)state;
	make_hasher(1, 64 * MIB);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct hash_job job = job_of(cases[i].task, cases[i].password,
					     cases[i].stored);

		run(&job);
		if (job.result != cases[i].result)
			fail_msg("case %zu: %d", i, job.result);
		assert_string_equal(job.made, cases[i].made);
		hash_job_wipe(&job);
		assert_int_equal(job.made[0], '\0');
		assert_true(secret_is_empty(&job.password));
	}
}

/* Without memory for a better hash the login is good all the same. */
static void no_memory(void **state)
{
	struct hash_job job = job_of(HASH_MAKE, "new", "");

	(void)state;
	make_hasher(1, 64 * MIB);
	oven.fails = -ENOMEM;
	run(&job);
	assert_int_equal(job.result, HASH_FAILED);
	assert_string_equal(job.made, "");
	job = job_of(HASH_VERIFY, "right", HASH_OF("8192", "3"));
	run(&job);
	assert_int_equal(job.result, HASH_RIGHT);
	assert_string_equal(job.made, "");
	job = job_of(HASH_VERIFY, "right", "");
	run(&job);
	assert_int_equal(job.result, HASH_FAILED);
}

static void a_decoy_costs_as_much(void **state)
{
	struct hash_job job = job_of(HASH_VERIFY, "x", "");

	(void)state;
	make_hasher(1, 64 * MIB);
	job.cost = (struct argon2_cost){ 32 * MIB, 4 };
	run(&job);
	assert_int_equal(oven.n_done, 1);
	assert_int_equal(oven.last.memory, 32 * MIB);
	assert_int_equal(oven.last.operations, 4);
}

/* abuse_81: weighed before anything is spent. */
static void abuse_81_dear_hashes(void **state)
{
	static const char *const dear[] = {
		HASH_OF("16777216", "2"),
		HASH_OF("19456", "2147483648"),
		HASH_OF("4294967295", "1"),
		HASH_OF("1048577", "2"),
		HASH_OF("19456", "17"),
		"$argon2i$v=19$m=19456,t=2,p=1$x$y",
		"$2y$10$abcdefghijklmnopqrstuv",
		"$6$rounds=999999999$salt$hash",
		"$y$jFT$k2XAnEHBqQ1Ct2aMXFKNa/$hash",
	};

	(void)state;
	make_hasher(2, 64 * MIB);
	for (size_t i = 0; i < ARRAY_SIZE(dear); i++) {
		struct hash_job job = job_of(HASH_VERIFY, "right", dear[i]);

		run(&job);
		assert_int_equal(job.result, HASH_REFUSED);
		/* It took no more of the budget than one of ours. */
		assert_int_equal(job.memory, 19 * MIB);
	}
	assert_int_equal(oven.n_done, 0);
}

/* abuse_80: many at once stay below the budget, and all are done. */
static void abuse_80_the_budget_holds(void **state)
{
	static struct hash_job jobs[40];

	(void)state;
	make_hasher(8, 64 * MIB);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = job_of(HASH_MAKE, "new", "");
		jobs[i].cost.memory = i % 3 == 0 ? 32 * MIB : 19 * MIB;
		assert_int_equal(hasher_submit(hasher, &jobs[i]), 0);
	}
	finish();
	assert_int_equal(oven.n_done, ARRAY_SIZE(jobs));
	assert_in_range(oven.memory_max, 19 * MIB, 64 * MIB);
	assert_int_equal(hasher_n_waiting(hasher), 0);
}

/* What is dearer in the store than in the settings counts as what it is. */
static void stored_costs_count(void **state)
{
	struct hash_job one =
		job_of(HASH_VERIFY, "right", HASH_OF("49152", "2"));
	struct hash_job two = job_of(HASH_VERIFY, "right", CHEAP);

	(void)state;
	make_hasher(2, 64 * MIB);
	hold(true);
	assert_int_equal(hasher_submit(hasher, &one), 0);
	assert_int_equal(hasher_submit(hasher, &two), 0);
	wait_running(1);
	assert_int_equal(hasher_n_waiting(hasher), 1);
	hold(false);
	finish();
	assert_int_equal(oven.n_running_max, 1);
	assert_int_equal(one.result, HASH_RIGHT);
}

/* A foreign hash's memory counts in the budget, and its wrong password costs
 * one of ours on top. */
static void foreign_costs_count(void **state)
{
	struct hash_job one = job_of(HASH_VERIFY, "wrong", YESCRYPT);

	(void)state;
	make_hasher(2, 80 * MIB);
	run(&one);
	assert_int_equal(one.result, HASH_WRONG);
	assert_int_equal(one.memory, 64 * MIB);
	assert_int_equal(oven.n_done, 1);
}

/* One that alone is larger than the budget runs, alone. */
static void a_large_one_runs_alone(void **state)
{
	struct hash_job jobs[3];

	(void)state;
	make_hasher(3, 32 * MIB);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = job_of(HASH_MAKE, "new", "");
		jobs[i].cost.memory = 48 * MIB;
		assert_int_equal(hasher_submit(hasher, &jobs[i]), 0);
	}
	finish();
	assert_int_equal(oven.n_running_max, 1);
	assert_int_equal(oven.memory_max, 48 * MIB);
}

static void in_order(void **state)
{
	static char names[] = "abcdefgh";
	struct hash_job jobs[8];

	(void)state;
	make_hasher(1, 64 * MIB);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = job_of(HASH_MAKE, "new", "");
		jobs[i].userdata = names + i;
		assert_int_equal(hasher_submit(hasher, &jobs[i]), 0);
	}
	/* Nothing is delivered but from the loop. */
	assert_string_equal(delivered, "");
	finish();
	assert_string_equal(delivered, names);
}

/* REPLACE with so many former ones, none of which is it. */
static struct hash_job replacement_of(const char *password, size_t n_former)
{
	struct hash_job job = job_of(HASH_REPLACE, password, CHEAP);

	job.search.former = calloc(n_former, sizeof(*job.search.former));
	assert_non_null(job.search.former);
	job.search.n_former = n_former;
	for (size_t i = 0; i < n_former; i++)
		assert_int_equal(
			secret_set(&job.search.former[i], CHEAP, strlen(CHEAP)),
			0);
	return job;
}

/* A new password and 24 former ones hold others up for a hash, not for 26. */
static void others_go_between(void **state)
{
	static char names[] = "new";
	struct hash_job replacement = replacement_of("new", 24);
	struct hash_job others[2];

	(void)state;
	make_hasher(1, 64 * MIB);
	hold(true);
	replacement.userdata = names;
	assert_int_equal(hasher_submit(hasher, &replacement), 0);
	wait_running(1);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		others[i] = job_of(HASH_VERIFY, "right", CHEAP);
		assert_int_equal(hasher_submit(hasher, &others[i]), 0);
	}
	hold(false);
	finish();
	assert_string_equal(delivered, "xxn");
	assert_int_equal(replacement.result, HASH_MADE);
	assert_string_equal(replacement.made, "baked new");
	assert_int_equal(oven.n_done, 26 + 2);
	assert_int_equal(oven.n_running_max, 1);
	hash_job_wipe(&replacement);
	assert_null(replacement.search.former);
}

/* One that had more to do as the end came failed. */
static void freed_between(void **state)
{
	struct hash_job replacement = replacement_of("new", 24);

	(void)state;
	make_hasher(1, 64 * MIB);
	hold(true);
	assert_int_equal(hasher_submit(hasher, &replacement), 0);
	wait_running(1);
	hold(false);
	hasher = hasher_free(hasher);
	assert_string_equal(delivered, "x");
	assert_int_equal(replacement.result,
			 oven.n_done == 26 ? HASH_MADE : HASH_FAILED);
	assert_string_equal(replacement.made,
			    oven.n_done == 26 ? "baked new" : "");
	hash_job_wipe(&replacement);
}

static void submit_again(struct hash_job *job, void *userdata)
{
	struct hash_job *next = userdata;

	done(job, any);
	if (next)
		assert_int_equal(hasher_submit(hasher, next), 0);
}

static void from_within_done(void **state)
{
	struct hash_job one = job_of(HASH_MAKE, "new", "");
	struct hash_job two = one;

	(void)state;
	make_hasher(1, 64 * MIB);
	one.done = two.done = submit_again;
	one.userdata = &two;
	two.userdata = NULL;
	run(&one);
	assert_string_equal(delivered, "xx");
}

static void a_full_queue(void **state)
{
	size_t n = 0, n_max = 100000;
	struct hash_job *jobs = calloc(n_max, sizeof(*jobs));
	int r = 0;

	(void)state;
	assert_non_null(jobs);
	make_hasher(1, 64 * MIB);
	hold(true);
	while (r == 0 && n < n_max) {
		jobs[n].task = HASH_MAKE;
		jobs[n].cost = (struct argon2_cost){ 19 * MIB, 2 };
		jobs[n].done = done;
		jobs[n].userdata = any;
		r = hasher_submit(hasher, &jobs[n]);
		n += r == 0;
		if (n == 1)
			wait_running(1);
	}
	assert_int_equal(r, -EAGAIN);
	assert_int_equal(hasher_n_open(hasher), n);
	assert_int_equal(hasher_n_waiting(hasher), n - 1);
	hold(false);
	finish();
	assert_int_equal(oven.n_done, n);
	free(jobs);
}

/* Ends with jobs that run and jobs that wait: of each the end is told, and
 * those that only waited failed. */
static void freed_at_work(void **state)
{
	struct hash_job jobs[4];
	unsigned int n_made = 0;

	(void)state;
	make_hasher(2, 64 * MIB);
	hold(true);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = job_of(HASH_MAKE, "new", "");
		assert_int_equal(hasher_submit(hasher, &jobs[i]), 0);
	}
	wait_running(2);
	hold(false);
	hasher = hasher_free(hasher);
	assert_int_equal(oven.n_running, 0);
	assert_string_equal(delivered, "xxxx");
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		if (jobs[i].result == HASH_MADE)
			n_made++;
		else
			assert_int_equal(jobs[i].result, HASH_FAILED);
	}
	assert_true(n_made >= 2);
	assert_int_equal(n_made, oven.n_done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_comes_of_each_task),
		TEST(no_memory),
		TEST(a_decoy_costs_as_much),
		TEST(abuse_81_dear_hashes),
		TEST(abuse_80_the_budget_holds),
		TEST(foreign_costs_count),
		TEST(stored_costs_count),
		TEST(a_large_one_runs_alone),
		TEST(in_order),
		TEST(others_go_between),
		TEST(freed_between),
		TEST(from_within_done),
		TEST(a_full_queue),
		TEST(freed_at_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
