/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Drop-ins: the files *.conf of a directory, in the order of their bytes, the
 * same in every locale. Hidden ones are passed over. It opens none of them.
 */

#include "base/scope.h"
#include "conf/findings.h"

/* More of them are somebody's mistake. */
#define DROPINS_MAX 256

struct dropin {
	int directory_fd;
	const char *name; /* under it */
	const char *path; /* the two together, for what is told */
};

/*
 * Calls each for every drop-in of directory; what it returns other than 0 ends
 * this and is handed up. No such directory is one without files; one that is
 * not to be believed becomes a finding. -errno.
 */
must_check int dropins_for_each(const char *directory,
				struct findings *findings,
				int (*each)(const struct dropin *dropin,
					    void *userdata),
				void *userdata);
