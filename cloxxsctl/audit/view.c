/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/view.h"

#include <inttypes.h>
#include <string.h>

#include "base/timestamp.h"
#include "cloxxsctl/output.h"

#define SECOND_US INT64_C(1000000)
#define CELL_MAX 2048
#define LINE_MAX_BYTES 32768

enum cell {
	CELL_TEXT,
	CELL_SEQUENCE,
	CELL_LOCAL,  /* when, here */
	CELL_UTC,    /* when, anywhere */
	CELL_AT,     /* when, in microseconds */
	CELL_ACTOR,  /* who did it, where it is another than whom it is about */
	CELL_WHENCE, /* the service, and the address or terminal */
	CELL_OUTCOME, /* the result, and the reason where there is one */
	CELL_WHAT,    /* what was done to what, or what changed */
	CELL_REPLACED,
};

struct column {
	const char *member; /* and the name of the column in CSV */
	enum cell cell;
};

static const char *const table_heads[] = {
	"RECORD", "TIME", "EVENT", "USER", "BY", "FROM", "RESULT", "WHAT",
};
static const struct column table_columns[ARRAY_SIZE(table_heads)] = {
	{ "sequence", CELL_SEQUENCE }, { NULL, CELL_LOCAL },
	{ "event", CELL_TEXT },        { "user", CELL_TEXT },
	{ NULL, CELL_ACTOR },          { NULL, CELL_WHENCE },
	{ NULL, CELL_OUTCOME },        { NULL, CELL_WHAT },
};

/* Also the members of JSON, in this order. */
static const struct column members[] = {
	{ "time", CELL_UTC },          { "at", CELL_AT },
	{ "sequence", CELL_SEQUENCE }, { "event", CELL_TEXT },
	{ "result", CELL_TEXT },       { "reason", CELL_TEXT },
	{ "user", CELL_TEXT },         { "actor", CELL_TEXT },
	{ "service", CELL_TEXT },      { "address", CELL_TEXT },
	{ "terminal", CELL_TEXT },     { "reference", CELL_TEXT },
	{ "project", CELL_TEXT },      { "action", CELL_TEXT },
	{ "object", CELL_TEXT },       { "details", CELL_TEXT },
	{ "rules", CELL_TEXT },        { "chain", CELL_TEXT },
	{ "replaced", CELL_REPLACED },
};

void audit_view_add_time(struct text *text, int64_t at_us)
{
	char stamp[TIMESTAMP_TEXT_MAX];
	struct text seconds;

	text_init(&seconds, stamp, sizeof(stamp));
	timestamp_write(at_us / SECOND_US, &seconds);
	/* Without its "Z", behind the fraction. */
	text_add_bytes(text, stamp, seconds.n > 0 ? seconds.n - 1 : 0);
	text_add_format(text, ".%06dZ", (int)(at_us % SECOND_US));
}

static void add_whence(struct text *text, const json_t *entry)
{
	const char *service = output_member(entry, "service", "");
	const char *address = output_member(
		entry, "address", output_member(entry, "terminal", ""));

	text_add_format(text, "%s%s%s", service,
			*service && *address ? " " : "", address);
}

static void add_outcome(struct text *text, const json_t *entry)
{
	const char *reason = output_member(entry, "reason", "none");

	text_add(text, output_member(entry, "result", ""));
	if (strcmp(reason, "none") != 0)
		text_add_format(text, " (%s)", reason);
}

static void add_what(struct text *text, const json_t *entry)
{
	static const char *const names[] = { "project", "action", "object",
					     "details" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = output_member(entry, names[i], "");

		if (*value)
			text_add_format(text, "%s%s", text->n ? " " : "",
					value);
	}
}

static void add_cell(struct text *text, const struct column *column,
		     const json_t *entry)
{
	const char *actor = output_member(entry, "actor", "");
	int64_t at = 0, sequence = 0;

	(void)output_member_int(entry, "at", &at);
	(void)output_member_int(entry, "sequence", &sequence);
	switch (column->cell) {
	case CELL_TEXT:
		text_add(text, output_member(entry, column->member, ""));
		return;
	case CELL_SEQUENCE:
		text_add_format(text, "%" PRId64, sequence);
		return;
	case CELL_LOCAL:
		output_add_time(text, at / SECOND_US);
		return;
	case CELL_UTC:
		audit_view_add_time(text, at);
		return;
	case CELL_AT:
		text_add_format(text, "%" PRId64, at);
		return;
	case CELL_ACTOR:
		if (strcmp(actor, output_member(entry, "user", "")) != 0)
			text_add(text, actor);
		return;
	case CELL_WHENCE:
		add_whence(text, entry);
		return;
	case CELL_OUTCOME:
		add_outcome(text, entry);
		return;
	case CELL_WHAT:
		add_what(text, entry);
		return;
	case CELL_REPLACED:
		text_add(text,
			 json_is_true(json_object_get(entry, column->member))
				 ? "yes"
				 : "no");
		return;
	}
}

static int take_row(struct audit_view *view, const json_t *entry)
{
	bool bad = strcmp(output_member(entry, "result", ""), "denied") == 0;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table_columns) && r == 0; i++) {
		char cell[CELL_MAX];
		struct text text;

		text_init(&text, cell, sizeof(cell));
		add_cell(&text, &table_columns[i], entry);
		r = table_add(view->table,
			      table_columns[i].cell == CELL_OUTCOME && bad
				      ? TONE_BAD
				      : TONE_PLAIN,
			      text.n > 0 ? cell : "-");
	}
	if (r == 0 &&
	    (view->at_once || table_n_rows(view->table) >= TABLE_BATCH))
		table_flush(view->table, view->output);
	return r;
}

/* entry NULL: the heads. */
static int write_csv(struct audit_view *view, const json_t *entry)
{
	char bytes[LINE_MAX_BYTES];
	bool is_cut = false;
	struct text line;

	text_init(&line, bytes, sizeof(bytes));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		char field[CELL_MAX];
		struct text text;

		text_init(&text, field, sizeof(field));
		if (entry)
			add_cell(&text, &members[i], entry);
		else
			text_add(&text, members[i].member);
		if (i > 0)
			text_add(&line, ",");
		listing_add_csv(&line, field);
		is_cut = is_cut || text_is_cut(&text);
	}
	if (is_cut || text_is_cut(&line))
		return -EMSGSIZE;
	fprintf(view->output->stream, "%s\n", bytes);
	return 0;
}

static json_t *member_of(const struct column *column, const json_t *entry)
{
	char stamp[TIMESTAMP_TEXT_MAX + 8];
	struct text text;
	int64_t at = 0;

	if (column->cell != CELL_UTC) {
		json_t *value = json_object_get(entry, column->member);

		return json_is_null(value) ? NULL : json_incref(value);
	}
	(void)output_member_int(entry, "at", &at);
	text_init(&text, stamp, sizeof(stamp));
	audit_view_add_time(&text, at);
	return json_string(stamp);
}

json_t *audit_view_object(const json_t *entry)
{
	scope(json_decrefp) json_t *object = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(members) && object; i++) {
		json_t *value = member_of(&members[i], entry);

		if (value &&
		    json_object_set_new(object, members[i].member, value) < 0)
			return NULL;
	}
	return scope_take_ptr(object);
}

static int write_json(struct audit_view *view, const json_t *entry)
{
	scope(json_decrefp) json_t *object = audit_view_object(entry);

	if (!object)
		return -ENOMEM;
	if (json_dumpf(object, view->output->stream,
		       JSON_COMPACT | JSON_ENSURE_ASCII) < 0)
		return -EIO;
	fputc('\n', view->output->stream);
	return 0;
}

int audit_view_begin(struct audit_view *view)
{
	switch (view->form) {
	case LISTING_TABLE:
		return table_new(table_heads, ARRAY_SIZE(table_heads), "",
				 &view->table);
	case LISTING_JSON:
		return 0;
	case LISTING_CSV:
		return write_csv(view, NULL);
	}
	return -EINVAL;
}

int audit_view_take(json_t *entry, void *userdata)
{
	struct audit_view *view = userdata;
	int r = -EINVAL;

	switch (view->form) {
	case LISTING_TABLE:
		r = take_row(view, entry);
		break;
	case LISTING_JSON:
		r = write_json(view, entry);
		break;
	case LISTING_CSV:
		r = write_csv(view, entry);
		break;
	}
	view->n++;
	/* A reader that has gone, or a full disk, ends it here. */
	return r == 0 && (view->at_once || ferror(view->output->stream))
		       ? output_finish(view->output)
		       : r;
}

int audit_view_end(struct audit_view *view)
{
	if (view->form == LISTING_TABLE && view->n > 0)
		table_flush(view->table, view->output);
	else if (view->form == LISTING_TABLE)
		fputs("No record was found.\n", view->output->stream);
	return 0;
}

void audit_view_deinit(struct audit_view *view)
{
	view->table = table_free(view->table);
}
