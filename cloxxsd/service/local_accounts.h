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

/*
 * The uid of name in file, of the form of passwd(5), the first of more, as for
 * who logs in. LOCAL_ACCOUNTS_NAME; 0 where it does not stand there, or without
 * a number that can be a uid; -errno, -ENOENT too.
 */
must_check int local_accounts_uid(const char *file, const char *name,
				  uint32_t *ret_uid);

/* All of both files at once, for many look-ups. -errno. */
struct local_accounts;
must_check int local_accounts_load(struct local_accounts **ret_accounts);
struct local_accounts *local_accounts_free(struct local_accounts *accounts);
static inline void local_accounts_freep(struct local_accounts **accounts)
{
	*accounts = local_accounts_free(*accounts);
}
/* The file where name stands, or NULL. */
const char *local_accounts_of_name(const struct local_accounts *accounts,
				   const char *name);
/* The same for an id. */
const char *local_accounts_of_id(const struct local_accounts *accounts,
				 uint32_t id);
