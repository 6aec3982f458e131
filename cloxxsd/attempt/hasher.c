/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The memory of running hashes never exceeds the budget, but for one that
 *     alone is larger: it runs alone.
 *  2. A decoy costs what a verification costs.
 *  3. A cost that a stored hash demands is checked before memory is taken.
 *  4. Threads touch a job and the queue, nothing else of the daemon.
 *  5. Each job that was taken is done once, also at the end: a claim that hangs
 *     on it would else count as a wrong answer.
 *  6. No job keeps others waiting for more than a hash or two: one that takes
 *     many lets those who wait go between.
 */
#include "cloxxsd/attempt/hasher.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "cloxxsd/attempt/argon2.h"
#include "cloxxsd/attempt/breached.h"
#include "cloxxsd/attempt/foreign_hash.h"

#define QUEUE_MAX 8192
/* A stored hash may ask for this and no more, whatever the settings say. */
static const struct argon2_cost maximum = {
	.memory = UINT64_C(1) << 30,
	.operations = 16,
};

const uint32_t hash_time_bounds_us[HASH_TIME_BOUNDS] = {
	10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000
};

struct queue {
	struct hash_job *first, **end;
	uint32_t n;
};

struct hasher {
	pthread_mutex_t mutex;
	pthread_cond_t work;
	struct queue waiting, finished;
	uint64_t memory, memory_used;
	uint32_t n_running;
	bool stopping;
	int done_fd;
	sd_event_source *source;
	uint32_t n_threads;
	uint32_t n_open;         /* the loop's own count */
	struct hash_times times; /* the loop's own, too */
	pthread_t threads[];
};

static void queue_init(struct queue *queue)
{
	*queue = (struct queue){ .end = &queue->first };
}

static void queue_put(struct queue *queue, struct hash_job *job)
{
	job->next = NULL;
	*queue->end = job;
	queue->end = &job->next;
	queue->n++;
}

static struct hash_job *queue_take(struct queue *queue)
{
	struct hash_job *job = queue->first;

	queue->first = job->next;
	if (!queue->first)
		queue->end = &queue->first;
	queue->n--;
	return job;
}

/* What one stored form asks for; one that is refused asks for nothing. */
static uint64_t stored_memory(const struct secret *stored)
{
	struct argon2_cost cost;
	uint64_t foreign = 0;

	if (secret_is_empty(stored))
		return 0;
	if (argon2_inspect(stored->bytes, &maximum, &cost) == 0)
		return cost.memory;
	return foreign_hash_inspect(stored->bytes, &foreign) == 0 ? foreign : 0;
}

/* What the job will need: one after the other, so the largest is enough. */
static uint64_t job_memory(const struct hash_job *job)
{
	uint64_t memory = job->task == HASH_SEARCH ? 0 : job->cost.memory;
	uint64_t stored = stored_memory(&job->stored);

	if (stored > memory)
		memory = stored;
	for (size_t i = 0; i < job->search.n_former; i++) {
		stored = stored_memory(&job->search.former[i]);
		if (stored > memory)
			memory = stored;
	}
	return memory;
}

static void make(struct hash_job *job, const struct argon2_cost *cost)
{
	int r = argon2_hash(&job->password, cost, job->made);

	if (r == 0) {
		job->result = HASH_MADE;
		return;
	}
	job->made[0] = '\0';
	job->result = HASH_FAILED;
}

static enum hash_result compare_foreign(const struct secret *stored,
					const struct secret *password)
{
	int r = foreign_hash_verify(stored->bytes, password);

	return r == 0                      ? HASH_RIGHT
	       : r == FOREIGN_HASH_E_WRONG ? HASH_WRONG
	       : r > 0                     ? HASH_REFUSED
					   : HASH_FAILED;
}

static enum hash_result compare(const struct secret *stored,
				const struct secret *password)
{
	int r;

	if (foreign_hash_is(stored->bytes))
		return compare_foreign(stored, password);
	r = argon2_verify(stored->bytes, password, &maximum);

	return r == 0                ? HASH_RIGHT
	       : r == ARGON2_E_WRONG ? HASH_WRONG
	       : r > 0               ? HASH_REFUSED
				     : HASH_FAILED;
}

/*
 * One of another system: replaced where the password is right, and as dear
 * where it is not, so that time does not tell one from the other.
 */
static void verify_foreign(struct hash_job *job)
{
	job->result = compare_foreign(&job->stored, &job->password);
	switch (job->result) {
	case HASH_RIGHT:
		/* Without memory for it the login is good all the same. */
		make(job, &job->cost);
		job->result = HASH_RIGHT;
		break;
	case HASH_WRONG:
		make(job, &job->cost);
		explicit_bzero(job->made, sizeof(job->made));
		job->result = HASH_WRONG;
		break;
	case HASH_FAILED:
	case HASH_MADE:
	case HASH_REFUSED:
	case HASH_FOUND:
		break;
	}
}

static void verify(struct hash_job *job)
{
	struct argon2_cost cost, higher;

	/* Nothing stored: the same work, and never a match. */
	if (secret_is_empty(&job->stored)) {
		make(job, &job->cost);
		explicit_bzero(job->made, sizeof(job->made));
		if (job->result == HASH_MADE)
			job->result = HASH_WRONG;
		return;
	}
	if (foreign_hash_is(job->stored.bytes)) {
		verify_foreign(job);
		return;
	}
	job->result = compare(&job->stored, &job->password);
	if (job->result == HASH_RIGHT &&
	    argon2_inspect(job->stored.bytes, &maximum, &cost) == 0 &&
	    argon2_needs_rehash(&cost, &job->cost, &higher)) {
		/* Without memory for it the login is good all the same. */
		make(job, &higher);
		job->result = HASH_RIGHT;
	}
}

static void search(struct hash_job *job)
{
	char why[256];
	struct text text;

	job->search.found = 0;
	if (!*job->search.breached)
		return;
	text_init(&text, why, sizeof(why));
	job->search.found =
		breached_search(job->search.breached, &job->password, &text);
}

/* The present one, and the list of breached ones: true where it may be new. */
static bool replace_begin(struct hash_job *job)
{
	const struct hash_search *found = &job->search;

	job->result = HASH_WRONG;
	if (!secret_is_empty(&job->stored))
		job->result = compare(&job->stored, &job->password);
	if (job->result == HASH_RIGHT)
		return false;
	search(job);
	job->result = HASH_FOUND;
	return found->found == 0 || found->trial;
}

/* One former one more, or at the end the hash: true where there is more to do.
 * An unreadable old hash must not bar the way to a new one. */
static bool replace_go_on(struct hash_job *job)
{
	struct hash_search *found = &job->search;
	size_t held = found->trial ? found->n_former_held : found->n_former;
	size_t i = found->n_compared;

	if (found->was_former || i >= found->n_former) {
		make(job, &job->cost);
		return false;
	}
	found->n_compared++;
	found->was_former =
		compare(&found->former[i], &job->password) == HASH_RIGHT;
	return !found->was_former || i >= held;
}

static bool replace(struct hash_job *job)
{
	if (job->search.begun)
		return replace_go_on(job);
	job->search.begun = true;
	return replace_begin(job);
}

/* One hash of a job, or as good as one: true where another must follow. */
static bool run(struct hash_job *job)
{
	switch (job->task) {
	case HASH_VERIFY:
		verify(job);
		return false;
	case HASH_REPLACE:
		return replace(job);
	case HASH_SEARCH:
		search(job);
		job->result = HASH_FOUND;
		return false;
	case HASH_MAKE:
		make(job, &job->cost);
		return false;
	case _HASH_NOTHING:
		break;
	}
	return false;
}

/* Whether the first waiting job may start now. */
static bool may_start(const struct hasher *hasher)
{
	return hasher->waiting.n > 0 &&
	       (hasher->n_running == 0 ||
		hasher->memory_used + hasher->waiting.first->memory <=
			hasher->memory);
}

static void *work(void *userdata)
{
	struct hasher *hasher = userdata;

	pthread_mutex_lock(&hasher->mutex);
	for (;;) {
		const uint64_t one = 1;
		struct hash_job *job;
		int64_t begun_us;
		bool goes_on;

		while (!hasher->stopping && !may_start(hasher))
			pthread_cond_wait(&hasher->work, &hasher->mutex);
		if (hasher->stopping)
			break;
		job = queue_take(&hasher->waiting);
		hasher->memory_used += job->memory;
		hasher->n_running++;
		pthread_mutex_unlock(&hasher->mutex);
		begun_us = clock_monotonic_us();
		goes_on = run(job);
		job->took_us += clock_monotonic_us() - begun_us;
		pthread_mutex_lock(&hasher->mutex);
		hasher->memory_used -= job->memory;
		hasher->n_running--;
		queue_put(goes_on ? &hasher->waiting : &hasher->finished, job);
		/* The counter cannot overflow: one per open job. */
		if (!goes_on)
			(void)!write(hasher->done_fd, &one, sizeof(one));
		/* Memory was given back, for one or for more. Where nobody
		 * waits for it, no thread is woken in the loop's way. */
		if (hasher->waiting.n > 0)
			pthread_cond_broadcast(&hasher->work);
	}
	pthread_mutex_unlock(&hasher->mutex);
	return NULL;
}

static void count_time(struct hash_times *times, const struct hash_job *job)
{
	uint64_t took_us = job->took_us > 0 ? (uint64_t)job->took_us : 0;
	size_t i = 0;

	if (job->task == HASH_SEARCH)
		return;
	while (i < HASH_TIME_BOUNDS && took_us > hash_time_bounds_us[i])
		i++;
	times->counts[i]++;
	times->sum_us += took_us;
}

static int deliver(sd_event_source *source, int fd, uint32_t revents,
		   void *userdata)
{
	struct hasher *hasher = userdata;
	uint64_t count;

	(void)source;
	(void)revents;
	(void)!read(fd, &count, sizeof(count));
	for (;;) {
		struct hash_job *job = NULL;

		pthread_mutex_lock(&hasher->mutex);
		if (hasher->finished.n > 0)
			job = queue_take(&hasher->finished);
		pthread_mutex_unlock(&hasher->mutex);
		if (!job)
			return 0;
		hasher->n_open--;
		count_time(&hasher->times, job);
		job->done(job, job->userdata);
	}
}

/* Threads must take no signal: they are the loop's. */
static int start_threads(struct hasher *hasher, uint32_t n_threads)
{
	sigset_t all, before;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (r == 0 && hasher->n_threads < n_threads) {
		r = -pthread_create(&hasher->threads[hasher->n_threads], NULL,
				    work, hasher);
		if (r == 0)
			hasher->n_threads++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

int hasher_new(sd_event *event, uint32_t n_threads, uint64_t memory,
	       struct hasher **ret_hasher)
{
	struct hasher *hasher;
	int r;

	hasher = calloc(1, sizeof(*hasher) + n_threads * sizeof(pthread_t));
	if (!hasher)
		return -ENOMEM;
	pthread_mutex_init(&hasher->mutex, NULL);
	pthread_cond_init(&hasher->work, NULL);
	queue_init(&hasher->waiting);
	queue_init(&hasher->finished);
	hasher->memory = memory;
	hasher->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = hasher->done_fd < 0 ? -errno : 0;
	if (r == 0)
		r = sd_event_add_io(event, &hasher->source, hasher->done_fd,
				    EPOLLIN, deliver, hasher);
	if (r >= 0)
		r = start_threads(hasher, n_threads);
	if (r < 0) {
		hasher_free(hasher);
		return r;
	}
	*ret_hasher = hasher;
	return 0;
}

/* The threads have ended: what they left is handed back. */
static void hand_back(struct hasher *hasher)
{
	while (hasher->finished.n + hasher->waiting.n > 0) {
		bool is_finished = hasher->finished.n > 0;
		struct hash_job *job = queue_take(
			is_finished ? &hasher->finished : &hasher->waiting);

		if (!is_finished)
			job->result = HASH_FAILED;
		hasher->n_open--;
		job->done(job, job->userdata);
	}
}

struct hasher *hasher_free(struct hasher *hasher)
{
	if (!hasher)
		return NULL;
	pthread_mutex_lock(&hasher->mutex);
	hasher->stopping = true;
	pthread_cond_broadcast(&hasher->work);
	pthread_mutex_unlock(&hasher->mutex);
	for (uint32_t i = 0; i < hasher->n_threads; i++)
		pthread_join(hasher->threads[i], NULL);
	hand_back(hasher);
	sd_event_source_disable_unref(hasher->source);
	scope_close(&hasher->done_fd);
	pthread_cond_destroy(&hasher->work);
	pthread_mutex_destroy(&hasher->mutex);
	free(hasher);
	return NULL;
}

int hasher_submit(struct hasher *hasher, struct hash_job *job)
{
	int r = 0;

	job->memory = job_memory(job);
	job->took_us = 0;
	job->result = HASH_FAILED;
	job->made[0] = '\0';
	pthread_mutex_lock(&hasher->mutex);
	if (hasher->stopping || hasher->waiting.n >= QUEUE_MAX) {
		r = -EAGAIN;
	} else {
		queue_put(&hasher->waiting, job);
	}
	pthread_mutex_unlock(&hasher->mutex);
	if (r != 0)
		return r;
	/* Not while the mutex is held: the thread would wake to wait for it. */
	pthread_cond_signal(&hasher->work);
	hasher->n_open++;
	return 0;
}

uint32_t hasher_n_waiting(const struct hasher *hasher)
{
	struct hasher *locked = (struct hasher *)(uintptr_t)hasher;
	uint32_t n;

	pthread_mutex_lock(&locked->mutex);
	n = hasher->waiting.n;
	pthread_mutex_unlock(&locked->mutex);
	return n;
}

uint32_t hasher_n_threads(const struct hasher *hasher)
{
	return hasher->n_threads;
}

uint32_t hasher_n_open(const struct hasher *hasher)
{
	return hasher->n_open;
}

const struct hash_times *hasher_times(const struct hasher *hasher)
{
	return &hasher->times;
}

void hash_job_wipe(struct hash_job *job)
{
	secret_deinit(&job->password);
	secret_deinit(&job->stored);
	explicit_bzero(job->made, sizeof(job->made));
	for (size_t i = 0; i < job->search.n_former; i++)
		secret_deinit(&job->search.former[i]);
	free(job->search.former);
	job->search = (struct hash_search){ 0 };
}
