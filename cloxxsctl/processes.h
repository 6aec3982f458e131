/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Processes: those of a session, found in /proc and ended. A process that
 * opened one is known by its pid and by how old it is: one that has the pid of
 * it now, but began later, is another one and is left alone. It asks nobody
 * whether it may: the kernel says.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/scope.h"

/* Which: all of them, and what they started. */
struct processes_wanted {
	struct processes_opener {
		pid_t pid;
		int64_t opened_us; /* since the boot; began by then */
	} * openers;
	size_t n_openers;
	bool of_user; /* and every process of uid */
	uid_t uid;
};

struct processes_ended {
	size_t n;      /* that were there */
	size_t n_left; /* of these, that did not end */
};

/*
 * Ends them: asks (SIGTERM, SIGHUP), waits, kills; looks again for what was
 * started meanwhile. The caller's own process is left out, and should ignore
 * SIGHUP: its terminal may be among what goes. Blocks for some seconds at most
 * where a process does not heed. -errno where /proc cannot be read.
 */
must_check int processes_end(const struct processes_wanted *wanted,
			     struct processes_ended *ret_ended);
