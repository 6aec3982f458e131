/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Result: what became of a message at one route, and which of several routes
 * is tried after it. A message that may have left is never sent again.
 */

#include <stdbool.h>
#include <stddef.h>

/* As varlink/nl.cloxxs.Courier.varlink tells them. The value 0 is the one after
 * which nothing more is sent. */
enum result {
	RESULT_UNCERTAIN,
	RESULT_ACCEPTED,
	RESULT_REFUSED,
	RESULT_UNREACHABLE,
	_RESULT_N,
};

const char *result_name(enum result result);

/* The order in which the routes of one message are tried. */
struct failover {
	size_t n_routes;
	size_t at; /* the one being tried */
};

/* Whether result lets another route be tried, which at then is. */
bool failover_next(struct failover *failover, enum result result);
