/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing is cut: what does not fit whole is refused.
 *  2. An application records of its own service and users only, from where it
 *     may say that they come.
 */
#include "cloxxsd/service/action.h"

#include <string.h>

#include "cloxxsd/service/claim.h"

#define FIELD_NAME_MAX 32
#define VALUE_MAX 256
#define OBJECT_MAX 128

const struct varlink_parameter action_parameters[] = {
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

static const char *string_of(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

/* One form of name for what applications call their own. */
static struct action_fault read_name(json_t *parameters, const char *name,
				     const char **ret_value)
{
	*ret_value = string_of(parameters, name);
	if (*ret_value && !name_is_service(*ret_value, strlen(*ret_value)))
		return (struct action_fault){
			ACTION_INVALID, name,
			"It is a name of letters, digits, '.', "
			"'_' and '-', 64 at most."
		};
	return (struct action_fault){ 0 };
}

static bool is_field_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return !name[n] && n >= 1 && n <= FIELD_NAME_MAX && *name >= 'a';
}

static struct action_fault read_fields(json_t *parameters,
				       struct action *action)
{
	json_t *details = json_object_get(parameters, "details"), *value;
	const char *name;
	size_t n = 0;

	json_object_foreach(details, name, value)
	{
		if (n == ACTION_FIELDS_MAX)
			return (struct action_fault){
				ACTION_INVALID, "details",
				"It has more than 16 fields."
			};
		if (!is_field_name(name))
			return (struct action_fault){
				ACTION_INVALID, "details",
				"A field is named by a-z, 0-9 and '_', 32 at "
				"most, and begins with a letter."
			};
		action->fields[2 * n] = name;
		action->fields[2 * n + 1] = json_string_value(value);
		n++;
	}
	if (!ledger_fields_fit(action->fields))
		return (struct action_fault){
			ACTION_INVALID, "details",
			"It is more than one record can hold."
		};
	return (struct action_fault){ 0 };
}

/* of: the caller's service, NULL for root. */
static struct action_fault read_address(json_t *parameters,
					const struct settings_service *of,
					struct action *action)
{
	const char *address = string_of(parameters, "address");

	if (!address || (of ? claim_address(of, address, action->address)
			    : address_canonical(address, action->address) == 0))
		return (struct action_fault){ 0 };
	return (struct action_fault){
		ACTION_INVALID, "address",
		"It is no numeric address, or none that this "
		"application may state: see proxies in "
		"cloxxsd.conf(5)."
	};
}

static struct action_fault read_action(json_t *parameters,
				       const struct settings_service *of,
				       struct action *action)
{
	struct action_fault fault;

	action->user = string_of(parameters, "user");
	action->object = string_of(parameters, "object");
	fault = read_name(parameters, "action", &action->action);
	if (!fault.kind)
		fault = read_name(parameters, "project", &action->project);
	if (!fault.kind && !record_result_find(string_of(parameters, "result"),
					       &action->result))
		fault = (struct action_fault){
			ACTION_INVALID, "result",
			"It is none of done, failed, allowed "
			"and denied."
		};
	if (!fault.kind)
		fault = read_address(parameters, of, action);
	return fault.kind ? fault : read_fields(parameters, action);
}

/* The service for which the caller speaks. */
static struct action_fault find_service(json_t *parameters,
					const struct settings_service *of,
					struct action *action)
{
	struct action_fault fault;
	const char *said;

	fault = read_name(parameters, "service", &said);
	if (of && said && strcmp(said, of->name) != 0)
		return (struct action_fault){ ACTION_DENIED, NULL, NULL };
	if (!of && fault.kind)
		return fault;
	if (!of && !said)
		return (struct action_fault){ ACTION_NO_SERVICE, "service",
					      "Root must say of which service "
					      "it is." };
	if (of)
		said = of->name;
	memcpy(action->service, said, strlen(said) + 1);
	return (struct action_fault){ 0 };
}

/* Whether the service has such a user. */
static struct action_fault check_user(struct service *service,
				      const struct action *action)
{
	struct user user;
	int r = user_find(service->state->store, action->user, &user);

	if (r == 0 && user_may_use(&user, action->service))
		return (struct action_fault){ 0 };
	return (struct action_fault){ r == 0 || r == USER_E_UNKNOWN
					      ? ACTION_UNKNOWN_USER
					      : ACTION_UNAVAILABLE,
				      "user", NULL };
}

struct action_fault action_read(struct service *service,
				const struct varlink_peer *peer,
				json_t *parameters, struct action *ret_action)
{
	const struct settings_service *of = service_of_peer(service, peer);
	struct action_fault fault;

	*ret_action = (struct action){ 0 };
	fault = find_service(parameters, of, ret_action);
	if (!fault.kind)
		fault = read_action(parameters, of, ret_action);
	return fault.kind ? fault : check_user(service, ret_action);
}

struct record action_record(const struct action *action, int64_t at_us)
{
	return (struct record){
		.at_us = at_us,
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
	};
}
