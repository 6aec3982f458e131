/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. Only the process that opened a connection uses it: after a fork two
 *     would talk on one.
 *  2. A descriptor is used, and closed, only while it is still the socket that
 *     it was: a program may close what it did not open, and the number then
 *     belongs to something else.
 */
#include "pam_cloxxs/line.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same_socket(const struct line *line)
{
	struct stat status;

	return fstat(line->channel.fd, &status) == 0 &&
	       S_ISSOCK(status.st_mode) && status.st_dev == line->dev &&
	       status.st_ino == line->ino;
}

/* Open, and nothing on it that nobody asked for. */
static bool is_quiet(const struct line *line)
{
	char byte;

	return recv(line->channel.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       errno == EAGAIN;
}

void line_drop(struct line *line)
{
	if (!line || !line->kept)
		return;
	if (!is_same_socket(line))
		line->channel.fd = -1;
	channel_deinit(&line->channel);
	line->kept = false;
}

void line_keep(struct line *line, struct login *login)
{
	size_t n = strlen(login->socket) + 1;
	struct stat status;

	line_drop(line);
	if (login->channel.fd < 0)
		return;
	if (!line || n > sizeof(line->socket) ||
	    fstat(login->channel.fd, &status) < 0) {
		channel_deinit(&login->channel);
		return;
	}
	*line = (struct line){ .kept = true,
			       .channel = login->channel,
			       .pid = getpid(),
			       .dev = status.st_dev,
			       .ino = status.st_ino };
	memcpy(line->socket, login->socket, n);
	login->channel = CHANNEL_INIT;
}

bool line_take(struct line *line, struct login *login)
{
	if (!line || !line->kept)
		return false;
	if (line->pid != getpid() || !is_same_socket(line) ||
	    strcmp(line->socket, login->socket) != 0 || !is_quiet(line)) {
		line_drop(line);
		return false;
	}
	login->channel = line->channel;
	line->kept = false;
	return true;
}
