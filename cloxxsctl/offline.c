/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/offline.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>

#include "cloxxsctl/key_credential.h"
#include "cloxxsctl/program.h"

/* Noun, verb, operands, two words an option, and two for the key. */
#define WORDS_MAX (6 + GRAMMAR_OPERANDS_MAX + 2 * _N_OPTIONS)
#define OPTION_WORD_MAX 32

struct words {
	const char *argv[WORDS_MAX];
	size_t n;
	char options[_N_OPTIONS][OPTION_WORD_MAX];
};

static void add_option(struct words *words, int option, const char *value)
{
	struct text text;

	text_init(&text, words->options[option], OPTION_WORD_MAX);
	text_add_format(&text, "--%s", grammar_options[option].name);
	words->argv[words->n++] = words->options[option];
	words->argv[words->n++] = value ? value : "yes";
}

static void write_words(struct words *words, const struct command *command)
{
	const grammar_options_t own = GRAMMAR_GLOBAL | OPTION_BIT(OPTION_JSON);

	words->argv[words->n++] = "cloxxs-offline";
	words->argv[words->n++] = command->row->noun;
	words->argv[words->n++] = command->row->verb;
	for (size_t i = 0; i < GRAMMAR_OPERANDS_MAX; i++)
		if (command->operands[i])
			words->argv[words->n++] = command->operands[i];
	for (int i = 0; i < _N_OPTIONS; i++)
		if (command->given & ~own & OPTION_BIT(i))
			add_option(words, i, command->values[i]);
	words->argv[words->n] = NULL;
}

/* What it said of its failure; its exit status is ours where it is one. */
static int show_failure(const struct ctl *ctl, const struct command *command,
			int exit_status, const json_t *answer)
{
	const char *message = output_member(answer, "message", NULL);
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	if (exit_status <= STATUS_OK || exit_status >= _N_STATUSES)
		exit_status = STATUS_FAILURE;
	text_init(&text, sentence, sizeof(sentence));
	if (message)
		output_add_foreign(&text, message, strlen(message));
	else
		text_add_format(&text, "%s gave no answer", ctl->offline);
	return ctl_fail(ctl, command, (enum failure_status)exit_status,
			sentence);
}

static int show(const struct ctl *ctl, const struct command *command,
		const json_t *answer)
{
	int r = ctl->output->form->show(ctl->output, command, answer);

	if (r < 0)
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	return STATUS_OK;
}

static int decrypt(const struct ctl *ctl, const char *path,
		   struct key_file *file)
{
	struct key_credential credential;
	int r = key_credential_read(path, &credential);

	return r == 0 ? key_credential_decrypt(ctl->creds, &credential, file)
		      : r;
}

/*
 * Where the unit loads an encrypted key file, and root asks: its keys in a
 * pipe. Not for a verb that needs none, which must not fail for one.
 */
static int open_key(const struct ctl *ctl, const struct command *command,
		    int *ret_fd)
{
	const struct host host = { .root = "" };
	const char *path = key_credential_place(&host);
	struct key_file file = { 0 };
	char sentence[FAILURE_LINE_MAX];
	struct text text;
	int r;

	if (geteuid() != 0 || strcmp(command->row->verb, "verify") == 0 ||
	    strcmp(path, KEY_PLAIN_FILE) == 0)
		return STATUS_OK;
	r = decrypt(ctl, path, &file);
	if (r == 0)
		r = program_pipe(file.bytes, file.n, ret_fd);
	explicit_bzero(&file, sizeof(file));
	if (r < 0)
		return ctl_fail_errno(ctl, command, path, r);
	if (r == 0)
		return STATUS_OK;
	text_init(&text, sentence, sizeof(sentence));
	text_add_format(&text,
			"%s " KEY_CREDENTIAL_NOT_OURS
			"; to restore a backup with the keys that it brings, "
			"move this file and its drop-in away first",
			path);
	return ctl_fail(ctl, command, STATUS_FAILURE, sentence);
}

/* Its exit status, or what is ours, negative, which has been told. */
static int run_program(struct ctl *ctl, const struct command *command,
		       struct program_answer **ret_answer)
{
	scope(scope_close) int key = -1;
	struct words words = { 0 };
	int r;

	r = open_key(ctl, command, &key);
	if (r != STATUS_OK)
		return -r;
	write_words(&words, command);
	if (key >= 0) {
		words.argv[words.n++] = "--key-fd";
		words.argv[words.n++] = PROGRAM_EXTRA_WORD;
		words.argv[words.n] = NULL;
	}
	r = program_ask_with(ctl->offline, words.argv,
			     &(struct program_inputs){ -1, key }, ret_answer);
	if (r >= 0)
		return r;
	(void)ctl_fail_errno(ctl, command, ctl->offline, r);
	return -STATUS_FAILURE;
}

int offline_ask(struct ctl *ctl, const struct command *command,
		json_t **ret_answer)
{
	scope(program_answer_freep) struct program_answer *answer = NULL;
	scope(json_decrefp) json_t *json = NULL;
	int r;

	/* A reader that has gone must not end us before we can say so. */
	if (command->row->gives_password)
		(void)signal(SIGPIPE, SIG_IGN);
	r = run_program(ctl, command, &answer);
	if (r < 0)
		return -r;
	json = json_loadb(answer->bytes, answer->n, 0, NULL);
	if (!json_is_object(json) || json_object_get(json, "error") ||
	    (r != STATUS_OK && !json_object_get(json, "sound")))
		return show_failure(ctl, command, r, json);
	*ret_answer = scope_take_ptr(json);
	return STATUS_OK;
}

int offline_run(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *answer = NULL;
	int r = offline_ask(ctl, command, &answer);

	if (r != STATUS_OK)
		return r;
	r = show(ctl, command, answer);
	/* What was found is an answer too, with the status of a failure. */
	if (r == STATUS_OK && json_is_false(json_object_get(answer, "sound")))
		r = STATUS_FAILURE;
	return r;
}
