/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Listener: a listening socket of the server: lets callers in as far as the
 * caps allow. Internal to varlink/. It reads nothing that a caller sent.
 */

#include "varlink/connection.h"

/* Puts a listener on fd into the server's list. Takes fd whatever happens. */
must_check int listener_add(struct varlink_server *server, int fd);
/* Returns the next of the list. */
struct listener *listener_free(struct listener *listener);
/* Makes a listening socket at path, in the place of a dead one. */
must_check int listener_bind(const char *path, mode_t mode, int *ret_fd);
