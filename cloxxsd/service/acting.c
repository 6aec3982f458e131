/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The application acts for an administrator in force, in a session of its
 *     own service, from an administrator network; all of it at each call.
 *  2. It learns only that it may not, whatever the reason.
 *  3. Nothing that was begun for one is ended for another.
 *  4. What is done is signed by who was let in, never by less.
 */
#include "cloxxsd/service/acting.h"

#include <stdio.h>
#include <string.h>

#include "cloxxsd/attempt/origin_facts.h"
#include "cloxxsd/service/claim.h"

/* What behalf holds: enough to sign what is done in his name without another
 * look, for which there may be no memory. */
struct behalf {
	char session[SESSION_ID_MAX];
	char user[NAME_USER_MAX + 1];
	char address[ADDRESS_TEXT_MAX]; /* of the session */
	char now[ADDRESS_TEXT_MAX];     /* where he is now; "-": not said */
};
_Static_assert(sizeof(struct behalf) <= VARLINK_BEHALF_MAX, "behalf fits");
_Static_assert(SESSION_ID_MAX == 33 && NAME_USER_MAX == 32 &&
		       ADDRESS_TEXT_MAX == 46,
	       "widths below");

static bool read_behalf(const char *text, struct behalf *ret_behalf)
{
	return sscanf(text, "%32s %32s %45s %45s", ret_behalf->session,
		      ret_behalf->user, ret_behalf->address,
		      ret_behalf->now) == 4;
}

static void write_behalf(const struct behalf *behalf,
			 char text[VARLINK_BEHALF_MAX])
{
	(void)snprintf(text, VARLINK_BEHALF_MAX, "%s %s %s %s", behalf->session,
		       behalf->user, behalf->address, behalf->now);
}

/* Whether who administers may be there. */
static bool is_good_place(const struct service *service,
			  const struct application_session *one,
			  const char *address)
{
	scope(networks_deinit) struct networks fixed = { 0 };
	struct subject subject = { .comes_from_afar = true,
				   .by_application = true };
	struct origin origin;

	if (origin_networks(&one->user, &fixed) != 0)
		return false;
	memcpy(subject.service, one->session.service, sizeof(subject.service));
	memcpy(subject.address, address, strlen(address) + 1);
	origin = origin_of(service->attempts, &subject, &fixed, true);
	return origin_may_administer(&origin);
}

/* Why not, in the words of the audit; NULL where the application may. now may
 * be NULL. */
static const char *look(const struct service *service,
			const struct settings_service *of, const char *session,
			const char *now, struct application_session *ret_for)
{
	int r;

	r = application_session_find(service, of, session, now, ret_for);
	if (r == APPLICATION_E_DENIED)
		return reason_name(ret_for->reason);
	if (r != 0)
		return r < 0 ? "unreadable" : "no-session";
	if (!service_administers(service, &ret_for->user))
		return "no-administrator";
	if (!is_good_place(service, ret_for, ret_for->session.address) ||
	    (now && !is_good_place(service, ret_for, now)))
		return reason_name(REASON_OUTSIDE_ADMINISTRATOR_NETWORKS);
	return NULL;
}

bool acting_is_in_force(const struct service *service,
			const struct varlink_peer *peer)
{
	const struct settings_service *of = service_of_peer(service, peer);
	struct application_session one;
	struct behalf behalf;
	const char *now;

	if (!of || !read_behalf(peer->behalf, &behalf))
		return false;
	now = strcmp(behalf.now, "-") == 0 ? NULL : behalf.now;
	return !look(service, of, behalf.session, now, &one) &&
	       strcmp(one.user.name, behalf.user) == 0;
}

bool acting_find_actor(const struct service *service,
		       const struct varlink_peer *peer, struct actor *ret_actor)
{
	const struct settings_service *of = service_of_peer(service, peer);
	struct behalf behalf;

	if (!of || !read_behalf(peer->behalf, &behalf))
		return false;
	*ret_actor = (struct actor){ 0 };
	memcpy(ret_actor->name, behalf.user, sizeof(behalf.user));
	memcpy(ret_actor->service, of->name, strlen(of->name) + 1);
	memcpy(ret_actor->address, behalf.address, sizeof(behalf.address));
	return true;
}

static int refuse(struct service *service, struct varlink_call *call,
		  const char *why)
{
	char method[80];

	(void)snprintf(method, sizeof(method), "nl.cloxxs.Admin.ActFor (%s)",
		       why);
	service->refused(varlink_call_peer(call), method, service);
	return varlink_call_denied(call);
}

int acting_begin(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct varlink_connection *connection = varlink_call_connection(call);
	struct service *service = userdata;
	const struct settings_service *of =
		service_of_peer(service, varlink_call_peer(call));
	const char *session =
		json_string_value(json_object_get(parameters, "session"));
	const char *now =
		json_string_value(json_object_get(parameters, "address"));
	struct behalf behalf = { .now = "-" };
	struct application_session one;
	char text[VARLINK_BEHALF_MAX];
	const char *why;

	varlink_connection_set_behalf(connection, "");
	varlink_connection_set_data(connection, NULL, NULL);
	if (now && !claim_address(of, now, behalf.now))
		return refuse(service, call,
			      reason_name(REASON_ORIGIN_UNKNOWN));
	why = look(service, of, session, now ? behalf.now : NULL, &one);
	if (why)
		return refuse(service, call, why);
	memcpy(behalf.session, one.session.id, sizeof(behalf.session));
	memcpy(behalf.user, one.user.name, sizeof(behalf.user));
	memcpy(behalf.address, one.session.address, sizeof(behalf.address));
	write_behalf(&behalf, text);
	varlink_connection_set_behalf(connection, text);
	return varlink_call_reply(call,
				  json_pack("{s:s}", "user", one.user.name));
}
