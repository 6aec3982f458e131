/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The loop never waits for a thread, but for two seconds at the end.
 *  2. A thread that outlives the daemon's parts touches none of them.
 */
#include "cloxxsd/backup/errand.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>

#define WAIT_S 2
#define THREAD_NICE 19

struct errand {
	struct errands *errands;
	struct errand_args args;
	bool used, has_told, is_done;
};

struct errands {
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	struct errand each[ERRANDS_MAX];
	unsigned int n_running;
	bool abandoned;
	int fd;
	sd_event_source *source;
};

/* With the mutex held: it is what keeps fd from being closed meanwhile. */
static void wake(struct errands *errands)
{
	const uint64_t one = 1;

	if (!errands->abandoned)
		(void)!write(errands->fd, &one, sizeof(one));
}

static void *work(void *userdata)
{
	struct errand *errand = userdata;
	struct errands *errands = errand->errands;

	/* Of this thread alone: whoever logs in goes first. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), THREAD_NICE);
	errand->args.run(errand, errand->args.data);
	pthread_mutex_lock(&errands->mutex);
	errand->is_done = true;
	errands->n_running--;
	wake(errands);
	pthread_cond_signal(&errands->ended);
	pthread_mutex_unlock(&errands->mutex);
	return NULL;
}

void errand_tell(struct errand *errand)
{
	struct errands *errands = errand->errands;

	pthread_mutex_lock(&errands->mutex);
	errand->has_told = true;
	wake(errands);
	pthread_mutex_unlock(&errands->mutex);
}

/* Tells the loop's side what happened to one; done() may start another. */
static void look_after(struct errands *errands, struct errand *errand)
{
	struct errand_args args;
	bool has_told, is_done;

	pthread_mutex_lock(&errands->mutex);
	args = errand->args;
	is_done = errand->used && errand->is_done;
	has_told = errand->used && errand->has_told && !is_done;
	errand->has_told = false;
	if (is_done)
		errand->used = false;
	pthread_mutex_unlock(&errands->mutex);
	if (is_done)
		args.done(args.data);
	else if (has_told && args.told)
		args.told(args.data);
}

static int on_wake(sd_event_source *source, int fd, uint32_t revents,
		   void *userdata)
{
	struct errands *errands = userdata;
	uint64_t count;

	(void)source;
	(void)revents;
	(void)!read(fd, &count, sizeof(count));
	for (size_t i = 0; i < ERRANDS_MAX; i++)
		look_after(errands, &errands->each[i]);
	return 0;
}

int errands_new(sd_event *event, struct errands **ret_errands)
{
	struct errands *errands = calloc(1, sizeof(*errands));
	int r;

	if (!errands)
		return -ENOMEM;
	pthread_mutex_init(&errands->mutex, NULL);
	pthread_cond_init(&errands->ended, NULL);
	errands->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = errands->fd < 0
		    ? -errno
		    : sd_event_add_io(event, &errands->source, errands->fd,
				      EPOLLIN, on_wake, errands);
	if (r < 0) {
		errands_free(errands);
		return r;
	}
	*ret_errands = errands;
	return 0;
}

/* Detached, and without the loop's signals. */
static int start_thread(struct errand *errand)
{
	sigset_t all, before;
	pthread_t thread;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&thread, NULL, work, errand);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		pthread_detach(thread);
	return r;
}

int errands_start(struct errands *errands, const struct errand_args *args)
{
	struct errand *errand = NULL;
	int r;

	pthread_mutex_lock(&errands->mutex);
	for (size_t i = 0; !errand && i < ERRANDS_MAX; i++)
		if (!errands->each[i].used)
			errand = &errands->each[i];
	if (errand) {
		*errand = (struct errand){ .errands = errands,
					   .args = *args,
					   .used = true };
		errands->n_running++;
	}
	pthread_mutex_unlock(&errands->mutex);
	if (!errand)
		return -EAGAIN;
	r = start_thread(errand);
	if (r != 0) {
		pthread_mutex_lock(&errands->mutex);
		errand->used = false;
		errands->n_running--;
		pthread_mutex_unlock(&errands->mutex);
	}
	return r;
}

static bool wait_for_all(struct errands *errands)
{
	struct timespec until;
	bool ended;
	int r = 0;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&errands->mutex);
	while (errands->n_running > 0 && r == 0)
		r = pthread_cond_timedwait(&errands->ended, &errands->mutex,
					   &until);
	ended = errands->n_running == 0;
	errands->abandoned = true;
	pthread_mutex_unlock(&errands->mutex);
	return ended;
}

struct errands *errands_free(struct errands *errands)
{
	bool ended;

	if (!errands)
		return NULL;
	ended = wait_for_all(errands);
	sd_event_source_disable_unref(errands->source);
	for (size_t i = 0; i < ERRANDS_MAX; i++)
		if (errands->each[i].used && errands->each[i].is_done)
			errands->each[i].args.done(errands->each[i].args.data);
	scope_close(&errands->fd);
	/* A thread that still runs has its errand in here. */
	if (!ended)
		return NULL;
	pthread_cond_destroy(&errands->ended);
	pthread_mutex_destroy(&errands->mutex);
	free(errands);
	return NULL;
}
