/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/completion.h"

#include <jansson.h>
#include <string.h>

#include "varlink/client.h"

/* Nobody waits longer for a key. */
#define NAMES_TIMEOUT_MS 500

/* What stands before the unfinished word, as far as it can be understood. */
struct typed {
	const struct grammar_verb *rows;
	const char *partial;
	const char *words[GRAMMAR_OPERANDS_MAX + 3]; /* that are no options */
	size_t n_words;
	grammar_options_t given;
	int waiting; /* the option whose value comes next, or -1 */
	bool only_words;
};

static int option_of(const char *word)
{
	const char *name = word + 2;
	size_t n = strcspn(name, "=");

	for (int i = 0; i < _N_OPTIONS; i++)
		if (strlen(grammar_options[i].name) == n &&
		    memcmp(grammar_options[i].name, name, n) == 0)
			return i;
	return -1;
}

static void read_option(struct typed *typed, const char *word)
{
	int option = word[1] == '-' ? option_of(word) : -1;

	if (option < 0)
		return;
	typed->given |= OPTION_BIT(option);
	if (grammar_options[option].value != VALUE_NONE && !strchr(word, '='))
		typed->waiting = option;
}

static void read_word(struct typed *typed, const char *word)
{
	if (typed->waiting >= 0)
		typed->waiting = -1;
	else if (!typed->only_words && strcmp(word, "--") == 0)
		typed->only_words = true;
	else if (!typed->only_words && word[0] == '-')
		read_option(typed, word);
	else if (typed->n_words < ARRAY_SIZE(typed->words))
		typed->words[typed->n_words++] = word;
}

static void print(struct ctl *ctl, const struct typed *typed,
		  const char *candidate, const char *help)
{
	if (strncmp(candidate, typed->partial, strlen(typed->partial)) == 0)
		fprintf(ctl->output->stream, "%s\t%s\n", candidate, help);
}

static void print_files(struct ctl *ctl)
{
	fputs(COMPLETION_FILES "\n", ctl->output->stream);
}

/* Every word of "a|b|c", behind what the partial word has before its value. */
static void print_values(struct ctl *ctl, const struct typed *typed,
			 const char *words, const char *before)
{
	for (const char *word = words; *word;) {
		size_t n = strcspn(word, "|");
		char candidate[128];
		struct text text;

		text_init(&text, candidate, sizeof(candidate));
		text_add_format(&text, "%s%.*s", before, (int)n, word);
		print(ctl, typed, candidate, "");
		word += n + (word[n] == '|');
	}
}

static const struct grammar_verb *row_of(const struct typed *typed)
{
	size_t n_used;

	return grammar_match(typed->rows, typed->words, typed->n_words,
			     &n_used);
}

struct names {
	struct ctl *ctl;
	const struct typed *typed;
	const char *member, *before;
};

static int each_name(json_t *reply, void *userdata)
{
	struct names *names = userdata;
	const char *name = json_string_value(
		json_object_get(json_object_get(reply, names->member), "name"));
	char candidate[128];
	struct text text;

	/* Only what no shell reads anything else into. */
	if (!name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_.-")] != '\0')
		return 0;
	text_init(&text, candidate, sizeof(candidate));
	text_add_format(&text, "%s%s", names->before, name);
	if (!text_is_cut(&text))
		print(names->ctl, names->typed, candidate, "");
	return 0;
}

/* The names of all that the method lists, each with before in front of it. */
static void complete_names(struct ctl *ctl, const struct typed *typed,
			   const char *method, const char *member,
			   const char *before)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	struct names names = { ctl, typed, member, before };
	const char *error;

	if (varlink_client_new(ctl->socket, NAMES_TIMEOUT_MS, &client) != 0)
		return;
	(void)!varlink_client_stream(client, method, json_object(), each_name,
				     &names, &reply, &error);
}

static void complete_user(struct ctl *ctl, const struct typed *typed)
{
	complete_names(ctl, typed, "nl.cloxxs.Admin.ListUsers", "user", "");
}

static void complete_project(struct ctl *ctl, const struct typed *typed)
{
	complete_names(ctl, typed, "nl.cloxxs.Admin.ListProjects", "project",
		       "");
}

static void complete_group(struct ctl *ctl, const struct typed *typed)
{
	complete_names(ctl, typed, "nl.cloxxs.Admin.ListGroups", "group", "");
}

static void complete_holder(struct ctl *ctl, const struct typed *typed)
{
	complete_user(ctl, typed);
	complete_names(ctl, typed, "nl.cloxxs.Admin.ListGroups", "group", "@");
	print(ctl, typed, "@everyone", "every user of the service");
}

static void complete_right(struct ctl *ctl, const struct typed *typed)
{
	print_values(ctl, typed, "read|write|write-only|deny", "");
}

static void complete_value(struct ctl *ctl, const struct typed *typed,
			   enum grammar_option option, const char *before)
{
	const struct grammar_verb *row = row_of(typed);

	switch (grammar_options[option].value) {
	case VALUE_WORD:
	case VALUE_YES_NO:
		print_values(ctl, typed, grammar_options[option].metavariable,
			     before);
		break;
	case VALUE_PATH:
		print_files(ctl);
		break;
	case VALUE_TEXT:
		if (option == OPTION_FORMAT && row && row->formats)
			print_values(ctl, typed, row->formats, before);
		else if (option == OPTION_USER && !*before && row &&
			 row->user_parameter)
			complete_holder(ctl, typed);
		else if (option == OPTION_USER && !*before)
			complete_user(ctl, typed);
		else if (option == OPTION_PROJECT && !*before)
			complete_project(ctl, typed);
		break;
	case VALUE_NONE:
	case VALUE_LIST:
	case VALUE_NUMBER:
	case VALUE_DURATION:
	case VALUE_TIME:
	case VALUE_TIME_END:
	case VALUE_UNTIL:
	case VALUE_ANY:
	case VALUE_MOMENT:
	case VALUE_SINCE:
		break;
	}
}

/* "--role=adm": what stands before the value goes into the candidates. */
static bool complete_joined(struct ctl *ctl, const struct typed *typed)
{
	size_t n = strcspn(typed->partial, "=");
	int option = option_of(typed->partial);
	char before[64];

	if (typed->partial[n] != '=')
		return false;
	if (option >= 0 && n + 2 < sizeof(before)) {
		memcpy(before, typed->partial, n + 1);
		before[n + 1] = '\0';
		complete_value(ctl, typed, (enum grammar_option)option, before);
	}
	return true;
}

static void complete_option(struct ctl *ctl, const struct typed *typed)
{
	const struct grammar_verb *row = row_of(typed);
	grammar_options_t fitting = GRAMMAR_GLOBAL | (row ? row->options : 0);

	if (typed->partial[1] == '-' && complete_joined(ctl, typed))
		return;
	for (int i = 0; i < _N_OPTIONS; i++) {
		char candidate[64];
		struct text text;

		if (!(fitting & ~typed->given & OPTION_BIT(i)))
			continue;
		text_init(&text, candidate, sizeof(candidate));
		text_add_format(&text, "--%s", grammar_options[i].name);
		print(ctl, typed, candidate, grammar_options[i].help);
	}
}

static void complete_noun(struct ctl *ctl, const struct typed *typed)
{
	const char *last = "";

	for (const struct grammar_verb *row = typed->rows; row->noun; row++) {
		if (strcmp(row->noun, last) != 0)
			print(ctl, typed, row->noun,
			      row->verb ? "" : row->summary);
		last = row->noun;
	}
}

/* The next word of the verbs that words begin; one that several begin with is
 * told once, for itself. */
static void complete_verb(struct ctl *ctl, const struct typed *typed,
			  const char *const *words, size_t n_words)
{
	char last[32] = "";

	for (const struct grammar_verb *row = typed->rows; row->noun; row++) {
		char candidate[32];
		struct text text;
		size_t n = 0;
		const char *word = grammar_next_word(row, words, n_words, &n);

		if (!word)
			continue;
		text_init(&text, candidate, sizeof(candidate));
		text_add_bytes(&text, word, n);
		if (strcmp(candidate, last) != 0)
			print(ctl, typed, candidate,
			      word[n] ? "" : row->summary);
		memcpy(last, candidate, sizeof(last));
	}
}

/* What an operand is, by the word that help shows for it. NAME is one of the
 * row's noun. */
static const struct operand_kind {
	const char *noun, *word; /* NULL: of any noun */
	void (*complete)(struct ctl *ctl, const struct typed *typed);
} operand_kinds[] = {
	{ "project", "NAME", complete_project },
	{ "project", "OLD", complete_project },
	{ "group", "NAME", complete_group },
	{ NULL, "NAME", complete_user },
	{ NULL, "USER", complete_user },
	{ NULL, "GROUP", complete_group },
	{ NULL, "PROJECT", complete_project },
	{ NULL, "HOLDER", complete_holder },
	{ NULL, "RIGHT", complete_right },
};

static void complete_kind(struct ctl *ctl, const struct typed *typed,
			  const struct grammar_verb *row, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(operand_kinds); i++) {
		const struct operand_kind *kind = &operand_kinds[i];

		if (strcmp(kind->word, word) != 0 ||
		    (kind->noun && strcmp(kind->noun, row->noun) != 0))
			continue;
		kind->complete(ctl, typed);
		return;
	}
}

/* The n-th word of the operands, as help shows them. */
static void operand_word(const struct grammar_verb *row, size_t n,
			 struct text *text)
{
	const char *word = row->operands;

	for (; n > 0 && *word; n--) {
		word += strcspn(word, " ");
		word += strspn(word, " ");
	}
	text_add_bytes(text, word, strcspn(word, " "));
}

static void complete_operand(struct ctl *ctl, const struct typed *typed,
			     const struct grammar_verb *row)
{
	size_t n_used = 1;
	bool is_new = row->verb && strcmp(row->verb, "add") == 0 &&
		      row->operands_max == 1;
	char buffer[64];
	struct text word;

	(void)grammar_match(typed->rows, typed->words, typed->n_words, &n_used);
	if (strcmp(row->noun, "help") == 0) {
		if (typed->n_words == 1)
			complete_noun(ctl, typed);
		else
			complete_verb(ctl, typed, typed->words + 1,
				      typed->n_words - 1);
		return;
	}
	if (!row->operands || typed->n_words - n_used >= row->operands_max)
		return;
	text_init(&word, buffer, sizeof(buffer));
	operand_word(row, typed->n_words - n_used, &word);
	if (strstr(buffer, "FILE"))
		print_files(ctl);
	else if (row->method && !is_new)
		complete_kind(ctl, typed, row, buffer);
}

void completion_print(struct ctl *ctl, const char *const *words, size_t n_words)
{
	struct typed typed = {
		.rows = ctl->verbs,
		.partial = words[n_words - 1],
		.waiting = -1,
	};
	const struct grammar_verb *row;

	for (size_t i = 0; i + 1 < n_words; i++)
		read_word(&typed, words[i]);
	row = row_of(&typed);
	if (typed.waiting >= 0)
		complete_value(ctl, &typed, (enum grammar_option)typed.waiting,
			       "");
	else if (!typed.only_words && typed.partial[0] == '-')
		complete_option(ctl, &typed);
	else if (row)
		complete_operand(ctl, &typed, row);
	else if (typed.n_words == 0)
		complete_noun(ctl, &typed);
	else
		complete_verb(ctl, &typed, typed.words, typed.n_words);
}
