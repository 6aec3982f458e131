/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/backup_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cloxxsctl/table.h"

static int64_t number(const json_t *object, const char *key)
{
	int64_t value = 0;

	(void)output_member_int(object, key, &value);
	return value;
}

/* "81.3 MiB" */
static void add_bytes(struct text *text, int64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t i = 0;

	while (value >= 1024 && i + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		i++;
	}
	text_add_format(text, i > 0 ? "%.1f %s" : "%.0f %s", value, units[i]);
}

static void print_line(struct output *output, const char *label,
		       const char *value)
{
	output_label(output, label);
	output_foreign(output, value);
	fputc('\n', output->stream);
}

static void print_mark(struct output *output, bool good, const char *sentence)
{
	fprintf(output->stream, "%s%s %s%s\n",
		output_tone(output, good ? TONE_GOOD : TONE_WARN),
		output_mark(output, good ? MARK_YES : MARK_NO), sentence,
		output_plain(output));
}

static void print_facts(struct output *output, const json_t *backup)
{
	int64_t users = number(backup, "users");
	int64_t records = number(backup, "ledger_records");
	char buffer[160];
	struct text text;

	print_line(output, "Backup", output_member(backup, "file", "?"));
	output_label(output, "Made");
	output_time(output, number(backup, "created"));
	fputs(" on ", output->stream);
	output_foreign(output, output_member(backup, "host", "?"));
	fputc('\n', output->stream);
	text_init(&text, buffer, sizeof(buffer));
	add_bytes(&text, number(backup, "bytes"));
	text_add_format(&text,
			", %" PRId64 " user%s (%" PRId64 " locked, %" PRId64
			" disabled), %" PRId64 " record%s of the ledger",
			users, text_plural(users), number(backup, "locked"),
			number(backup, "disabled"), records,
			text_plural(records));
	print_line(output, "Holds", buffer);
	print_line(output, "Sealed for",
		   output_member(backup, "recipient", "?"));
}

int backup_view_one(struct output *output, const json_t *answer)
{
	const json_t *content = json_object_get(answer, "content_proven");
	const json_t *known = json_object_get(answer, "known");

	print_facts(output, json_object_get(answer, "backup"));
	if (!content)
		return 0;
	print_line(output, "Digest",
		   output_member(json_object_get(answer, "backup"), "digest",
				 "?"));
	output_label(output, "Content");
	if (json_is_true(content))
		print_mark(output, true, "opened and proven");
	else
		print_mark(output, false,
			   "not looked at: give the --identity for that");
	output_label(output, "File");
	if (json_is_true(known))
		print_mark(output, true, "as the daemon wrote it");
	else
		print_mark(output, false,
			   json_is_false(known)
				   ? "none of those that the daemon knows"
				   : "the daemon could not be asked about it");
	return 0;
}

static const char *state_of(const json_t *backup, enum output_tone *ret_tone)
{
	const char *fault = output_member(backup, "fault", NULL);

	*ret_tone = fault ? TONE_BAD : TONE_GOOD;
	if (fault)
		return fault;
	if (json_is_true(json_object_get(backup, "known")))
		return "verified";
	*ret_tone = TONE_WARN;
	return "not known";
}

static int add_row(struct table *table, const struct output *output,
		   const json_t *backup)
{
	char when[80] = "-", size[32] = "", users[32] = "-";
	enum output_tone tone;
	const char *state = state_of(backup, &tone);
	struct text text;
	int r;

	if (!output_member(backup, "fault", NULL)) {
		text_init(&text, when, sizeof(when));
		output_add_distance(&text, output->now,
				    number(backup, "created"));
		(void)snprintf(users, sizeof(users), "%" PRId64,
			       number(backup, "users"));
	}
	text_init(&text, size, sizeof(size));
	add_bytes(&text, number(backup, "bytes"));
	r = table_add(table, TONE_PLAIN, output_member(backup, "file", "?"));
	if (r == 0)
		r = table_add(table, TONE_PLAIN, when);
	if (r == 0)
		r = table_add(table, TONE_PLAIN, size);
	if (r == 0)
		r = table_add(table, TONE_PLAIN, users);
	return r == 0 ? table_add(table, tone, state) : r;
}

static int print_backups(struct output *output, const json_t *backups)
{
	static const char *const heads[] = { "FILE", "MADE", "SIZE", "USERS",
					     "STATE" };
	scope(table_freep) struct table *table = NULL;
	const json_t *one;
	size_t i;
	int r;

	r = table_new(heads, ARRAY_SIZE(heads), "", &table);
	json_array_foreach((json_t *)(uintptr_t)backups, i, one)
	{
		if (r == 0)
			r = add_row(table, output, one);
		if (r == 0 && table_n_rows(table) >= TABLE_BATCH)
			table_flush(table, output);
	}
	if (r == 0)
		table_flush(table, output);
	return r;
}

static int add_watched(struct table *table, const json_t *one)
{
	bool good = strcmp(output_member(one, "state", ""), "good") == 0;
	char count[32];
	int r;

	(void)snprintf(count, sizeof(count), "%" PRId64, number(one, "count"));
	r = table_add(table, TONE_PLAIN, output_member(one, "name", "?"));
	if (r == 0)
		r = table_add(table, TONE_PLAIN,
			      output_member(one, "path", "?"));
	if (r == 0)
		r = table_add(table, TONE_PLAIN, count);
	if (r == 0)
		r = table_add(table, good ? TONE_GOOD : TONE_BAD,
			      output_member(one, "text", "?"));
	return r;
}

static int print_watched(struct output *output, const json_t *watched)
{
	static const char *const heads[] = { "WATCHED", "PATH", "COUNT",
					     "STATE" };
	scope(table_freep) struct table *table = NULL;
	const json_t *one;
	size_t i;
	int r;

	r = table_new(heads, ARRAY_SIZE(heads), "", &table);
	json_array_foreach((json_t *)(uintptr_t)watched, i, one)
	{
		if (r == 0)
			r = add_watched(table, one);
	}
	if (r == 0) {
		fputc('\n', output->stream);
		table_flush(table, output);
	}
	return r;
}

int backup_view_list(struct output *output, const json_t *answer)
{
	const json_t *backups = json_object_get(answer, "backups");
	const json_t *watched = json_object_get(answer, "watched");
	int r = 0;

	if (json_array_size(backups) == 0)
		fputs("There are no backups; make one with \"cloxxsctl backup "
		      "create\".\n",
		      output->stream);
	else
		r = print_backups(output, backups);
	if (r == 0 && json_array_size(watched) > 0)
		r = print_watched(output, watched);
	return r;
}

int backup_view_removed(struct output *output, const json_t *answer)
{
	const json_t *removed = json_object_get(answer, "removed");
	bool dry_run = json_is_true(json_object_get(answer, "dry_run"));

	if (json_array_size(removed) == 0) {
		fputs("No backup is old enough to go.\n", output->stream);
		return 0;
	}
	fputs(dry_run ? "These would go:\n" : "These went:\n", output->stream);
	return print_backups(output, removed);
}

static void print_changes(struct output *output, const json_t *answer)
{
	const json_t *changes = json_object_get(answer, "changes");
	int64_t left = number(answer, "changes_all") -
		       (int64_t)json_array_size(changes);
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)changes, i, one)
	{
		bool allowed = json_is_true(json_object_get(one, "allowed"));

		fprintf(output->stream, "  %s",
			output_tone(output, allowed ? TONE_WARN : TONE_PLAIN));
		output_foreign(output, output_member(one, "user", "?"));
		fputc(' ', output->stream);
		output_foreign(output, output_member(one, "what", "?"));
		fprintf(output->stream, "%s\n", output_plain(output));
	}
	if (left > 0)
		fprintf(output->stream, "  and %lld more\n", (long long)left);
}

static void print_present(struct output *output, const json_t *answer)
{
	const char *why = output_member(answer, "not_compared", NULL);

	if (!json_is_true(json_object_get(answer, "present"))) {
		print_line(output, "Present", "there is no store here");
	} else if (!json_is_true(json_object_get(answer, "compared"))) {
		output_label(output, "Present");
		fputs(output_tone(output, TONE_BAD), output->stream);
		fputs("cannot be compared: ", output->stream);
		output_foreign(output, why ? why : "?");
		fprintf(output->stream,
			"%s\n  Whoever was locked, disabled or deleted since "
			"this backup gets in again.\n",
			output_plain(output));
	} else if (number(answer, "changes_all") == 0) {
		print_line(output, "Present", "nobody differs");
	} else {
		print_line(output, "Present", "what differs is decided so:");
		print_changes(output, answer);
	}
}

int backup_view_restore(struct output *output, const json_t *answer)
{
	bool dry_run = json_is_true(json_object_get(answer, "dry_run"));
	const char *kept = output_member(answer, "kept_store", NULL);
	int64_t lost = number(answer, "ledger_lost");

	print_facts(output, json_object_get(answer, "backup"));
	print_present(output, answer);
	output_label(output, "Ledger");
	if (lost > 0)
		fprintf(output->stream,
			"%sloses the records that came after this backup: "
			"%lld%s\n",
			output_tone(output, TONE_WARN), (long long)lost,
			output_plain(output));
	else
		fputs("goes on, with a record of this\n", output->stream);
	if (json_is_true(json_object_get(answer, "writes_key"))) {
		print_line(output, "Key file",
			   dry_run ? "none here: would be written"
				   : "none was here: written");
		print_mark(
			output, false,
			"Nothing here proves who made this backup: whoever "
			"has the public half of the\n  recovery key can seal "
			"one. Compare the digest that \"cloxxsctl backup "
			"verify\" tells\n  with the record backup-created "
			"in a journal that is kept elsewhere.");
	}
	if (kept)
		print_line(output, "Kept", kept);
	fputs(dry_run ? "Nothing was changed.\n"
		      : "Restored. Start the daemon: systemctl start "
			"cloxxsd.socket cloxxsd.service\n",
	      output->stream);
	return 0;
}
