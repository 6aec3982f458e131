/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Attempt: one message on its way by one route, once: by HTTP, by SMTP or
 * through a program. It asks nobody twice, and knows of no other route.
 */

#include <systemd/sd-event.h>

#include "courier/configuration.h"
#include "courier/detail.h"
#include "courier/result.h"
#include "courier/web.h"

struct attempt;

struct attempt_args {
	sd_event *event;
	struct web *web;
	/* All three outlive the attempt. */
	const struct configuration *configuration;
	const struct route *route;
	const struct message *message;
	uint32_t timeout_ms; /* over all */
	/*
	 * Called once, from the loop, never from attempt_start(); the attempt
	 * is gone then. detail lives for the call.
	 */
	void (*done)(enum result result, const char *detail, void *userdata);
	void *userdata;
};

/* What each way has; for the ways only. */
struct attempt {
	const struct attempt_way *way;
	struct attempt_args args;
};

struct attempt_way {
	/* ATTEMPT_E_* or -errno. */
	int (*start)(const struct attempt_args *args,
		     struct attempt **ret_attempt);
	/* Frees it. Whether some of the message may have left. */
	bool (*cancel)(struct attempt *attempt);
};

enum attempt_error {
	_ATTEMPT_E_OK,
	ATTEMPT_E_MESSAGE, /* it cannot be said to this route */
	ATTEMPT_E_GONE,    /* what the route needs is not there */
};

extern const struct attempt_way http_way;
extern const struct attempt_way smtp_way;
extern const struct attempt_way program_way;

/* Of a route's own time and what is left of all, the shorter one. */
static inline uint32_t attempt_timeout_ms(const struct attempt_args *args,
					  uint32_t route_ms)
{
	return args->timeout_ms < route_ms ? args->timeout_ms : route_ms;
}

must_check int attempt_start(const struct attempt_args *args,
			     struct attempt **ret_attempt);
/* Ends it, without done: what can be said of it by then. */
enum result attempt_cancel(struct attempt *attempt);
