/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Channel: the client's end of a Varlink connection: it finds the socket,
 * makes sure who is behind it, and moves whole messages (bytes ended by NUL,
 * https://varlink.org/Wire-Protocol) under deadlines. It knows nothing of what
 * they say. Works inside any host program: descriptors stand above 2 and close
 * on exec, no signal is raised or changed, nothing blocks past its deadline.
 *
 * Deadlines are points on CLOCK_MONOTONIC, in microseconds.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/scope.h"

struct channel {
	int fd;
	uid_t server_uid; /* as the kernel names it */
	size_t limit;     /* bytes of one message, NUL left out */
	char *buffer; /* n received bytes; the first n_message + 1 were handed
			 out */
	size_t n, size;
	size_t n_message;
};

enum channel_error {
	_CHANNEL_E_OK,
	CHANNEL_E_MISSING,  /* no socket, or nobody listens on it */
	CHANNEL_E_IMPOSTOR, /* a link, a place that others may write, or a peer
			       that is neither root nor the owner of the
			       socket's directory */
	CHANNEL_E_TIMEOUT,  /* the deadline came first */
	CHANNEL_E_CLOSED,   /* the other side closed, between messages or within
			       one */
	CHANNEL_E_TOO_LARGE, /* a message over the limit */
};

#define CHANNEL_INIT ((struct channel){ .fd = -1 })

/*
 * Connects to the socket at path (absolute, without a symbolic link at its
 * end). The directory must be writable by its owner alone, and the peer must
 * be root (systemd listens for us) or that owner (cloxxsd listened itself).
 * CHANNEL_E_* or -errno.
 */
must_check int channel_connect(struct channel *channel, const char *path,
			       size_t limit, int64_t deadline_us);
/* Closes, and wipes and frees the buffer: a message may have carried a secret.
 */
void channel_deinit(struct channel *channel);

/* Sends n bytes and the NUL behind them; message[n] must be that NUL. */
must_check int channel_send(struct channel *channel, const char *message,
			    size_t n, int64_t deadline_us);
/*
 * Waits for one whole message. *ret_message is ended by NUL, stands in the
 * channel and lives until the next call.
 */
must_check int channel_receive(struct channel *channel, int64_t deadline_us,
			       const char **ret_message, size_t *ret_n);
