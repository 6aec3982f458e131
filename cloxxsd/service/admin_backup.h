/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Admin, backups: the methods that make, list and prune them. What they work
 * with is below backup/.
 */

#include "cloxxsd/service/admin.h"

int admin_create_backup(struct varlink_call *call, json_t *parameters,
			void *service);
int admin_list_backups(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_prune_backups(struct varlink_call *call, json_t *parameters,
			void *service);

/* Puts what Status tells of backups into reply, which may be NULL. */
json_t *admin_add_last_backup(struct service *service, json_t *reply);
