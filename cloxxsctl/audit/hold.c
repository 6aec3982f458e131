/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs hold and erase: what is kept longer than its time, and who is put
 * under a pseudonym. */
#include "cloxxsctl/audit/audit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "cloxxsctl/audit/query.h"
#include "cloxxsctl/listing.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/request.h"

static const struct listing_column columns[] = {
	{ "id", "ID", LISTING_COUNT },
	{ "user", "USER", LISTING_TEXT },
	{ "class", "CLASS", LISTING_TEXT },
	{ "since", "SINCE", LISTING_TIME },
	{ "until", "UNTIL", LISTING_TIME },
	{ "made", "MADE", LISTING_TIME },
	{ "actor", "BY", LISTING_TEXT },
	{ "reason", "REASON", LISTING_TEXT },
	{ 0 },
};
static const struct listing_kind holds = {
	.member = "hold",
	.none = "Nothing is on hold.",
	.columns = columns,
};

static int print_json(const struct ctl *ctl, const json_t *reply)
{
	FILE *stream = ctl->output->stream;

	(void)!json_dumpf(reply, stream, JSON_INDENT(2) | JSON_SORT_KEYS);
	fputc('\n', stream);
	return STATUS_OK;
}

static bool set_time(json_t *period, const char *name, int64_t at_us)
{
	return at_us == 0 ||
	       json_object_set_new(period, name,
				   json_integer((json_int_t)at_us)) == 0;
}

/* The period, as the daemon takes it. NULL: no memory. */
static json_t *period_of(const struct audit_query *query)
{
	json_t *period = json_object();

	if (set_time(period, "since", query->since_us) &&
	    set_time(period, "until", query->until_us))
		return period;
	json_decref(period);
	return NULL;
}

static int take_last(json_t *reply, void *userdata)
{
	json_t **last = userdata;

	json_decref(*last);
	*last = json_incref(reply);
	return 0;
}

int audit_run_hold_add(struct ctl *ctl, const struct command *command)
{
	scope(scope_free) struct audit_query *query = calloc(1, sizeof(*query));
	scope(json_decrefp) json_t *reply = NULL;
	json_t *period;
	char sentence[256];
	struct text fault;
	int64_t id = 0;
	int r;

	if (!query)
		return ctl_fail_errno(ctl, command, "memory", -ENOMEM);
	text_init(&fault, sentence, sizeof(sentence));
	if (audit_query_read(query, command, &fault) != 0)
		return ctl_fail(ctl, command, STATUS_USAGE, sentence);
	/* Without it the hold would be a wider one. */
	period = period_of(query);
	if (!period)
		return ctl_fail_errno(ctl, command, "memory", -ENOMEM);
	r = request_stream(ctl, command, period, take_last, &reply);
	if (r != STATUS_OK)
		return r;
	if (command_has(command, OPTION_JSON))
		return print_json(ctl, reply);
	(void)output_member_int(reply, "id", &id);
	fprintf(ctl->output->stream, "Hold %lld: made.\n", (long long)id);
	return STATUS_OK;
}

/* Times of holds are told in microseconds; tables show seconds. */
static int take_hold(json_t *reply, void *userdata)
{
	static const char *const members[] = { "since", "until" };
	json_t *hold = json_object_get(reply, "hold");
	struct listing *listing = userdata;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		int64_t at;

		if (output_member_int(hold, members[i], &at) &&
		    json_object_set_new(
			    hold, members[i],
			    json_integer((json_int_t)(at / 1000000))) < 0)
			return -ENOMEM;
	}
	return listing_take(reply, listing);
}

int audit_run_hold_list(struct ctl *ctl, const struct command *command)
{
	struct listing listing = { .kind = &holds,
				   .output = ctl->output,
				   .form = listing_form_of(command),
				   .indent = "" };
	int r = listing_begin(&listing);

	if (r == 0)
		r = request_stream(ctl, command, NULL, take_hold, &listing);
	if (r == STATUS_OK)
		r = listing_end(&listing);
	listing_deinit(&listing);
	return r < 0 ? ctl_fail_errno(ctl, command, "showing the answer", r)
		     : r;
}

int audit_run_hold_release(struct ctl *ctl, const struct command *command)
{
	char *end;
	long long id = strtoll(command->operands[0], &end, 10);
	scope(json_decrefp) json_t *reply = NULL;
	json_t *parameters;
	int r;

	if (*end || id < 1)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"a hold has a number: see \"cloxxsctl audit "
				"hold list\"");
	parameters = json_pack("{s:I}", "id", (json_int_t)id);
	if (!parameters)
		return ctl_fail_errno(ctl, command, "memory", -ENOMEM);
	r = request_stream(ctl, command, parameters, take_last, &reply);
	if (r != STATUS_OK || command_has(command, OPTION_JSON))
		return r != STATUS_OK ? r : print_json(ctl, reply);
	fprintf(ctl->output->stream, "Hold %lld: released.\n", id);
	return STATUS_OK;
}

static void tell_erased(struct output *output, const json_t *reply)
{
	int64_t changed = 0, held = 0, broken = 0;

	(void)output_member_int(reply, "changed", &changed);
	(void)output_member_int(reply, "held", &held);
	(void)output_member_int(reply, "broken", &broken);
	if (changed == 0) {
		fputs("No record was changed.\n", output->stream);
	} else {
		fprintf(output->stream,
			"%lld records changed; the name is now ",
			(long long)changed);
		output_foreign(output, output_member(reply, "pseudonym", "?"));
		fputs(".\n", output->stream);
	}
	if (held > 0)
		fprintf(output->stream,
			"%lld are on hold and stay as they are.\n",
			(long long)held);
	if (broken > 0)
		fprintf(output->stream,
			"%lld are not as they were written and stay: see "
			"\"cloxxsctl audit verify\".\n",
			(long long)broken);
	fputs("The journal has the name until its files are removed, backups "
	      "until they are:\nsee \"journalctl --disk-usage\", "
	      "MaxRetentionSec "
	      "in journald.conf(5), and\n\"cloxxsctl backup list\".\n",
	      output->stream);
}

int audit_run_erase(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	char question[200];
	struct text text;
	int r;

	text_init(&text, question, sizeof(question));
	text_add(&text, "Erase ");
	text_add_escaped(&text, command->operands[0],
			 strnlen(command->operands[0], 100));
	text_add(&text, " from all records");
	r = request_confirm(ctl, command, question);
	if (r == STATUS_OK)
		r = request_stream(ctl, command, NULL, take_last, &reply);
	if (r != STATUS_OK)
		return r;
	if (command_has(command, OPTION_JSON))
		return print_json(ctl, reply);
	tell_erased(ctl->output, reply);
	return STATUS_OK;
}
