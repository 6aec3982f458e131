/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection of the Varlink server, on whatever a caller sends. The first
 * byte says how: its lower six bits are the bytes sent at a time (0: all), 0x40
 * stops writing at the end, 0x80 leaves the answers unread. What reaches a
 * handler must be what its row allows, and every answer must be one.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "varlink/connection.h"

#define TURNS_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct world {
	sd_event *event;
	struct varlink_server *server;
	struct varlink_call *kept;
	unsigned n_data;
};

static void demand(bool condition)
{
	if (!condition)
		abort();
}

static void forget_data(void *data)
{
	struct world *world = data;

	world->n_data--;
}

static int handle_all(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	json_t *s = json_object_get(parameters, "s");
	json_t *l = json_object_get(parameters, "l");
	json_t *i = json_object_get(parameters, "i");
	json_t *b = json_object_get(parameters, "b");
	struct world *world = userdata;
	const json_t *item;
	size_t k;

	demand(json_is_string(s) && json_string_length(s) <= 100);
	demand(strlen(json_string_value(s)) == json_string_length(s));
	demand(!i || json_is_null(i) || json_is_integer(i));
	demand(!b || json_is_null(b) || json_is_boolean(b));
	demand(!l || json_is_null(l) || json_is_array(l));
	json_array_foreach(l, k, item)
	{
		demand(json_is_string(item) && json_string_length(item) <= 10);
	}
	demand(json_object_size(parameters) <= 4);
	if (!varlink_connection_data(varlink_call_connection(call),
				     forget_data)) {
		world->n_data++;
		varlink_connection_set_data(varlink_call_connection(call),
					    world, forget_data);
	}
	if (varlink_call_wants_more(call))
		(void)!varlink_call_continue(call, json_object());
	return varlink_call_reply(call, json_incref(parameters));
}

static int handle_later(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	struct world *world = userdata;

	demand(json_object_size(parameters) == 0);
	demand(!world->kept);
	world->kept = varlink_call_ref(call);
	return 0;
}

static int handle_never(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	(void)call;
	(void)parameters;
	(void)userdata;
	abort();
}

static const struct varlink_parameter parameters_all[] = {
	{ .name = "s", .type = VARLINK_STRING, .max = 100 },
	{ .name = "i", .type = VARLINK_INT, .optional = true },
	{ .name = "b", .type = VARLINK_BOOL, .optional = true },
	{ .name = "l", .type = VARLINK_STRINGS, .optional = true, .max = 10 },
	{ 0 },
};

static const struct varlink_method methods[] = {
	{ .name = "a.b.All",
	  .peers = 1,
	  .flags = VARLINK_MORE,
	  .parameters = parameters_all,
	  .handle = handle_all },
	{ .name = "a.b.Later", .peers = 1, .handle = handle_later },
	{ .name = "a.b.Admin", .peers = 2, .handle = handle_never },
	{ 0 },
};

static const struct varlink_interface interface = {
	.name = "a.b", .description = "interface a.b\n", .methods = methods
};
static const struct varlink_interface *const interfaces[] = { &interface,
							      NULL };

static uint32_t classify(const struct varlink_peer *peer, void *userdata)
{
	(void)peer;
	(void)userdata;
	return 1;
}

static void settle(struct world *world)
{
	for (unsigned n = 0; n < TURNS_MAX; n++) {
		int r = sd_event_run(world->event, 0);

		demand(r >= 0);
		if (r > 0)
			continue;
		if (!world->kept)
			return;
		(void)!varlink_call_reply_empty(world->kept);
		world->kept = varlink_call_unref(world->kept);
	}
	abort();
}

/* Everything that came back, message by message. */
static void read_answers(int fd)
{
	static char answers[2 * 1024 * 1024];
	size_t n = 0, at = 0;
	ssize_t k;

	while (n < sizeof(answers) &&
	       (k = recv(fd, answers + n, sizeof(answers) - n, 0)) > 0)
		n += (size_t)k;
	while (at < n) {
		const char *end = memchr(answers + at, '\0', n - at);
		json_t *answer;

		if (!end)
			return; /* the rest was unread when it ended */
		answer = json_loads(answers + at, JSON_REJECT_DUPLICATES, NULL);
		demand(json_is_object(json_object_get(answer, "parameters")));
		json_decref(answer);
		at = (size_t)(end - answers) + 1;
	}
}

static void talk(struct world *world, int fd, const uint8_t *bytes, size_t n)
{
	size_t step = n > 0 && (bytes[0] & 0x3f) ? bytes[0] & 0x3f : n;
	bool reads = n == 0 || !(bytes[0] & 0x80);

	for (size_t at = 1; at < n; at += step) {
		size_t left = n - at < step ? n - at : step;

		if (send(fd, bytes + at, left, MSG_NOSIGNAL) < 0)
			break;
		settle(world);
		if (reads)
			read_answers(fd);
	}
	if (n > 0 && (bytes[0] & 0x40))
		(void)shutdown(fd, SHUT_WR);
	settle(world);
	if (reads)
		read_answers(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct world world;
	int pair[2];

	if (!world.server) {
		struct varlink_server_args args = {
			.interfaces = interfaces,
			.classify = classify,
			.userdata = &world,
		};

		varlink_wipe_json();
		demand(sd_event_new(&world.event) >= 0);
		args.event = world.event;
		demand(varlink_server_new(&args, &world.server) == 0);
	}
	demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  0, pair) == 0);
	server_admit(world.server, pair[0]);
	demand(varlink_server_n_connections(world.server) == 1);
	talk(&world, pair[1], bytes, n);
	close(pair[1]);
	settle(&world);
	demand(varlink_server_n_connections(world.server) == 0);
	demand(world.n_data == 0);
	return 0;
}
