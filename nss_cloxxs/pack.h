/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Pack: copies a view of a record into the caller's buffer as struct passwd or
 * struct group, and refuses what must never be served. The buffer may be of
 * any size and stand at any address.
 */

#include <grp.h>
#include <pwd.h>

#include "base/identity.h"
#include "base/scope.h"

enum pack_error {
	_PACK_E_OK,
	PACK_E_REFUSED, /* must not be served: as if it were not there */
	PACK_E_SHORT,   /* the buffer is too small; nothing was written */
};

must_check int pack_user(const struct identity_user *user, struct passwd *pw,
			 char *buffer, size_t n);
must_check int pack_group(const struct identity_group *group, struct group *gr,
			  char *buffer, size_t n);
/* Whether the user may be served at all. */
bool pack_user_is_fit(const struct identity_user *user);
