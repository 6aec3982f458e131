/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A session counts on root's word only: what a user opens for himself says
 *     nothing of where he is, nor does what an application opened for him of
 *     who runs as his uid.
 *  2. Where somebody else has become him (su), that is in no place of his.
 *  3. What nobody sits at is no place either.
 */
#include "cloxxsd/service/admin_origin.h"

#include <string.h>

#include "cloxxsd/attempt/origin_facts.h"
#include "cloxxsd/state/session.h"

struct looking {
	const struct service *service;
	const struct networks *fixed;
	unsigned int n_good, n_bad;
};

static bool is_good(const struct looking *looking,
		    const struct session *session)
{
	struct subject subject = { .comes_from_afar = *session->address };
	struct origin origin;

	if (session->opener != SESSION_OPENER_ROOT)
		return false;
	memcpy(subject.service, session->service, sizeof(subject.service));
	memcpy(subject.address, session->address, sizeof(subject.address));
	origin = origin_of(looking->service->attempts, &subject, looking->fixed,
			   true);
	return origin_may_administer(&origin);
}

static int look(const struct session *session, void *userdata)
{
	struct looking *looking = userdata;

	if (session->opener == SESSION_OPENER_HIMSELF ||
	    session->opener == SESSION_OPENER_APPLICATION ||
	    subject_is_unattended(session->service) ||
	    !session_is_running(session, looking->service->boot))
		return 0;
	if (is_good(looking, session))
		looking->n_good++;
	else
		looking->n_bad++;
	return 0;
}

bool admin_origin_is_good(const struct service *service,
			  const struct user *user)
{
	scope(networks_deinit) struct networks fixed = { 0 };
	struct looking looking = { .service = service, .fixed = &fixed };

	if (service->attempts->settings->administrators.any)
		return true;
	return origin_networks(user, &fixed) == 0 &&
	       session_for_each_user(service->state->store, user->uid, look,
				     &looking) == 0 &&
	       looking.n_good > 0 && looking.n_bad == 0;
}
