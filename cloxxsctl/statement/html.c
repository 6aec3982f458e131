/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <time.h>

#include "cloxxsctl/statement/statement.h"

static const char style[] =
	"@page{size:A4;margin:18mm}"
	"body{font:15px/1.45 system-ui,sans-serif;color:#1a1a1a;"
	"max-width:60rem;margin:2rem auto;padding:0 1rem}"
	"h1{font-size:1.6rem;margin:0 0 .2rem}"
	"p.made{color:#555;margin:0 0 1.4rem}"
	"ul{list-style:none;padding:0;margin:0 0 1.6rem;display:flex;"
	"flex-wrap:wrap;gap:.4rem 1.6rem}"
	"table{border-collapse:collapse;width:100%}"
	"th{text-align:left;border-bottom:2px solid #1a1a1a;padding:.4rem}"
	"td{vertical-align:top;border-bottom:1px solid #ccc;padding:.5rem "
	".4rem}"
	"tr{break-inside:avoid}thead{display:table-header-group}"
	"td.mark,td.id{white-space:nowrap;width:1%}"
	"td.what{width:38%}"
	"b.kept{color:#17692c}b.not-kept{color:#a4121c}"
	"b.declared{color:#7a5200}b.off{color:#555}"
	"small{color:#555}"
	"@media print{body{font-size:10.5pt;margin:0;max-width:none;"
	"padding:0}}";

static const struct {
	const char *mark, *class;
} marks[_N_ANSWER_OUTCOMES] = {
	[ANSWER_NOT_KEPT] = { "✗", "not-kept" },
	[ANSWER_KEPT] = { "✓", "kept" },
	[ANSWER_DECLARED] = { "○", "declared" },
	[ANSWER_OFF] = { "–", "off" },
};

static void print_escaped(FILE *stream, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", stream);
			break;
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		case '"':
			fputs("&quot;", stream);
			break;
		default:
			fputc(*text, stream);
		}
	}
}

static void print_head(const struct statement *statement, FILE *stream)
{
	char when[64];
	struct text text;

	text_init(&text, when, sizeof(when));
	output_add_time(&text, statement->made);
	fprintf(stream,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
		"<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n"
		"<title>",
		statement->language == STATEMENT_DUTCH ? "nl" : "en");
	print_escaped(stream, statement_word(statement, WORD_TITLE));
	fprintf(stream, "</title>\n<style>%s</style>\n</head>\n<body>\n<h1>",
		style);
	print_escaped(stream, statement_word(statement, WORD_TITLE));
	fputs("</h1>\n<p class=\"made\">", stream);
	print_escaped(stream, statement->host);
	fprintf(stream, ", Cloxxs %s, %s %s</p>\n", VERSION,
		statement_word(statement, WORD_MADE), when);
	if (statement->partial)
		fprintf(stream, "<p><b class=\"declared\">%s</b></p>\n",
			statement_word(statement, WORD_PARTIAL));
}

static void print_summary(const struct statement *statement, FILE *stream)
{
	fputs("<ul>\n", stream);
	for (enum answer_outcome one = 0; one < _N_ANSWER_OUTCOMES; one++)
		fprintf(stream, "<li><b class=\"%s\">%s %d</b> %s</li>\n",
			marks[one].class, marks[one].mark,
			statement_count(statement, one),
			statement_outcome(statement, one));
	fputs("</ul>\n", stream);
}

static void print_row(const struct statement *statement, size_t i, FILE *stream)
{
	const struct answer *answer = &statement->answers[i];

	fprintf(stream,
		"<tr><td class=\"mark\"><b class=\"%s\" title=\"%s\">%s</b>"
		"</td><td class=\"id\">%s</td><td class=\"what\">",
		marks[answer->outcome].class,
		statement_outcome(statement, answer->outcome),
		marks[answer->outcome].mark, promises[i].id);
	print_escaped(stream, promises[i].text[statement->language]);
	if (promises[i].optional)
		fprintf(stream, " <small>(%s)</small>",
			statement_word(statement, WORD_OPTIONAL));
	fputs("</td><td>", stream);
	print_escaped(stream, answer->seen[statement->language]);
	fputs("</td></tr>\n", stream);
}

int statement_html(const struct statement *statement, struct output *output)
{
	FILE *stream = output->stream;

	print_head(statement, stream);
	print_summary(statement, stream);
	fprintf(stream,
		"<table>\n<thead><tr><th></th><th></th><th>%s</th><th>%s</th>"
		"</tr></thead>\n<tbody>\n",
		statement_word(statement, WORD_MEASURE),
		statement_word(statement, WORD_SEEN));
	for (size_t i = 0; i < N_PROMISES; i++)
		print_row(statement, i, stream);
	fputs("</tbody>\n</table>\n<p>", stream);
	print_escaped(stream, statement_word(statement, WORD_NO_RIGHTS));
	fputs("</p>\n</body>\n</html>\n", stream);
	return 0;
}
