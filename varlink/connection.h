/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Connection: one caller's socket in the server: bytes in and out, deadlines,
 * and at most one open call. Internal to varlink/. It judges no message
 * (varlink/call.h does) and counts no connections (varlink/server.c does).
 *
 * A connection ends only from the event loop, never within a varlink_call_…
 * function: what its owner keeps with it stays valid while a handler runs. Its
 * memory stays until the last call on it is given back.
 */

#include "varlink/buffer.h"
#include "varlink/server.h"

/* A message of a caller, its NUL left out, whatever its row says. */
#define VARLINK_MESSAGE_MAX (64 * 1024)
/* What waits for a caller that does not read; one reply may be 1 MiB. */
#define VARLINK_OUTPUT_MAX (1024 * 1024 + 64 * 1024)

struct listener;

struct varlink_server {
	struct varlink_server_args args; /* limits filled in */
	struct listener *listeners;
	struct varlink_connection *connections;
	uint32_t n_connections;
};

struct varlink_connection {
	unsigned n_ref;
	struct varlink_server *server;
	struct varlink_connection *previous, *next;
	struct varlink_peer peer;
	int fd;
	sd_event_source *io, *timer, *turn;
	struct buffer in, out;
	size_t n_searched;         /* bytes of in known to hold no NUL */
	struct varlink_call *call; /* the open one, or NULL */
	bool ended;                /* closed: server must not be used */
	/* When each wait began, CLOCK_MONOTONIC in microseconds. */
	uint64_t idle_since, message_since, call_since, out_since;
	bool turning; /* on the stack now */
	bool ending;  /* ends once out is empty */
	bool failed;  /* ends at its next turn */
	bool at_end;  /* the caller sends nothing more */
	unsigned n_fruitless;
	void *data;
	void (*free_data)(void *data);
};

/* Takes fd: a connection where the caps leave room, else closed. True: a
 * message came with it and was handed on, which may have taken its time. */
bool server_admit(struct varlink_server *server, int fd);
/* Takes a connection out of the server's list. */
void server_forget(struct varlink_server *server, struct varlink_connection *c);

/* Takes fd whatever happens. */
must_check int connection_new(struct varlink_server *server, int fd,
			      const struct varlink_peer *peer,
			      struct varlink_connection **ret_connection);
/*
 * To be called once, when it stands in the server's list: what the caller sent
 * upon connecting is often there, and its first message is handed on without
 * another round of the loop. Whether there was one; the connection may have
 * ended by then.
 */
bool connection_begin(struct varlink_connection *c);
struct varlink_connection *connection_ref(struct varlink_connection *c);
struct varlink_connection *connection_unref(struct varlink_connection *c);
/* Closes it, frees the caller's data, takes it out of the server. */
void connection_end(struct varlink_connection *c);
/* Sends what can be sent at once; -errno when the caller is gone. */
must_check int connection_flush(struct varlink_connection *c);
/* Queues message and its NUL. -errno: the connection has failed. */
must_check int connection_queue(struct varlink_connection *c,
				const json_t *message);
/* To be ended, at the next turn. */
void connection_fail(struct varlink_connection *c);
/* The open call has been answered. */
void connection_call_done(struct varlink_connection *c);
/* Something has changed: the loop is to look at this connection. */
void connection_wake(struct varlink_connection *c);
