/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records of the ledger for who may read them. What must hold:
 *  1. That they are read is in the ledger before the first of them leaves.
 *  2. No search holds the loop: some records in each turn.
 */
#include <string.h>

#include "base/anchor.h"
#include "base/clock.h"
#include "base/network.h"
#include "cloxxsd/service/audit.h"
#include "cloxxsd/service/user_json.h"

/* So many records are looked through in one turn, and so many are told. */
#define LOOK 2000
#define TELL 64

enum filter_text {
	FILTER_USER,
	FILTER_ACTOR,
	FILTER_ADDRESS,
	FILTER_NETWORK,
	FILTER_PROJECT,
	FILTER_SERVICE,
	FILTER_EVENT,
	FILTER_RESULT,
	_N_FILTER_TEXTS,
};

static const char *const filter_names[_N_FILTER_TEXTS] = {
	[FILTER_USER] = "user",       [FILTER_ACTOR] = "actor",
	[FILTER_ADDRESS] = "address", [FILTER_NETWORK] = "network",
	[FILTER_PROJECT] = "project", [FILTER_SERVICE] = "service",
	[FILTER_EVENT] = "event",     [FILTER_RESULT] = "result",
};

#define TEXT_MAX 264

const struct varlink_parameter audit_search_parameters[] = {
	{ "user", VARLINK_STRING, true, TEXT_MAX - 1 },
	{ "actor", VARLINK_STRING, true, TEXT_MAX - 1 },
	{ "address", VARLINK_STRING, true, TEXT_MAX - 1 },
	{ "network", VARLINK_STRING, true, TEXT_MAX - 1 },
	{ "project", VARLINK_STRING, true, TEXT_MAX - 1 },
	{ "service", VARLINK_STRING, true, TEXT_MAX - 1 },
	{ "event", VARLINK_STRING, true, TEXT_MAX - 1 },
	{ "result", VARLINK_STRING, true, TEXT_MAX - 1 },
	{ "since", VARLINK_INT, true, 0 },
	{ "until", VARLINK_INT, true, 0 },
	{ "first", VARLINK_INT, true, 0 },
	{ "last", VARLINK_INT, true, 0 },
	{ "reverse", VARLINK_BOOL, true, 0 },
	{ "limit", VARLINK_INT, true, 0 },
	{ 0 },
};

const struct varlink_parameter audit_reading_parameters[] = {
	{ "source", VARLINK_STRING, false, 64 },
	{ "question", VARLINK_STRING, false, 800 },
	{ 0 },
};

struct search {
	struct service *service;
	struct ledger_filter filter;
	char texts[_N_FILTER_TEXTS][TEXT_MAX];
	struct network network;
	bool has_network;
	int64_t first, last; /* what is left to be looked through */
	int64_t n_left;      /* to be told */
};

bool audit_tell(struct service *service, struct varlink_call *call,
		enum event event, enum record_result result,
		const char *details)
{
	struct change_set set = { 0 };
	struct record record = { .at_us = clock_realtime_us(),
				 .event = event,
				 .result = result,
				 .reason = REASON_BY_ADMINISTRATOR,
				 .details = details };
	struct actor actor;

	service_find_actor(service, varlink_call_peer(call), &actor);
	actor_sign(&actor, &record);
	change_set_record(&set, record);
	if (state_apply(service->state, &set) == 0)
		return true;
	(void)!varlink_call_error(
		call, "nl.cloxxs.Audit.Unavailable",
		json_pack("{s:s}", "message",
			  "That it was read could not be recorded, so nothing "
			  "is told."));
	return false;
}

static int64_t number_of(json_t *parameters, const char *name,
			 int64_t otherwise)
{
	json_t *value = json_object_get(parameters, name);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* Addresses are in one form in the ledger. False: answered. */
static bool read_origin(struct varlink_call *call, struct search *search)
{
	char *address = search->texts[FILTER_ADDRESS];
	char canonical[ADDRESS_TEXT_MAX];

	if (*address && address_canonical(address, canonical) != 0) {
		(void)!audit_invalid(call, "address",
				     "It is no numeric address.");
		return false;
	}
	if (*address)
		memcpy(address, canonical, sizeof(canonical));
	search->has_network = *search->texts[FILTER_NETWORK] != '\0';
	if (search->has_network && network_parse(search->texts[FILTER_NETWORK],
						 &search->network) != 0) {
		(void)!audit_invalid(call, "network",
				     "It is no network such as 192.0.2.0/24.");
		return false;
	}
	return true;
}

/* What no record can have is a slip, not an empty answer. False: answered. */
static bool read_names(struct varlink_call *call, struct search *search)
{
	enum record_result result;

	if (*search->texts[FILTER_EVENT] &&
	    event_find(search->texts[FILTER_EVENT]) == _EVENT_NONE) {
		(void)!audit_invalid(
			call, "event",
			"There is no such event: see cloxxs-events(7).");
		return false;
	}
	if (*search->texts[FILTER_RESULT] &&
	    !record_result_find(search->texts[FILTER_RESULT], &result)) {
		(void)!audit_invalid(call, "result",
				     "It is none of done, failed, allowed and "
				     "denied.");
		return false;
	}
	return true;
}

static void read_numbers(json_t *parameters, struct search *search)
{
	const struct ledger *ledger = &search->service->state->ledger;
	int64_t limit = number_of(parameters, "limit", INT64_MAX);

	search->filter.since_us = number_of(parameters, "since", INT64_MIN);
	search->filter.until_us = number_of(parameters, "until", INT64_MAX);
	search->filter.reverse =
		json_is_true(json_object_get(parameters, "reverse"));
	search->first = number_of(parameters, "first", 1);
	search->last = number_of(parameters, "last", INT64_MAX);
	if (search->first <= ledger->cut.seq)
		search->first = ledger->cut.seq + 1;
	/* What is recorded from now on is not of this search. */
	if (search->last > ledger->seq)
		search->last = ledger->seq;
	search->n_left = limit < 0 ? 0 : limit;
}

static void read_texts(json_t *parameters, struct search *search)
{
	const char *of[_N_FILTER_TEXTS];

	for (unsigned int i = 0; i < _N_FILTER_TEXTS; i++) {
		const char *value = json_string_value(
			json_object_get(parameters, filter_names[i]));

		if (value)
			memcpy(search->texts[i], value, strlen(value) + 1);
		of[i] = search->texts[i];
	}
	search->filter.user = record_text(of[FILTER_USER]);
	search->filter.actor = record_text(of[FILTER_ACTOR]);
	search->filter.address = record_text(of[FILTER_ADDRESS]);
	search->filter.project = record_text(of[FILTER_PROJECT]);
	search->filter.service = record_text(of[FILTER_SERVICE]);
	search->filter.event = record_text(of[FILTER_EVENT]);
	search->filter.result = record_text(of[FILTER_RESULT]);
}

static bool is_in_network(const struct search *search,
			  const struct ledger_row *row)
{
	struct address address;

	return !search->has_network ||
	       (address_parse(row->address, &address) == 0 &&
		network_contains(&search->network, &address));
}

static json_t *entry_json(const struct ledger_row *row)
{
	char chain[ANCHOR_CHAIN_TEXT];

	anchor_write_hex(row->chain, sizeof(row->chain), chain);
	return json_pack(
		"{s:I, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
		" s:o, s:o, s:o, s:o, s:s, s:b}",
		"sequence", (json_int_t)row->seq, "at", (json_int_t)row->at_us,
		"event", row->event, "result", row->result, "reason",
		row->reason, "user", text_or_null(row->user), "actor",
		text_or_null(row->actor), "service", text_or_null(row->service),
		"address", text_or_null(row->address), "terminal",
		text_or_null(row->terminal), "reference",
		text_or_null(row->reference), "rules", text_or_null(row->rules),
		"details", text_or_null(row->details), "project",
		text_or_null(row->project), "action", text_or_null(row->action),
		"object", text_or_null(row->object), "chain", chain, "replaced",
		row->is_replaced);
}

/* Where the window of this turn ends, on the side that is gone to. */
static int look(struct search *search, struct ledger_row *ret_row)
{
	bool back = search->filter.reverse;
	int64_t first = search->first, last = search->last;
	int r;

	if (last - first >= LOOK && back)
		first = last - LOOK + 1;
	else if (last - first >= LOOK)
		last = first + LOOK - 1;
	/* Whoever reads it may keep it. */
	r = state_flush(search->service->state);
	if (r != 0)
		return r;
	r = ledger_search(&search->service->state->ledger, &search->filter,
			  first, last, ret_row);
	if (back)
		search->last = (r == 0 ? ret_row->seq : first) - 1;
	else
		search->first = (r == 0 ? ret_row->seq : last) + 1;
	return r;
}

static int tell_next(struct varlink_call *call, void *data)
{
	struct search *search = data;
	struct ledger_row row;
	int r = 0;

	for (int i = 0; r == 0 && i < TELL; i++) {
		if (search->n_left == 0 || search->first > search->last)
			return varlink_call_reply_empty(call);
		r = look(search, &row);
		if (r == LEDGER_E_UNKNOWN)
			return VARLINK_LOOKING;
		/* What was purged says nothing any more. */
		if (r != 0 || !*row.event || !is_in_network(search, &row))
			continue;
		search->n_left--;
		r = varlink_call_continue(
			call, json_pack("{s:o}", "entry", entry_json(&row)));
	}
	return r > 0 ? -EIO : r < 0 ? r : VARLINK_LOOKING;
}

/* What was asked, into the record of it. */
static void describe(const struct search *search, struct text *text)
{
	text_add(text, "source=ledger");
	for (unsigned int i = 0; i < _N_FILTER_TEXTS; i++)
		if (*search->texts[i])
			text_add_format(text, " %s=%s", filter_names[i],
					search->texts[i]);
	if (search->filter.since_us != INT64_MIN)
		text_add_format(text, " since=%lld",
				(long long)(search->filter.since_us / 1000000));
	if (search->filter.until_us != INT64_MAX)
		text_add_format(text, " until=%lld",
				(long long)(search->filter.until_us / 1000000));
}

int audit_search(struct varlink_call *call, json_t *parameters, void *userdata)
{
	scope(scope_free) struct search *search = calloc(1, sizeof(*search));
	char details[800];
	struct text text;

	if (!search)
		return -ENOMEM;
	search->service = userdata;
	read_texts(parameters, search);
	read_numbers(parameters, search);
	if (!read_origin(call, search) || !read_names(call, search))
		return 0;
	text_init(&text, details, sizeof(details));
	describe(search, &text);
	if (!audit_tell(userdata, call, EVENT_AUDIT_READ, RECORD_DONE, details))
		return 0;
	varlink_call_stream(call, tell_next, scope_take_ptr(search), free);
	return 0;
}

int audit_tell_reading(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	char details[900];
	struct text text;

	text_init(&text, details, sizeof(details));
	text_add_format(
		&text, "source=%s %s",
		json_string_value(json_object_get(parameters, "source")),
		json_string_value(json_object_get(parameters, "question")));
	if (!audit_tell(userdata, call, EVENT_AUDIT_READ, RECORD_DONE, details))
		return 0;
	return varlink_call_reply_empty(call);
}
