/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <malloc.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "varlink/connection.h"
#include "varlink/listener.h"

static void set_default(uint32_t *value, uint32_t otherwise)
{
	if (*value == 0)
		*value = otherwise;
}

int varlink_server_new(const struct varlink_server_args *args,
		       struct varlink_server **ret_server)
{
	struct varlink_server *server = calloc(1, sizeof(*server));
	struct varlink_server_args *limits;

	if (!server)
		return -ENOMEM;
	server->args = *args;
	limits = &server->args;
	set_default(&limits->connections_max, 4096);
	set_default(&limits->connections_per_uid_max, 64);
	set_default(&limits->connections_reserved, limits->connections_max / 8);
	set_default(&limits->idle_timeout_ms, 150000);
	set_default(&limits->message_timeout_ms, 2000);
	set_default(&limits->output_timeout_ms, 10000);
	if (limits->connections_reserved > limits->connections_max)
		limits->connections_reserved = limits->connections_max;
	sd_event_ref(limits->event);
	*ret_server = server;
	return 0;
}

struct varlink_server *varlink_server_free(struct varlink_server *server)
{
	if (!server)
		return NULL;
	varlink_server_stop(server);
	while (server->connections) {
		(void)!connection_flush(server->connections);
		connection_end(server->connections);
	}
	sd_event_unref(server->args.event);
	free(server);
	return NULL;
}

void varlink_server_stop(struct varlink_server *server)
{
	while (server->listeners)
		server->listeners = listener_free(server->listeners);
}

int varlink_server_listen(struct varlink_server *server, int fd)
{
	return listener_add(server, fd);
}

int varlink_server_listen_path(struct varlink_server *server, const char *path,
			       mode_t mode)
{
	int fd, r;

	r = listener_bind(path, mode, &fd);
	return r != 0 ? r : varlink_server_listen(server, fd);
}

uint32_t varlink_server_n_connections(const struct varlink_server *server)
{
	return server->n_connections;
}

static bool has_room(const struct varlink_server *server, uid_t uid)
{
	const struct varlink_server_args *args = &server->args;
	uint32_t n = 0, max = 0;

	if (uid == 0)
		return server->n_connections < args->connections_max;
	if (server->n_connections >=
	    args->connections_max - args->connections_reserved)
		return false;
	for (const struct varlink_connection *c = server->connections; c;
	     c = c->next)
		if (c->peer.uid == uid)
			n++;
	if (args->connections_of)
		max = args->connections_of(uid, args->userdata);
	return n < (max > 0 ? max : args->connections_per_uid_max);
}

bool server_admit(struct varlink_server *server, int fd)
{
	scope(scope_close) int caller = fd;
	struct varlink_connection *c;
	struct varlink_peer peer;
	struct ucred ucred;
	socklen_t n = sizeof(ucred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &n) < 0)
		return false;
	peer = (struct varlink_peer){ .uid = ucred.uid,
				      .gid = ucred.gid,
				      .pid = ucred.pid,
				      .admitted_us = clock_boottime_us() };
	if (!has_room(server, peer.uid))
		return false;
	if (connection_new(server, scope_take_fd(&caller), &peer, &c) != 0)
		return false;
	c->next = server->connections;
	if (c->next)
		c->next->previous = c;
	server->connections = c;
	server->n_connections++;
	return connection_begin(c);
}

void server_forget(struct varlink_server *server, struct varlink_connection *c)
{
	if (!c->previous && server->connections != c)
		return;
	if (c->previous)
		c->previous->next = c->next;
	else
		server->connections = c->next;
	if (c->next)
		c->next->previous = c->previous;
	c->previous = c->next = NULL;
	server->n_connections--;
}

static void free_wiped(void *pointer)
{
	if (!pointer)
		return;
	explicit_bzero(pointer, malloc_usable_size(pointer));
	free(pointer);
}

void varlink_wipe_json(void)
{
	json_set_alloc_funcs(malloc, free_wiped);
}
