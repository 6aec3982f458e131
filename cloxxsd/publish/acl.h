/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * ACL: lets one more account read a file of ours. By its uid, for an owner
 * needs no privilege for that, and a group that is not his would ask one of
 * him. No name is looked up.
 */

#include <sys/types.h>

#include "base/scope.h"

/* Only the owner (read and write) and account (read) may open the file. -errno:
 * -ENOTSUP where the file system keeps no ACL. */
must_check int acl_let_read(int fd, uid_t account);
