/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/verification.h"

#include <inttypes.h>

#include "cloxxsctl/output.h"

#define SECOND_US INT64_C(1000000)

static void add_moment(struct text *text, int64_t at)
{
	text_add(text, " (");
	output_add_time(text, at);
	text_add(text, ")");
}

static void show_chain(const struct verification *verification)
{
	const json_t *proof = verification->proof;
	struct output *output = verification->ctl->output;
	int64_t first = verification_number(proof, "first"),
		last = verification_number(proof, "last"), n = last - first + 1;
	char line[200];
	struct text text;

	if (!verification_is_proved(verification))
		return;
	text_init(&text, line, sizeof(line));
	text_add_format(&text,
			"Proved: %" PRId64 " record%s, from %" PRId64
			" to %" PRId64,
			n, text_plural(n), first, last);
	if (verification_number(verification->head, "sequence") == last)
		add_moment(&text,
			   verification_number(verification->head, "at"));
	fprintf(output->stream, "%s%s%s\n", output_tone(output, TONE_GOOD),
		line, output_plain(output));
	output_label(output, "Head");
	output_foreign(output, output_member(proof, "chain", "?"));
	fputc('\n', output->stream);
}

static void show_retention(const struct verification *verification)
{
	const json_t *proof = verification->proof;
	struct output *output = verification->ctl->output;
	int64_t purged = verification_number(proof, "purged"),
		replaced = verification_number(proof, "replaced");
	char line[200];
	struct text text;

	text_init(&text, line, sizeof(line));
	if (purged > 0) {
		text_add_format(&text,
				"records up to %" PRId64 " were removed when "
				"their time was over",
				purged);
		if (verification_number(proof, "cut_at") > 0)
			add_moment(&text, verification_number(proof, "cut_at") /
						  SECOND_US);
		output_label(output, "Cut-off");
		fprintf(output->stream, "%s\n", line);
	}
	if (replaced > 0) {
		output_label(output, "Replaced");
		fprintf(output->stream,
			"texts of %" PRId64 " record%s, when their time was "
			"over\n",
			replaced, text_plural(replaced));
	}
}

static void show_anchors(const struct verification *verification)
{
	struct output *output = verification->ctl->output;

	if (!command_has(verification->command, OPTION_ANCHOR))
		return;
	output_label(output, "Anchors");
	fprintf(output->stream, "%" PRId64 " held", verification->n_held);
	if (verification->n_purged > 0)
		fprintf(output->stream,
			", %" PRId64 " of records that were removed",
			verification->n_purged);
	fputc('\n', output->stream);
}

static void show_journal(const struct verification *verification)
{
	const struct audit_comparison *found = &verification->comparison;
	struct output *output = verification->ctl->output;

	if (!verification->compares)
		return;
	output_label(output, "Journal");
	fprintf(output->stream, "%" PRId64 " record%s as in the ledger",
		found->n_same, text_plural(found->n_same));
	if (found->begins > 0)
		fprintf(output->stream, ", from %" PRId64 " on", found->begins);
	if (found->n_older > 0)
		fprintf(output->stream,
			"; %" PRId64 " that the ledger keeps no more",
			found->n_older);
	fputc('\n', output->stream);
}

static int show_json(const struct verification *verification)
{
	const struct audit_comparison *found = &verification->comparison;
	scope(json_decrefp) json_t *object =
		json_deep_copy(verification->proof);
	json_t *anchors, *journal;

	if (!object)
		return -ENOMEM;
	anchors = json_pack("{s:I, s:I}", "held",
			    (json_int_t)verification->n_held, "purged",
			    (json_int_t)verification->n_purged);
	journal = verification->compares
			  ? json_pack("{s:I, s:I, s:I, s:I}", "same",
				      (json_int_t)found->n_same, "first",
				      (json_int_t)found->begins, "older",
				      (json_int_t)found->n_older, "faults",
				      (json_int_t)found->n_faults)
			  : json_null();
	if (json_object_set_new(object, "anchors", anchors) < 0 ||
	    json_object_set_new(object, "journal", journal) < 0 ||
	    json_object_set(object, "head", verification->head) < 0 ||
	    json_object_set(object, "faults", verification->faults) < 0)
		return -ENOMEM;
	return output_json_form.show(verification->ctl->output,
				     verification->command, object);
}

int verification_show(const struct verification *verification)
{
	if (command_has(verification->command, OPTION_JSON))
		return show_json(verification);
	show_chain(verification);
	show_retention(verification);
	show_anchors(verification);
	show_journal(verification);
	return 0;
}

/* What was found goes where failures go, one line each. */
int verification_tell_faults(const struct verification *verification)
{
	int64_t more =
		verification->comparison.n_faults -
		(int64_t)json_array_size(verification->comparison.faults);
	const json_t *sentence;
	size_t i;

	json_array_foreach(verification->faults, i, sentence)
	{
		failure_print(verification->ctl->errors, verification->command,
			      json_string_value(sentence));
	}
	if (more > 0)
		fprintf(verification->ctl->errors,
			"cloxxsctl: and %" PRId64 " more\n", more);
	return json_array_size(verification->faults) > 0 ? STATUS_FAILURE
							 : STATUS_OK;
}
