/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Acting: an application that administers on behalf of one of its users, who is
 * in a session that it opened. Whether it may is looked at for each call anew:
 * the session, the user and the place are those of now. It knows no methods.
 */

#include "cloxxsd/service/application.h"

/*
 * For whom the application behind peer acts, in force now; false: for nobody.
 */
bool acting_find(const struct service *service, const struct varlink_peer *peer,
		 struct application_session *ret_for);

/* nl.cloxxs.Admin.ActFor */
int acting_begin(struct varlink_call *call, json_t *parameters, void *service);
