/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Admin geoip: the methods about the country database: taking a new one in,
 * telling of the one in force, and looking an address up in it.
 */

#include "cloxxsd/service/service.h"

int admin_geoip_begin(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_geoip_put(struct varlink_call *call, json_t *parameters,
		    void *service);
int admin_geoip_commit(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_geoip_status(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_geoip_lookup(struct varlink_call *call, json_t *parameters,
		       void *service);

/* What Status tells of it, added to reply, which it takes; NULL: no memory. */
json_t *admin_add_geoip(struct service *service, json_t *reply);
