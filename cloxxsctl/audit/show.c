/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb show: one record whole. */
#include "cloxxsctl/audit/audit.h"

#include <inttypes.h>
#include <string.h>

#include "cloxxsctl/audit/entry.h"
#include "cloxxsctl/audit/ledger.h"
#include "cloxxsctl/audit/meaning.h"
#include "cloxxsctl/audit/source.h"
#include "cloxxsctl/audit/view.h"
#include "cloxxsctl/request.h"

#define SECOND_US INT64_C(1000000)
#define DIGITS_MAX 15
#define CODE_MAX 10
#define CODE_HYPHEN 4

struct line {
	const char *label;
	const char *member;
};

static const struct line lines[] = {
	{ "Result", "result" },     { "Reason", "reason" },
	{ "User", "user" },         { "By", "actor" },
	{ "Service", "service" },   { "Address", "address" },
	{ "Terminal", "terminal" }, { "Reference", "reference" },
	{ "Project", "project" },   { "Action", "action" },
	{ "Object", "object" },     { "Details", "details" },
	{ "Rules", "rules" },       { "Chain", "chain" },
};

static void show_line(struct output *output, const char *label,
		      const char *value)
{
	if (!value || !*value)
		return;
	output_label(output, label);
	output_foreign(output, value);
	fputc('\n', output->stream);
}

static void show_meaning(struct output *output, const json_t *entry)
{
	const char *id = output_member(entry, "message_id", NULL);
	char meaning[2048];
	struct text text;

	text_init(&text, meaning, sizeof(meaning));
	if (!id || !audit_meaning_add(id, &text))
		text_add(&text, "see cloxxs-events(7)");
	show_line(output, "Meaning", output_member(entry, "meaning", meaning));
}

static void show_table(struct output *output, const json_t *entry)
{
	int64_t at = 0, sequence = 0;

	(void)output_member_int(entry, "at", &at);
	(void)output_member_int(entry, "sequence", &sequence);
	output_label(output, "Record");
	fprintf(output->stream, "%" PRId64 "\n", sequence);
	output_label(output, "When");
	output_time(output, at / SECOND_US);
	fputc('\n', output->stream);
	show_line(output, "Event", output_member(entry, "event", "?"));
	show_meaning(output, entry);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		show_line(output, lines[i].label,
			  output_member(entry, lines[i].member, NULL));
	if (json_is_true(json_object_get(entry, "replaced")))
		show_line(output, "Replaced",
			  "a name in it gave way to a pseudonym; see "
			  "\"cloxxsctl audit erase\"");
}

static int show_json(struct output *output, const json_t *entry)
{
	scope(json_decrefp) json_t *object = audit_view_object(entry);
	const char *id = output_member(entry, "message_id", NULL);
	char meaning[2048];
	struct text text;

	if (!object)
		return -ENOMEM;
	text_init(&text, meaning, sizeof(meaning));
	if (id && audit_meaning_add(id, &text) &&
	    json_object_set_new(object, "meaning", json_string(meaning)) < 0)
		return -ENOMEM;
	if (json_dumpf(object, output->stream,
		       JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0)
		return -EIO;
	fputc('\n', output->stream);
	return 0;
}

struct showing {
	struct ctl *ctl;
	const struct command *command;
	uint64_t n;
};

static int take(json_t *entry, void *userdata)
{
	struct showing *showing = userdata;
	struct output *output = showing->ctl->output;

	if (command_has(showing->command, OPTION_JSON)) {
		showing->n++;
		return show_json(output, entry);
	}
	/* Two of one number: a fault that is told of below. */
	if (showing->n++ > 0)
		fputc('\n', output->stream);
	show_table(output, entry);
	return 0;
}

static bool is_sequence(const char *word, int64_t *ret_sequence)
{
	size_t n = strlen(word);

	if (n == 0 || n > DIGITS_MAX || word[0] == '0' ||
	    strspn(word, "0123456789") != n)
		return false;
	*ret_sequence = (int64_t)strtoll(word, NULL, 10);
	return true;
}

/* A code as it is recorded, "K7QF-2M9X": the daemon's own reading of what
 * people type (Crockford's digits). False: it is none. */
static bool read_code(const char *typed, char ret_code[CODE_MAX])
{
	size_t n = 0;

	for (; *typed; typed++) {
		char c = *typed;

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
		if (n == CODE_HYPHEN)
			ret_code[n++] = '-';
		if (n >= CODE_MAX - 1)
			return false;
		ret_code[n++] = c;
	}
	ret_code[n] = '\0';
	return n == CODE_MAX - 1;
}

/* The ledger is not sifted by code: when it was is asked for first. */
static int find_moment(struct ctl *ctl, const struct command *command,
		       struct audit_query *query)
{
	scope(json_decrefp) json_t *reply = NULL;
	struct grammar_verb row;
	struct command call;
	int64_t at = 0;
	int r;

	call = audit_ledger_call(command, "nl.cloxxs.Admin.Explain", &row);
	r = request_call(
		ctl, &call,
		json_pack("{s:s}", "reference", query->texts[AUDIT_REFERENCE]),
		&reply);
	if (r != STATUS_OK)
		return r;
	(void)output_member_int(reply, "at", &at);
	query->since_us = at * SECOND_US;
	query->until_us = query->since_us + SECOND_US;
	return STATUS_OK;
}

/* The record of query, wherever it is: the ledger may keep it for longer. */
static int find(struct ctl *ctl, struct showing *showing,
		struct audit_query *query)
{
	scope(audit_gaps_deinit) struct audit_gaps gaps = { 0 };
	const struct command *command = showing->command;
	bool is_only_here = query->file || query->directory || query->namespace;
	int r = STATUS_OK;

	if (!query->ledger)
		r = audit_source_run(ctl, command, query, take, showing, &gaps);
	(void)audit_source_tell_gaps(ctl, command, &gaps);
	if (r != STATUS_OK || showing->n > 0 || is_only_here)
		return r;
	if (!query->ledger)
		failure_print(ctl->errors, command,
			      "not in the journal; asking the daemon");
	query->ledger = true;
	if (*query->texts[AUDIT_REFERENCE])
		r = find_moment(ctl, command, query);
	return r == STATUS_OK ? audit_source_run(ctl, command, query, take,
						 showing, NULL)
			      : r;
}

int audit_run_show(struct ctl *ctl, const struct command *command)
{
	struct showing showing = { .ctl = ctl, .command = command };
	char sentence[FAILURE_LINE_MAX];
	char code[CODE_MAX];
	struct audit_query query;
	struct text text;
	int r;

	text_init(&text, sentence, sizeof(sentence));
	r = audit_query_read(&query, command, &text);
	if (r != 0)
		return ctl_fail(ctl, command, STATUS_USAGE, sentence);
	if (is_sequence(command->operands[0], &query.first))
		query.last = query.first;
	else if (!read_code(command->operands[0], code) ||
		 audit_query_set(&query, AUDIT_REFERENCE, code) != 0)
		return ctl_fail(ctl, command, STATUS_NOT_FOUND,
				"there is no such record");
	r = find(ctl, &showing, &query);
	if (r == STATUS_OK && showing.n == 0)
		return ctl_fail(ctl, command, STATUS_NOT_FOUND,
				"there is no such record");
	return r;
}
