/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/help.h"

#include <jansson.h>
#include <string.h>

static void print_option(FILE *stream, const struct grammar_verb *verb,
			 enum grammar_option option)
{
	const struct grammar_option_row *row = &grammar_options[option];
	const char *metavariable = grammar_metavariable(verb, option);
	char name[80];
	struct text text;

	text_init(&text, name, sizeof(name));
	text_add_format(&text, "--%s%s%s", row->name, metavariable ? " " : "",
			metavariable ? metavariable : "");
	fprintf(stream, "  %-26s  %s\n", name, row->help);
}

static void print_options(FILE *stream, const char *title, grammar_options_t options,
			  const struct grammar_verb *verb)
{
	if (!options)
		return;
	fprintf(stream, "\n%s\n", title);
	for (int i = 0; i < _N_OPTIONS; i++)
		if (options & OPTION_BIT(i))
			print_option(stream, verb, (enum grammar_option)i);
}

static void add_usage(struct text *text, const struct grammar_verb *row)
{
	grammar_add_name(text, row);
	if (row->operands)
		text_add_format(text, " %s", row->operands);
}

static void print_verb_line(FILE *stream, const struct grammar_verb *row)
{
	char usage[80];
	struct text text;

	text_init(&text, usage, sizeof(usage));
	add_usage(&text, row);
	fprintf(stream, "  %-26s  %s\n", usage, row->summary);
}

static void print_statuses(FILE *stream)
{
	fputs("\nExit status:\n", stream);
	for (int i = 0; i < _N_STATUSES; i++)
		if (failure_statuses[i])
			fprintf(stream, "  %-2d %s\n", i, failure_statuses[i]);
}

/* A noun, or also the first word of verbs of two; none: everything. */
struct topic {
	const char *const *words;
	size_t n_words;
};

static bool is_about(const struct topic *topic, const struct grammar_verb *row)
{
	if (topic->n_words < 2)
		return topic->n_words == 0 ||
		       strcmp(row->noun, topic->words[0]) == 0;
	return grammar_next_word(row, topic->words, topic->n_words,
				 &(size_t){ 0 }) != NULL;
}

static bool has_verbs(const struct grammar_verb *rows,
		      const struct topic *topic)
{
	for (const struct grammar_verb *row = rows; row->noun; row++)
		if (is_about(topic, row))
			return true;
	return false;
}

static void print_verbs(FILE *stream, const struct grammar_verb *rows,
			const struct topic *topic)
{
	const struct grammar_verb *first = NULL;
	char name[80];
	struct text text;

	text_init(&text, name, sizeof(name));
	for (size_t i = 0; i < topic->n_words; i++)
		text_add_format(&text, "%s%s", i ? " " : "", topic->words[i]);
	if (topic->n_words == 0)
		text_add(&text, "NOUN");
	fprintf(stream, "Usage: cloxxsctl %s%s [OPTION...]\n\n", name,
		topic->n_words ? " VERB [OPERAND]" : " [VERB] [OPERAND]");
	for (const struct grammar_verb *row = rows; row->noun; row++) {
		if (!is_about(topic, row))
			continue;
		print_verb_line(stream, row);
		if (!first)
			first = row;
	}
	print_options(stream, "Options of every verb:", GRAMMAR_GLOBAL, NULL);
	if (topic->n_words == 0)
		print_statuses(stream);
	if (first)
		fprintf(stream, "\nExample:\n  %s\n", first->example);
	fprintf(stream, "\nMore: cloxxsctl help %s VERB, cloxxsctl(8)\n", name);
}

static void print_verb(FILE *stream, const struct grammar_verb *row)
{
	char usage[160];
	struct text text;

	text_init(&text, usage, sizeof(usage));
	add_usage(&text, row);
	for (int i = 0; i < _N_OPTIONS; i++)
		if (row->required & OPTION_BIT(i))
			text_add_format(&text, " --%s %s",
					grammar_options[i].name,
					grammar_metavariable(
						row, (enum grammar_option)i));
	if (row->options & ~row->required)
		text_add(&text, " [OPTION...]");
	fprintf(stream, "Usage: cloxxsctl %s\n\n  %s\n", usage, row->summary);
	print_options(stream, "Options:", row->options, row);
	print_options(stream, "Options of every verb:", GRAMMAR_GLOBAL, row);
	fprintf(stream, "\nExample:\n  %s\n", row->example);
}

static json_t *option_names(grammar_options_t options)
{
	json_t *names = json_array();

	for (int i = 0; i < _N_OPTIONS; i++)
		if (options & OPTION_BIT(i))
			json_array_append_new(
				names, json_string(grammar_options[i].name));
	return names;
}

static json_t *verb_json(const struct grammar_verb *row)
{
	return json_pack("{s:s, s:s?, s:s?, s:o, s:o, s:s?, s:s, s:s}", "noun",
			 row->noun, "verb", row->verb, "operands",
			 row->operands, "options", option_names(row->options),
			 "required", option_names(row->required), "formats",
			 row->formats, "summary", row->summary, "example",
			 row->example);
}

static json_t *grammar_json(const struct grammar_verb *rows)
{
	json_t *verbs = json_array(), *options = json_array();
	json_t *statuses = json_array();

	for (const struct grammar_verb *row = rows; row->noun; row++)
		json_array_append_new(verbs, verb_json(row));
	for (int i = 0; i < _N_OPTIONS; i++)
		json_array_append_new(
			options,
			json_pack("{s:s, s:s?, s:b, s:s}", "name",
				  grammar_options[i].name, "value",
				  grammar_options[i].metavariable, "global",
				  (GRAMMAR_GLOBAL & OPTION_BIT(i)) != 0, "help",
				  grammar_options[i].help));
	for (int i = 0; i < _N_STATUSES; i++)
		if (failure_statuses[i])
			json_array_append_new(statuses,
					      json_pack("{s:i, s:s}", "status",
							i, "meaning",
							failure_statuses[i]));
	return json_pack("{s:o, s:o, s:o}", "verbs", verbs, "options", options,
			 "statuses", statuses);
}

static int print_json(struct ctl *ctl)
{
	json_t *grammar = grammar_json(ctl->verbs);
	int r = grammar ? json_dumpf(grammar, ctl->output->stream,
				     JSON_INDENT(2) | JSON_SORT_KEYS)
			: -1;

	json_decref(grammar);
	fputc('\n', ctl->output->stream);
	return r < 0 ? STATUS_FAILURE : STATUS_OK;
}

static int unknown(const struct ctl *ctl, const struct command *command,
		   const char *noun)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	text_add(&text, "there is no such thing; one of: ");
	grammar_add_words(&text, ctl->verbs, noun);
	return ctl_fail(ctl, command, STATUS_USAGE, sentence);
}

int help_run(struct ctl *ctl, const struct command *command)
{
	const char *noun = command->operands[0];
	struct topic topic = { .words = command->operands };
	const struct grammar_verb *row;
	size_t n_words = 0, n_used = 0;

	if (command_has(command, OPTION_JSON))
		return print_json(ctl);
	if (noun && !grammar_has_noun(ctl->verbs, noun))
		return unknown(ctl, command, NULL);
	while (n_words < ARRAY_SIZE(command->operands) &&
	       command->operands[n_words])
		n_words++;
	row = grammar_match(ctl->verbs, command->operands, n_words, &n_used);
	topic.n_words = n_words;
	if (n_words > 1 && n_used != n_words &&
	    (row || !has_verbs(ctl->verbs, &topic)))
		return unknown(ctl, command,
			       grammar_find(ctl->verbs, noun, NULL) ? NULL
								    : noun);
	if (row)
		print_verb(ctl->output->stream, row);
	else
		print_verbs(ctl->output->stream, ctl->verbs, &topic);
	return STATUS_OK;
}
