/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/listing.h"

#include <string.h>

#include "base/timestamp.h"
#include "cloxxsctl/csv.h"
#include "cloxxsctl/request.h"
#include "cloxxsctl/table.h"

/* What stands in one field, at most: a list of grants is the longest. */
#define FIELD_MAX 2048

enum listing_form listing_form_of(const struct command *command)
{
	const char *format = command->values[OPTION_FORMAT];

	if (command_has(command, OPTION_JSON))
		return LISTING_JSON;
	if (!command_has(command, OPTION_FORMAT))
		return LISTING_TABLE;
	return strcmp(format, "csv") == 0    ? LISTING_CSV
	       : strcmp(format, "json") == 0 ? LISTING_JSON
					     : LISTING_TABLE;
}

void listing_add_csv(struct text *text, const char *field)
{
	char guarded[FIELD_MAX + 1];
	struct text copy;

	if (!*field || !strchr("=+-@\t\r", *field)) {
		csv_add(text, field);
		return;
	}
	text_init(&copy, guarded, sizeof(guarded));
	text_add_format(&copy, "'%s", field);
	csv_add(text, guarded);
}

static void add_rights(struct text *text, const json_t *entry)
{
	bool read = json_is_true(json_object_get(entry, "read"));
	bool write = json_is_true(json_object_get(entry, "write"));

	/* An entry of another kind in the same table. */
	if (!json_object_get(entry, "read"))
		return;
	text_add(text, read && write ? "read, write"
		       : read        ? "read"
		       : write       ? "write"
				     : "nothing");
}

/* A time for eyes is of this place, another one of none. */
static void add_time(struct text *text, enum listing_type type, int64_t at,
		     bool for_eyes)
{
	if (for_eyes && type == LISTING_DAY)
		output_add_day(text, at);
	else if (for_eyes)
		output_add_time(text, at);
	else
		timestamp_write(at, text);
}

static void add_value(struct text *text, const struct listing_column *column,
		      const json_t *entry, bool for_eyes)
{
	int64_t number;

	switch (column->type) {
	case LISTING_TEXT:
		text_add(text, output_member(entry, column->member, ""));
		return;
	case LISTING_TIME:
	case LISTING_DAY:
		if (output_member_int(entry, column->member, &number))
			add_time(text, column->type, number, for_eyes);
		return;
	case LISTING_COUNT:
		if (output_member_int(entry, column->member, &number))
			text_add_format(text, "%lld", (long long)number);
		return;
	case LISTING_RIGHTS:
		add_rights(text, entry);
		return;
	}
}

static int add_row(struct listing *listing, const json_t *entry)
{
	const struct listing_column *columns = listing->kind->columns;
	int r = 0;

	for (size_t i = 0; columns[i].member && r == 0; i++) {
		char field[FIELD_MAX];
		struct text text;

		if (!columns[i].head)
			continue;
		text_init(&text, field, sizeof(field));
		add_value(&text, &columns[i], entry, true);
		r = table_add(listing->table, i == 0 ? TONE_BOLD : TONE_PLAIN,
			      text.n > 0 ? field : "-");
	}
	if (r == 0 && table_n_rows(listing->table) >= TABLE_BATCH)
		table_flush(listing->table, listing->output);
	return r;
}

static int write_line(struct listing *listing, const json_t *entry)
{
	const struct listing_column *columns = listing->kind->columns;
	char buffer[CSV_ROW_MAX];
	bool is_cut = false;
	struct text line;

	text_init(&line, buffer, sizeof(buffer));
	for (size_t i = 0; columns[i].member; i++) {
		char field[FIELD_MAX];
		struct text text;

		text_init(&text, field, sizeof(field));
		if (entry)
			add_value(&text, &columns[i], entry, false);
		else
			text_add(&text, columns[i].member);
		if (i > 0)
			text_add(&line, ",");
		listing_add_csv(&line, field);
		is_cut = is_cut || text_is_cut(&text);
	}
	if (is_cut || text_is_cut(&line))
		return -EMSGSIZE;
	fprintf(listing->output->stream, "%s\n", buffer);
	return 0;
}

static int write_object(struct listing *listing, const json_t *entry)
{
	FILE *stream = listing->output->stream;

	fputs(listing->n > 0 ? ",\n" : "\n", stream);
	return json_dumpf(entry, stream, JSON_COMPACT | JSON_SORT_KEYS) < 0
		       ? -EIO
		       : 0;
}

static int make_table(struct listing *listing)
{
	const struct listing_column *columns = listing->kind->columns;
	size_t n = 0;

	for (size_t i = 0; columns[i].member; i++)
		if (columns[i].head && n < ARRAY_SIZE(listing->heads))
			listing->heads[n++] = columns[i].head;
	return table_new(listing->heads, n,
			 listing->indent ? listing->indent : "",
			 &listing->table);
}

int listing_begin(struct listing *listing)
{
	switch (listing->form) {
	case LISTING_TABLE:
		return make_table(listing);
	case LISTING_JSON:
		fputc('[', listing->output->stream);
		return 0;
	case LISTING_CSV:
		return write_line(listing, NULL);
	}
	return -EINVAL;
}

static const json_t *entry_of(const struct listing *listing, json_t *reply)
{
	json_t *member = json_object_get(reply, listing->kind->member);

	if (json_is_string(member))
		return reply;
	return json_is_object(member) ? member : NULL;
}

int listing_take(json_t *reply, void *userdata)
{
	struct listing *listing = userdata;
	const json_t *entry = entry_of(listing, reply);
	int r = -EINVAL;

	if (!entry ||
	    (listing->wanted && !listing->wanted(entry, listing->userdata)))
		return 0;
	switch (listing->form) {
	case LISTING_TABLE:
		r = add_row(listing, entry);
		break;
	case LISTING_JSON:
		r = write_object(listing, entry);
		break;
	case LISTING_CSV:
		r = write_line(listing, entry);
		break;
	}
	listing->n++;
	return r;
}

int listing_end(struct listing *listing)
{
	FILE *stream = listing->output->stream;

	switch (listing->form) {
	case LISTING_TABLE:
		if (listing->n > 0)
			table_flush(listing->table, listing->output);
		else
			fprintf(stream, "%s%s\n",
				listing->indent ? listing->indent : "",
				listing->kind->none);
		return 0;
	case LISTING_JSON:
		fputs(listing->n > 0 ? "\n]" : "]", stream);
		return 0;
	case LISTING_CSV:
		return 0;
	}
	return -EINVAL;
}

void listing_deinit(struct listing *listing)
{
	listing->table = table_free(listing->table);
}

int listing_run(struct ctl *ctl, const struct command *command,
		const struct listing_kind *kind, json_t *more)
{
	uint64_t n;

	return listing_run_counting(ctl, command, kind, more, &n);
}

int listing_run_counting(struct ctl *ctl, const struct command *command,
			 const struct listing_kind *kind, json_t *more,
			 uint64_t *ret_n)
{
	scope(listing_deinit) struct listing listing = {
		.kind = kind,
		.output = ctl->output,
		.form = listing_form_of(command),
	};
	int r = listing_begin(&listing);

	if (r < 0) {
		json_decref(more);
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	}
	r = request_stream(ctl, command, more, listing_take, &listing);
	if (r != STATUS_OK)
		return r;
	r = listing_end(&listing);
	if (listing.form == LISTING_JSON)
		fputc('\n', ctl->output->stream);
	*ret_n = listing.n;
	return r < 0 ? ctl_fail_errno(ctl, command, "showing the answer", r)
		     : STATUS_OK;
}
