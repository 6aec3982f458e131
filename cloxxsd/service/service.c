/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/service.h"

#include <string.h>

#include "cloxxsd/service/admin_origin.h"
#include "policy/password.h"

struct user_moment service_moment(const struct service *service)
{
	return state_moment(service->state,
			    service->attempts->settings->inactive_s);
}

const struct settings_service *service_of_peer(const struct service *service,
					       const struct varlink_peer *peer)
{
	return accounts_service_of(service->accounts, peer->uid);
}

uint32_t service_classify(const struct varlink_peer *peer, void *userdata)
{
	struct service *service = userdata;
	struct user_moment moment;
	struct user user;

	if (peer->uid == 0)
		return PEER_ROOT;
	if (service_of_peer(service, peer))
		return PEER_SERVICE;
	if (!name_is_our_uid(peer->uid) ||
	    user_find_uid(service->state->store, peer->uid, &user) != 0 ||
	    !user.enabled)
		return 0;
	moment = service_moment(service);
	/* Who is locked, no longer valid, has yet to choose a password, or may
	 * sit anywhere, administers nothing. */
	if (user.role == USER_ROLE_ADMINISTRATOR && !user_is_locked(&user) &&
	    user_is_open(&user, moment.now) &&
	    user_validity(&user, &moment) == REASON_NONE &&
	    user.failures < service->attempts->settings->lockout_failures &&
	    user.password_kind == USER_PASSWORD_CHOSEN &&
	    !password_is_expired(
		    service->attempts->settings->password.max_age_s,
		    user.password_changed, moment.latest) &&
	    admin_origin_is_good(service, &user))
		return PEER_USER | PEER_ADMINISTRATOR;
	return PEER_USER;
}

void service_actor(struct service *service, const struct varlink_peer *peer,
		   char ret_actor[ACTOR_MAX])
{
	struct text text;
	struct user user;

	text_init(&text, ret_actor, ACTOR_MAX);
	if (peer->uid == 0)
		text_add(&text, "root");
	else if (name_is_our_uid(peer->uid) &&
		 user_find_uid(service->state->store, peer->uid, &user) == 0)
		text_add(&text, user.name);
	else
		text_add_format(&text, "uid:%lu", (unsigned long)peer->uid);
}

int64_t service_geo_max_age(const struct service *service)
{
	return service->attempts->settings->geoip_max_age_s;
}

bool service_geo_is_needed(const struct service *service)
{
	return strcmp(service->attempts->settings->countries[0], "any") != 0;
}
