/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/whence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cloxxsd/state/audit_session.h"

void whence_find_root(const struct service *service,
		      const struct varlink_peer *peer, struct actor *actor)
{
	struct audit_session login;
	int64_t number;

	if (sscanf(peer->behalf, "%" SCNd64, &number) != 1 ||
	    audit_session_find(service->state->store, service->boot, number,
			       &login) != 0)
		return;
	memcpy(actor->address, login.address, sizeof(login.address));
	audit_session_write(&login, actor->name, actor->within);
}

int whence_introduce(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	char text[VARLINK_BEHALF_MAX];
	json_int_t number = json_integer_value(
		json_object_get(parameters, "audit_session"));

	(void)userdata;
	(void)snprintf(text, sizeof(text), "%" PRId64, (int64_t)number);
	varlink_connection_set_behalf(varlink_call_connection(call), text);
	return varlink_call_reply_empty(call);
}

struct looking {
	const struct service *service;
	struct session found;
	unsigned int n;
	bool is_ambiguous;
};

/* What root told of alone: what he opens for himself says nothing, nor does
 * what an application opened of who runs as his uid. */
static int look(const struct session *session, void *userdata)
{
	struct looking *looking = userdata;

	if ((session->opener != SESSION_OPENER_ROOT &&
	     session->opener != SESSION_OPENER_OTHER) ||
	    subject_is_unattended(session->service) ||
	    !session_is_running(session, looking->service->boot))
		return 0;
	/* Of who became him (su) it is not told where he is. */
	if (session->opener == SESSION_OPENER_OTHER ||
	    (looking->n > 0 &&
	     strcmp(looking->found.address, session->address) != 0))
		looking->is_ambiguous = true;
	looking->found = *session;
	looking->n++;
	return 0;
}

void whence_find_user(const struct service *service, uint32_t uid,
		      struct actor *actor)
{
	struct looking looking = { .service = service };
	struct audit_session login = { 0 };

	if (session_for_each_user(service->state->store, uid, look, &looking) !=
		    0 ||
	    looking.n == 0 || looking.is_ambiguous)
		return;
	memcpy(actor->address, looking.found.address,
	       sizeof(looking.found.address));
	if (looking.n > 1)
		return;
	memcpy(login.session, looking.found.id, sizeof(login.session));
	memcpy(login.user, actor->name, sizeof(login.user) - 1);
	audit_session_write(&login, actor->name, actor->within);
}
