/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Service: nl.cloxxs.Courier, and who may call it: root, and the account of
 * cloxxsd. userdata of its server is the courier.
 */

#include "varlink/server.h"

extern const struct varlink_interface service_interface;

/* To be the server's classify. */
uint32_t service_classify(const struct varlink_peer *peer, void *userdata);
