/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Tally: what became of messages since the start, by kind and by route. A kind
 * fails where no route took a message; a route also where another one did.
 */

#include <stddef.h>
#include <stdint.h>

#include "cloxxsd/courier/message.h"

struct courier_tally {
	uint64_t n[_COURIER_RESULTS];
	/* Not accepted, one after the other, up to now. */
	uint32_t n_failed;
	int64_t failing_since; /* seconds since 1970; 0: the last one went */
	int64_t accepted_at;   /* 0: none yet */
};
void courier_tally_count(struct courier_tally *tally,
			 enum courier_result result, int64_t now);

/* The newest; a configuration that has more is not told of all. */
#define COURIER_ROUTES_MAX 16

struct courier_route {
	char name[COURIER_ROUTE_MAX]; /* "": a free place */
	enum courier_kind kind;
	int64_t tried_at;
	struct courier_tally tally;
};
/* Counts an answer for each route that it names. */
void courier_routes_count(struct courier_route routes[COURIER_ROUTES_MAX],
			  enum courier_kind kind,
			  const struct courier_answer *answer, int64_t now);
