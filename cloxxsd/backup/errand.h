/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Errand: work that may wait for a disk as long as it likes, done in a thread
 * of its own beside the loop. What it works on is its own until it is done. A
 * disk that never answers holds the thread, and nothing else: the daemon ends
 * without it.
 */

#include <systemd/sd-event.h>

#include "base/scope.h"

struct errands;
struct errand;

/* At most so many at once. */
#define ERRANDS_MAX 4

struct errand_args {
	/* In the thread. */
	void (*run)(struct errand *errand, void *data);
	/* In the loop, some time after errand_tell(); may be NULL. */
	void (*told)(void *data);
	/* In the loop, once: data is the loop's again. */
	void (*done)(void *data);
	void *data;
};

must_check int errands_new(sd_event *event, struct errands **ret_errands);
/* -EAGAIN: there are ERRANDS_MAX. */
must_check int errands_start(struct errands *errands,
			     const struct errand_args *args);
/* From the thread: told() is to be called. */
void errand_tell(struct errand *errand);
/*
 * Waits two seconds for those that run; done() of those that then do not end is
 * never called, and what they have is theirs for ever. NULL.
 */
struct errands *errands_free(struct errands *errands);
