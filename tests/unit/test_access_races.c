/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two processes ask without a pause while a third changes users, projects and
 * grants, thousands of times a second, and makes new files as the old ones fill
 * up. Each answer must be that of the model at one moment between question and
 * answer: the changes are numbered, and a number is raised in shared memory
 * before and after each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/map_cache.h"
#include "tests/unit/access_model.h"
#include "tests/unit/raw_map.h"

#define N_CHANGES 40000
#define N_READERS 2
/* As few changes a second as the promise is about, at the least. */
#define RATE_MIN 1000
/* Files and answers there must be, or nothing was shown. */
#define N_FILES_MIN 20
#define N_ASKED_MIN 2000

struct shared {
	_Atomic uint32_t began, done;
	_Atomic uint32_t n_ready;
	_Atomic uint64_t n_asked[N_READERS];
	_Atomic uint64_t n_during[N_READERS]; /* while a change was made */
	struct model_change changes[N_CHANGES];
};

struct reader {
	struct shared *shared;
	struct map_cache *cache;
	unsigned int seed;
	struct model model; /* as it is after n changes */
	uint32_t n;
};

/* The model of after n changes; n never falls. */
static void follow(struct reader *reader, uint32_t n)
{
	while (reader->n < n)
		model_apply(&reader->model,
			    &reader->shared->changes[reader->n++]);
}

/* Whether any of the states from here to that after last answers so. */
static bool is_right(const struct reader *reader, uint32_t last,
		     const struct model_question *question,
		     enum access_reason reason, uint32_t rights)
{
	struct model model = reader->model;
	uint32_t n = reader->n;

	for (;;) {
		uint32_t expected;

		if (model_answer(&model, question, &expected) == reason &&
		    rights == expected)
			return true;
		if (n == last)
			return false;
		model_apply(&model, &reader->shared->changes[n++]);
	}
}

static bool ask_once(struct reader *reader, unsigned int i)
{
	struct model_question question = model_ask(&reader->seed);
	struct shared *shared = reader->shared;
	enum access_reason reason;
	struct map_view view;
	uint32_t rights = 0;
	uint32_t last;

	follow(reader, atomic_load(&shared->done));
	if (map_view_enter(&view, reader->cache) != 0)
		return false;
	reason = model_check(view.map, &question, &rights);
	map_view_leave(&view);
	last = atomic_load(&shared->began);
	atomic_fetch_add(&shared->n_asked[i], 1);
	if (last != reader->n)
		atomic_fetch_add(&shared->n_during[i], 1);
	if (is_right(reader, last, &question, reason, rights))
		return true;
	(void)fprintf(stderr, "%s %s %u at %u: %s, %u, after %u to %u\n",
		      question.user, question.project, question.right,
		      (unsigned int)question.now, access_reason_name(reason),
		      rights, reader->n, last);
	return false;
}

/* In a process of its own. */
static int read_on(struct shared *shared, const char *path, unsigned int i)
{
	static struct map_stripe stripes[1];
	struct map_cache cache = MAP_CACHE_INIT(path, access_open, stripes);
	struct reader reader = { .shared = shared,
				 .cache = &cache,
				 .seed = 100 + i };

	model_init(&reader.model);
	atomic_fetch_add(&shared->n_ready, 1);
	while (atomic_load(&shared->done) < N_CHANGES)
		if (!ask_once(&reader, i))
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/* Now and then the readers get the processor, where there are few of them, in
 * the middle of everything. */
static void write_all(struct shared *shared, struct access_writer *writer)
{
	unsigned int seed = 7;
	struct model model;

	model_init(&model);
	for (uint32_t i = 0; i < N_CHANGES; i++) {
		shared->changes[i] = model_draw(&model, &seed);
		atomic_store(&shared->began, i + 1);
		model_write(writer, &shared->changes[i]);
		atomic_store(&shared->done, i + 1);
		model_apply(&model, &shared->changes[i]);
		if (i % 100 == 0)
			(void)usleep(1000);
	}
}

static void no_answer_is_wrong(void **state)
{
	static const struct access_room room = { 0 };
	struct shared *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct access_writer *writer = NULL;
	pid_t readers[N_READERS];
	struct scratch scratch;
	int64_t took_us;
	int status;

	(void)state;
	assert_true(shared != MAP_FAILED);
	scratch_init(&scratch);
	assert_int_equal(
		access_writer_new(scratch.path, &room, geteuid(), &writer), 0);
	assert_int_equal(access_writer_publish(writer), 0);
	for (unsigned int i = 0; i < N_READERS; i++) {
		readers[i] = fork();
		assert_true(readers[i] >= 0);
		if (readers[i] == 0) {
			alarm(300);
			_exit(read_on(shared, scratch.path, i));
		}
	}
	while (atomic_load(&shared->n_ready) < N_READERS)
		(void)usleep(1000);
	took_us = clock_monotonic_us();
	write_all(shared, writer);
	took_us = clock_monotonic_us() - took_us;
	for (unsigned int i = 0; i < N_READERS; i++) {
		assert_int_equal(waitpid(readers[i], &status, 0), readers[i]);
		assert_int_equal(status, 0);
		assert_true(shared->n_asked[i] >= N_ASKED_MIN);
		assert_true(shared->n_during[i] > 0);
	}
	print_message("%.0f changes a second, %u files, %u answers\n",
		      N_CHANGES * 1e6 / (double)took_us,
		      (unsigned int)access_writer_generation(writer),
		      (unsigned int)(shared->n_asked[0] + shared->n_asked[1]));
	assert_true(took_us <= N_CHANGES * INT64_C(1000000) / RATE_MIN);
	assert_true(access_writer_generation(writer) >= N_FILES_MIN);
	access_writer_free(writer);
	scratch_deinit(&scratch);
	munmap(shared, sizeof(*shared));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_answer_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
