/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Message: what the courier is asked to deliver, and what it says became of it,
 * as JSON of nl.cloxxs.Courier.Deliver. It touches no socket.
 *
 * A text may hold a code. It lives in JSON only, whose memory is wiped where
 * varlink_wipe_json() was called, as in cloxxsd.
 */

#include <jansson.h>
#include <stdint.h>

#include "base/scope.h"

/* Bytes of a text; what is longer is refused, not cut. */
#define COURIER_TEXT_MAX 16384
#define COURIER_TIMEOUT_MAX_MS 60000
#define COURIER_ROUTE_MAX 64
#define COURIER_DETAIL_MAX 256
#define COURIER_PASSED_MAX 8

enum courier_kind {
	_COURIER_NONE,
	COURIER_SMS,
	COURIER_MAIL,
	COURIER_WEBHOOK,
	_COURIER_KINDS,
};

/* The four of the contract; the first is the safe one: it may have left. */
enum courier_result {
	COURIER_UNCERTAIN,   /* sent perhaps: not to be sent again */
	COURIER_ACCEPTED,    /* a provider has taken it */
	COURIER_REFUSED,     /* nothing left: somebody said no */
	COURIER_UNREACHABLE, /* nothing left: nobody could be spoken to */
	_COURIER_RESULTS,
};

/* All borrowed for the call that takes it. */
struct courier_message {
	enum courier_kind kind;
	const char *to;
	const char *subject; /* or NULL */
	const char *text;
	const char *reference; /* letters, digits, hyphens; one for each */
	const char *route;     /* this one alone; NULL: all of the kind */
	uint32_t timeout_ms;   /* until the result, 1 to 60,000 */
};

/* "" for what is none. */
const char *courier_kind_name(enum courier_kind kind);
const char *courier_result_name(enum courier_result result);

/*
 * The parameters of the call, but for timeout_ms. -EINVAL: no UTF-8, no kind,
 * or no timeout; -EMSGSIZE: text is too long.
 */
must_check int message_encode(const struct courier_message *message,
			      json_t **ret_parameters);

/* What a reply of n bytes says; an error of it, and what is no reply of the
 * contract, is in detail as well. */
struct courier_answer {
	enum courier_result result;
	char route[COURIER_ROUTE_MAX]; /* "": none */
	char detail[COURIER_DETAIL_MAX];
	/* Tried before, and did not take it; the first ones. */
	char passed[COURIER_PASSED_MAX][COURIER_ROUTE_MAX];
	size_t n_passed;
};
void message_decode(const char *bytes, size_t n, struct courier_answer *ret);
