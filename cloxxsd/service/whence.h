/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whence: from where somebody administers who calls by himself, as far as it is
 * known: for the record of what he does. No rule asks it; where administrators
 * may be is admin_origin.h's.
 */

#include "cloxxsd/service/service.h"

/* Root, who said by Introduce in which login he is: its address, and whose. */
void whence_find_root(const struct service *service,
		      const struct varlink_peer *peer, struct actor *actor);
/*
 * A user, of whom the kernel names the uid alone: the address that all his
 * sessions have that run, and the session where there is one. Where they are
 * from several, none.
 */
void whence_find_user(const struct service *service, uint32_t uid,
		      struct actor *actor);

/* nl.cloxxs.Admin.Introduce */
int whence_introduce(struct varlink_call *call, json_t *parameters,
		     void *service);
