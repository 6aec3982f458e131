/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. No call outlives its deadline, whatever the peer sends or holds back.
 *  2. Nothing is sent before the peer has been made sure of.
 *  3. Received bytes are wiped before their memory is given back.
 */
#include "base/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "base/clock.h"

/* 0 when fd is ready for events; CHANNEL_E_TIMEOUT or -errno. */
static int wait_for(int fd, short events, int64_t deadline_us)
{
	for (;;) {
		struct pollfd poller = { .fd = fd, .events = events };
		int64_t left = deadline_us - clock_monotonic_us();
		struct timespec timeout;
		int n;

		if (left <= 0)
			return CHANNEL_E_TIMEOUT;
		timeout.tv_sec = (time_t)(left / 1000000);
		timeout.tv_nsec = (long)(left % 1000000) * 1000;
		n = ppoll(&poller, 1, &timeout, NULL);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

/* The owner of the directory that holds path, where only its owner may write.
 */
static int directory_owner(const char *path, uid_t *ret_uid)
{
	char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *slash = strrchr(path, '/');
	struct stat status;
	size_t n;

	if (path[0] != '/' || !slash)
		return CHANNEL_E_IMPOSTOR;
	n = slash == path ? 1 : (size_t)(slash - path);
	memcpy(directory, path, n);
	directory[n] = '\0';
	if (lstat(directory, &status) < 0)
		return errno == ENOENT || errno == ENOTDIR ? CHANNEL_E_MISSING
							   : -errno;
	if (!S_ISDIR(status.st_mode) || (status.st_mode & (S_IWGRP | S_IWOTH)))
		return CHANNEL_E_IMPOSTOR;
	*ret_uid = status.st_uid;
	if (lstat(path, &status) < 0)
		return errno == ENOENT ? CHANNEL_E_MISSING : -errno;
	return S_ISSOCK(status.st_mode) ? 0 : CHANNEL_E_IMPOSTOR;
}

/* A socket above 2: a host may run with 0, 1 or 2 closed. */
static int socket_above_stdio(int *ret_fd)
{
	scope(scope_close) int fd = -1;
	int high;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (fd <= 2) {
		high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (high < 0)
			return -errno;
		scope_close(&fd);
		fd = high;
	}
	*ret_fd = scope_take_fd(&fd);
	return 0;
}

static int check_peer(int fd, uid_t owner, uid_t *ret_uid)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		return -errno;
	if (peer.uid != 0 && peer.uid != owner)
		return CHANNEL_E_IMPOSTOR;
	*ret_uid = peer.uid;
	return 0;
}

/* A full backlog answers EAGAIN at once on AF_UNIX: tried again, a little
 * later. */
static int connect_until(int fd, const struct sockaddr_un *address,
			 int64_t deadline_us)
{
	for (;;) {
		const struct timespec pause = { .tv_nsec = 5000000 };

		if (connect(fd, (const struct sockaddr *)address,
			    sizeof(*address)) == 0 ||
		    errno == EISCONN)
			return 0;
		if (errno == ENOENT || errno == ECONNREFUSED)
			return CHANNEL_E_MISSING;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (clock_monotonic_us() >= deadline_us)
			return CHANNEL_E_TIMEOUT;
		nanosleep(&pause, NULL);
	}
}

int channel_connect(struct channel *channel, const char *path, size_t limit,
		    int64_t deadline_us)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	scope(scope_close) int fd = -1;
	uid_t owner = (uid_t)-1, server = (uid_t)-1;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	r = directory_owner(path, &owner);
	if (r != 0)
		return r;
	r = socket_above_stdio(&fd);
	if (r != 0)
		return r;
	r = connect_until(fd, &address, deadline_us);
	if (r != 0)
		return r;
	r = check_peer(fd, owner, &server);
	if (r != 0)
		return r;
	*channel = (struct channel){ .fd = scope_take_fd(&fd),
				     .server_uid = server,
				     .limit = limit };
	return 0;
}

void channel_deinit(struct channel *channel)
{
	if (channel->buffer) {
		explicit_bzero(channel->buffer, channel->size);
		free(channel->buffer);
	}
	scope_close(&channel->fd);
	*channel = CHANNEL_INIT;
}

int channel_send(struct channel *channel, const char *message, size_t n,
		 int64_t deadline_us)
{
	size_t sent = 0;

	while (sent < n + 1) {
		ssize_t k = send(channel->fd, message + sent, n + 1 - sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		int r;

		if (k >= 0) {
			sent += (size_t)k;
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return CHANNEL_E_CLOSED;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_for(channel->fd, POLLOUT, deadline_us);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Doubles the buffer without realloc(), which would leave a copy behind
 * unwiped. */
static int grow(struct channel *channel)
{
	size_t size = channel->size ? channel->size * 2 : 4096;
	char *buffer = malloc(size);

	if (!buffer)
		return -ENOMEM;
	if (channel->buffer) {
		memcpy(buffer, channel->buffer, channel->n);
		explicit_bzero(channel->buffer, channel->size);
		free(channel->buffer);
	}
	channel->buffer = buffer;
	channel->size = size;
	return 0;
}

/* Drops the message handed out last. */
static void consume(struct channel *channel)
{
	size_t n = channel->n_message;

	if (n == 0)
		return;
	memmove(channel->buffer, channel->buffer + n, channel->n - n);
	explicit_bzero(channel->buffer + channel->n - n, n);
	channel->n -= n;
	channel->n_message = 0;
}

int channel_receive(struct channel *channel, int64_t deadline_us,
		    const char **ret_message, size_t *ret_n)
{
	size_t searched = 0;

	consume(channel);
	for (;;) {
		const char *end = channel->n > searched
					  ? memchr(channel->buffer + searched,
						   '\0', channel->n - searched)
					  : NULL;
		ssize_t k;
		int r;

		if (end && (size_t)(end - channel->buffer) > channel->limit)
			return CHANNEL_E_TOO_LARGE;
		if (end) {
			channel->n_message =
				(size_t)(end - channel->buffer) + 1;
			*ret_message = channel->buffer;
			*ret_n = channel->n_message - 1;
			return 0;
		}
		searched = channel->n;
		if (channel->n > channel->limit)
			return CHANNEL_E_TOO_LARGE;
		if (channel->n == channel->size) {
			r = grow(channel);
			if (r != 0)
				return r;
		}
		r = wait_for(channel->fd, POLLIN, deadline_us);
		if (r != 0)
			return r;
		k = recv(channel->fd, channel->buffer + channel->n,
			 channel->size - channel->n, MSG_DONTWAIT);
		if (k == 0 || (k < 0 && errno == ECONNRESET))
			return CHANNEL_E_CLOSED;
		if (k < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (k > 0)
			channel->n += (size_t)k;
	}
}
