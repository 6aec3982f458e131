/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Admin origin: from where an administrator's commands come. The kernel names
 * his uid, not the session that he calls from, and a pid proves nothing; so all
 * his sessions that run count, and there must be one: each must be on this host
 * itself, or from an administrator network and from his own.
 */

#include "cloxxsd/service/service.h"

/* False too where his sessions cannot be read. */
bool admin_origin_is_good(const struct service *service,
			  const struct user *user);
