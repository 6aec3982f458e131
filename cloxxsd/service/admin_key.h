/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Admin key: the methods of nl.cloxxs.Admin about keys. Ids go out, keys do
 * not: a new root key comes in, and nothing that is secret is ever answered.
 */

#include "cloxxsd/service/service.h"

int admin_list_keys(struct varlink_call *call, json_t *parameters,
		    void *service);
int admin_rotate_key(struct varlink_call *call, json_t *parameters,
		     void *service);
int admin_set_recovery_key(struct varlink_call *call, json_t *parameters,
			   void *service);

/* The id of the recovery key, or null; NULL where the store cannot be read. */
json_t *admin_recovery_id(const struct service *service);
