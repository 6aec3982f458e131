/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cloxxsctl/statement/statement.h"

#include <string.h>

#define COLUMNS 78
#define INDENT "        "

static const char *mark(const struct output *output,
			enum answer_outcome outcome)
{
	switch (outcome) {
	case ANSWER_NOT_KEPT:
		return output_mark(output, MARK_NO);
	case ANSWER_KEPT:
		return output_mark(output, MARK_YES);
	case ANSWER_DECLARED:
		return output->utf8 ? "○" : "o";
	case ANSWER_OFF:
	case _N_ANSWER_OUTCOMES:
		break;
	}
	return output_mark(output, MARK_SKIPPED);
}

static enum output_tone tone(enum answer_outcome outcome)
{
	switch (outcome) {
	case ANSWER_NOT_KEPT:
		return TONE_BAD;
	case ANSWER_KEPT:
		return TONE_GOOD;
	case ANSWER_DECLARED:
		return TONE_WARN;
	case ANSWER_OFF:
	case _N_ANSWER_OUTCOMES:
		break;
	}
	return TONE_FAINT;
}

/* How wide n bytes of UTF-8 are, for the letters that we use. */
static size_t width(const char *text, size_t n)
{
	size_t wide = 0;

	for (size_t i = 0; i < n; i++)
		wide += ((unsigned char)text[i] & 0xc0) != 0x80;
	return wide;
}

static void print_wrapped(const struct output *output, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " "), wide = width(text, n);

		if (column > 0 && column + 1 + wide > COLUMNS - strlen(INDENT))
			column = 0, fputc('\n', output->stream);
		fputs(column > 0 ? " " : INDENT, output->stream);
		fwrite(text, 1, n, output->stream);
		column += wide + (column > 0);
		text += n + strspn(text + n, " ");
	}
	fputc('\n', output->stream);
}

static void print_promise(const struct statement *statement,
			  struct output *output, size_t i)
{
	const struct answer *answer = &statement->answers[i];

	fprintf(output->stream, "%s%s%s %s  %s%s%s",
		output_tone(output, tone(answer->outcome)),
		mark(output, answer->outcome), output_plain(output),
		promises[i].id, output_tone(output, TONE_BOLD),
		promises[i].text[statement->language], output_plain(output));
	if (promises[i].optional)
		fprintf(output->stream, " (%s)",
			statement_word(statement, WORD_OPTIONAL));
	fputc('\n', output->stream);
	print_wrapped(output, answer->seen[statement->language]);
}

int statement_text(const struct statement *statement, struct output *output)
{
	struct text when;
	char shown[64];

	text_init(&when, shown, sizeof(shown));
	fprintf(output->stream, "%s%s%s\n", output_tone(output, TONE_BOLD),
		statement_word(statement, WORD_TITLE), output_plain(output));
	output_foreign(output, statement->host);
	fprintf(output->stream, ", cloxxsctl %s, %s ", VERSION,
		statement_word(statement, WORD_MADE));
	output_add_time(&when, statement->made);
	fprintf(output->stream, "%s\n", shown);
	if (statement->partial)
		fprintf(output->stream, "%s%s%s\n",
			output_tone(output, TONE_WARN),
			statement_word(statement, WORD_PARTIAL),
			output_plain(output));
	fputc('\n', output->stream);
	for (size_t i = 0; i < N_PROMISES; i++)
		print_promise(statement, output, i);
	fputc('\n', output->stream);
	for (enum answer_outcome one = 0; one < _N_ANSWER_OUTCOMES; one++)
		fprintf(output->stream, "%s%s%s %2d %s\n",
			output_tone(output, tone(one)), mark(output, one),
			output_plain(output), statement_count(statement, one),
			statement_outcome(statement, one));
	fprintf(output->stream, "\n%s\n",
		statement_word(statement, WORD_NO_RIGHTS));
	return 0;
}
