/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Identity users: a user of the store as the identity map shows him, and all
 * of them in a new map. It tells what the store holds, and changes nothing
 * there.
 */

#include <stdint.h>

#include "cloxxsd/publish/identity_writer.h"
#include "cloxxsd/state/user.h"

/* As identity_writer_set(). */
must_check int identity_users_set(struct identity_writer *writer,
				  const struct user *user);
/*
 * Writes path anew with every user of store and gives its writer. Users whom
 * no map can hold are left out, and counted. -errno: readers still have the
 * former file.
 */
must_check int identity_users_write(struct store *store, const char *path,
				    struct identity_writer **ret_writer,
				    uint32_t *ret_n_unfit);
