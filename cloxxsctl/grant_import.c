/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grants of a file brought to the daemon in portions, on one connection;
 * and all grants as such a file. */
#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"
#include "cloxxsctl/csv.h"
#include "cloxxsctl/grant.h"
#include "cloxxsctl/grant_file.h"
#include "cloxxsctl/import.h"
#include "cloxxsctl/listing.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/request.h"
#include "cloxxsctl/user_file.h"

#define ADMIN "nl.cloxxs.Admin."

static int send_batch(struct import *importing)
{
	scope(json_decrefp) json_t *reply = NULL;
	int status;

	if (json_array_size(importing->batch) == 0)
		return STATUS_OK;
	status = request_ask(importing->ctl, importing->command,
			     importing->client, ADMIN "GrantsPut",
			     import_take(importing, "grants"), &reply);
	if (status == STATUS_OK)
		fault_list_take(&importing->faults, reply);
	return status;
}

static void own_fault(int64_t line, const char *sentence, void *userdata)
{
	struct import *importing = userdata;

	fault_list_add(&importing->faults, line, sentence);
}

static int take_grant(json_t *grant, void *userdata)
{
	struct import *importing = userdata;
	size_t n = import_bytes_of(grant);
	int status = STATUS_OK;

	if (!import_has_room(importing, n))
		status = send_batch(importing);
	if (status != STATUS_OK) {
		json_decref(grant);
		return status;
	}
	return import_add(importing, grant, n);
}

static void print_right(struct output *output, const json_t *change,
			const char *right, const char *until)
{
	int64_t at;

	output_foreign(output, output_member(change, right, "?"));
	if (output_member_int(change, until, &at)) {
		char stamp[64];
		struct text text;

		text_init(&text, stamp, sizeof(stamp));
		output_add_time(&text, at);
		fprintf(output->stream, " until %s", stamp);
	}
}

/* "grants.csv:2: anna budget-2027: write until 2027-01-01 ... -> read" */
static void print_change(const struct import *importing, const json_t *change)
{
	struct output *output = importing->ctl->output;
	int64_t line = 0;

	(void)output_member_int(change, "line", &line);
	output_foreign(output, importing->faults.file);
	fprintf(output->stream, ":%lld: ", (long long)line);
	output_foreign(output, output_member(change, "holder", "?"));
	fputc(' ', output->stream);
	output_foreign(output, output_member(change, "project", "?"));
	fputs(": ", output->stream);
	print_right(output, change, "right_before", "until_before");
	fputs(" -> ", output->stream);
	print_right(output, change, "right", "until");
	fputc('\n', output->stream);
}

/* What a dry run tells, as it comes. */
struct dry_run {
	const struct import *importing;
	json_t *changes, *last;
};

static void dry_run_deinit(struct dry_run *run)
{
	json_decref(run->changes);
	json_decref(run->last);
}

/* A change, or what comes behind all of them. */
static int take_change(json_t *reply, void *userdata)
{
	json_t *change = json_object_get(reply, "change");
	struct dry_run *run = userdata;

	if (!json_is_object(change)) {
		json_decref(run->last);
		run->last = json_incref(reply);
		return 0;
	}
	if (command_has(run->importing->command, OPTION_JSON))
		return json_array_append(run->changes, change) < 0 ? -ENOMEM
								   : 0;
	print_change(run->importing, change);
	return 0;
}

/* The daemon's answer to a dry run, with all changes; an exit status. */
static int ask_for_changes(const struct import *importing, json_t **ret_reply)
{
	scope(dry_run_deinit) struct dry_run run = { .importing = importing,
						     .changes = json_array() };
	int status;

	status = request_ask_more(importing->ctl, importing->command,
				  importing->client, ADMIN "GrantsCommit",
				  json_pack("{s:b}", "dry_run", 1), take_change,
				  &run);
	if (status != STATUS_OK)
		return status;
	*ret_reply = json_incref(run.last);
	if (!command_has(importing->command, OPTION_JSON) ||
	    json_object_set(*ret_reply, "changes", run.changes) == 0)
		return STATUS_OK;
	return ctl_fail_errno(importing->ctl, importing->command, "memory",
			      -ENOMEM);
}

static void tell_outcome(const struct import *importing, bool done,
			 const json_t *reply)
{
	FILE *stream = importing->ctl->output->stream;

	if (command_has(importing->command, OPTION_JSON)) {
		(void)!json_dumpf(reply, stream,
				  JSON_INDENT(2) | JSON_SORT_KEYS);
		fputc('\n', stream);
		return;
	}
	import_tell(importing, reply, done);
}

static int commit(struct import *importing)
{
	/* What was found here the daemon does not know. */
	bool dry_run = command_has(importing->command, OPTION_DRY_RUN) ||
		       fault_list_any(&importing->faults);
	scope(json_decrefp) json_t *reply = NULL;
	int status;

	if (dry_run && !fault_list_any(&importing->faults))
		status = ask_for_changes(importing, &reply);
	else
		status = request_ask(
			importing->ctl, importing->command, importing->client,
			ADMIN "GrantsCommit",
			json_pack("{s:b}", "dry_run", (int)dry_run), &reply);
	if (status == STATUS_OK)
		status = import_judge(
			importing, reply,
			json_is_integer(json_object_get(reply, "added")));
	if (status == STATUS_OK)
		tell_outcome(importing, !dry_run, reply);
	return status;
}

static int import_all(struct import *importing, const struct user_bytes *bytes)
{
	const struct grant_file_args args = {
		.bytes = bytes->bytes,
		.n = bytes->n,
		.grant = take_grant,
		.fault = own_fault,
		.userdata = importing,
	};
	scope(json_decrefp) json_t *reply = NULL;
	int r;

	r = request_ask(importing->ctl, importing->command, importing->client,
			ADMIN "GrantsBegin", NULL, &reply);
	if (r != STATUS_OK)
		return r;
	r = grant_file_read(&args);
	if (r < 0)
		return ctl_fail_errno(importing->ctl, importing->command,
				      importing->faults.file, r);
	if (r == STATUS_OK)
		r = send_batch(importing);
	return r == STATUS_OK ? commit(importing) : r;
}

static void importing_freep(struct import **importing)
{
	if (*importing)
		import_deinit(*importing);
	free(*importing);
}

int grant_run_import(struct ctl *ctl, const struct command *command)
{
	scope(importing_freep) struct import *importing =
		calloc(1, sizeof(*importing));
	scope(user_bytes_deinit) struct user_bytes bytes = { 0 };
	struct ctl patient = *ctl;
	json_t *none = NULL;
	int r;

	if (!importing)
		return ctl_fail_errno(ctl, command, "memory", -ENOMEM);
	patient.timeout_ms = IMPORT_TIMEOUT_MS;
	importing->ctl = &patient;
	importing->command = command;
	importing->faults.file = command->operands[0];
	importing->batch = json_array();
	r = user_bytes_read(command->operands[0], &bytes);
	if (r < 0)
		return ctl_fail_errno(ctl, command, command->operands[0], r);
	r = request_prepare(&patient, command, &none, &importing->client);
	json_decref(none);
	return r == STATUS_OK ? import_all(importing, &bytes) : r;
}

/* Export. */

struct exporting {
	FILE *stream;
	int64_t now;
};

static void add_field(struct text *text, const json_t *grant, size_t column)
{
	int64_t until;

	if (column != GRANT_COLUMN_UNTIL)
		text_add(text, output_member(grant, grant_columns[column], ""));
	else if (output_member_int(grant, "until", &until))
		timestamp_write(until, text);
}

static int each_grant(json_t *reply, void *userdata)
{
	const json_t *grant = json_object_get(reply, "grant");
	struct exporting *exporting = userdata;
	char buffer[CSV_ROW_MAX];
	struct text line;
	int64_t until;

	/* Where there are none. One that has ended is none any more. */
	if (!json_is_object(grant) ||
	    (output_member_int(grant, "until", &until) &&
	     until <= exporting->now))
		return 0;
	text_init(&line, buffer, sizeof(buffer));
	for (size_t i = 0; i < _GRANT_COLUMN_N; i++) {
		char field[CSV_FIELD_MAX];
		struct text text;

		text_init(&text, field, sizeof(field));
		add_field(&text, grant, i);
		if (i > 0)
			text_add(&line, ",");
		listing_add_csv(&line, field);
		if (text_is_cut(&text))
			return -EMSGSIZE;
	}
	if (text_is_cut(&line))
		return -EMSGSIZE;
	fprintf(exporting->stream, "%s\n", buffer);
	return 0;
}

int grant_run_export(struct ctl *ctl, const struct command *command)
{
	struct exporting exporting = { .stream = ctl->output->stream,
				       .now = ctl->output->now };

	for (size_t i = 0; i < _GRANT_COLUMN_N; i++)
		fprintf(exporting.stream, "%s%s", i > 0 ? "," : "",
			grant_columns[i]);
	fputc('\n', exporting.stream);
	return request_stream(ctl, command, NULL, each_grant, &exporting);
}
