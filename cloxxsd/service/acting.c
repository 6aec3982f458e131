/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The application acts for an administrator in force, in a session of its
 *     own service, from an administrator network; all of it at each call.
 *  2. It learns only that it may not, whatever the reason.
 *  3. Nothing that was begun for one is ended for another.
 */
#include "cloxxsd/service/acting.h"

#include <stdio.h>
#include <string.h>

#include "cloxxsd/attempt/origin_facts.h"
#include "cloxxsd/service/claim.h"

/* What behalf holds: the session, and where its user is now where that was
 * said. */
struct behalf {
	char session[SESSION_ID_MAX];
	char address[ADDRESS_TEXT_MAX]; /* "": not said */
};
_Static_assert(sizeof(struct behalf) <= VARLINK_BEHALF_MAX, "behalf fits");

static bool read_behalf(const char *text, struct behalf *ret_behalf)
{
	size_t n = strcspn(text, " ");
	const char *address = text[n] ? text + n + 1 : "";

	if (n != SESSION_ID_MAX - 1 || strlen(address) >= ADDRESS_TEXT_MAX)
		return false;
	*ret_behalf = (struct behalf){ 0 };
	memcpy(ret_behalf->session, text, n);
	memcpy(ret_behalf->address, address, strlen(address));
	return true;
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

/* Why not, in the words of the audit; NULL where the application may. */
static const char *look(const struct service *service,
			const struct settings_service *of,
			const struct behalf *behalf,
			struct application_session *ret_for)
{
	const char *address = *behalf->address ? behalf->address : NULL;
	int r;

	r = application_session_find(service, of, behalf->session, address,
				     ret_for);
	if (r == APPLICATION_E_DENIED)
		return reason_name(ret_for->reason);
	if (r != 0)
		return r < 0 ? "unreadable" : "no-session";
	if (!service_administers(service, &ret_for->user))
		return "no-administrator";
	if (!is_good_place(service, ret_for, ret_for->session.address) ||
	    (address && !is_good_place(service, ret_for, address)))
		return reason_name(REASON_OUTSIDE_ADMINISTRATOR_NETWORKS);
	return NULL;
}

bool acting_find(const struct service *service, const struct varlink_peer *peer,
		 struct application_session *ret_for)
{
	const struct settings_service *of = service_of_peer(service, peer);
	struct behalf behalf;

	return of && read_behalf(peer->behalf, &behalf) &&
	       !look(service, of, &behalf, ret_for);
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
	const char *address =
		json_string_value(json_object_get(parameters, "address"));
	char text[VARLINK_BEHALF_MAX], canonical[ADDRESS_TEXT_MAX] = "";
	struct application_session one;
	struct behalf behalf;
	const char *why;

	varlink_connection_set_behalf(connection, "");
	varlink_connection_set_data(connection, NULL, NULL);
	if (address && !claim_address(of, address, canonical))
		return refuse(service, call,
			      reason_name(REASON_ORIGIN_UNKNOWN));
	(void)snprintf(
		text, sizeof(text), "%.40s%s%s",
		json_string_value(json_object_get(parameters, "session")),
		address ? " " : "", canonical);
	why = read_behalf(text, &behalf) ? look(service, of, &behalf, &one)
					 : "no-session";
	if (why)
		return refuse(service, call, why);
	varlink_connection_set_behalf(connection, text);
	return varlink_call_reply(call,
				  json_pack("{s:s}", "user", one.user.name));
}
