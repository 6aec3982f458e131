/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/statement/statement.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cloxxsctl/reader.h"
#include "cloxxsctl/statement/evidence.h"

static const char *const words[_N_STATEMENT_WORDS][_N_STATEMENT_LANGUAGES] = {
	[WORD_TITLE] = { "Statement of access measures",
			 "Verklaring van toegangsmaatregelen" },
	[WORD_MADE] = { "made", "opgemaakt" },
	[WORD_MEASURE] = { "Measure", "Maatregel" },
	[WORD_SEEN] = { "What was found", "Wat is vastgesteld" },
	[WORD_NOT_KEPT] = { "not kept", "niet nagekomen" },
	[WORD_KEPT] = { "kept, measured now", "nagekomen, nu gemeten" },
	[WORD_DECLARED] = { "declared by the operator",
			    "verklaard door de beheerder" },
	[WORD_OFF] = { "optional and off", "facultatief en uit" },
	[WORD_OPTIONAL] = { "optional", "facultatief" },
	[WORD_PARTIAL] = { "Not made as root: what could not be looked at "
			   "counts as not kept.",
			   "Niet als root opgemaakt: wat niet te bekijken was, "
			   "telt als niet nagekomen." },
	[WORD_NO_RIGHTS] = { "No rights can be derived from this statement.",
			     "Aan deze verklaring kunnen geen rechten worden "
			     "ontleend." },
};

const char *statement_word(const struct statement *statement,
			   enum statement_word word)
{
	return words[word][statement->language];
}

const char *statement_outcome(const struct statement *statement,
			      enum answer_outcome outcome)
{
	static const enum statement_word names[_N_ANSWER_OUTCOMES] = {
		[ANSWER_NOT_KEPT] = WORD_NOT_KEPT,
		[ANSWER_KEPT] = WORD_KEPT,
		[ANSWER_DECLARED] = WORD_DECLARED,
		[ANSWER_OFF] = WORD_OFF,
	};

	return statement_word(statement, names[outcome]);
}

int statement_count(const struct statement *statement,
		    enum answer_outcome outcome)
{
	int n = 0;

	for (size_t i = 0; i < N_PROMISES; i++)
		n += statement->answers[i].outcome == outcome;
	return n;
}

static void make(struct statement *statement, struct evidence *evidence)
{
	if (gethostname(statement->host, sizeof(statement->host)) < 0)
		statement->host[0] = '\0';
	statement->host[sizeof(statement->host) - 1] = '\0';
	statement->made = evidence->now;
	for (size_t i = 0; i < N_PROMISES; i++)
		promises[i].look(evidence, &statement->answers[i]);
}

static json_t *not_kept(struct evidence *evidence)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < N_PROMISES; i++) {
		struct answer answer = { 0 };

		if (promises[i].slow)
			continue;
		promises[i].look(evidence, &answer);
		if (answer.outcome == ANSWER_NOT_KEPT)
			(void)json_array_append_new(
				ids, json_string(promises[i].id));
	}
	return ids;
}

static void add_backups(json_t *digest, const json_t *backups)
{
	int64_t newest = 0, created;
	const json_t *backup;
	size_t i;

	if (!backups)
		return;
	(void)json_object_set_new(
		digest, "backups",
		json_integer((json_int_t)json_array_size(backups)));
	json_array_foreach(backups, i, backup)
	{
		if (output_member_int(backup, "created", &created) &&
		    created > newest)
			newest = created;
	}
	if (newest > 0)
		(void)json_object_set_new(digest, "backup_newest",
					  json_integer(newest));
}

json_t *statement_digest(const struct ctl *ctl)
{
	struct evidence evidence;
	const struct findings *findings = &evidence.doctor.findings;
	json_t *digest;

	evidence_gather(&evidence, ctl);
	digest = json_pack(
		"{s:{s:I, s:I}, s:o}", "doctor", "errors",
		(json_int_t)findings_count(findings, SEVERITY_ERROR),
		"warnings",
		(json_int_t)findings_count(findings, SEVERITY_WARNING),
		"not_kept", not_kept(&evidence));
	if (digest)
		add_backups(digest, evidence.backups);
	evidence_deinit(&evidence);
	return digest;
}

int statement_run(struct ctl *ctl, const struct command *command)
{
	const char *format = command->values[OPTION_FORMAT];
	struct statement *statement = calloc(1, sizeof(*statement));
	struct evidence evidence;
	int r;

	if (!statement)
		return ctl_fail_errno(ctl, command, "the statement", -ENOMEM);
	/* It takes some seconds: nobody should wonder. */
	if (isatty(fileno(ctl->errors)))
		fputs("Measuring ...\r", ctl->errors);
	evidence_gather(&evidence, ctl);
	evidence_ask_courier(&evidence);
	if (reader_language(command->values[OPTION_LANGUAGE]) == LANGUAGE_DUTCH)
		statement->language = STATEMENT_DUTCH;
	statement->partial = geteuid() != 0;
	make(statement, &evidence);
	evidence_deinit(&evidence);
	if (command_has(command, OPTION_JSON) ||
	    (format && strcmp(format, "json") == 0))
		r = statement_json(statement, ctl->output);
	else if (format && strcmp(format, "html") == 0)
		r = statement_html(statement, ctl->output);
	else
		r = statement_text(statement, ctl->output);
	free(statement);
	return r < 0 ? ctl_fail_errno(ctl, command, "the statement", r)
		     : STATUS_OK;
}
