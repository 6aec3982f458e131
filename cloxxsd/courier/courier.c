/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Every message ends once, by its own deadline.
 *  2. One that may have left is told as such, and never sent a second time.
 *  3. done() may send and cancel: nothing of this file is on its way then.
 */
#include "cloxxsd/courier/courier.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/courier/exchange.h"

#define METHOD "nl.cloxxs.Courier.Deliver"
#define REQUEST_MAX 65536
/* Until one that found the courier busy is tried again. */
#define BUSY_US UINT64_C(20000)
/* So much earlier than ours is the deadline that the courier is told. */
#define MARGIN_MAX_US INT64_C(250000)

/* In one of two lists: of those that wait, in order, and of those that run. */
struct courier_sending {
	struct courier *courier;
	struct courier_job *job;
	struct courier_sending *next, **link;
	enum courier_kind kind;
	json_t *parameters;
	int64_t deadline_us;
	sd_event_source *timer;
	struct exchange exchange;
	bool running;
};

static void enlist(struct courier_sending *sending,
		   struct courier_sending **link)
{
	sending->next = *link;
	sending->link = link;
	if (sending->next)
		sending->next->link = &sending->next;
	*link = sending;
}

static void delist(struct courier_sending *sending)
{
	struct courier *courier = sending->courier;

	if (courier->waiting_end == &sending->next)
		courier->waiting_end = sending->link;
	if (sending->next)
		sending->next->link = sending->link;
	*sending->link = sending->next;
	if (sending->running)
		courier->n_running--;
	else
		courier->n_waiting--;
}

static void sending_free(struct courier_sending *sending)
{
	sending->job->sending = NULL;
	sd_event_source_disable_unref(sending->timer);
	exchange_end(&sending->exchange);
	json_decref(sending->parameters);
	free(sending);
}

static void take_turn(struct courier *courier, uint64_t in_us)
{
	(void)!sd_event_source_set_time_relative(courier->turn, in_us);
	(void)!sd_event_source_set_enabled(courier->turn, SD_EVENT_ONESHOT);
}

static void end(struct courier_sending *sending,
		const struct courier_answer *answer)
{
	struct courier *courier = sending->courier;
	struct courier_job *job = sending->job;
	int64_t now = clock_realtime_us() / 1000000;

	courier_tally_count(&courier->tallies[sending->kind], answer->result,
			    now);
	courier_routes_count(courier->routes, sending->kind, answer, now);
	delist(sending);
	sending_free(sending);
	if (courier->waiting)
		take_turn(courier, 0);
	job->done(job, answer->result, answer->route, answer->detail);
}

static void end_with(struct courier_sending *sending,
		     enum courier_result result, const char *detail)
{
	struct courier_answer answer = { .result = result };

	memcpy(answer.detail, detail, strlen(detail) + 1);
	end(sending, &answer);
}

static void on_done(struct exchange *exchange, const char *bytes, size_t n)
{
	struct courier_sending *sending =
		(void *)((char *)exchange -
			 offsetof(struct courier_sending, exchange));
	struct courier_answer answer;

	if (bytes) {
		message_decode(bytes, n, &answer);
		end(sending, &answer);
	} else if (exchange_may_have_left(exchange)) {
		end_with(sending, COURIER_UNCERTAIN,
			 "cloxxs-courier broke off before it answered");
	} else {
		end_with(sending, COURIER_UNREACHABLE,
			 "cloxxs-courier broke off before it was told");
	}
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct courier_sending *sending = userdata;

	(void)source;
	(void)usec;
	if (sending->running && exchange_may_have_left(&sending->exchange))
		end_with(sending, COURIER_UNCERTAIN, "no answer in time");
	else
		end_with(sending, COURIER_UNREACHABLE,
			 "cloxxs-courier did not take it in time");
	return 0;
}

/* The call as bytes, with what is left of its time. */
static int write_request(struct courier_sending *sending,
			 struct buffer *ret_request)
{
	int64_t left = sending->deadline_us - clock_monotonic_us();
	int64_t margin = left / 10 < MARGIN_MAX_US ? left / 10 : MARGIN_MAX_US;
	int64_t timeout_ms = (left - margin) / 1000;
	json_t *message;
	size_t n;
	int r;

	if (json_object_set_new(sending->parameters, "timeout_ms",
				json_integer(timeout_ms > 0 ? timeout_ms : 1)) <
	    0)
		return -ENOMEM;
	message = json_pack("{s:s, s:O}", "method", METHOD, "parameters",
			    sending->parameters);
	n = message ? json_dumpb(message, NULL, 0, JSON_COMPACT) : 0;
	r = n > 0 ? buffer_reserve(ret_request, n + 1, REQUEST_MAX) : -ENOMEM;
	if (r == 0 &&
	    json_dumpb(message, ret_request->bytes, n, JSON_COMPACT) != n)
		r = -ENOMEM;
	json_decref(message);
	if (r == 0) {
		ret_request->bytes[n] = '\0';
		ret_request->n = n + 1;
	}
	return r;
}

static int begin(struct courier_sending *sending)
{
	scope(buffer_deinit) struct buffer request = { 0 };
	struct courier *courier = sending->courier;
	int r;

	r = write_request(sending, &request);
	if (r < 0)
		return r;
	sending->exchange.done = on_done;
	return exchange_begin(&sending->exchange, courier->event, courier->path,
			      &request);
}

/* False: the courier is busy, and the rest waits too. */
static bool start(struct courier_sending *sending)
{
	struct courier *courier = sending->courier;
	int r = begin(sending);

	if (r < 0) {
		end_with(sending, COURIER_UNREACHABLE,
			 "cloxxsd could not speak to cloxxs-courier");
		return true;
	}
	switch ((enum exchange_error)r) {
	case _EXCHANGE_E_OK:
		delist(sending);
		enlist(sending, &courier->running);
		sending->running = true;
		courier->n_running++;
		return true;
	case EXCHANGE_E_BUSY:
		return false;
	case EXCHANGE_E_MISSING:
		end_with(sending, COURIER_UNREACHABLE,
			 "cloxxs-courier does not run");
		return true;
	case EXCHANGE_E_IMPOSTOR:
		end_with(sending, COURIER_UNREACHABLE,
			 "somebody else listens in the place of "
			 "cloxxs-courier");
		return true;
	}
	return true;
}

static int on_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct courier *courier = userdata;
	uint32_t n = courier->n_waiting;

	(void)source;
	(void)usec;
	/* Those that were there: what done() sends has its own turn. */
	while (n-- > 0 && courier->waiting &&
	       courier->n_running < COURIER_AT_ONCE)
		if (!start(courier->waiting)) {
			take_turn(courier, BUSY_US);
			break;
		}
	return 0;
}

int courier_init(struct courier *courier, sd_event *event, const char *path)
{
	int r;

	*courier = (struct courier){ .event = event, .path = path };
	courier->waiting_end = &courier->waiting;
	r = sd_event_add_time_relative(event, &courier->turn, CLOCK_MONOTONIC,
				       0, 1, on_turn, courier);
	if (r >= 0)
		r = sd_event_source_set_enabled(courier->turn, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

static void drop_all(struct courier_sending *const *list)
{
	while (*list) {
		struct courier_sending *sending = *list;

		delist(sending);
		sending_free(sending);
	}
}

void courier_deinit(struct courier *courier)
{
	drop_all(&courier->waiting);
	drop_all(&courier->running);
	courier->turn = sd_event_source_disable_unref(courier->turn);
}

int courier_send(struct courier *courier, const struct courier_message *message,
		 struct courier_job *job)
{
	struct courier_sending *sending;
	int r;

	if (courier->n_waiting >= COURIER_WAITING_MAX)
		return COURIER_E_FULL;
	sending = calloc(1, sizeof(*sending));
	if (!sending)
		return -ENOMEM;
	*sending = (struct courier_sending){
		.courier = courier,
		.job = job,
		.kind = message->kind,
		.deadline_us = clock_monotonic_us() +
			       (int64_t)message->timeout_ms * 1000,
	};
	r = message_encode(message, &sending->parameters);
	if (r == 0)
		r = sd_event_add_time(courier->event, &sending->timer,
				      CLOCK_MONOTONIC,
				      (uint64_t)sending->deadline_us, 1000,
				      on_deadline, sending);
	if (r < 0) {
		sending_free(sending);
		return r;
	}
	job->sending = sending;
	enlist(sending, courier->waiting_end);
	courier->waiting_end = &sending->next;
	courier->n_waiting++;
	take_turn(courier, 0);
	return 0;
}

void courier_cancel(struct courier_job *job)
{
	struct courier_sending *sending = job->sending;
	struct courier *courier;

	if (!sending)
		return;
	courier = sending->courier;
	delist(sending);
	sending_free(sending);
	if (courier->waiting)
		take_turn(courier, 0);
}
