/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <time.h>

#include "base/timestamp.h"
#include "cloxxsctl/audit/report_form.h"
#include "cloxxsctl/page.h"

/* Of one table of days, as a month has them. */
#define DAY_ROWS_MAX 31

static const char style[] =
	"h2{font-size:1.2rem;margin:2.2rem 0 .5rem;break-after:avoid}"
	"p.period{font-size:1.1rem;margin:0 0 .2rem}"
	"p.note{color:var(--faint);margin:.4rem 0 0;font-size:.9rem}"
	"p.fault{color:var(--bad);font-weight:600}"
	"dl{display:grid;grid-template-columns:"
	"repeat(auto-fill,minmax(11rem,1fr));gap:.6rem;margin:0 0 1rem}"
	"dl div{border:1px solid var(--line);border-radius:4px;"
	"padding:.5rem .7rem;break-inside:avoid;display:flex;"
	"flex-direction:column-reverse;justify-content:flex-end}"
	"dt{color:var(--faint);font-size:.9rem}"
	"dt small{display:block;font-size:.9em}"
	"dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums}"
	"div.wide{overflow-x:auto}"
	"table{font-size:.93rem;font-variant-numeric:tabular-nums}"
	"th,td{padding:.3rem .5rem .3rem 0}"
	"tbody th{font-weight:400;vertical-align:top;"
	"border-bottom:1px solid var(--line)}"
	"tbody th,td{overflow-wrap:anywhere;min-width:5.5rem}"
	"td.count,td.bar{min-width:0}td.long{width:40%}"
	"thead td{border-bottom:2px solid var(--rule)}"
	"th.count,td.count{text-align:right;white-space:nowrap}"
	"td.time{white-space:nowrap;padding-right:1rem}"
	".count+.time,.bar+.time{padding-left:1rem}"
	"td.bar{width:30%;min-width:6rem}"
	"td.bar svg{display:block;width:100%;height:.7rem;"
	"margin-top:.35rem}"
	"td.bar rect{fill:var(--first)}"
	"table[aria-labelledby=reasons] rect,"
	"table[aria-labelledby=countries] rect,"
	"table[aria-labelledby=refused] rect{fill:var(--second)}"
	"tr.others th{font-style:italic}"
	"figure{margin:1rem 0;break-inside:avoid}"
	"figcaption{font-weight:600;margin:0 0 .3rem}"
	"svg.chart{display:block;width:100%;height:auto}"
	"svg.chart line{stroke:var(--line);stroke-width:8}"
	"svg.chart text{font:115px system-ui,sans-serif;fill:var(--faint)}"
	"svg.chart text.y{text-anchor:end}"
	"svg.chart text.x{text-anchor:middle}"
	"svg.logins rect{fill:var(--first)}"
	"svg.refusals rect{fill:var(--second)}"
	"div.days{display:flex;flex-wrap:wrap;gap:1rem 2.5rem;"
	"align-items:flex-start}"
	"div.days table{flex:1 1 16rem;width:auto;max-width:28rem}"
	"@media print{h2{margin-top:1.4rem}div.wide{overflow:visible}"
	"table{font-size:9pt}p.note{font-size:8.5pt}"
	"th,td{padding:.15rem .4rem .15rem 0}td.bar{width:20%}"
	"dl{grid-template-columns:repeat(5,minmax(0,1fr))}"
	"dl div{padding:.3rem .5rem}dt{font-size:8pt}dd{font-size:1.2rem}"
	"rect{print-color-adjust:exact}}";

static void print_word(FILE *stream, enum report_word word,
		       enum language language)
{
	page_text(stream, report_word(word, language));
}

static void print_head(const struct audit_report *report,
		       enum language language, FILE *stream)
{
	char shown[256];
	struct text text;

	page_begin(stream, language, report_word(WORD_REPORT_TITLE, language),
		   style);
	fputs("<h1>", stream);
	print_word(stream, WORD_REPORT_TITLE, language);
	fputs("</h1>\n<p class=\"period\">", stream);
	print_word(stream, WORD_REPORT_PERIOD, language);
	text_init(&text, shown, sizeof(shown));
	report_add_period(report, language, &text);
	fprintf(stream, ": %s</p>\n<p class=\"made\">", shown);
	page_foreign(stream, report->host);
	text_init(&text, shown, sizeof(shown));
	output_add_time(&text, report->made);
	fprintf(stream, ", Cloxxs %s, %s %s</p>\n", VERSION,
		report_word(WORD_REPORT_MADE, language), shown);
}

static void print_facts(const struct audit_report *report,
			enum language language, FILE *stream)
{
	char numbers[128];
	struct text text;

	text_init(&text, numbers, sizeof(numbers));
	report_add_numbers(report, language, &text);
	fputs("<dl>\n", stream);
	for (const struct report_fact *fact = report_facts; fact->word;
	     fact++) {
		int64_t total = report->totals[fact->total];

		if (fact->is_fault && total == 0)
			continue;
		fputs("<div><dt>", stream);
		print_word(stream, fact->word, language);
		if (fact->total == REPORT_TOTAL_RECORDS)
			fprintf(stream, "<small>%s</small>", numbers);
		fprintf(stream, "</dt><dd>%lld</dd></div>\n", (long long)total);
	}
	fputs("</dl>\n", stream);
}

static void print_faults(const struct audit_report *report,
			 enum language language, FILE *stream)
{
	if (report->totals[REPORT_TOTAL_MISSING]) {
		fputs("<p class=\"fault\">", stream);
		print_word(stream, WORD_REPORT_MISSING_NOTE, language);
		fputs("</p>\n", stream);
	}
	if (report->totals[REPORT_TOTAL_REPLACED]) {
		fputs("<p class=\"note\">", stream);
		print_word(stream, WORD_REPORT_REPLACED_NOTE, language);
		fputs("</p>\n", stream);
	}
}

static void print_title(FILE *stream, const char *id, const char *title)
{
	fprintf(stream, "<section>\n<h2 id=\"%s\">", id);
	page_text(stream, title);
	fputs("</h2>\n", stream);
}

static const char *class_of(enum report_kind kind)
{
	switch (kind) {
	case REPORT_COUNT:
	case REPORT_BAR:
		return " class=\"count\"";
	case REPORT_TIME:
		return " class=\"time\"";
	case REPORT_LONG:
	case REPORT_WHY:
		return " class=\"long\"";
	case REPORT_TEXT:
	case REPORT_SCRIPT:
	case REPORT_EVENT:
	case REPORT_REASON:
		break;
	}
	return "";
}

static void print_heads(const struct report_view *view, FILE *stream)
{
	fputs("<thead><tr>", stream);
	for (const struct report_column *column = view->section->columns;
	     column->member; column++) {
		if (column->kind == REPORT_SCRIPT)
			continue;
		fprintf(stream, "<th scope=\"col\"%s>", class_of(column->kind));
		print_word(stream, column->head, view->language);
		fputs("</th>", stream);
		if (column->kind == REPORT_BAR)
			fputs("<td class=\"bar\"></td>", stream);
	}
	fputs("</tr></thead>\n", stream);
}

/* The number stands before it: it says nothing to who cannot see it. */
static void print_bar(int64_t count, int64_t most, FILE *stream)
{
	int wide =
		most > 0 ? (int)((long double)count * 1000 / (long double)most)
			 : 0;

	if (wide == 0 && count > 0)
		wide = 4;
	fprintf(stream,
		"<td class=\"bar\"><svg aria-hidden=\"true\" "
		"viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\">"
		"<rect width=\"%d\" height=\"10\"/></svg></td>",
		wide);
}

/* Of this host, as the head of the page says, and exactly for programs. */
static void print_time(int64_t at, FILE *stream)
{
	char exact[TIMESTAMP_TEXT_MAX], shown[64] = "";
	time_t seconds = (time_t)at;
	struct text text;
	struct tm tm;

	text_init(&text, exact, sizeof(exact));
	timestamp_write(at, &text);
	if (!localtime_r(&seconds, &tm) ||
	    strftime(shown, sizeof(shown), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		shown[0] = '\0';
	fprintf(stream, "<time datetime=\"%s\">%s</time>", exact,
		*shown ? shown : exact);
}

static void print_row(const struct report_view *view, size_t i, FILE *stream)
{
	const struct report_column *first = view->section->columns;

	fputs(i == view->n ? "<tr class=\"others\">" : "<tr>", stream);
	for (const struct report_column *column = first; column->member;
	     column++) {
		bool names = column == first && !view->list;
		struct report_cell cell;

		if (column->kind == REPORT_SCRIPT)
			continue;
		report_view_cell(view, i, column, &cell);
		fprintf(stream, names ? "<th scope=\"row\"%s>" : "<td%s>",
			class_of(column->kind));
		if (column->kind == REPORT_TIME && cell.is_known)
			print_time(cell.number / 1000000, stream);
		else
			page_text(stream, cell.text);
		fputs(names ? "</th>" : "</td>", stream);
		if (column->kind == REPORT_BAR)
			print_bar(cell.number, view->most, stream);
	}
	fputs("</tr>\n", stream);
}

static void print_table(const struct report_view *view, FILE *stream)
{
	fprintf(stream, "<div class=\"wide\"><table aria-labelledby=\"%s\">\n",
		view->section->member);
	print_heads(view, stream);
	fputs("<tbody>\n", stream);
	for (size_t i = 0; i < view->n + view->has_others; i++)
		print_row(view, i, stream);
	fputs("</tbody>\n</table></div>\n", stream);
	if (view->n_left_out > 0)
		fprintf(stream, "<p class=\"note\">%lld %s</p>\n",
			(long long)view->n_left_out,
			report_word(WORD_REPORT_MORE, view->language));
}

static void print_note(FILE *stream, enum report_word word,
		       enum language language)
{
	fputs("<p class=\"note\">", stream);
	print_word(stream, word, language);
	fputs("</p>\n", stream);
}

static int print_section(const struct audit_report *report,
			 const struct report_section *section,
			 enum language language, FILE *stream)
{
	struct report_view view;
	int r;

	r = report_view_open(&view, report, section, language);
	if (r < 0)
		return r;
	print_title(stream, section->member,
		    report_word(section->title, language));
	if (view.n > 0)
		print_table(&view, stream);
	else
		print_note(stream, WORD_REPORT_NOTHING, language);
	if (view.n > 0 && section->note)
		print_note(stream, section->note, language);
	fputs("</section>\n", stream);
	report_view_close(&view);
	return 0;
}

static void print_day_heads(enum report_step step, enum language language,
			    FILE *stream)
{
	fputs("<table aria-labelledby=\"days\">\n"
	      "<thead><tr><th scope=\"col\">",
	      stream);
	print_word(stream, report_step_head(step), language);
	fputs("</th><th scope=\"col\" class=\"count\">", stream);
	print_word(stream, WORD_REPORT_LOGINS, language);
	fputs("</th><th scope=\"col\" class=\"count\">", stream);
	print_word(stream, WORD_REPORT_REFUSALS, language);
	fputs("</th></tr></thead>\n<tbody>\n", stream);
}

/* Tables beside each other, each with its heads. */
static void print_day_tables(const struct report_days *days,
			     enum language language, FILE *stream)
{
	size_t half = (days->n + 1) / 2;
	size_t n = half < DAY_ROWS_MAX ? half : DAY_ROWS_MAX;

	fputs("<div class=\"days\">\n", stream);
	for (size_t i = 0; i < days->n; i++) {
		const struct report_bucket *bucket = &days->buckets[i];

		if (i % n == 0)
			print_day_heads(days->step, language, stream);
		fprintf(stream,
			"<tr><th scope=\"row\">%s</th>"
			"<td class=\"count\">%lld</td>"
			"<td class=\"count\">%lld</td></tr>\n",
			bucket->name,
			(long long)bucket->counts[REPORT_DAY_LOGINS],
			(long long)bucket->counts[REPORT_DAY_REFUSALS]);
		if (i % n == n - 1 || i + 1 == days->n)
			fputs("</tbody>\n</table>\n", stream);
	}
	fputs("</div>\n", stream);
}

static int print_days(const struct audit_report *report, enum language language,
		      FILE *stream)
{
	scope(report_days_deinit) struct report_days days = { 0 };
	char title[128];
	int r;

	r = report_days_make(report, &days);
	if (r < 0 || days.n == 0)
		return r;
	(void)snprintf(title, sizeof(title), "%s %s",
		       report_word(WORD_REPORT_DAYS_TITLE, language),
		       report_word(report_step_word(days.step), language));
	print_title(stream, "days", title);
	report_chart(stream, &days, REPORT_DAY_LOGINS, "logins", language);
	report_chart(stream, &days, REPORT_DAY_REFUSALS, "refusals", language);
	print_day_tables(&days, language, stream);
	fputs("</section>\n", stream);
	return 0;
}

int audit_report_html(const struct audit_report *report, enum language language,
		      struct output *output)
{
	FILE *stream = output->stream;
	int r = 0;

	print_head(report, language, stream);
	print_facts(report, language, stream);
	print_faults(report, language, stream);
	for (const struct report_section *section = report_sections;
	     r == 0 && section->member; section++)
		r = section->is_by_day
			    ? print_days(report, language, stream)
			    : print_section(report, section, language, stream);
	page_end(stream);
	return r;
}
