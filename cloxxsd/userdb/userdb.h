/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Userdb: io.systemd.UserDatabase, what systemd asks about users. It stands in
 * a process of its own, for systemd believes whatever a service of its user
 * database says, uid 0 too: so what it says must not be cloxxsd's word, but
 * come through the reader of the identity map, which takes no id outside its
 * bounds from anybody.
 */

#include "cloxxsd/userdb/source.h"
#include "varlink/server.h"

/* Its userdata is a struct source. */
extern const struct varlink_interface userdb_interface;
