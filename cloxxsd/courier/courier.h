/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Courier: hands messages to cloxxs-courier, the process with the network, and
 * tells what became of each. So many go at once, so many wait, and every one
 * ends by its own deadline; no login waits for any of it. It chooses no route,
 * tries nothing twice and knows no users. Where no courier runs, a message is
 * unreachable at the next turn of the loop.
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "cloxxsd/courier/message.h"
#include "cloxxsd/courier/tally.h"

#define COURIER_AT_ONCE 32
#define COURIER_WAITING_MAX 1024

struct courier_sending;

struct courier {
	sd_event *event;
	const char *path;
	sd_event_source *turn;
	struct courier_sending *waiting, **waiting_end, *running;
	uint32_t n_waiting, n_running;
	struct courier_tally tallies[_COURIER_KINDS];
	struct courier_route routes[COURIER_ROUTES_MAX];
};

/*
 * One message on its way. The caller owns it, sets the upper half, and leaves
 * it where it is until done() or courier_cancel().
 */
struct courier_job {
	/*
	 * From the loop, once, and never within courier_send(). The job is the
	 * caller's again. route: "" where none was tried; detail: printable
	 * ASCII without a secret; both only for the call.
	 */
	void (*done)(struct courier_job *job, enum courier_result result,
		     const char *route, const char *detail);
	void *userdata;

	struct courier_sending *sending;
};

enum courier_error {
	_COURIER_E_OK,
	COURIER_E_FULL, /* too many wait: nothing was begun */
};

/* path: the socket, which is kept and must live; nobody need listen on it. */
must_check int courier_init(struct courier *courier, sd_event *event,
			    const char *path);
/* No done() is called any more. One that is zero as well. */
void courier_deinit(struct courier *courier);

/* COURIER_E_FULL, or -errno (message_encode()): done() is then never called. */
must_check int courier_send(struct courier *courier,
			    const struct courier_message *message,
			    struct courier_job *job);
/* done() is not called any more; what has left has left. Nothing where the job
 * is over, or was all zero and never begun. */
void courier_cancel(struct courier_job *job);
