/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Access users: users, projects and grants of the store as the access map of a
 * service shows them, one by one, and all of them in a new map. It tells what
 * the store holds, and changes nothing there.
 */

#include <stdint.h>

#include "cloxxsd/publish/access_writer.h"
#include "cloxxsd/state/access_entry.h"
#include "cloxxsd/state/user_group.h"

/*
 * Brings the user with uid in the map to what he is in the store. Who was valid
 * until before latest, the latest time that is known, is so for no reader's
 * clock any more: one that is set back brings him nothing. -errno: as
 * access_writer_set_user().
 */
must_check int access_users_set(struct access_writer *writer,
				struct store *store, const char *service,
				uint32_t uid, int64_t latest);

struct access_users_args {
	struct store *store;
	const char *path, *service;
	uid_t account;
	int64_t latest; /* what ended by then is left out */
};
/*
 * Writes path anew and gives its writer. Rows that no map can hold are left
 * out, and counted. -errno: readers still have the former file.
 */
must_check int access_users_write(const struct access_users_args *args,
				  struct access_writer **ret_writer,
				  uint32_t *ret_n_unfit);
