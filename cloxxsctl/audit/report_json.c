/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>

#include "cloxxsctl/audit/report_form.h"

/* Scripts rely on these. */
static const char *const totals[_N_REPORT_TOTALS] = {
	[REPORT_TOTAL_LOGINS] = "logins",
	[REPORT_TOTAL_UNASKED] = "without_password",
	[REPORT_TOTAL_REFUSALS] = "refusals",
	[REPORT_TOTAL_LOCKS] = "locks",
	[REPORT_TOTAL_UNLOCKS] = "unlocks",
	[REPORT_TOTAL_RIGHTS] = "rights",
	[REPORT_TOTAL_ACTS] = "acts",
	[REPORT_TOTAL_ACTIONS] = "actions",
	[REPORT_TOTAL_RECORDS] = "records",
	[REPORT_TOTAL_REPLACED] = "replaced",
	[REPORT_TOTAL_MISSING] = "missing",
};

static json_t *cell_json(const struct report_column *column,
			 const struct report_cell *cell)
{
	if (!cell->is_known)
		return json_null();
	if (column->kind == REPORT_COUNT || column->kind == REPORT_BAR ||
	    column->kind == REPORT_TIME)
		return json_integer(cell->number);
	return json_string(cell->name);
}

static json_t *row_json(const struct report_view *view, size_t i)
{
	json_t *row = json_object();

	for (const struct report_column *column = view->section->columns;
	     row && column->member; column++) {
		struct report_cell cell;

		report_view_cell(view, i, column, &cell);
		if (json_object_set_new(row, column->member,
					cell_json(column, &cell)) < 0) {
			json_decref(row);
			return NULL;
		}
	}
	return row;
}

static json_t *rows_json(const struct report_view *view)
{
	json_t *rows = json_array();

	for (size_t i = 0; rows && i < view->n; i++)
		if (json_array_append_new(rows, row_json(view, i)) < 0) {
			json_decref(rows);
			return NULL;
		}
	return rows;
}

/* What is not among the rows of a section: counts of all others, or how many
 * incidents. */
static int set_left_out(json_t *left_out, const struct report_view *view)
{
	const char *member = view->section->member;

	if (view->has_others)
		return json_object_set_new(left_out, member,
					   row_json(view, view->n));
	if (view->n_left_out > 0)
		return json_object_set_new(
			left_out, member,
			json_pack("{s:I}", "number",
				  (json_int_t)view->n_left_out));
	return 0;
}

static int set_section(json_t *whole, json_t *left_out,
		       const struct audit_report *report,
		       const struct report_section *section)
{
	struct report_view view;
	int r;

	r = report_view_open(&view, report, section, LANGUAGE_ENGLISH);
	if (r == 0 && (json_object_set_new(whole, section->member,
					   rows_json(&view)) < 0 ||
		       set_left_out(left_out, &view) < 0))
		r = -ENOMEM;
	report_view_close(&view);
	return r;
}

static json_t *totals_json(const struct audit_report *report)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < _N_REPORT_TOTALS; i++)
		if (json_object_set_new(object, totals[i],
					json_integer(report->totals[i])) < 0) {
			json_decref(object);
			return NULL;
		}
	return object;
}

static json_t *known(int64_t number)
{
	return number ? json_integer(number) : json_null();
}

int audit_report_json(const struct audit_report *report, struct output *output)
{
	scope(json_decrefp) json_t *left_out = json_object(), *whole = NULL;
	int r = 0;

	whole = json_pack(
		"{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o}", "version", VERSION,
		"host", report->host, "made", (json_int_t)report->made, "since",
		known(report->since_us), "until", known(report->until_us),
		"first", known(report->first_sequence), "last",
		known(report->last_sequence), "totals", totals_json(report));
	if (!whole || !left_out)
		return -ENOMEM;
	for (const struct report_section *section = report_sections;
	     r == 0 && section->member; section++)
		r = set_section(whole, left_out, report, section);
	if (r == 0 && json_object_set(whole, "left_out", left_out) < 0)
		r = -ENOMEM;
	if (r == 0 && json_dumpf(whole, output->stream, JSON_INDENT(2)) < 0)
		r = ferror(output->stream) ? 0 : -ENOMEM;
	fputc('\n', output->stream);
	return r;
}
