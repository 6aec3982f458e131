/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Line: the connection to cloxxsd, kept in the PAM handle from authentication
 * to the account phase, which most programs run one behind the other. It
 * saves a connection and carries nothing over: what was verified goes by the
 * pass, and cloxxsd asks every gate on an old connection as on a new one.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/channel.h"
#include "base/scope.h"
#include "libcloxxs/login.h"
#include "pam_cloxxs/options.h"

/* All zero: none was ever kept. */
struct line {
	bool kept;
	struct channel channel;
	pid_t pid;
	dev_t dev;
	ino_t ino;
	char socket[OPTIONS_SOCKET_MAX + 1];
};

/*
 * Takes login's connection over, if it has one; where it cannot be kept, it is
 * closed. line may be NULL.
 */
void line_keep(struct line *line, struct login *login);
/*
 * True: login, which must have none, has the kept connection to its socket.
 * False: there is none that is fit for use. Nothing is kept after either. line
 * may be NULL.
 */
bool line_take(struct line *line, struct login *login);
/* Closes it. line may be NULL. */
void line_drop(struct line *line);
