/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/offline.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>

#include "cloxxsctl/key_credential.h"
#include "cloxxsctl/program.h"

/* Noun, verb, operands, and two words an option. */
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
	const uint64_t own = GRAMMAR_GLOBAL | OPTION_BIT(OPTION_JSON);

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

int offline_ask(struct ctl *ctl, const struct command *command,
		json_t **ret_answer)
{
	scope(program_answer_freep) struct program_answer *answer = NULL;
	scope(json_decrefp) json_t *json = NULL;
	scope(scope_close) int key = -1;
	struct words words = { 0 };
	int r;

	r = geteuid() == 0 ? key_credential_open(&key) : 0;
	if (r < 0)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"the key is an encrypted credential that "
				"cannot be decrypted here; see \"systemd-creds "
				"decrypt\", and move it away where nothing "
				"decrypts it any more");
	write_words(&words, command);
	if (key >= 0) {
		words.argv[words.n++] = "--key-fd";
		words.argv[words.n++] = "3";
		words.argv[words.n] = NULL;
	}
	/* A reader that has gone must not end us before we can say so. */
	if (command->row->gives_password)
		(void)signal(SIGPIPE, SIG_IGN);
	r = program_ask_with(ctl->offline, words.argv, key, &answer);
	if (r < 0) {
		(void)ctl_fail_errno(ctl, command, ctl->offline, r);
		return STATUS_FAILURE;
	}
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
