/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Call: one message of a caller, judged by its method's row and handed to the
 * handler. Internal to varlink/. It touches no socket.
 */

#include "varlink/connection.h"

struct varlink_call {
	unsigned n_ref;
	struct varlink_connection *connection;
	struct varlink_peer peer;
	const struct varlink_method *method;
	json_t *message;    /* owns what parameters points to */
	json_t *parameters; /* borrowed */
	bool answered;
	bool more, oneway;
	int (*fill)(struct varlink_call *call, void *userdata);
	void *fill_data;
	void (*free_fill_data)(void *data);
};

/*
 * Judges one message of n bytes and runs its handler. What is refused before
 * the handler runs is answered with an error; where the message itself was at
 * fault, the connection is set to end behind it.
 */
void call_dispatch(struct varlink_connection *c, const char *message, size_t n);
/* Refuses what is no message at all. */
void call_refuse_malformed(struct varlink_connection *c);
uint32_t call_deadline_ms(const struct varlink_call *call);
/* Runs the filler of a streaming call. */
void call_fill(struct varlink_call *call);
