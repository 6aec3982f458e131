/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What was answered is on the disk, whole: nothing is cut, nothing is lost
 *     without an error.
 *  2. An application records of its own service and users only, from where it
 *     may say that they come.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/service/claim.h"
#include "varlink/interfaces.h"

#define FIELDS_MAX 16
#define FIELD_NAME_MAX 32
#define VALUE_MAX 256
#define OBJECT_MAX 128

/* What is wrong with a call, beside who makes it; all NULL where nothing is. */
struct fault {
	const char *parameter, *message;
};

/* What is to be recorded; it points into parameters, but for the address. */
struct action {
	const char *service, *user, *project, *action, *object;
	enum record_result result;
	char address[ADDRESS_TEXT_MAX]; /* "": not said */
	const char *fields[2 * FIELDS_MAX + 1];
};

static const char *string_of(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

/* One form of name for what applications call their own. */
static struct fault read_name(json_t *parameters, const char *name,
			      const char **ret_value)
{
	*ret_value = string_of(parameters, name);
	if (*ret_value && !name_is_service(*ret_value, strlen(*ret_value)))
		return (struct fault){ name,
				       "It is a name of letters, digits, '.', "
				       "'_' and '-', 64 at most." };
	return (struct fault){ 0 };
}

static bool is_field_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return !name[n] && n >= 1 && n <= FIELD_NAME_MAX && *name >= 'a';
}

static struct fault read_fields(json_t *parameters, struct action *action)
{
	json_t *details = json_object_get(parameters, "details"), *value;
	const char *name;
	size_t n = 0;

	json_object_foreach(details, name, value)
	{
		if (n == FIELDS_MAX)
			return (struct fault){ "details",
					       "It has more than 16 fields." };
		if (!is_field_name(name))
			return (struct fault){
				"details",
				"A field is named by a-z, 0-9 and '_', 32 at "
				"most, and begins with a letter."
			};
		action->fields[2 * n] = name;
		action->fields[2 * n + 1] = json_string_value(value);
		n++;
	}
	if (!ledger_fields_fit(action->fields))
		return (struct fault){ "details",
				       "It is more than one record can hold." };
	return (struct fault){ 0 };
}

/* of: the caller's service, NULL for root. */
static struct fault read_address(json_t *parameters,
				 const struct settings_service *of,
				 struct action *action)
{
	const char *address = string_of(parameters, "address");

	if (!address || (of ? claim_address(of, address, action->address)
			    : address_canonical(address, action->address) == 0))
		return (struct fault){ 0 };
	return (struct fault){ "address",
			       "It is no numeric address, or none that this "
			       "application may state: see proxies in "
			       "cloxxsd.conf(5)." };
}

static struct fault read_action(json_t *parameters,
				const struct settings_service *of,
				struct action *action)
{
	struct fault fault;

	action->user = string_of(parameters, "user");
	action->object = string_of(parameters, "object");
	fault = read_name(parameters, "action", &action->action);
	if (!fault.parameter)
		fault = read_name(parameters, "project", &action->project);
	if (!fault.parameter &&
	    !record_result_find(string_of(parameters, "result"),
				&action->result))
		fault = (struct fault){ "result",
					"It is none of done, failed, allowed "
					"and denied." };
	if (!fault.parameter)
		fault = read_address(parameters, of, action);
	return fault.parameter ? fault : read_fields(parameters, action);
}

/* Sets the service for which the caller speaks; false: answered. */
static bool take_service(struct service *service, struct varlink_call *call,
			 json_t *parameters, struct action *action)
{
	const struct varlink_peer *peer = varlink_call_peer(call);
	const struct settings_service *of = service_of_peer(service, peer);
	struct fault fault;

	fault = read_name(parameters, "service", &action->service);
	if (of &&
	    (!action->service || strcmp(action->service, of->name) == 0)) {
		action->service = of->name;
		return true;
	}
	if (of) {
		service->refused(peer, "nl.cloxxs.Audit.Record", service);
		(void)!varlink_call_denied(call);
		return false;
	}
	if (action->service && !fault.parameter)
		return true;
	(void)!varlink_call_invalid(call, "service");
	return false;
}

static int unavailable(struct varlink_call *call)
{
	return varlink_call_error(
		call, "nl.cloxxs.Audit.Unavailable",
		json_pack("{s:s}", "message",
			  "It could not be written; nothing was recorded."));
}

/* Whether the service has such a user; false: answered. */
static bool check_user(struct service *service, struct varlink_call *call,
		       const struct action *action)
{
	struct user user;
	int r = user_find(service->state->store, action->user, &user);

	if (r == 0 && user_may_use(&user, action->service))
		return true;
	if (r == 0 || r == USER_E_UNKNOWN)
		(void)!varlink_call_error(
			call, "nl.cloxxs.Audit.UnknownUser",
			json_pack("{s:s}", "user", action->user));
	else
		(void)!unavailable(call);
	return false;
}

static int write_action(struct service *service, const struct action *action)
{
	struct change_set set = { 0 };

	change_set_record(&set, (struct record){
					.at_us = clock_realtime_us(),
					.event = EVENT_ACTION,
					.result = action->result,
					.reason = REASON_NONE,
					.user = action->user,
					.actor = action->user,
					.service = action->service,
					.address = record_text(action->address),
					.project = action->project,
					.action = action->action,
					.object = action->object,
					.fields = action->fields,
				});
	return state_apply(service->state, &set);
}

static int record(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct service *service = userdata;
	struct action action = { 0 };
	struct fault fault;

	if (!take_service(service, call, parameters, &action))
		return 0;
	fault = read_action(parameters,
			    service_of_peer(service, varlink_call_peer(call)),
			    &action);
	if (fault.parameter)
		return varlink_call_error(call, "nl.cloxxs.Audit.Invalid",
					  json_pack("{s:s, s:s}", "parameter",
						    fault.parameter, "message",
						    fault.message));
	if (!check_user(service, call, &action))
		return 0;
	if (write_action(service, &action) != 0)
		return unavailable(call);
	return varlink_call_reply(
		call, json_pack("{s:I}", "sequence",
				(json_int_t)service->state->ledger.seq));
}

static const struct varlink_parameter record_parameters[] = {
	{ "service", VARLINK_STRING, true, NAME_SERVICE_MAX },
	{ "user", VARLINK_STRING, false, ATTEMPT_NAME_MAX },
	{ "address", VARLINK_STRING, true, 255 },
	{ "project", VARLINK_STRING, true, 255 },
	{ "action", VARLINK_STRING, false, 255 },
	{ "object", VARLINK_STRING, true, OBJECT_MAX },
	{ "result", VARLINK_STRING, false, 16 },
	{ "details", VARLINK_MAP, true, VALUE_MAX },
	{ 0 },
};

static const struct varlink_method methods[] = {
	{ "nl.cloxxs.Audit.Record", PEER_ROOT | PEER_SERVICE, 0, 16384, 30000,
	  record_parameters, record },
	{ 0 },
};

const struct varlink_interface service_audit = {
	.name = "nl.cloxxs.Audit",
	.description = varlink_nl_cloxxs_Audit,
	.methods = methods,
};
