/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nobody is answered before all of his is on the disk.
 *  2. One commit for all: where it fails nothing of any of them was recorded,
 *     and each is told so.
 *  3. Nobody waits for those who come later: a batch is written when no message
 *     is there that could be read now, or when it is full; and soon, whatever
 *     else there is to be read.
 */
#include "cloxxsd/service/audit_batch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/clock.h"

/* So many records are one commit. */
#define FULL 512
/* So long at most it waits for others. */
#define SOON_US UINT64_C(5000)

struct waiting {
	struct varlink_call *call;
	json_t *(*answer)(int64_t first, int64_t last);
	struct action *actions;
	size_t n;
};

struct audit_batch {
	struct service *service;
	sd_event_source *idle, *soon;
	struct waiting *calls;
	size_t n_calls, size, n_records;
};

int audit_unavailable(struct varlink_call *call)
{
	return varlink_call_error(
		call, "nl.cloxxs.Audit.Unavailable",
		json_pack("{s:s}", "message",
			  "It could not be written; nothing was recorded."));
}

static void waiting_deinit(struct waiting *waiting)
{
	varlink_call_unref(waiting->call);
	free(waiting->actions);
}

/* All records of all calls. */
static int write_records(struct audit_batch *batch, struct record *ret_last)
{
	int64_t now = clock_realtime_us();
	int r = 0;

	for (size_t i = 0; i < batch->n_calls; i++)
		for (size_t j = 0; r == 0 && j < batch->calls[i].n; j++) {
			*ret_last =
				action_record(&batch->calls[i].actions[j], now);
			r = state_record(batch->service->state, ret_last);
		}
	return r;
}

/*
 * Whoever fills the disk with what users do in an application must not keep all
 * others from logging in, of which there must be a record too.
 */
static bool has_room(const struct service *service)
{
	struct statvfs space;

	return statvfs(service->state_directory, &space) < 0 ||
	       (uint64_t)space.f_bavail * space.f_frsize >= service->room_kept;
}

/* *ret_first: the number of the first. */
static int commit(struct audit_batch *batch, int64_t *ret_first)
{
	struct state *state = batch->service->state;
	struct change_set set = { 0 };
	struct state_former former;
	struct record last;
	int r;

	r = has_room(batch->service) ? 0 : -ENOSPC;
	if (r == 0)
		r = state_begin(state, &former);
	if (r != 0)
		return r;
	*ret_first = former.ledger.seq + 1;
	r = write_records(batch, &last);
	/* It is asked whether there are records, and from where on. */
	if (r == 0)
		change_set_record(&set, last);
	return state_end(state, &former, r, &set);
}

static void answer(const struct waiting *waiting, int r, int64_t first)
{
	json_t *reply;

	if (r != 0) {
		(void)!audit_unavailable(waiting->call);
		return;
	}
	reply = waiting->answer(first, first + (int64_t)waiting->n - 1);
	(void)!varlink_call_reply(waiting->call, reply);
}

static void flush(struct audit_batch *batch)
{
	int64_t first = 0;
	int r;

	(void)!sd_event_source_set_enabled(batch->idle, SD_EVENT_OFF);
	(void)!sd_event_source_set_enabled(batch->soon, SD_EVENT_OFF);
	if (batch->n_calls == 0)
		return;
	r = commit(batch, &first);
	for (size_t i = 0; i < batch->n_calls; i++) {
		answer(&batch->calls[i], r, first);
		first += (int64_t)batch->calls[i].n;
		waiting_deinit(&batch->calls[i]);
	}
	batch->n_calls = 0;
	batch->n_records = 0;
}

static int on_idle(sd_event_source *source, void *userdata)
{
	(void)source;
	flush(userdata);
	return 0;
}

static int on_soon(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	flush(userdata);
	return 0;
}

static int add_sources(struct audit_batch *batch, sd_event *event)
{
	int r;

	r = sd_event_add_defer(event, &batch->idle, on_idle, batch);
	/* Behind all messages that can be read now. */
	if (r >= 0)
		r = sd_event_source_set_priority(batch->idle,
						 SD_EVENT_PRIORITY_NORMAL + 1);
	if (r >= 0)
		r = sd_event_source_set_enabled(batch->idle, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(event, &batch->soon, CLOCK_MONOTONIC, 0,
				      1000, on_soon, batch);
	if (r >= 0)
		r = sd_event_source_set_enabled(batch->soon, SD_EVENT_OFF);
	return r;
}

int audit_batch_new(struct service *service, sd_event *event,
		    struct audit_batch **ret_batch)
{
	struct audit_batch *batch = calloc(1, sizeof(*batch));
	int r;

	if (!batch)
		return -ENOMEM;
	batch->service = service;
	r = add_sources(batch, event);
	if (r < 0) {
		audit_batch_free(batch);
		return r;
	}
	*ret_batch = batch;
	return 0;
}

struct audit_batch *audit_batch_free(struct audit_batch *batch)
{
	if (!batch)
		return NULL;
	for (size_t i = 0; i < batch->n_calls; i++) {
		(void)!audit_unavailable(batch->calls[i].call);
		waiting_deinit(&batch->calls[i]);
	}
	sd_event_source_disable_unref(batch->idle);
	sd_event_source_disable_unref(batch->soon);
	free(batch->calls);
	free(batch);
	return NULL;
}

static int make_room(struct audit_batch *batch)
{
	size_t size = batch->size ? 2 * batch->size : 64;
	struct waiting *grown;

	if (batch->n_calls < batch->size)
		return 0;
	grown = reallocarray(batch->calls, size, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	batch->calls = grown;
	batch->size = size;
	return 0;
}

/* With the first one. */
static void arm(struct audit_batch *batch)
{
	(void)!sd_event_source_set_enabled(batch->idle, SD_EVENT_ONESHOT);
	(void)!sd_event_source_set_time_relative(batch->soon, SOON_US);
	(void)!sd_event_source_set_enabled(batch->soon, SD_EVENT_ONESHOT);
}

int audit_batch_add(struct audit_batch *batch, struct varlink_call *call,
		    const struct action *actions, size_t n,
		    json_t *(*answer_of)(int64_t first, int64_t last))
{
	struct action *copy;

	if (make_room(batch) < 0)
		return -ENOMEM;
	copy = reallocarray(NULL, n, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, actions, n * sizeof(*copy));
	batch->calls[batch->n_calls++] = (struct waiting){
		.call = varlink_call_ref(call),
		.answer = answer_of,
		.actions = copy,
		.n = n,
	};
	batch->n_records += n;
	if (batch->n_records >= FULL)
		flush(batch);
	else if (batch->n_calls == 1)
		arm(batch);
	return 0;
}
