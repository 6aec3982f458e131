/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing here waits: logins go on, whatever the courier does.
 *  2. Nothing is sent before the other side has been made sure of.
 *  3. What may have left is told from what has not: it decides whether a
 *     message may be sent again.
 */
#include "cloxxsd/courier/exchange.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define ANSWER_MAX 65536
#define READ_SIZE 4096

static int translate(int r)
{
	if (r <= 0)
		return r;
	switch ((enum channel_error)r) {
	case _CHANNEL_E_OK:
		return 0;
	case CHANNEL_E_MISSING:
	case CHANNEL_E_CLOSED:
	case CHANNEL_E_TOO_LARGE:
		return EXCHANGE_E_MISSING;
	case CHANNEL_E_IMPOSTOR:
		return EXCHANGE_E_IMPOSTOR;
	case CHANNEL_E_TIMEOUT:
		return EXCHANGE_E_BUSY;
	}
	return -EPROTO;
}

static void finish(struct exchange *exchange, const char *answer, size_t n)
{
	exchange->io = sd_event_source_disable_unref(exchange->io);
	exchange->done(exchange, answer, n);
}

static int send_some(struct exchange *exchange)
{
	struct buffer *out = &exchange->out;

	while (out->n > 0) {
		ssize_t k = send(exchange->channel.fd, out->bytes, out->n,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (k < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		buffer_drop(out, (size_t)k);
	}
	exchange->sent = true;
	return sd_event_source_set_io_events(exchange->io, EPOLLIN);
}

/* Whether a whole answer is there, or it broke off: *ret_over. */
static int receive_some(struct exchange *exchange, bool *ret_over)
{
	struct buffer *in = &exchange->in;
	const char *end;
	ssize_t k;
	int r;

	*ret_over = true;
	r = buffer_reserve(in, READ_SIZE, ANSWER_MAX);
	if (r < 0)
		return r;
	k = recv(exchange->channel.fd, in->bytes + in->n, READ_SIZE,
		 MSG_DONTWAIT);
	if (k < 0) {
		exchange->unread = errno == ECONNRESET;
		*ret_over = errno != EAGAIN && errno != EINTR;
		return *ret_over ? -errno : 0;
	}
	if (k == 0)
		return -EPIPE;
	end = memchr(in->bytes + in->n, '\0', (size_t)k);
	in->n += (size_t)k;
	*ret_over = end != NULL;
	return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t events,
		 void *userdata)
{
	struct exchange *exchange = userdata;
	bool over = false;
	int r = 0;

	(void)source;
	(void)fd;
	if (!exchange->sent && (events & EPOLLOUT))
		r = send_some(exchange);
	if (r >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		r = receive_some(exchange, &over);
	if (r < 0)
		finish(exchange, NULL, 0);
	else if (over)
		finish(exchange, exchange->in.bytes,
		       strlen(exchange->in.bytes));
	return 0;
}

int exchange_begin(struct exchange *exchange, sd_event *event, const char *path,
		   struct buffer *request)
{
	int r;

	exchange->channel = CHANNEL_INIT;
	/* A deadline that is past: it tries once and does not wait. */
	r = translate(channel_connect(&exchange->channel, path, ANSWER_MAX, 0));
	if (r == 0)
		r = sd_event_add_io(event, &exchange->io, exchange->channel.fd,
				    EPOLLIN | EPOLLOUT, on_io, exchange);
	if (r < 0 || r > 0) {
		channel_deinit(&exchange->channel);
		return r;
	}
	exchange->out = *request;
	*request = (struct buffer){ 0 };
	return 0;
}

void exchange_end(struct exchange *exchange)
{
	if (exchange->io || exchange->done) {
		exchange->io = sd_event_source_disable_unref(exchange->io);
		channel_deinit(&exchange->channel);
	}
	buffer_deinit(&exchange->out);
	buffer_deinit(&exchange->in);
	*exchange = (struct exchange){ .channel = CHANNEL_INIT };
}

bool exchange_may_have_left(const struct exchange *exchange)
{
	return exchange->sent && !exchange->unread;
}
