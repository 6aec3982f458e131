/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Acting: an application that administers on behalf of one of its users, who is
 * in a session that it opened. Whether it may is looked at for each call anew:
 * the session, the user and the place are those of now. It knows no methods.
 */

#include "cloxxsd/service/application.h"

/* Whether the application behind peer acts for an administrator, and may now.
 */
bool acting_is_in_force(const struct service *service,
			const struct varlink_peer *peer);
/* For whom it acts, as it was when it began to; false: for nobody. */
bool acting_find_actor(const struct service *service,
		       const struct varlink_peer *peer,
		       struct actor *ret_actor);

/* nl.cloxxs.Admin.ActFor */
int acting_begin(struct varlink_call *call, json_t *parameters, void *service);
