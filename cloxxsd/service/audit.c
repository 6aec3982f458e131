/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What was answered is on the disk, whole: nothing is lost without an
 * error.
 *  2. Of many actions of one call all are recorded, or none is.
 */
#include "cloxxsd/service/audit.h"

#include "cloxxsd/service/audit_batch.h"
#include "varlink/interfaces.h"

/* Of one call. */
#define ACTIONS_MAX 256

int audit_invalid(struct varlink_call *call, const char *parameter,
		  const char *message)
{
	return varlink_call_error(call, "nl.cloxxs.Audit.Invalid",
				  json_pack("{s:s, s:s, s:n}", "parameter",
					    parameter, "message", message,
					    "record"));
}

/* What is wrong with action i of many, or (-1) with the only one. */
static int refuse(struct service *service, struct varlink_call *call,
		  const struct action_fault *fault, const char *user,
		  json_int_t i)
{
	json_t *where = i < 0 ? json_null() : json_integer(i);

	switch (fault->kind) {
	case ACTION_DENIED:
		json_decref(where);
		service->refused(varlink_call_peer(call),
				 "nl.cloxxs.Audit.Record", service);
		return varlink_call_denied(call);
	case ACTION_UNKNOWN_USER:
		return varlink_call_error(
			call, "nl.cloxxs.Audit.UnknownUser",
			json_pack("{s:s, s:o}", "user", user, "record", where));
	case ACTION_NO_SERVICE:
		if (i < 0) {
			json_decref(where);
			return varlink_call_invalid(call, "service");
		}
		break;
	case ACTION_INVALID:
		break;
	case ACTION_UNAVAILABLE:
	case _ACTION_GOOD:
		json_decref(where);
		return audit_unavailable(call);
	}
	return varlink_call_error(call, "nl.cloxxs.Audit.Invalid",
				  json_pack("{s:s, s:s, s:o}", "parameter",
					    fault->parameter, "message",
					    fault->message, "record", where));
}

static json_t *answer_one(int64_t first, int64_t last)
{
	(void)last;
	return json_pack("{s:I}", "sequence", (json_int_t)first);
}

static json_t *answer_many(int64_t first, int64_t last)
{
	return json_pack("{s:I, s:I}", "first", (json_int_t)first, "last",
			 (json_int_t)last);
}

static int record(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct service *service = userdata;
	struct action_fault fault;
	struct action action;

	fault = action_read(service, varlink_call_peer(call), parameters,
			    &action);
	if (fault.kind)
		return refuse(service, call, &fault, action.user, -1);
	if (audit_batch_add(service->audit_batch, call, &action, 1,
			    answer_one) < 0)
		return audit_unavailable(call);
	return 0;
}

static struct action_fault read_one(struct service *service,
				    struct varlink_call *call, json_t *item,
				    struct action *ret_action)
{
	const char *parameter = varlink_object_fault(action_parameters, item);

	ret_action->user = "";
	if (parameter)
		return (struct action_fault){
			ACTION_INVALID, parameter,
			"It is missing, unknown, or of another type or size "
			"than the interface says."
		};
	return action_read(service, varlink_call_peer(call), item, ret_action);
}

static int record_many(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	json_t *records = json_object_get(parameters, "records"), *item;
	scope(scope_free) struct action *actions = NULL;
	struct service *service = userdata;
	struct action_fault fault;
	size_t i;

	if (json_array_size(records) == 0)
		return varlink_call_invalid(call, "records");
	actions = calloc(json_array_size(records), sizeof(*actions));
	if (!actions)
		return audit_unavailable(call);
	json_array_foreach(records, i, item)
	{
		fault = read_one(service, call, item, &actions[i]);
		if (fault.kind)
			return refuse(service, call, &fault, actions[i].user,
				      (json_int_t)i);
	}
	if (audit_batch_add(service->audit_batch, call, actions, i,
			    answer_many) < 0)
		return audit_unavailable(call);
	return 0;
}

static const struct varlink_parameter many_parameters[] = {
	{ "records", VARLINK_OBJECTS, false, ACTIONS_MAX },
	{ 0 },
};
static const struct varlink_parameter no_parameters[] = {
	{ 0 },
};

#define READERS (PEER_ROOT | PEER_ADMINISTRATOR)

static const struct varlink_method methods[] = {
	{ "nl.cloxxs.Audit.Record", PEER_ROOT | PEER_SERVICE, 0, 16384, 30000,
	  action_parameters, record },
	{ "nl.cloxxs.Audit.RecordMany", PEER_ROOT | PEER_SERVICE, 0, 0, 30000,
	  many_parameters, record_many },
	{ "nl.cloxxs.Audit.Search", READERS, VARLINK_MORE_ONLY, 0, 30000,
	  audit_search_parameters, audit_search },
	{ "nl.cloxxs.Audit.TellReading", READERS, 0, 0, 30000,
	  audit_reading_parameters, audit_tell_reading },
	{ "nl.cloxxs.Audit.Verify", READERS, VARLINK_MORE_ONLY, 0, 30000,
	  audit_verify_parameters, audit_verify },
	{ "nl.cloxxs.Audit.Head", READERS, 0, 0, 30000, no_parameters,
	  audit_head },
	{ "nl.cloxxs.Audit.AddHold", READERS, 0, 0, 30000,
	  audit_hold_parameters, audit_add_hold },
	{ "nl.cloxxs.Audit.ListHolds", READERS, VARLINK_MORE_ONLY, 0, 30000,
	  no_parameters, audit_list_holds },
	{ "nl.cloxxs.Audit.ReleaseHold", READERS, 0, 0, 30000,
	  audit_release_parameters, audit_release_hold },
	{ "nl.cloxxs.Audit.ErasePerson", READERS, VARLINK_MORE_ONLY, 0, 30000,
	  audit_erase_parameters, audit_erase_person },
	{ "nl.cloxxs.Audit.Unseen", PEER_ROOT | PEER_JOURNAL, 0, 0, 30000,
	  no_parameters, audit_unseen },
	{ "nl.cloxxs.Audit.Seen", PEER_ROOT | PEER_JOURNAL, 0, 0, 30000,
	  audit_seen_parameters, audit_seen },
	{ 0 },
};

const struct varlink_interface service_audit = {
	.name = "nl.cloxxs.Audit",
	.description = varlink_nl_cloxxs_Audit,
	.methods = methods,
};
