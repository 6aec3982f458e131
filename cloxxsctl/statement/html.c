/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <time.h>

#include "cloxxsctl/page.h"
#include "cloxxsctl/statement/statement.h"

static const char style[] =
	"ul{list-style:none;padding:0;margin:0 0 1.6rem;display:flex;"
	"flex-wrap:wrap;gap:.4rem 1.6rem}"
	"td.mark,td.id{white-space:nowrap;width:1%}"
	"td.what{width:38%}"
	"b.kept{color:var(--good)}b.not-kept{color:var(--bad)}"
	"b.declared{color:var(--warn)}b.off{color:var(--faint)}";

static const struct {
	const char *mark, *class;
} marks[_N_ANSWER_OUTCOMES] = {
	[ANSWER_NOT_KEPT] = { "✗", "not-kept" },
	[ANSWER_KEPT] = { "✓", "kept" },
	[ANSWER_DECLARED] = { "○", "declared" },
	[ANSWER_OFF] = { "–", "off" },
};

static void print_head(const struct statement *statement, FILE *stream)
{
	char when[64];
	struct text text;

	text_init(&text, when, sizeof(when));
	output_add_time(&text, statement->made);
	page_begin(stream,
		   statement->language == STATEMENT_DUTCH ? LANGUAGE_DUTCH
							  : LANGUAGE_ENGLISH,
		   statement_word(statement, WORD_TITLE), style);
	fputs("<h1>", stream);
	page_text(stream, statement_word(statement, WORD_TITLE));
	fputs("</h1>\n<p class=\"made\">", stream);
	page_foreign(stream, statement->host);
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
	page_text(stream, promises[i].text[statement->language]);
	if (promises[i].optional)
		fprintf(stream, " <small>(%s)</small>",
			statement_word(statement, WORD_OPTIONAL));
	fputs("</td><td>", stream);
	page_text(stream, answer->seen[statement->language]);
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
	page_text(stream, statement_word(statement, WORD_NO_RIGHTS));
	fputs("</p>\n", stream);
	page_end(stream);
	return 0;
}
