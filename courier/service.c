/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/service.h"

#include <jansson.h>
#include <string.h>

#include "courier/delivery.h"
#include "courier/service_countries.h"
#include "courier/service_probe.h"
#include "varlink/interfaces.h"

#define TIMEOUT_MAX_MS 60000

enum {
	PEER_ROOT = 1 << 0,
	PEER_DAEMON = 1 << 1,
};

uint32_t service_classify(const struct varlink_peer *peer, void *userdata)
{
	const struct courier *courier = userdata;

	if (peer->uid == 0)
		return PEER_ROOT;
	return courier->daemon_uid != 0 && peer->uid == courier->daemon_uid
		       ? PEER_DAEMON
		       : 0;
}

static const char *string_of(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

static json_t *string_or_null(const char *string)
{
	return string && *string ? json_string(string) : json_null();
}

static json_t *passed_json(const struct delivery_answer *answer)
{
	json_t *list = answer->n_passed > 0 ? json_array() : NULL;

	for (size_t i = 0; list && i < answer->n_passed; i++)
		(void)!json_array_append_new(
			list, json_string(answer->passed[i]->name));
	return list;
}

static void on_answer(const struct delivery_answer *answer, void *waiter)
{
	struct varlink_call *call = waiter;

	(void)!varlink_call_reply(
		call, json_pack("{s:s, s:o, s:o, s:o*}", "result",
				result_name(answer->result), "route",
				string_or_null(answer->route), "detail",
				string_or_null(answer->detail), "passed",
				passed_json(answer)));
	varlink_call_unref(call);
}

static int deliver(struct varlink_call *call, json_t *parameters,
		   void *userdata)
{
	struct courier *courier = userdata;
	json_int_t timeout_ms =
		json_integer_value(json_object_get(parameters, "timeout_ms"));
	const struct message_args message = {
		.kind = string_of(parameters, "kind"),
		.to = string_of(parameters, "to"),
		.subject = string_of(parameters, "subject"),
		.text = string_of(parameters, "text"),
		.reference = string_of(parameters, "reference"),
	};
	struct delivery_args args = {
		.message = &message,
		.route = string_of(parameters, "route"),
		.answer = on_answer,
	};
	int r;

	if (timeout_ms < 1 || timeout_ms > TIMEOUT_MAX_MS)
		return varlink_call_invalid(call, "timeout_ms");
	args.timeout_ms = (uint32_t)timeout_ms;
	args.waiter = varlink_call_ref(call);
	r = delivery_begin(courier, &args);
	if (r == 0)
		return 0;
	varlink_call_unref(call);
	return r < 0 ? r
		     : varlink_call_invalid(call,
					    r == DELIVERY_E_BUSY
						    ? "reference"
						    : message_parameter(r));
}

static json_t *describe(const struct route *route, const struct tally *tally)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
			 "route", route->name, "kind", kind_name(route->kind),
			 "location", route->location, "accepted",
			 (json_int_t)tally->n[RESULT_ACCEPTED], "refused",
			 (json_int_t)tally->n[RESULT_REFUSED], "unreachable",
			 (json_int_t)tally->n[RESULT_UNREACHABLE], "uncertain",
			 (json_int_t)tally->n[RESULT_UNCERTAIN], "accepted_at",
			 (json_int_t)tally->accepted_s, "failed_at",
			 (json_int_t)tally->failed_s, "failed_detail",
			 string_or_null(tally->failed_detail));
}

static int routes(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct courier *courier = userdata;
	const struct configuration *configuration = courier->configuration;

	(void)parameters;
	if (configuration->n_routes == 0)
		return varlink_call_reply_empty(call);
	for (size_t i = 0; i < configuration->n_routes; i++) {
		const struct route *route = &configuration->routes[i];
		struct tally *tally = NULL;
		int r = tally_find(&courier->tallies, route, &tally);

		if (r == 0 && i + 1 < configuration->n_routes)
			r = varlink_call_continue(call, describe(route, tally));
		else if (r == 0)
			r = varlink_call_reply(call, describe(route, tally));
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct varlink_parameter no_parameters[] = { { 0 } };
static const struct varlink_parameter deliver_parameters[] = {
	{ "kind", VARLINK_STRING, false, 16 },
	{ "to", VARLINK_STRING, false, MESSAGE_TO_MAX },
	{ "subject", VARLINK_STRING, true, MESSAGE_SUBJECT_MAX },
	{ "text", VARLINK_STRING, false, MESSAGE_TEXT_MAX },
	{ "reference", VARLINK_STRING, false, MESSAGE_REFERENCE_MAX },
	{ "timeout_ms", VARLINK_INT, false, 0 },
	{ "route", VARLINK_STRING, true, 64 },
	{ 0 },
};

static const struct varlink_parameter probe_parameters[] = {
	{ "name", VARLINK_STRING, true, 64 },
	{ 0 },
};

static const struct varlink_method methods[] = {
	{ .name = "nl.cloxxs.Courier.Deliver",
	  .peers = PEER_ROOT | PEER_DAEMON,
	  .flags = VARLINK_SENSITIVE,
	  .deadline_ms = TIMEOUT_MAX_MS + 5000,
	  .parameters = deliver_parameters,
	  .handle = deliver },
	{ .name = "nl.cloxxs.Courier.Routes",
	  .peers = PEER_ROOT | PEER_DAEMON,
	  .flags = VARLINK_MORE | VARLINK_MORE_ONLY,
	  .parameters = no_parameters,
	  .handle = routes },
	{ .name = "nl.cloxxs.Courier.Probe",
	  .peers = PEER_ROOT | PEER_DAEMON,
	  .flags = VARLINK_MORE | VARLINK_MORE_ONLY,
	  .deadline_ms = SERVICE_PROBE_DEADLINE_MS,
	  .parameters = probe_parameters,
	  .handle = service_probe },
	{ .name = "nl.cloxxs.Courier.FetchCountries",
	  .peers = PEER_ROOT,
	  .deadline_ms = SERVICE_COUNTRIES_DEADLINE_MS,
	  .parameters = no_parameters,
	  .handle = service_countries },
	{ 0 },
};

const struct varlink_interface service_interface = {
	.name = "nl.cloxxs.Courier",
	.description = varlink_nl_cloxxs_Courier,
	.methods = methods,
};
