/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/fake_daemon.h"

#define BEAT_MS 20
#define WAIT_MESSAGE "{\"continues\":true,\"parameters\":{\"step\":\"wait\"}}"

/* What a client may have sent, and when to end. */
enum event {
	EVENT_NONE,
	EVENT_INPUT,
	EVENT_END
};

/* Waits for input, the client's end, the test's end, or the time. */
static enum event wait_event(const struct fake_daemon *daemon, int fd,
			     bool input, int timeout_ms)
{
	struct pollfd polled[] = {
		{ .fd = daemon->stop[0], .events = POLLIN },
		{ .fd = fd, .events = (short)(input ? POLLIN : POLLRDHUP) },
	};
	int n;

	/* A test that takes all descriptors away takes them from this thread
	 * too: poll(2) then fails with EINVAL until they are back. */
	do
		n = poll(polled, 2, timeout_ms);
	while (n < 0 && (errno == EINTR || errno == EINVAL));
	if (polled[0].revents)
		return EVENT_END;
	if (n > 0 && !input)
		return EVENT_END;
	return n > 0 ? EVENT_INPUT : EVENT_NONE;
}

static bool send_bytes(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* One message without its end: false as soon as the client has gone. */
static bool beat(const struct fake_daemon *daemon, int fd, const char *bytes,
		 size_t n)
{
	return send_bytes(fd, bytes, n) &&
	       wait_event(daemon, fd, false, BEAT_MS) != EVENT_END;
}

static bool drip(const struct fake_daemon *daemon, int fd)
{
	static const char message[] =
		"{\"parameters\":{\"step\":\"done\",\"verdict\":\"allow\","
		"\"pass\":\"dripped-too-slowly-to-be-believed\"}}";

	for (size_t i = 0; i < sizeof(message); i++)
		if (!beat(daemon, fd, &message[i], 1))
			return false;
	return true;
}

static bool send_large(int fd)
{
	char bytes[4096];

	memset(bytes, 'x', sizeof(bytes));
	while (send_bytes(fd, bytes, sizeof(bytes)))
		;
	return false;
}

/* False where the connection is over. */
static bool misbehave(const struct fake_daemon *daemon, int fd,
		      const char *reply)
{
	if (strcmp(reply, "%drip") == 0)
		return drip(daemon, fd);
	if (strcmp(reply, "%large") == 0)
		return send_large(fd);
	if (strcmp(reply, "%silent") == 0)
		wait_event(daemon, fd, false, -1);
	if (strcmp(reply, "%half") == 0)
		send_bytes(fd, "{\"parameters\":{\"step\"", 21);
	while (strcmp(reply, "%wait") == 0 &&
	       beat(daemon, fd, WAIT_MESSAGE, sizeof(WAIT_MESSAGE)))
		;
	return false;
}

static bool send_reply(const struct fake_daemon *daemon, int fd,
		       const char *reply)
{
	char message[32768];
	int n;

	for (; *reply == '+'; reply++)
		if (!send_bytes(fd, WAIT_MESSAGE, sizeof(WAIT_MESSAGE)))
			return false;
	if (*reply == '%')
		return misbehave(daemon, fd, reply);
	if (*reply == '!')
		return send_bytes(fd, reply + 1, strlen(reply));
	n = snprintf(message, sizeof(message), "{\"parameters\":{%s}}", reply);
	return send_bytes(fd, message, (size_t)n + 1);
}

/* Keeps the request; the reply to it, NULL where the script has ended. */
static const char *take_request(struct fake_daemon *daemon, const char *request)
{
	const char *reply;

	pthread_mutex_lock(&daemon->lock);
	if (daemon->n_requests < FAKE_REQUESTS_MAX)
		snprintf(daemon->requests[daemon->n_requests++],
			 FAKE_REQUEST_SIZE, "%s", request);
	reply = daemon->replies[daemon->n_replies];
	if (reply)
		daemon->n_replies++;
	pthread_mutex_unlock(&daemon->lock);
	return reply;
}

static void serve(struct fake_daemon *daemon, int fd)
{
	char request[FAKE_REQUEST_SIZE];
	size_t n = 0;

	for (;;) {
		const char *reply;
		ssize_t got;

		if (wait_event(daemon, fd, true, -1) == EVENT_END)
			return;
		got = recv(fd, request + n, sizeof(request) - n, 0);
		if (got <= 0)
			return;
		n += (size_t)got;
		if (request[n - 1] != '\0') {
			if (n == sizeof(request))
				return;
			continue;
		}
		n = 0;
		reply = take_request(daemon, request);
		if (!reply || !send_reply(daemon, fd, reply))
			return;
	}
}

static void *run(void *userdata)
{
	struct fake_daemon *daemon = userdata;

	while (wait_event(daemon, daemon->listener, true, -1) == EVENT_INPUT) {
		int fd = accept(daemon->listener, NULL, NULL);

		if (fd < 0)
			continue;
		pthread_mutex_lock(&daemon->lock);
		daemon->n_connections++;
		pthread_mutex_unlock(&daemon->lock);
		serve(daemon, fd);
		close(fd);
	}
	return NULL;
}

void fake_daemon_init(struct fake_daemon *daemon, const char *directory)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memset(daemon, 0, sizeof(*daemon));
	snprintf(daemon->path, sizeof(daemon->path), "%s/daemon.sock",
		 directory);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		 daemon->path);
	daemon->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(daemon->listener >= 0);
	assert_int_equal(bind(daemon->listener, (struct sockaddr *)&address,
			      sizeof(address)),
			 0);
	assert_int_equal(listen(daemon->listener, 8), 0);
	assert_int_equal(pipe(daemon->stop), 0);
	pthread_mutex_init(&daemon->lock, NULL);
	assert_int_equal(pthread_create(&daemon->thread, NULL, run, daemon), 0);
}

void fake_daemon_deinit(struct fake_daemon *daemon)
{
	assert_int_equal(write(daemon->stop[1], "", 1), 1);
	assert_int_equal(pthread_join(daemon->thread, NULL), 0);
	close(daemon->stop[0]);
	close(daemon->stop[1]);
	close(daemon->listener);
	unlink(daemon->path);
	pthread_mutex_destroy(&daemon->lock);
}

void fake_daemon_script(struct fake_daemon *daemon, const char *const *replies)
{
	int n = 0;

	pthread_mutex_lock(&daemon->lock);
	for (; replies && replies[n] && n < FAKE_REQUESTS_MAX; n++)
		daemon->replies[n] = replies[n];
	daemon->replies[n] = NULL;
	daemon->n_replies = 0;
	daemon->n_requests = 0;
	daemon->n_connections = 0;
	pthread_mutex_unlock(&daemon->lock);
}

int fake_daemon_n_requests(struct fake_daemon *daemon)
{
	int n;

	pthread_mutex_lock(&daemon->lock);
	n = daemon->n_requests;
	pthread_mutex_unlock(&daemon->lock);
	return n;
}

int fake_daemon_n_connections(struct fake_daemon *daemon)
{
	int n;

	pthread_mutex_lock(&daemon->lock);
	n = daemon->n_connections;
	pthread_mutex_unlock(&daemon->lock);
	return n;
}

const char *fake_daemon_request(struct fake_daemon *daemon, int index)
{
	return index < fake_daemon_n_requests(daemon) ? daemon->requests[index]
						      : "";
}
