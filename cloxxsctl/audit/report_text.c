/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "cloxxsctl/audit/report_form.h"
#include "cloxxsctl/table.h"

#define BAR_MAX 30
#define COLUMNS 78

static void print_heading(struct output *output, const char *title)
{
	fprintf(output->stream, "\n%s%s%s\n", output_tone(output, TONE_BOLD),
		title, output_plain(output));
}

/* The texts of ours are ASCII: a letter is a byte. */
static void print_wrapped(struct output *output, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column > 0 && column + 1 + n > COLUMNS - 2)
			column = 0, fputc('\n', output->stream);
		fprintf(output->stream, "%s%.*s", column > 0 ? " " : "  ",
			(int)n, text);
		column += n + (column > 0);
		text += n + strspn(text + n, " ");
	}
	fputc('\n', output->stream);
}

static void print_note(struct output *output, const char *note)
{
	fputs(output_tone(output, TONE_FAINT), output->stream);
	print_wrapped(output, note);
	fputs(output_plain(output), output->stream);
}

static int add_cell(struct table *table, const struct report_column *column,
		    enum language language, const struct report_cell *cell)
{
	const char *head = report_word(column->head, language);
	char number[32];

	if (column->kind != REPORT_COUNT && column->kind != REPORT_BAR)
		return table_add(table, TONE_PLAIN, cell->text);
	/* As wide as the head, so that small ones stand below each other. */
	(void)snprintf(number, sizeof(number), "%*lld",
		       (int)(strlen(head) < 30 ? strlen(head) : 30),
		       (long long)cell->number);
	return table_add(table, TONE_PLAIN, number);
}

static int add_row(struct table *table, const struct report_view *view,
		   size_t i)
{
	int r = 0;

	for (const struct report_column *column = view->section->columns;
	     r == 0 && column->member; column++) {
		struct report_cell cell;

		if (column->kind == REPORT_SCRIPT)
			continue;
		report_view_cell(view, i, column, &cell);
		r = add_cell(table, column, view->language, &cell);
	}
	return r;
}

static int print_rows(const struct report_view *view, struct output *output)
{
	const char *heads[TABLE_COLUMNS_MAX];
	scope(table_freep) struct table *table = NULL;
	size_t n = 0;
	int r;

	for (const struct report_column *column = view->section->columns;
	     column->member && n < TABLE_COLUMNS_MAX; column++)
		if (column->kind != REPORT_SCRIPT)
			heads[n++] = report_word(column->head, view->language);
	r = table_new(heads, n, "  ", &table);
	for (size_t i = 0; r == 0 && i < view->n + view->has_others; i++) {
		r = add_row(table, view, i);
		if (r == 0 && table_n_rows(table) == TABLE_BATCH)
			table_flush(table, output);
	}
	if (r == 0)
		table_flush(table, output);
	return r;
}

static int print_section(const struct audit_report *report,
			 const struct report_section *section,
			 enum language language, struct output *output)
{
	struct report_view view;
	int r;

	r = report_view_open(&view, report, section, language);
	if (r < 0)
		return r;
	print_heading(output, report_word(section->title, language));
	if (view.n == 0) {
		print_note(output, report_word(WORD_REPORT_NOTHING, language));
	} else {
		r = print_rows(&view, output);
		if (view.n_left_out > 0)
			fprintf(output->stream, "  %lld %s\n",
				(long long)view.n_left_out,
				report_word(WORD_REPORT_MORE, language));
		if (section->note)
			print_note(output,
				   report_word(section->note, language));
	}
	report_view_close(&view);
	return r;
}

static void print_day(const struct report_bucket *bucket, int64_t most,
		      FILE *stream)
{
	int64_t logins = bucket->counts[REPORT_DAY_LOGINS];
	char bar[BAR_MAX + 1];
	size_t n = 0;

	if (most > 0)
		n = (size_t)((long double)logins * BAR_MAX / (long double)most);
	if (n == 0 && logins > 0)
		n = 1;
	memset(bar, '#', n);
	bar[n] = '\0';
	fprintf(stream, "  %-10s %14lld %14lld%s%s\n", bucket->name,
		(long long)logins,
		(long long)bucket->counts[REPORT_DAY_REFUSALS], n ? "  " : "",
		bar);
}

static int print_days(const struct audit_report *report, enum language language,
		      struct output *output)
{
	scope(report_days_deinit) struct report_days days = { 0 };
	const struct report_bucket *most;
	int r;

	r = report_days_make(report, &days);
	if (r < 0 || days.n == 0)
		return r;
	fprintf(output->stream, "\n%s%s %s%s\n", output_tone(output, TONE_BOLD),
		report_word(WORD_REPORT_DAYS_TITLE, language),
		report_word(report_step_word(days.step), language),
		output_plain(output));
	fprintf(output->stream, "%s  %-10s %14s %14s%s\n",
		output_tone(output, TONE_FAINT),
		report_word(report_step_head(days.step), language),
		report_word(WORD_REPORT_LOGINS, language),
		report_word(WORD_REPORT_REFUSALS, language),
		output_plain(output));
	most = report_days_most(&days, REPORT_DAY_LOGINS);
	for (size_t i = 0; i < days.n; i++)
		print_day(&days.buckets[i],
			  most ? most->counts[REPORT_DAY_LOGINS] : 0,
			  output->stream);
	return 0;
}

static void print_head(const struct audit_report *report,
		       enum language language, struct output *output)
{
	char shown[256];
	struct text text;

	fprintf(output->stream, "%s%s%s\n", output_tone(output, TONE_BOLD),
		report_word(WORD_REPORT_TITLE, language), output_plain(output));
	output_foreign(output, report->host);
	text_init(&text, shown, sizeof(shown));
	output_add_time(&text, report->made);
	fprintf(output->stream, ", cloxxsctl %s, %s %s\n", VERSION,
		report_word(WORD_REPORT_MADE, language), shown);
	text_init(&text, shown, sizeof(shown));
	report_add_period(report, language, &text);
	fprintf(output->stream, "%s: %s\n",
		report_word(WORD_REPORT_PERIOD, language), shown);
}

static void print_facts(const struct audit_report *report,
			enum language language, struct output *output)
{
	char numbers[128];
	struct text text;

	print_heading(output, report_word(WORD_REPORT_SUMMARY, language));
	text_init(&text, numbers, sizeof(numbers));
	report_add_numbers(report, language, &text);
	for (const struct report_fact *fact = report_facts; fact->word;
	     fact++) {
		int64_t total = report->totals[fact->total];

		if (fact->is_fault && total == 0)
			continue;
		fprintf(output->stream, "  %-30s %10lld%s\n",
			report_word(fact->word, language), (long long)total,
			fact->total == REPORT_TOTAL_RECORDS ? numbers : "");
	}
	if (report->totals[REPORT_TOTAL_REPLACED])
		print_note(output,
			   report_word(WORD_REPORT_REPLACED_NOTE, language));
	if (report->totals[REPORT_TOTAL_MISSING])
		print_note(output,
			   report_word(WORD_REPORT_MISSING_NOTE, language));
}

int audit_report_text(const struct audit_report *report, enum language language,
		      struct output *output)
{
	int r = 0;

	print_head(report, language, output);
	print_facts(report, language, output);
	for (const struct report_section *section = report_sections;
	     r == 0 && section->member; section++)
		r = section->is_by_day
			    ? print_days(report, language, output)
			    : print_section(report, section, language, output);
	return r;
}
