/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Exchange: one message to the courier and its answer, on a connection of its
 * own, from the event loop. Nothing in it waits. It makes sure of the other
 * side as base/channel.h does: root, who listens for it, or the owner of the
 * socket's directory. It has no deadline: its owner ends it.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/channel.h"
#include "varlink/buffer.h"

enum exchange_error {
	_EXCHANGE_E_OK,
	EXCHANGE_E_MISSING,  /* nobody listens */
	EXCHANGE_E_IMPOSTOR, /* somebody else does */
	EXCHANGE_E_BUSY,     /* it has no room just now */
};

struct exchange {
	struct channel channel;
	struct buffer out, in;
	sd_event_source *io;
	/* answer: n bytes, wiped behind the call; NULL: it broke off. */
	void (*done)(struct exchange *exchange, const char *answer, size_t n);
	bool sent;   /* to its end: the courier may have acted on it */
	bool unread; /* the other side closed without having read it all */
};

/*
 * done is set by the caller, who may end the exchange in it. Takes what
 * request holds where it begins: a whole message with its NUL. EXCHANGE_E_* or
 * -errno: nothing was begun, request is as it was.
 */
must_check int exchange_begin(struct exchange *exchange, sd_event *event,
			      const char *path, struct buffer *request);
/* Closes and wipes; one that is zero as well. */
void exchange_end(struct exchange *exchange);
/* Whether the courier may have acted on the request. */
bool exchange_may_have_left(const struct exchange *exchange);
