/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/admin_origin.h"

#include <string.h>

#include "cloxxsd/attempt/origin_facts.h"
#include "cloxxsd/state/session.h"

struct looking {
	const struct service *service;
	const struct user *user;
	unsigned int n_good, n_bad;
};

static int look(const struct session *session, void *userdata)
{
	struct looking *looking = userdata;
	struct subject subject = { .comes_from_afar = *session->address };
	struct origin origin;
	int r;

	if (!session_is_running(session, looking->service->boot))
		return 0;
	memcpy(subject.service, session->service, sizeof(subject.service));
	memcpy(subject.address, session->address, sizeof(subject.address));
	r = origin_gather(looking->service->attempts, &subject, looking->user,
			  &origin);
	if (r == 0 && origin_may_administer(&origin))
		looking->n_good++;
	else
		looking->n_bad++;
	return 0;
}

bool admin_origin_is_good(const struct service *service,
			  const struct user *user)
{
	struct looking looking = { .service = service, .user = user };

	if (service->attempts->settings->administrators.any)
		return true;
	return session_for_each_user(service->state->store, user->uid, look,
				     &looking) == 0 &&
	       looking.n_good > 0 && looking.n_bad == 0;
}
