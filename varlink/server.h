/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Server: the daemon's end of Varlink (https://varlink.org) on an sd-event
 * loop. It reads messages, finds the method's row, checks by that row who may
 * call it and what the parameters are, and only then runs the handler. What
 * has no row is refused. It holds no rule of the product.
 *
 * One thread. A call may be answered later, from another event, by keeping a
 * reference; its connection may have gone by then, which varlink_call_reply()
 * bears. At most one call of a connection is handled at a time, in order.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/scope.h"

struct varlink_server;
struct varlink_connection;
struct varlink_call;

/* Who called, as the kernel tells, and when he was let in; pid is for logs,
 * and is somebody else's once he has gone. */
#define VARLINK_BEHALF_MAX 176
struct varlink_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	int64_t admitted_us; /* CLOCK_BOOTTIME */
	/* On whose behalf it calls, in the handlers' own words
	 * (varlink_connection_set_behalf()); "": its own. */
	char behalf[VARLINK_BEHALF_MAX];
};

enum varlink_type {
	_VARLINK_NONE,
	VARLINK_STRING, /* UTF-8; at most max bytes */
	VARLINK_INT,
	VARLINK_BOOL,
	VARLINK_STRINGS, /* an array of strings, at most 256 of max bytes */
	VARLINK_MAP, /* an object, at most 64 strings of max bytes; its keys are
			the handler's to check */
	VARLINK_OBJECTS, /* an array of at most max objects; what they hold is
			    the handler's to check */
};

/* A parameter that is not named in the row refuses the call. */
struct varlink_parameter {
	const char *name;
	enum varlink_type type;
	bool optional; /* may be absent or null */
	size_t max;
};

enum varlink_flags {
	VARLINK_SENSITIVE = 1 << 0, /* parameters or reply hold a secret */
	VARLINK_MORE = 1 << 1,      /* may be called with "more" */
	VARLINK_MORE_ONLY = 1 << 2, /* must be called with "more" */
	VARLINK_PUBLIC = 1 << 3, /* anybody may call it; peers is not asked */
};

struct varlink_method {
	const char *name; /* interface and method: "nl.cloxxs.Login.Start" */
	uint32_t peers;   /* classes that may call it, ORed; 0: nobody */
	uint32_t flags;
	size_t max_bytes; /* of the whole message; 0 and more than 64 KiB:
			     64 KiB */
	/* For the answer, 0: the idle timeout; then the connection ends. Each
	 * continued reply starts it anew. */
	uint32_t deadline_ms;
	const struct varlink_parameter *parameters; /* ended by name NULL */
	/*
	 * parameters were checked against the row and live as long as the call,
	 * those of a VARLINK_SENSITIVE method until the handler returns.
	 * The handler answers, or takes a reference and answers later. 0, or
	 * -errno, upon which the caller gets io.systemd.System with the number
	 * and the connection ends.
	 */
	int (*handle)(struct varlink_call *call, json_t *parameters,
		      void *userdata);
};

/* An interface: its description (as in the .varlink file) and its methods. */
struct varlink_interface {
	const char *name;
	const char *description;
	const struct varlink_method *methods; /* ended by name NULL */
};

struct varlink_server_args {
	sd_event *event;
	const struct varlink_interface *const *interfaces; /* ended by NULL */
	const char *vendor, *product, *version, *url;
	/* The classes of a peer, asked anew for each call. */
	uint32_t (*classify)(const struct varlink_peer *peer, void *userdata);
	/* Told of a call that was refused for its peer; may be NULL. */
	void (*refused)(const struct varlink_peer *peer, const char *method,
			void *userdata);
	/* How many connections uid may have, 0: connections_per_uid_max; may be
	 * NULL. */
	uint32_t (*connections_of)(uid_t uid, void *userdata);
	void *userdata;
	/* Limits; 0 takes the default. */
	uint32_t connections_max;         /* in all, 4096 */
	uint32_t connections_per_uid_max; /* of one uid but root, 64 */
	uint32_t connections_reserved;    /* of connections_max for root, 512 */
	uint32_t idle_timeout_ms;         /* between calls, 150000 */
	uint32_t message_timeout_ms;      /* first byte to last, 2000 */
	uint32_t output_timeout_ms;       /* to read what is queued, 10000 */
};

must_check int varlink_server_new(const struct varlink_server_args *args,
				  struct varlink_server **ret_server);
/*
 * Ends all connections, after sending what they take at once. Not to be called
 * from a handler. Takes NULL, returns NULL.
 */
struct varlink_server *varlink_server_free(struct varlink_server *server);
/* Serves a listening AF_UNIX stream socket, which it takes whatever happens. */
must_check int varlink_server_listen(struct varlink_server *server, int fd);
/* Makes, binds (replacing a dead socket) and serves one, of mode. */
must_check int varlink_server_listen_path(struct varlink_server *server,
					  const char *path, mode_t mode);
/* Takes no new connections any more; those that are there go on. */
void varlink_server_stop(struct varlink_server *server);
uint32_t varlink_server_n_connections(const struct varlink_server *server);

struct varlink_call *varlink_call_ref(struct varlink_call *call);
/* Takes NULL, returns NULL. An open call that nobody can answer any more, for
 * the last reference has gone, ends its connection. */
struct varlink_call *varlink_call_unref(struct varlink_call *call);
static inline void varlink_call_unrefp(struct varlink_call **call)
{
	*call = varlink_call_unref(*call);
}
const struct varlink_peer *varlink_call_peer(const struct varlink_call *call);
/* The connection: one and the same for all calls on it; valid as long as call.
 */
struct varlink_connection *varlink_call_connection(struct varlink_call *call);
bool varlink_call_wants_more(const struct varlink_call *call);
/* False once the caller has gone. */
bool varlink_call_is_open(const struct varlink_call *call);

/*
 * Answers, and takes the reference to parameters. NULL, which is what is left
 * where there was no memory for them, ends the connection: -ENOMEM. _empty
 * answers with an empty object.
 * _continue sends one of several and leaves the call open. Answering a call
 * whose peer has gone does nothing and is no error; -errno when the answer
 * cannot be queued, in which case the connection is ended.
 */
must_check int varlink_call_reply(struct varlink_call *call,
				  json_t *parameters);
must_check int varlink_call_reply_empty(struct varlink_call *call);
must_check int varlink_call_continue(struct varlink_call *call,
				     json_t *parameters);
/*
 * For streams longer than the output of a connection holds (1 MiB): the handler
 * calls this and returns 0. From then on fill is called from the loop whenever
 * all that was queued has been sent; it queues the next replies with _continue
 * and, behind the last one, answers with _reply or _error. One that looks
 * through much, and has found nothing yet, returns VARLINK_LOOKING: it is
 * called again when others had their turn. -errno ends the connection.
 * free_data, which may be NULL, gets data back when the call ends in whatever
 * way. The row's deadline counts anew from each reply.
 */
#define VARLINK_LOOKING 1
void varlink_call_stream(struct varlink_call *call,
			 int (*fill)(struct varlink_call *call, void *data),
			 void *data, void (*free_data)(void *data));
/* error: its full name, "nl.cloxxs.Admin.NotFound". */
must_check int varlink_call_error(struct varlink_call *call, const char *error,
				  json_t *parameters);
/* org.varlink.service.InvalidParameter, with the name of the parameter. */
must_check int varlink_call_invalid(struct varlink_call *call,
				    const char *parameter);
/* org.varlink.service.PermissionDenied */
must_check int varlink_call_denied(struct varlink_call *call);

/*
 * What the caller keeps with a connection; freed by free_data when the
 * connection ends or another is set. A connection ends from the loop only,
 * never within a function of this header but varlink_server_free(). Where it
 * has ended already, data is freed at once.
 */
void varlink_connection_set_data(struct varlink_connection *connection,
				 void *data, void (*free_data)(void *data));
/* NULL where there is none, or another's: set with another free_data. */
void *varlink_connection_data(const struct varlink_connection *connection,
			      void (*free_data)(void *data));

/*
 * From now on the calls of the connection are made on behalf of this, which the
 * peer of each later call has; "" ends it. What is too long ends it as well.
 */
void varlink_connection_set_behalf(struct varlink_connection *connection,
				   const char *behalf);

/*
 * What a handler has of a parameter of VARLINK_OBJECTS: object is held against
 * rows, as the parameters of a call are. The name of the member that is missing,
 * unknown, of another type or too large; NULL where all is well.
 */
const char *varlink_object_fault(const struct varlink_parameter *rows,
				 const json_t *object);

/*
 * To be called once, before any other use of jansson in the process: all its
 * memory is wiped when given back, for any message may hold a secret.
 */
void varlink_wipe_json(void);
