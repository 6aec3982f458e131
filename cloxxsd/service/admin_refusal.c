/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last refusals, for who was told of one and does not know its code. */
#include "cloxxsd/service/admin.h"

#include "cloxxsd/state/ledger.h"

#define LIMIT 50
#define LIMIT_MAX 500
/* So many records are looked through, the newest first: one pause of the loop.
 */
#define LOOK 20000

static json_t *refusal_json(const struct ledger_row *row)
{
	return json_pack("{s:I, s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "at",
			 (json_int_t)(row->at_us / 1000000), "event",
			 row->event, "user", text_or_null(row->user), "service",
			 text_or_null(row->service), "address",
			 text_or_null(row->address), "terminal",
			 text_or_null(row->terminal), "reason", row->reason,
			 "reference", row->reference);
}

int admin_list_refusals(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	const char *user = admin_string(parameters, "user");
	json_t *asked = json_object_get(parameters, "limit");
	json_int_t limit =
		json_is_integer(asked) ? json_integer_value(asked) : LIMIT;
	struct service *service = userdata;
	struct ledger *ledger = &service->state->ledger;
	int64_t seq = ledger->seq + 1, first = seq - LOOK;
	int r = 0;

	if (limit < 1 || limit > LIMIT_MAX)
		return admin_invalid(call, "limit", "It must be 1 to 500.");
	for (; limit > 0; limit--) {
		struct ledger_row row;

		r = ledger_prev_refusal(ledger, seq, first, user, &row);
		if (r == LEDGER_E_UNKNOWN)
			break;
		if (r != 0)
			return admin_unavailable(call, ADMIN_UNREADABLE);
		seq = row.seq;
		r = varlink_call_continue(call, json_pack("{s:o}", "refusal",
							  refusal_json(&row)));
		if (r < 0)
			return r;
	}
	return varlink_call_reply_empty(call);
}
