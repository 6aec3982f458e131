/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the unit that reads the journal tells of it. What must hold:
 *  1. It can have a record that was sent sent once more, or not again; what was
 *     never sent is sent whatever it says.
 */
#include "cloxxsd/service/audit.h"

#define RANGES_MAX 512

const struct varlink_parameter audit_seen_parameters[] = {
	{ "ranges", VARLINK_OBJECTS, false, RANGES_MAX },
	{ "last", VARLINK_INT, false, 0 },
	{ "until", VARLINK_INT, false, 0 },
	{ 0 },
};

static const struct varlink_parameter range_parameters[] = {
	{ "first", VARLINK_INT, false, 0 },
	{ "last", VARLINK_INT, false, 0 },
	{ 0 },
};

static int unreadable(struct varlink_call *call)
{
	return varlink_call_error(
		call, "nl.cloxxs.Audit.Unavailable",
		json_pack("{s:s}", "message",
			  "The ledger cannot be read or written."));
}

int audit_unseen(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct service *service = userdata;
	struct ledger_unseen unseen;

	(void)parameters;
	if (ledger_find_unseen(&service->state->ledger, &unseen) != 0)
		return unreadable(call);
	if (unseen.first == 0)
		return varlink_call_reply(
			call,
			json_pack("{s:n, s:n, s:n}", "first", "last", "since"));
	return varlink_call_reply(call,
				  json_pack("{s:I, s:I, s:I}", "first",
					    (json_int_t)unseen.first, "last",
					    (json_int_t)unseen.last, "since",
					    (json_int_t)unseen.since_us));
}

static int mark_seen(struct ledger *ledger, json_t *ranges)
{
	json_t *range;
	int r = 0;
	size_t i;

	json_array_foreach(ranges, i, range)
	{
		int64_t first =
			json_integer_value(json_object_get(range, "first"));
		int64_t last =
			json_integer_value(json_object_get(range, "last"));

		if (r == 0)
			r = ledger_mark_seen(ledger, first, last);
	}
	return r;
}

static int mark(struct service *service, json_t *parameters, int64_t *ret_lost)
{
	struct ledger *ledger = &service->state->ledger;
	int r = store_begin(service->state->store);

	if (r != 0)
		return r;
	r = mark_seen(ledger, json_object_get(parameters, "ranges"));
	if (r == 0)
		r = ledger_mark_unseen(
			ledger,
			json_integer_value(json_object_get(parameters, "last")),
			json_integer_value(
				json_object_get(parameters, "until")),
			ret_lost);
	if (r == 0)
		return store_commit(service->state->store);
	store_rollback(service->state->store);
	return r;
}

int audit_seen(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct service *service = userdata;
	int64_t n_lost = 0;
	json_t *range;
	size_t i;

	json_array_foreach(json_object_get(parameters, "ranges"), i, range)
	{
		if (varlink_object_fault(range_parameters, range))
			return varlink_call_invalid(call, "ranges");
	}
	if (mark(service, parameters, &n_lost) != 0)
		return unreadable(call);
	if (n_lost > 0)
		service->send_again(service->userdata);
	return varlink_call_reply(
		call, json_pack("{s:I}", "lost", (json_int_t)n_lost));
}
