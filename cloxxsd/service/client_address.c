/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From where a user comes. What must hold: no address is told that a client
 * could have written. */
#include "cloxxsd/service/access.h"

#include <stdio.h>
#include <string.h>

#include "policy/forwarded.h"

static const char *string_of(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

/* Who comes round the proxies once will do so again: it is recorded. */
static void tell_around(struct service *service, struct varlink_call *call,
			const char *peer)
{
	char method[120];

	(void)snprintf(method, sizeof(method),
		       "nl.cloxxs.Access.ClientAddress (round the proxies from "
		       "%.45s)",
		       peer);
	service->refused(varlink_call_peer(call), method, service);
}

int access_client_address(struct varlink_call *call, json_t *parameters,
			  void *userdata)
{
	struct service *service = userdata;
	const struct settings_service *of =
		service_of_peer(service, varlink_call_peer(call));
	const struct forwarded_rules rules = {
		.direct = of->proxies.direct,
		.proxies = &of->proxies.list,
	};
	const char *peer = string_of(parameters, "peer");
	char address[ADDRESS_TEXT_MAX];
	int r;

	r = forwarded_client(&rules, peer, string_of(parameters, "forwarded"),
			     address);
	if (r == 0)
		return varlink_call_reply(
			call, json_pack("{s:s}", "address", address));
	if (r == FORWARDED_E_AROUND)
		tell_around(service, call, peer);
	return varlink_call_error(
		call, "nl.cloxxs.Access.NotThroughProxy",
		json_pack("{s:s}", "message",
			  forwarded_error_text((enum forwarded_error)r)));
}
