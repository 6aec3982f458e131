/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/query.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"
#include "cloxxsctl/audit/catalogue.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/time_value.h"

#define SECOND_US INT64_C(1000000)

const struct audit_filter_row audit_filters[_N_AUDIT_FILTERS] = {
	[AUDIT_USER] = { "user", "CLOXXS_USER", OPTION_USER, true, true },
	[AUDIT_ACTOR] = { "actor", "CLOXXS_ACTOR", OPTION_ACTOR, true, true },
	[AUDIT_ADDRESS] = { "address", "CLOXXS_ADDRESS", OPTION_ADDRESS, true,
			    true },
	[AUDIT_PROJECT] = { "project", "CLOXXS_PROJECT", OPTION_PROJECT, true,
			    true },
	[AUDIT_SERVICE] = { "service", "CLOXXS_SERVICE", OPTION_SERVICE, true,
			    false },
	[AUDIT_EVENT] = { "event", "CLOXXS_EVENT", OPTION_EVENT, true, false },
	[AUDIT_RESULT] = { "result", "CLOXXS_RESULT", OPTION_RESULT, true,
			   false },
	[AUDIT_REFERENCE] = { "reference", "CLOXXS_REFERENCE", -1, false,
			      true },
};

int audit_query_set(struct audit_query *query, enum audit_filter filter,
		    const char *value)
{
	char *place = query->texts[filter];
	struct text text;

	text_init(&text, place, sizeof(query->texts[filter]));
	if (filter == AUDIT_ADDRESS && address_canonical(value, place) == 0)
		return 0;
	output_add_foreign(&text, value, strlen(value));
	if (!text_is_cut(&text))
		return 0;
	*place = '\0';
	return AUDIT_QUERY_E_INVALID;
}

static int set_filters(struct audit_query *query, const struct command *command,
		       struct text *fault)
{
	for (size_t i = 0; i < _N_AUDIT_FILTERS; i++) {
		int option = audit_filters[i].option;

		if (option < 0 ||
		    !command_has(command, (enum grammar_option)option) ||
		    audit_query_set(query, (enum audit_filter)i,
				    command->values[option]) == 0)
			continue;
		text_add_format(fault,
				"--%s: is longer than any that is "
				"recorded",
				grammar_options[option].name);
		return AUDIT_QUERY_E_INVALID;
	}
	return 0;
}

bool audit_query_next_event(const char **list, char ret_event[AUDIT_FILTER_MAX])
{
	const char *event = *list, *end;

	if (!event)
		return false;
	end = strchrnul(event, ',');
	memcpy(ret_event, event, (size_t)(end - event));
	ret_event[end - event] = '\0';
	*list = *end ? end + 1 : NULL;
	return true;
}

static int prove_events(const struct audit_query *query, struct text *fault)
{
	const char *list = query->texts[AUDIT_EVENT];
	char event[AUDIT_FILTER_MAX];

	while (*query->texts[AUDIT_EVENT] &&
	       audit_query_next_event(&list, event)) {
		if (catalogue_find(event))
			continue;
		text_add(fault, "--event: \"");
		text_add_escaped(fault, event, strnlen(event, 64));
		text_add(fault, "\" is no event of cloxxs-events(7)");
		return AUDIT_QUERY_E_INVALID;
	}
	return 0;
}

static int set_network(struct audit_query *query, const struct command *command,
		       struct text *fault)
{
	const char *value = command->values[OPTION_NETWORK];
	int r;

	if (!command_has(command, OPTION_NETWORK))
		return 0;
	r = network_parse(value, &query->network);
	if (r == 0) {
		query->has_network = true;
		return 0;
	}
	text_add(fault, "--network: \"");
	text_add_escaped(fault, value, strnlen(value, 64));
	text_add_format(fault, "\" %s",
			network_error_text((enum network_error)r));
	return AUDIT_QUERY_E_INVALID;
}

static void set_period(struct audit_query *query, const struct command *command)
{
	int64_t seconds = 0;

	/* The grammar has proved both; "never" is no bound. */
	if (command_has(command, OPTION_SINCE) &&
	    time_value_read_since(command->values[OPTION_SINCE], &seconds))
		query->since_us = seconds * SECOND_US;
	if (command_has(command, OPTION_UNTIL) &&
	    time_value_read_until(command->values[OPTION_UNTIL], &seconds))
		query->until_us = seconds * SECOND_US;
}

static uint64_t number_of(const struct command *command,
			  enum grammar_option option)
{
	return command_has(command, option)
		       ? strtoull(command->values[option], NULL, 10)
		       : 0;
}

static int set_place(struct audit_query *query, const struct command *command,
		     struct text *fault)
{
	int n = 0;

	query->file = command->values[OPTION_FILE];
	query->directory = command->values[OPTION_DIRECTORY];
	query->namespace = command->values[OPTION_NAMESPACE];
	query->ledger = command_has(command, OPTION_LEDGER);
	query->has_uid = command_has(command, OPTION_UID);
	query->uid = (uid_t)number_of(command, OPTION_UID);
	n = (query->file != NULL) + (query->directory != NULL) +
	    (query->namespace != NULL) + query->ledger;
	if (n < 2)
		return 0;
	text_add(fault, "only one of --file, --directory, --namespace and "
			"--ledger says where to read");
	return AUDIT_QUERY_E_INVALID;
}

int audit_query_read(struct audit_query *query, const struct command *command,
		     struct text *fault)
{
	int r;

	*query = (struct audit_query){
		.reverse = command_has(command, OPTION_REVERSE),
		.limit = number_of(command, OPTION_LIMIT),
	};
	set_period(query, command);
	r = set_filters(query, command, fault);
	if (r == 0)
		r = prove_events(query, fault);
	if (r == 0)
		r = set_network(query, command, fault);
	return r == 0 ? set_place(query, command, fault) : r;
}

bool audit_query_is_filtered(const struct audit_query *query)
{
	for (size_t i = 0; i < _N_AUDIT_FILTERS; i++)
		if (*query->texts[i])
			return true;
	return query->has_network;
}

static bool is_between(int64_t value, int64_t low, int64_t high)
{
	return (low == 0 || value >= low) && (high == 0 || value <= high);
}

static bool is_in_network(const struct audit_query *query, const json_t *entry)
{
	struct address address;

	return !query->has_network ||
	       (address_parse(output_member(entry, "address", ""), &address) ==
			0 &&
		network_contains(&query->network, &address));
}

/* Whether value is what filter asks for. */
static bool is_asked(const struct audit_query *query, enum audit_filter filter,
		     const char *value)
{
	const char *list = query->texts[AUDIT_EVENT];
	char event[AUDIT_FILTER_MAX];

	if (filter != AUDIT_EVENT)
		return strcmp(value, query->texts[filter]) == 0;
	while (audit_query_next_event(&list, event))
		if (strcmp(value, event) == 0)
			return true;
	return false;
}

bool audit_query_wants(const struct audit_query *query, const json_t *entry)
{
	int64_t sequence = 0, at = 0;

	(void)output_member_int(entry, "sequence", &sequence);
	(void)output_member_int(entry, "at", &at);
	if (!is_between(sequence, query->first, query->last) ||
	    !is_between(at, query->since_us,
			query->until_us ? query->until_us - 1 : 0))
		return false;
	for (size_t i = 0; i < _N_AUDIT_FILTERS; i++)
		if (*query->texts[i] &&
		    !is_asked(
			    query, (enum audit_filter)i,
			    output_member(entry, audit_filters[i].member, "")))
			return false;
	return is_in_network(query, entry);
}

static void add_number(struct text *text, const char *name, int64_t number)
{
	if (number)
		text_add_format(text, "%s%s=%" PRId64, text->n ? " " : "", name,
				number);
}

static void add_moment(struct text *text, const char *name, int64_t at_us)
{
	if (!at_us)
		return;
	text_add_format(text, "%s%s=", text->n ? " " : "", name);
	timestamp_write(at_us / SECOND_US, text);
}

void audit_query_write(const struct audit_query *query, struct text *text)
{
	char network[NETWORK_TEXT_MAX];

	for (size_t i = 0; i < _N_AUDIT_FILTERS; i++)
		if (*query->texts[i])
			text_add_format(text, "%s%s=%s", text->n ? " " : "",
					audit_filters[i].member,
					query->texts[i]);
	if (query->has_network) {
		network_write(&query->network, network);
		text_add_format(text, "%snetwork=%s", text->n ? " " : "",
				network);
	}
	add_moment(text, "since", query->since_us);
	add_moment(text, "until", query->until_us);
	add_number(text, "first", query->first);
	add_number(text, "last", query->last);
	add_number(text, "limit", (int64_t)query->limit);
	if (text->n == 0)
		text_add(text, "everything");
}

static int set(json_t *parameters, const char *name, json_t *value)
{
	return json_object_set_new(parameters, name, value) < 0 ? -ENOMEM : 0;
}

static int set_number(json_t *parameters, const char *name, int64_t number)
{
	return number ? set(parameters, name, json_integer(number)) : 0;
}

/* Whether the daemon can sift by it: of events it takes one. */
static bool is_of_daemon(const struct audit_query *query,
			 enum audit_filter filter)
{
	return audit_filters[filter].is_of_daemon &&
	       (filter != AUDIT_EVENT || !strchr(query->texts[filter], ','));
}

static int set_texts(json_t *parameters, const struct audit_query *query)
{
	char network[NETWORK_TEXT_MAX];
	int r = 0;

	for (size_t i = 0; i < _N_AUDIT_FILTERS && r == 0; i++)
		if (*query->texts[i] &&
		    is_of_daemon(query, (enum audit_filter)i))
			r = set(parameters, audit_filters[i].member,
				json_string(query->texts[i]));
	if (r == 0 && query->has_network) {
		network_write(&query->network, network);
		r = set(parameters, "network", json_string(network));
	}
	return r;
}

json_t *audit_query_parameters(const struct audit_query *query)
{
	scope(json_decrefp) json_t *parameters = json_object();
	/* What it cannot sift the daemon must not count. */
	bool is_sifted = *query->texts[AUDIT_REFERENCE] ||
			 !is_of_daemon(query, AUDIT_EVENT);
	int r = set_texts(parameters, query);

	if (r == 0)
		r = set_number(parameters, "since", query->since_us);
	if (r == 0)
		r = set_number(parameters, "until", query->until_us);
	if (r == 0)
		r = set_number(parameters, "first", query->first);
	if (r == 0)
		r = set_number(parameters, "last", query->last);
	if (r == 0 && query->reverse)
		r = set(parameters, "reverse", json_true());
	if (r == 0 && !is_sifted)
		r = set_number(parameters, "limit", (int64_t)query->limit);
	return r == 0 ? scope_take_ptr(parameters) : NULL;
}
