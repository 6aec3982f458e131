/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/service.h"

#include <string.h>

#include "cloxxsd/service/acting.h"
#include "cloxxsd/service/admin_origin.h"
#include "cloxxsd/service/local_accounts.h"
#include "cloxxsd/service/whence.h"
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

uint32_t service_connections_of(uid_t uid, void *userdata)
{
	const struct service *service = userdata;

	return accounts_service_of(service->accounts, uid) ? 512 : 0;
}

/* Who is locked, no longer valid, or has yet to choose a password, administers
 * nothing. */
bool service_administers(const struct service *service, const struct user *user)
{
	const struct settings *settings = service->attempts->settings;
	struct user_moment moment = service_moment(service);

	return user->role == USER_ROLE_ADMINISTRATOR && user->enabled &&
	       !user_is_locked(user) && user_is_open(user, moment.now) &&
	       user_validity(user, &moment) == REASON_NONE &&
	       user->failures < settings->lockout_failures &&
	       user->password_kind == USER_PASSWORD_CHOSEN &&
	       !password_is_expired(settings->password.max_age_s,
				    user->password_changed, moment.latest);
}

/* By the file, as everything about accounts that are not ours: an id that is
 * given to another account is not remembered here. */
static uint32_t classify_account(uid_t uid)
{
	static const struct {
		const char *name;
		uint32_t class;
	} accounts[] = {
		{ CLOXXS_KEYS_USER, PEER_KEYS },
		{ CLOXXS_JOURNAL_USER, PEER_JOURNAL },
	};
	uint32_t found, classes = 0;

	for (size_t i = 0; uid != 0 && i < ARRAY_SIZE(accounts); i++)
		if (local_accounts_uid("/etc/passwd", accounts[i].name,
				       &found) == LOCAL_ACCOUNTS_NAME &&
		    found == uid)
			classes |= accounts[i].class;
	return classes;
}

uint32_t service_classify(const struct varlink_peer *peer, void *userdata)
{
	struct service *service = userdata;
	struct user user;

	if (peer->uid == 0)
		return PEER_ROOT;
	if (service_of_peer(service, peer))
		return acting_is_in_force(service, peer)
			       ? PEER_SERVICE | PEER_ADMINISTRATOR
			       : PEER_SERVICE;
	if (!name_is_our_uid(peer->uid))
		return classify_account(peer->uid);
	if (user_find_uid(service->state->store, peer->uid, &user) != 0 ||
	    !user.enabled)
		return 0;
	/* Who may sit anywhere administers nothing either. */
	return service_administers(service, &user) &&
			       admin_origin_is_good(service, &user)
		       ? PEER_USER | PEER_ADMINISTRATOR
		       : PEER_USER;
}

void service_find_actor(const struct service *service,
			const struct varlink_peer *peer,
			struct actor *ret_actor)
{
	struct text text;
	struct user user;

	if (acting_find_actor(service, peer, ret_actor))
		return;
	*ret_actor = (struct actor){ 0 };
	text_init(&text, ret_actor->name, sizeof(ret_actor->name));
	if (peer->uid == 0) {
		text_add(&text, "root");
		whence_find_root(service, peer, ret_actor);
	} else if (name_is_our_uid(peer->uid) &&
		   user_find_uid(service->state->store, peer->uid, &user) ==
			   0) {
		text_add(&text, user.name);
		whence_find_user(service, user.uid, ret_actor);
	} else {
		text_add_format(&text, "uid:%lu", (unsigned long)peer->uid);
	}
}

void service_actor(struct service *service, const struct varlink_peer *peer,
		   char ret_actor[ACTOR_MAX])
{
	struct actor actor;

	service_find_actor(service, peer, &actor);
	memcpy(ret_actor, actor.name, ACTOR_MAX);
}

void actor_sign(const struct actor *actor, struct record *record)
{
	record->actor = actor->name;
	record->service = record_text(actor->service);
	record->address = record_text(actor->address);
	record->within = record_text(actor->within);
}

int64_t service_geo_max_age(const struct service *service)
{
	return service->attempts->settings->geoip_max_age_s;
}

bool service_geo_is_needed(const struct service *service)
{
	return strcmp(service->attempts->settings->countries[0], "any") != 0;
}
