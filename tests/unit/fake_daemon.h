/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Fake daemon: serves a socket in a thread by a script, one reply a request,
 * over all connections in order, and keeps what it was sent.
 *
 * A reply is the inside of the parameters, `"step":"password"`, or
 *     !TEXT    TEXT as it stands
 *     +REPLY   a "wait" first, then REPLY
 *     %silent  nothing, ever          %close   the end of the connection
 *     %half    half a message, and the end
 *     %drip    a good step, one byte every 20 ms
 *     %wait    "wait" every 20 ms, for ever
 *     %large   a message without an end
 * Where the script has ended it closes.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define FAKE_REQUESTS_MAX 80
#define FAKE_REQUEST_SIZE 16384

struct fake_daemon {
	char path[108];
	int listener, stop[2];
	pthread_t thread;
	pthread_mutex_t lock;                       /* of what stands below */
	const char *replies[FAKE_REQUESTS_MAX + 1]; /* ended by NULL */
	int n_replies, n_requests, n_connections;
	char requests[FAKE_REQUESTS_MAX][FAKE_REQUEST_SIZE];
};

/* Binds directory/daemon.sock; serves from _start on. Asserts. */
void fake_daemon_init(struct fake_daemon *daemon, const char *directory);
void fake_daemon_deinit(struct fake_daemon *daemon);
/* Begins to serve replies (ended by NULL, or NULL for none) anew; what was
 * recorded before is forgotten. */
void fake_daemon_script(struct fake_daemon *daemon, const char *const *replies);
int fake_daemon_n_requests(struct fake_daemon *daemon);
int fake_daemon_n_connections(struct fake_daemon *daemon);
/* The request index, "" where there was none. It lives until the next script.
 */
const char *fake_daemon_request(struct fake_daemon *daemon, int index);
