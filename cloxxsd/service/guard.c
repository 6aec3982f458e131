/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/guard.h"

#include "cloxxsd/service/admin.h"

bool guard_is_root(struct service *service, struct varlink_call *call,
		   const char *message)
{
	const struct varlink_peer *peer = varlink_call_peer(call);

	if (peer->uid == 0)
		return true;
	service->refused(peer, "nl.cloxxs.Admin", service);
	(void)!varlink_call_error(call, "nl.cloxxs.Admin.RootOnly",
				  json_pack("{s:s}", "message", message));
	return false;
}

bool guard_may_change(struct service *service, struct varlink_call *call,
		      const struct user *user)
{
	if (user->protected)
		return guard_is_root(service, call,
				     "The user is protected: only root changes "
				     "him.");
	return guard_may_keep_out(service, call, user);
}

bool guard_may_keep_out(struct service *service, struct varlink_call *call,
			const struct user *user)
{
	return !user->break_glass ||
	       guard_is_root(service, call,
			     "This is a break-glass account: only root changes "
			     "it.");
}

bool guard_may_become(struct service *service, struct varlink_call *call,
		      const struct user *before, const struct user *after)
{
	struct user_moment moment = service_moment(service);

	return user_is_administrator(after, &moment) ||
	       guard_may_lose(service, call, before);
}

bool guard_may_lose(struct service *service, struct varlink_call *call,
		    const struct user *user)
{
	struct user_moment moment = service_moment(service);
	uint32_t n_others = 0;
	int r;

	if (!user_is_administrator(user, &moment))
		return true;
	r = user_count_administrators(service->state->store, user->uid, &moment,
				      &n_others);
	if (r == 0 && n_others > 0)
		return true;
	if (r != 0)
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	else
		(void)!admin_conflict(call,
				      "He is the last administrator who can "
				      "get in: make another one first, with "
				      "user set NAME --role administrator.");
	return false;
}
