/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/password_view.h"

#include <stdbool.h>
#include <string.h>

#include "cloxxsctl/outcome.h"

/* As many columns as output_foreign() takes for it. */
static size_t width_of(const char *foreign)
{
	size_t n = 0;

	for (const char *c = foreign; *c; c++)
		n += *c >= 0x20 && *c < 0x7f ? 1 : 4;
	return n;
}

static void print_border(struct output *output, size_t width, bool top)
{
	const char *left = top ? "┌" : "└", *right = top ? "┐" : "┘";

	fputs(output->utf8 ? left : "+", output->stream);
	for (size_t i = 0; i < width; i++)
		fputs(output->utf8 ? "─" : "-", output->stream);
	fprintf(output->stream, "%s\n", output->utf8 ? right : "+");
}

static void print_line(struct output *output, size_t width, const char *label,
		       const char *text)
{
	const char *side = output->utf8 ? "│" : "|";
	size_t used = 2 + strlen(label) + width_of(text);

	fprintf(output->stream, "%s  %s%s", side, label,
		output_tone(output, TONE_BOLD));
	output_foreign(output, text);
	fprintf(output->stream, "%s%*s%s\n", output_plain(output),
		(int)(width - used), "", side);
}

int password_view(struct output *output, const char *name, const json_t *reply)
{
	static const char password_label[] = "Temporary password:  ";
	static const char until_label[] = "Ends:                ";
	const char *password = output_member(reply, "temporary_password", NULL);
	char until[128];
	struct text text;
	size_t width;
	int64_t at;

	if (!password)
		return 0;
	text_init(&text, until, sizeof(until));
	if (output_member_int(reply, "temporary_until", &at)) {
		output_add_time(&text, at);
		text_add(&text, " (");
		output_add_distance(&text, output->now, at);
		text_add(&text, ")");
	} else {
		text_add(&text, "?");
	}
	width = width_of(password) > text.n ? width_of(password) : text.n;
	width += sizeof(password_label) - 1 + 4;
	fputc('\n', output->stream);
	print_border(output, width, true);
	print_line(output, width, password_label, password);
	print_line(output, width, until_label, until);
	print_border(output, width, false);
	fputs("It is shown only this once; with it ", output->stream);
	output_foreign(output, name);
	fputs(" can do nothing but choose a new one.\n", output->stream);
	return 0;
}

int password_view_envelope(struct output *output, const char *name,
			   const json_t *reply)
{
	static const char password_label[] = "Password:  ";
	const char *password = output_member(reply, "password", "?");
	size_t width = width_of(password) + sizeof(password_label) - 1 + 4;

	fputs("Break-glass account ", output->stream);
	output_foreign(output, name);
	fputs(": prepared, and closed.\n\n", output->stream);
	print_border(output, width, true);
	print_line(output, width, password_label, password);
	print_border(output, width, false);
	fputs("It is shown only this once: for an envelope in a safe. Nobody "
	      "gets in with it\nbefore root at the console says \"cloxxsctl "
	      "break-glass open ",
	      output->stream);
	output_foreign(output, name);
	fputs(" --reason TEXT --ttl 2h\".\n", output->stream);
	return 0;
}

static void print_rule(struct output *output, const json_t *rule)
{
	const struct outcome *outcome = outcome_of(rule);
	const char *name = output_member(rule, "rule", "?");
	int pad = 12 - (int)strnlen(name, 12);

	fprintf(output->stream, "  %s%s ", output_tone(output, outcome->tone),
		output_mark(output, outcome->mark));
	output_foreign(output, name);
	fprintf(output->stream, "%*s", pad, "");
	output_foreign(output, output_member(rule, "message",
					     output_member(rule, "text", "")));
	fputs(outcome->tone == TONE_FAINT  ? " Not asked here."
	      : outcome->tone == TONE_WARN ? " On trial: only recorded."
					   : "",
	      output->stream);
	fprintf(output->stream, "%s\n", output_plain(output));
}

int password_view_check(struct output *output, const json_t *reply)
{
	bool taken =
		strcmp(output_member(reply, "verdict", "deny"), "allow") == 0;
	const json_t *rule;
	size_t i;

	json_array_foreach(json_object_get(reply, "rules"), i, rule)
	{
		print_rule(output, rule);
	}
	fprintf(output->stream, "%sThe password would%s be taken.%s\n",
		output_tone(output, taken ? TONE_GOOD : TONE_BAD),
		taken ? "" : " not", output_plain(output));
	return 0;
}

int password_view_one(struct output *output, const json_t *reply)
{
	output_foreign(output, output_member(reply, "password", ""));
	fputc('\n', output->stream);
	return 0;
}
