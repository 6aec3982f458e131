/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. An application speaks for its own service only, any other but root for
 *     himself, found by the kernel's uid.
 *  2. An address is believed from root, and from an application whose settings
 *     say how users reach it; the rest from root only.
 *  3. A user has no more decided of himself, and so recorded, than his part.
 */
#include "cloxxsd/service/claim.h"

#include <string.h>

#include "base/clock.h"

static const char *string_of(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

/* Copies what fits; false where it does not. NULL gives "". */
static bool copy(char *buffer, size_t size, const char *value)
{
	size_t n = value ? strlen(value) : 0;

	if (n >= size)
		return false;
	if (n > 0)
		memcpy(buffer, value, n);
	buffer[n] = '\0';
	return true;
}

/* Where he has no address: the login that he does it in. */
static void find_login(const struct service *service, struct subject *subject)
{
	struct audit_session login;

	if (subject->comes_from_afar ||
	    audit_session_find(service->state->store, service->boot,
			       subject->audit_session, &login) != 0)
		return;
	memcpy(subject->login_address, login.address, sizeof(login.address));
	audit_session_write(&login,
			    *subject->requester ? subject->requester
						: subject->name,
			    subject->within);
}

static void believe_root(const struct service *service, struct subject *subject,
			 json_t *parameters)
{
	const char *address = string_of(parameters, "address");
	json_int_t number = json_integer_value(
		json_object_get(parameters, "audit_session"));

	/* What is no numeric address is no address: names are not looked up. */
	if (!address || address_canonical(address, subject->address) != 0)
		subject->address[0] = '\0';
	subject->comes_from_afar = address && *address;
	(void)!copy(subject->terminal, sizeof(subject->terminal),
		    string_of(parameters, "terminal"));
	(void)!copy(subject->requester, sizeof(subject->requester),
		    string_of(parameters, "requester"));
	if (audit_session_is_number(number))
		subject->audit_session = number;
	find_login(service, subject);
}

bool claim_address(const struct settings_service *of, const char *address,
		   char ret_address[ADDRESS_TEXT_MAX])
{
	const struct networks *proxies = &of->proxies.list;
	struct address parsed;

	if ((!of->proxies.direct && proxies->n == 0) ||
	    address_parse(address, &parsed) != 0 ||
	    networks_contain(proxies, &parsed))
		return false;
	address_write(&parsed, ret_address);
	return true;
}

/* Its users come from somewhere, whatever it says, and never from this host
 * itself. */
static void believe_application(const struct settings_service *of,
				struct subject *subject, json_t *parameters)
{
	const char *address = string_of(parameters, "address");

	if (!address || !claim_address(of, address, subject->address))
		subject->address[0] = '\0';
	subject->comes_from_afar = true;
	subject->by_application = true;
}

/* The parameter that cannot be, or NULL. */
static const char *read_subject(struct service *service,
				struct varlink_call *call, json_t *parameters,
				struct subject *ret_subject)
{
	const struct settings_service *of;
	const struct varlink_peer *peer = varlink_call_peer(call);
	json_t *system_uid = json_object_get(parameters, "system_uid");
	const char *language = string_of(parameters, "language");

	*ret_subject = (struct subject){ .peer = peer->uid };
	if (!copy(ret_subject->name, sizeof(ret_subject->name),
		  string_of(parameters, "user")))
		return "user";
	if (!copy(ret_subject->service, sizeof(ret_subject->service),
		  string_of(parameters, "service")) ||
	    !name_is_service(ret_subject->service,
			     strlen(ret_subject->service)))
		return "service";
	if (language)
		ret_subject->language = language_find(language);
	if (json_is_integer(system_uid)) {
		ret_subject->has_system_uid = true;
		ret_subject->system_uid = json_integer_value(system_uid);
	}
	of = service_of_peer(service, peer);
	if (peer->uid == 0)
		believe_root(service, ret_subject, parameters);
	else if (of && strcmp(of->name, ret_subject->service) == 0)
		believe_application(of, ret_subject, parameters);
	return NULL;
}

/* Root for anyone, an application for users of its service, others for the user
 * whose uid is theirs: accounts of applications are never users'. */
static bool may_speak_for(struct service *service,
			  const struct subject *subject)
{
	struct user user;

	return subject->peer == 0 || subject->by_application ||
	       (user_find_uid(service->state->store, subject->peer, &user) ==
			0 &&
		strcmp(user.name, subject->name) == 0);
}

static int refuse_busy(struct varlink_call *call)
{
	return varlink_call_error(call, "nl.cloxxs.Login.Busy", NULL);
}

bool claim_take(struct service *service, struct varlink_call *call,
		json_t *parameters, struct subject *ret_subject)
{
	const char *wrong =
		read_subject(service, call, parameters, ret_subject);

	if (wrong) {
		(void)!varlink_call_invalid(call, wrong);
		return false;
	}
	if (!may_speak_for(service, ret_subject)) {
		service->refused(varlink_call_peer(call), "nl.cloxxs.Login",
				 service);
		(void)!varlink_call_denied(call);
		return false;
	}
	if (ret_subject->peer != 0 && !ret_subject->by_application &&
	    !allowance_take(&service->allowance, ret_subject->peer,
			    clock_monotonic_us())) {
		(void)!refuse_busy(call);
		return false;
	}
	return true;
}
