/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Introspection: org.varlink.service, which every Varlink server has: who it
 * is and what its interfaces are. Internal to varlink/. Tells what stands in
 * the source, and nothing of the state of the daemon.
 */

#include "varlink/server.h"

/* Its handlers take the server as their userdata. */
extern const struct varlink_interface introspection_interface;
