/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Fixture: a Varlink server with one interface, t.x, and raw sockets to it, in
 * one process and one thread: the loop runs only when a test says so. Fails the
 * test itself where something goes wrong that no test is about.
 */

#include <sys/types.h>

#include "varlink/server.h"

#define FIXTURE_OUTPUT_MAX (4 * 1024 * 1024)

struct fixture {
	sd_event *event;
	struct varlink_server *server;
	char directory[32];
	char path[64];
	uint32_t classes; /* what every peer is: 1 by default */
	unsigned n_handled, n_refused, n_freed;
	char refused[64];
	struct varlink_call *kept; /* by t.x.Later */
};

/* What came back on a socket. */
struct answer {
	char *bytes; /* NULs read as newlines, and a NUL behind */
	size_t n;
	bool closed;
};

/* Limits of args are used, the rest is the fixture's. */
void fixture_init(struct fixture *f, const struct varlink_server_args *args);
void fixture_deinit(struct fixture *f);
/* Runs the loop until it has nothing to do; fails when it never ends. */
void fixture_settle(struct fixture *f);
/* Runs the loop until n connections are there, for some seconds at most. */
void fixture_wait_connections(struct fixture *f, uint32_t n);
/* A socket connected to the server, not blocking; -errno. */
int fixture_connect(struct fixture *f);
int fixture_connect_as(struct fixture *f, uid_t uid);
void fixture_send(int fd, const char *bytes, size_t n);
/* Settles, and reads what there is. */
void fixture_receive(struct fixture *f, int fd, struct answer *ret_answer);
void answer_deinit(struct answer *answer);
/* Sends a message and its NUL, and compares with what then comes back. */
void fixture_expect(struct fixture *f, int fd, const char *message,
		    const char *expected, bool closed);
unsigned count_descriptors(void);
