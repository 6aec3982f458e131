/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. After a result by which the message may have left, nothing is sent any
 *     more (result.h).
 *  2. Each waiter is answered once, and at its deadline at the latest.
 *  3. A reference that was handed over is remembered before it is answered.
 */
#include "courier/delivery.h"

#include <malloc.h>
#include <string.h>

#include "base/clock.h"
#include "courier/attempt.h"
#include "courier/log.h"

#define WAITERS_MAX 8

struct delivery {
	struct delivery *next;
	struct courier *courier;
	struct configuration *configuration;
	struct message message;
	struct attempt *attempt;
	const struct route **routes;
	struct failover failover;
	sd_event_source *deadline;
	int64_t begun_us, ends_us;
	enum result result;
	char detail[2 * DETAIL_SIZE];
	size_t n_waiters;
	struct waiter {
		void (*answer)(const struct delivery_answer *answer,
			       void *waiter);
		void *waiter;
	} waiters[WAITERS_MAX];
};

static void delivery_free(struct delivery *delivery)
{
	sd_event_source_disable_unref(delivery->deadline);
	message_deinit(&delivery->message);
	configuration_unref(delivery->configuration);
	free(delivery->routes);
	free(delivery);
}

static void delivery_freep(struct delivery **delivery)
{
	if (*delivery)
		delivery_free(*delivery);
}

static const struct route *route_of(const struct delivery *delivery)
{
	return delivery->failover.n_routes > 0
		       ? delivery->routes[delivery->failover.at]
		       : NULL;
}

static void unlink_from(struct courier *courier, struct delivery *delivery)
{
	struct delivery **link = &courier->deliveries;

	while (*link != delivery)
		link = &(*link)->next;
	*link = delivery->next;
	courier->n_deliveries--;
}

static void set_detail(struct delivery *delivery, const char *detail)
{
	struct text text;

	text_init(&text, delivery->detail, sizeof(delivery->detail));
	text_add_escaped(&text, detail, strlen(detail));
}

/* The answer, to all who wait. Frees it. */
static void conclude(struct delivery *delivery)
{
	struct courier *courier = delivery->courier;
	const struct route *route = route_of(delivery);
	const struct delivery_answer answer = {
		.result = delivery->result,
		.route = route ? route->name : NULL,
		.detail = delivery->detail,
		.passed = delivery->routes,
		.n_passed = route ? delivery->failover.at : 0,
	};
	const struct log_delivery line = {
		.message = &delivery->message,
		.result = delivery->result,
		.route = route ? route->name : "no route",
		.detail = delivery->detail,
		.milliseconds =
			(clock_monotonic_us() - delivery->begun_us) / 1000,
	};

	unlink_from(courier, delivery);
	/* Where there was no route, nothing was tried: the next one may be. */
	if (route)
		references_add(courier->references, delivery->message.reference,
			       delivery->result, route->name, delivery->detail);
	log_delivery(&line);
	for (size_t i = 0; i < delivery->n_waiters; i++)
		delivery->waiters[i].answer(&answer,
					    delivery->waiters[i].waiter);
	delivery_free(delivery);
	/* What a storm took goes back to the host. */
	if (courier->n_deliveries == 0)
		(void)malloc_trim(0);
}

static void try_routes(struct delivery *delivery);

static void count(struct delivery *delivery, enum result result,
		  const char *detail)
{
	struct tally *tally = NULL;

	delivery->result = result;
	set_detail(delivery, detail);
	/* What could not be counted for a lack of memory is not. */
	if (tally_find(&delivery->courier->tallies, route_of(delivery),
		       &tally) == 0)
		tally_count(tally, result, delivery->detail,
			    clock_realtime_us() / 1000000);
}

static int64_t left_ms(const struct delivery *delivery)
{
	return (delivery->ends_us - clock_monotonic_us()) / 1000;
}

static void on_done(enum result result, const char *detail, void *userdata)
{
	struct delivery *delivery = userdata;

	delivery->attempt = NULL;
	count(delivery, result, detail);
	if (left_ms(delivery) > 0 && failover_next(&delivery->failover, result))
		try_routes(delivery);
	else
		conclude(delivery);
}

static int try_route(struct delivery *delivery)
{
	const struct attempt_args args = {
		.event = delivery->courier->event,
		.web = delivery->courier->web,
		.configuration = delivery->configuration,
		.route = route_of(delivery),
		.message = &delivery->message,
		.timeout_ms = (uint32_t)left_ms(delivery),
		.done = on_done,
		.userdata = delivery,
	};

	return attempt_start(&args, &delivery->attempt);
}

/* What can be said of a route to which nothing was sent. */
static enum result result_of(int r, const char **ret_detail)
{
	switch (r) {
	case ATTEMPT_E_MESSAGE:
		*ret_detail = "this message cannot be said to this route";
		return RESULT_REFUSED;
	case ATTEMPT_E_GONE:
		*ret_detail = "the program cannot be started";
		return RESULT_UNREACHABLE;
	default:
		*ret_detail = r < 0 ? strerrordesc_np(-r) : "not started";
		return RESULT_UNREACHABLE;
	}
}

/* From the one at failover.at on, until one is on its way or none is left. */
static void try_routes(struct delivery *delivery)
{
	for (;;) {
		int r = left_ms(delivery) > 0 ? try_route(delivery) : -ETIME;
		const char *detail = "";
		enum result result;

		if (r == 0)
			return;
		result = result_of(r, &detail);
		count(delivery, result, detail);
		if (failover_next(&delivery->failover, result))
			continue;
		conclude(delivery);
		return;
	}
}

void delivery_end(struct delivery *delivery)
{
	enum result result = delivery->attempt
				     ? attempt_cancel(delivery->attempt)
				     : RESULT_UNREACHABLE;

	delivery->attempt = NULL;
	if (route_of(delivery))
		count(delivery, result, "no answer in its time");
	conclude(delivery);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	delivery_end(userdata);
	return 0;
}

static int find_routes(struct delivery *delivery, const char *only)
{
	const struct configuration *configuration = delivery->configuration;
	const struct message *message = &delivery->message;
	/* A web hook is one route: the one that the message goes to. */
	const char *name = message->kind == KIND_WEBHOOK ? message->to : only;
	size_t at = 0, n = 0;
	const struct route *route;

	delivery->routes = calloc(configuration->n_routes + 1,
				  sizeof(delivery->routes[0]));
	if (!delivery->routes)
		return -ENOMEM;
	while ((route = configuration_route(configuration, message->kind, name,
					    &at)))
		if (!only || strcmp(route->name, only) == 0)
			delivery->routes[n++] = route;
	delivery->failover.n_routes = n;
	return 0;
}

static int make(struct courier *courier, const struct delivery_args *args,
		struct message *message, struct delivery **ret_delivery)
{
	scope(delivery_freep) struct delivery *delivery =
		calloc(1, sizeof(*delivery));
	int r;

	if (!delivery)
		return -ENOMEM;
	delivery->message = *message;
	explicit_bzero(message, sizeof(*message));
	delivery->courier = courier;
	delivery->configuration = configuration_ref(courier->configuration);
	delivery->begun_us = clock_monotonic_us();
	delivery->ends_us =
		delivery->begun_us + (int64_t)args->timeout_ms * 1000;
	delivery->result = RESULT_UNREACHABLE;
	r = find_routes(delivery, args->route);
	if (r == 0)
		r = sd_event_add_time_relative(
			courier->event, &delivery->deadline, CLOCK_MONOTONIC,
			(uint64_t)args->timeout_ms * 1000, 1000, on_deadline,
			delivery);
	if (r < 0)
		return r;
	*ret_delivery = delivery;
	delivery = NULL;
	return 0;
}

/* Whether there is room for one more, so that neither a fault in cloxxsd nor a
 * thief of its account fills this host's memory, or empties an account. */
static const char *cap_of(struct courier *courier, enum kind kind)
{
	const struct configuration *configuration = courier->configuration;
	int64_t minute = clock_monotonic_us() / 60000000;

	if (courier->n_deliveries >= configuration->messages_max)
		return "as many messages as messages_max allows are on their "
		       "way";
	if (kind != KIND_SMS)
		return NULL;
	if (minute != courier->minute)
		courier->n_in_minute = 0;
	courier->minute = minute;
	if (courier->n_in_minute >= configuration->per_minute)
		return "as many messages as per_minute allows were sent in "
		       "this minute";
	courier->n_in_minute++;
	return NULL;
}

static struct delivery *find(const struct courier *courier,
			     const char *reference)
{
	struct delivery *delivery = courier->deliveries;

	while (delivery && strcmp(delivery->message.reference, reference) != 0)
		delivery = delivery->next;
	return delivery;
}

static int join(struct delivery *delivery, const struct delivery_args *args)
{
	if (delivery->n_waiters == WAITERS_MAX)
		return DELIVERY_E_BUSY;
	delivery->waiters[delivery->n_waiters++] =
		(struct waiter){ args->answer, args->waiter };
	return 0;
}

static void answer_again(const struct reference *reference,
			 const struct delivery_args *args)
{
	const struct delivery_answer answer = {
		.result = reference->result,
		.route = *reference->route ? reference->route : NULL,
		.detail = reference->detail,
	};

	args->answer(&answer, args->waiter);
}

static void refuse(struct delivery *delivery, const char *detail)
{
	delivery->failover.n_routes = 0;
	set_detail(delivery, detail);
	conclude(delivery);
}

static int begin(struct courier *courier, const struct delivery_args *args,
		 struct message *message)
{
	const struct reference *known =
		references_find(courier->references, message->reference);
	struct delivery *delivery = find(courier, message->reference);
	const char *cap;
	int r;

	if (known)
		return answer_again(known, args), 0;
	if (delivery)
		return join(delivery, args);
	cap = cap_of(courier, message->kind);
	r = make(courier, args, message, &delivery);
	if (r < 0)
		return r;
	delivery->waiters[delivery->n_waiters++] =
		(struct waiter){ args->answer, args->waiter };
	delivery->next = courier->deliveries;
	courier->deliveries = delivery;
	courier->n_deliveries++;
	if (cap)
		refuse(delivery, cap);
	else if (delivery->failover.n_routes == 0)
		refuse(delivery, "there is no such route");
	else
		try_routes(delivery);
	return 0;
}

int delivery_begin(struct courier *courier, const struct delivery_args *args)
{
	scope(message_deinit) struct message message = { 0 };
	int r = message_init(args->message, &message);

	return r == 0 ? begin(courier, args, &message) : r;
}
