/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Access: the methods of nl.cloxxs.Access: what applications ask about rights
 * in projects, and what they are told of changes. An application asks about its
 * own service only; of others it learns nothing, not even what there is.
 */

#include "cloxxsd/service/service.h"
#include "cloxxsd/state/change.h"

/* Those who watch; the daemon owns it. */
struct access_watch;

must_check int access_watch_new(struct service *service, sd_event *event,
				struct access_watch **ret_watch);
struct access_watch *access_watch_free(struct access_watch *watch);
/* After a commit, before the maps are swung, and after: who watches is told of
 * who was known to his service, or is. */
void access_watch_swinging(struct access_watch *watch,
			   const struct change_set *set);
void access_watch_committed(struct access_watch *watch,
			    const struct change_set *set);

/*
 * The service that a call is about: an application's own; for others the one
 * that parameter "service" names. NULL: answered.
 */
const char *access_service_of(struct service *service,
			      struct varlink_call *call, json_t *parameters);

/* Methods of nl.cloxxs.Access. */
int access_client_address(struct varlink_call *call, json_t *parameters,
			  void *service);
int access_watch_add(struct varlink_call *call, json_t *parameters,
		     void *service);
