/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A socket that somebody serves, and what is no socket, is never removed.
 *  2. At no moment does a socket of ours let in more than its mode says.
 *  3. Running out of descriptors stops the letting in for a moment, not the
 *     server, and does not make it spin.
 */
#include "varlink/listener.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* Callers let in before the others get their turn. */
#define ACCEPT_BATCH 32
#define PAUSE_US 100000
#define BACKLOG 4096

struct listener {
	struct varlink_server *server;
	struct listener *next;
	sd_event_source *io, *resume;
	int fd;
};

struct listener *listener_free(struct listener *listener)
{
	struct listener *next = listener->next;

	sd_event_source_disable_unref(listener->io);
	sd_event_source_disable_unref(listener->resume);
	scope_close(&listener->fd);
	free(listener);
	return next;
}

/* Out of descriptors or memory: the callers wait in the backlog for a moment,
 * else the loop would spin on a socket that stays readable. */
static int pause_listener(struct listener *listener)
{
	int r;

	r = sd_event_source_set_time_relative(listener->resume, PAUSE_US);
	if (r >= 0)
		r = sd_event_source_set_enabled(listener->resume,
						SD_EVENT_ONESHOT);
	if (r >= 0)
		r = sd_event_source_set_enabled(listener->io, SD_EVENT_OFF);
	return r;
}

static int on_resume(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct listener *listener = userdata;

	(void)source;
	(void)usec;
	return sd_event_source_set_enabled(listener->io, SD_EVENT_ON);
}

static int on_caller(sd_event_source *source, int fd, uint32_t revents,
		     void *userdata)
{
	struct listener *listener = userdata;

	(void)source;
	(void)revents;
	for (unsigned n = 0; n < ACCEPT_BATCH; n++) {
		int caller =
			accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (caller >= 0) {
			/* Who is not let in finds the connection closed. One
			 * that was heard may have taken long: the loop's others
			 * come before the next caller. */
			if (server_admit(listener->server, caller))
				return 0;
			continue;
		}
		if (errno == EAGAIN)
			return 0;
		if (errno != EINTR && errno != ECONNABORTED)
			return pause_listener(listener);
	}
	return 0;
}

static int check_listening(int fd)
{
	int value = 0;
	socklen_t n = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &n) < 0)
		return -errno;
	if (value != AF_UNIX)
		return -EAFNOSUPPORT;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &n) < 0)
		return -errno;
	if (value != SOCK_STREAM)
		return -EPROTOTYPE;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &n) < 0)
		return -errno;
	return value ? 0 : -EINVAL;
}

static int prepare(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return check_listening(fd);
}

int listener_add(struct varlink_server *server, int fd)
{
	sd_event *event = server->args.event;
	struct listener **list = &server->listeners;
	struct listener *listener;
	int r = prepare(fd);

	listener = r == 0 ? calloc(1, sizeof(*listener)) : NULL;
	if (!listener) {
		scope_close(&fd);
		return r != 0 ? r : -ENOMEM;
	}
	*listener = (struct listener){ .server = server, .fd = fd };
	r = sd_event_add_io(event, &listener->io, fd, EPOLLIN, on_caller,
			    listener);
	if (r >= 0)
		r = sd_event_add_time(event, &listener->resume, CLOCK_MONOTONIC,
				      0, 0, on_resume, listener);
	if (r >= 0)
		r = sd_event_source_set_enabled(listener->resume, SD_EVENT_OFF);
	if (r < 0) {
		listener_free(listener);
		return r;
	}
	listener->next = *list;
	*list = listener;
	return 0;
}

/* Removes a socket that nobody serves. -EADDRINUSE where somebody does,
 * -EEXIST for anything else. */
static int remove_dead(const struct sockaddr_un *address)
{
	scope(scope_close) int fd = -1;
	struct stat status;

	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) ==
		    0 ||
	    errno == EAGAIN || errno == EPROTOTYPE)
		return -EADDRINUSE;
	if (errno != ECONNREFUSED)
		return errno == ENOENT ? 0 : -errno;
	return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

int listener_bind(const char *path, mode_t mode, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	scope(scope_close) int fd = -1;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	r = remove_dead(&address);
	if (r != 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/*
	 * bind() takes the mode of the descriptor, less the umask; so it is
	 * never too open, and chmod() gives back what the umask took.
	 */
	if (fchmod(fd, mode) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (chmod(path, mode) < 0 || listen(fd, BACKLOG) < 0) {
		r = -errno;
		(void)unlink(path);
		return r;
	}
	*ret_fd = scope_take_fd(&fd);
	return 0;
}
