/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing waits for ever: each state of a connection has a deadline.
 *  2. Nothing is read while a call is open or an answer is unsent: what a
 *     caller sends meanwhile waits in the kernel, on his account.
 *  3. The caller's data is freed from the loop only.
 *  4. Bytes are wiped when dropped (varlink/buffer.c).
 *  5. Descriptors that a peer passes are never taken in: recv() has no place
 *     for them, so the kernel closes them.
 */
#include "varlink/connection.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "varlink/call.h"

/* Messages of one caller in a row, before the others get their turn. */
#define TURN_MESSAGES_MAX 8
/* Wake-ups in a row that bring no byte: something is odd with the socket. */
#define FRUITLESS_MAX 64

static uint64_t now_us(const struct varlink_connection *c)
{
	uint64_t now = 0;

	(void)sd_event_now(c->server->args.event, CLOCK_MONOTONIC, &now);
	return now;
}

struct varlink_connection *connection_ref(struct varlink_connection *c)
{
	c->n_ref++;
	return c;
}

struct varlink_connection *connection_unref(struct varlink_connection *c)
{
	if (c && --c->n_ref == 0)
		free(c);
	return NULL;
}

void connection_end(struct varlink_connection *c)
{
	if (c->ended)
		return;
	c->ended = true;
	c->io = sd_event_source_disable_unref(c->io);
	c->timer = sd_event_source_disable_unref(c->timer);
	c->turn = sd_event_source_disable_unref(c->turn);
	scope_close(&c->fd);
	buffer_deinit(&c->in);
	buffer_deinit(&c->out);
	server_forget(c->server, c);
	c->call = varlink_call_unref(c->call);
	varlink_connection_set_data(c, NULL, NULL);
	connection_unref(c);
}

void connection_wake(struct varlink_connection *c)
{
	if (c->ended || c->turning)
		return;
	(void)sd_event_source_set_enabled(c->turn, SD_EVENT_ONESHOT);
}

void connection_fail(struct varlink_connection *c)
{
	c->failed = true;
	connection_wake(c);
}

void connection_call_done(struct varlink_connection *c)
{
	struct varlink_call *call = scope_take_ptr(c->call);

	c->idle_since = now_us(c);
	c->message_since = c->idle_since;
	varlink_call_unref(call);
	connection_wake(c);
}

int connection_flush(struct varlink_connection *c)
{
	while (c->out.n > 0) {
		ssize_t k = send(c->fd, c->out.bytes, c->out.n,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return errno == EAGAIN ? 0 : -errno;
		buffer_drop(&c->out, (size_t)k);
	}
	return 0;
}

/*
 * An answer that comes from outside the connection's turn, as a login's does,
 * leaves at once: another round of the loop would be time that somebody waits.
 * What does not fit, and what failed, is the turn's affair.
 */
static void send_now(struct varlink_connection *c)
{
	if (!c->turning && !c->failed && connection_flush(c) < 0)
		connection_fail(c);
}

int connection_queue(struct varlink_connection *c, const json_t *message)
{
	size_t n = json_dumpb(message, NULL, 0, JSON_COMPACT);
	int r;

	r = n > 0 ? buffer_reserve(&c->out, n + 1, VARLINK_OUTPUT_MAX)
		  : -ENOMEM;
	if (r == 0 &&
	    json_dumpb(message, c->out.bytes + c->out.n, n, JSON_COMPACT) != n)
		r = -ENOMEM;
	if (r != 0) {
		connection_fail(c);
		return r;
	}
	if (c->out.n == 0)
		c->out_since = now_us(c);
	c->out.bytes[c->out.n + n] = '\0';
	c->out.n += n + 1;
	c->call_since = now_us(c);
	send_now(c);
	connection_wake(c);
	return 0;
}

static bool may_read(const struct varlink_connection *c)
{
	return !c->call && c->out.n == 0 && !c->ending && !c->at_end;
}

/* When the earliest of the waits that this connection is in ends. */
static uint64_t deadline_us(const struct varlink_connection *c)
{
	const struct varlink_server_args *args = &c->server->args;
	uint64_t deadline = UINT64_MAX, until;

	if (c->out.n > 0)
		deadline = c->out_since + args->output_timeout_ms * 1000ULL;
	if (c->call) {
		until = c->call_since + call_deadline_ms(c->call) * 1000ULL;
		return until < deadline ? until : deadline;
	}
	if (c->out.n > 0)
		return deadline;
	if (c->in.n > 0)
		return c->message_since + args->message_timeout_ms * 1000ULL;
	return c->idle_since + args->idle_timeout_ms * 1000ULL;
}

static void arm(struct varlink_connection *c)
{
	uint64_t deadline = deadline_us(c);
	/* What is not read now is told of anew by setting it; told of at each
	 * wait, a crowd would cost each of its members the whole crowd. */
	uint32_t events = EPOLLET;

	/* Setting a timer that has run out but was not yet heard takes it back;
	 * bytes that keep coming could so put it off for ever. */
	if (deadline <= now_us(c)) {
		connection_end(c);
		return;
	}
	if (may_read(c))
		events |= EPOLLIN;
	if (c->out.n > 0 || (c->call && c->call->fill))
		events |= EPOLLOUT;
	if (sd_event_source_set_io_events(c->io, events) < 0 ||
	    sd_event_source_set_time(c->timer, deadline) < 0 ||
	    sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT) < 0)
		connection_end(c);
}

/* Hands on one whole message where there is one. */
static bool take_message(struct varlink_connection *c)
{
	const char *end = NULL;
	size_t n;

	if (c->in.n > c->n_searched)
		end = memchr(c->in.bytes + c->n_searched, '\0',
			     c->in.n - c->n_searched);
	if (!end) {
		c->n_searched = c->in.n;
		if (c->in.n > VARLINK_MESSAGE_MAX)
			call_refuse_malformed(c);
		return false;
	}
	n = (size_t)(end - c->in.bytes);
	c->n_searched = 0;
	c->call_since = now_us(c);
	if (n > VARLINK_MESSAGE_MAX)
		call_refuse_malformed(c);
	else
		call_dispatch(c, c->in.bytes, n);
	buffer_drop(&c->in, n + 1);
	return true;
}

/* What remains to be done now, n_max messages of it; true when the connection
 * is to end. */
static bool work(struct varlink_connection *c, unsigned n_max)
{
	for (unsigned n = 0; !c->failed; n++) {
		if (connection_flush(c) < 0)
			return true;
		if (c->failed || c->out.n > 0)
			break;
		if (c->ending)
			return true;
		if (c->call && c->call->fill && n == 0) {
			call_fill(c->call);
			continue;
		}
		if (c->call)
			break;
		if (n >= n_max) {
			if (c->in.n > 0 || c->at_end)
				(void)sd_event_source_set_enabled(
					c->turn, SD_EVENT_ONESHOT);
			break;
		}
		if (!take_message(c) && !c->ending) {
			if (c->at_end)
				return true;
			break;
		}
	}
	return c->failed;
}

static void turn(struct varlink_connection *c, unsigned n_max)
{
	bool ends;

	c->turning = true;
	ends = work(c, n_max);
	c->turning = false;
	if (ends)
		connection_end(c);
	else
		arm(c);
}

/* One recv(): -errno when the connection cannot go on. */
static int receive(struct varlink_connection *c)
{
	size_t room;
	ssize_t k;
	int r;

	r = buffer_reserve(&c->in, 1, VARLINK_MESSAGE_MAX + 1);
	if (r != 0)
		return r;
	room = VARLINK_MESSAGE_MAX + 1 - c->in.n;
	if (room > c->in.size - c->in.n)
		room = c->in.size - c->in.n;
	k = recv(c->fd, c->in.bytes + c->in.n, room, MSG_DONTWAIT);
	if (k < 0)
		return (errno == EAGAIN || errno == EINTR) &&
				       ++c->n_fruitless < FRUITLESS_MAX
			       ? 0
			       : -errno;
	if (k == 0) {
		c->at_end = true;
		return 0;
	}
	c->n_fruitless = 0;
	if (c->in.n == 0)
		c->message_since = now_us(c);
	c->in.n += (size_t)k;
	return 0;
}

static void look(struct varlink_connection *c, uint32_t revents, unsigned n_max)
{
	/* Both directions are shut: nobody is left to read an answer. A caller
	 * who only stopped writing raises no EPOLLHUP and gets his answer. */
	if ((revents & (EPOLLHUP | EPOLLERR)) && !may_read(c)) {
		connection_end(c);
		return;
	}
	if (may_read(c) && (revents & (EPOLLIN | EPOLLHUP | EPOLLERR)) &&
	    receive(c) < 0) {
		connection_end(c);
		return;
	}
	turn(c, n_max);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents,
		 void *userdata)
{
	(void)source;
	(void)fd;
	look(userdata, revents, TURN_MESSAGES_MAX);
	return 0;
}

bool connection_begin(struct varlink_connection *c)
{
	bool was_heard;

	connection_ref(c);
	look(c, EPOLLIN, 1);
	/* Set by the first one. */
	was_heard = c->call_since > 0;
	connection_unref(c);
	return was_heard;
}

static int on_turn(sd_event_source *source, void *userdata)
{
	(void)source;
	turn(userdata, TURN_MESSAGES_MAX);
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	connection_end(userdata);
	return 0;
}

static int add_sources(struct varlink_connection *c)
{
	sd_event *event = c->server->args.event;
	int r;

	r = sd_event_add_io(event, &c->io, c->fd, EPOLLIN | EPOLLET, on_io, c);
	if (r >= 0)
		r = sd_event_add_time(event, &c->timer, CLOCK_MONOTONIC,
				      deadline_us(c), 10000, on_deadline, c);
	if (r >= 0)
		r = sd_event_add_defer(event, &c->turn, on_turn, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(c->turn, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

int connection_new(struct varlink_server *server, int fd,
		   const struct varlink_peer *peer,
		   struct varlink_connection **ret_connection)
{
	struct varlink_connection *c = calloc(1, sizeof(*c));
	int r;

	if (!c) {
		scope_close(&fd);
		return -ENOMEM;
	}
	*c = (struct varlink_connection){
		.n_ref = 1, .server = server, .fd = fd, .peer = *peer
	};
	c->idle_since = now_us(c);
	r = add_sources(c);
	if (r != 0) {
		connection_end(c);
		return r;
	}
	*ret_connection = c;
	return 0;
}

void varlink_connection_set_behalf(struct varlink_connection *c,
				   const char *behalf)
{
	size_t n = strlen(behalf);

	memset(c->peer.behalf, 0, sizeof(c->peer.behalf));
	if (n < sizeof(c->peer.behalf))
		memcpy(c->peer.behalf, behalf, n);
}

void varlink_connection_set_data(struct varlink_connection *c, void *data,
				 void (*free_data)(void *data))
{
	void (*free_old)(void *) = c->free_data;
	void *old = c->data;

	c->data = NULL;
	c->free_data = NULL;
	if (old && old != data && free_old)
		free_old(old);
	if (!c->ended) {
		c->data = data;
		c->free_data = free_data;
	} else if (data && free_data) {
		free_data(data);
	}
}

void *varlink_connection_data(const struct varlink_connection *c,
			      void (*free_data)(void *data))
{
	return c->free_data == free_data ? c->data : NULL;
}
