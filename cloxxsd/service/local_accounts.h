/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Local accounts: the names and ids that /etc/passwd and /etc/group hold, read
 * as files, so that none of ours is given out twice. Never through the name
 * service: it would ask us.
 */

#include <stdint.h>

#include "base/scope.h"

enum local_accounts_found {
	_LOCAL_ACCOUNTS_NONE,
	LOCAL_ACCOUNTS_NAME, /* the name stands there */
	LOCAL_ACCOUNTS_ID,   /* the id stands there, as a uid or gid */
};

/*
 * Looks for name and id in file, of the form NAME:X:ID:...; a file that is not
 * there holds nothing. LOCAL_ACCOUNTS_* or -errno.
 */
must_check int local_accounts_find(const char *file, const char *name,
				   uint32_t id);
