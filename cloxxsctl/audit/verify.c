/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verbs verify and anchor. The daemon proves its own chain, for only it has
 * the key; that it proves the same chain as before is told by anchors, and
 * that the journal says the same, by comparing.
 */
#include "cloxxsctl/audit/audit.h"

#include <inttypes.h>
#include <string.h>

#include "base/timestamp.h"
#include "cloxxsctl/audit/anchor.h"
#include "cloxxsctl/audit/compare.h"
#include "cloxxsctl/audit/ledger.h"
#include "cloxxsctl/audit/source.h"
#include "cloxxsctl/progress.h"
#include "cloxxsctl/request.h"

#define SECOND_US INT64_C(1000000)
/* More anchors are looked up in one reading of the ledger. */
#define ANCHORS_ONE_BY_ONE 10
/* Of anchors. */
#define FAULTS_MAX 50

struct verification {
	struct ctl *ctl;
	const struct command *command;
	struct progress progress;
	struct audit_anchors anchors;
	json_t *head, *proof; /* of the daemon */
	json_t *faults;       /* sentences */
	size_t at;            /* the anchor that is looked for next */
	int64_t n_held, n_purged;
	bool compares;
	struct audit_comparison comparison;
};

static void verification_deinit(struct verification *verification)
{
	progress_end(&verification->progress);
	audit_anchors_deinit(&verification->anchors);
	audit_comparison_deinit(&verification->comparison);
	json_decref(verification->head);
	json_decref(verification->proof);
	json_decref(verification->faults);
}

static int64_t number_of(const json_t *object, const char *member)
{
	int64_t number = 0;

	(void)output_member_int(object, member, &number);
	return number;
}

static int add_fault(struct verification *verification, const char *sentence)
{
	return json_array_append_new(verification->faults,
				     json_string(sentence)) < 0
		       ? -ENOMEM
		       : 0;
}

/* The head. */

static int fetch_head(struct ctl *ctl, const struct command *command,
		      json_t **ret_head, struct audit_anchor *ret_anchor)
{
	scope(json_decrefp) json_t *head = NULL;
	struct audit_anchor anchor = { 0 };
	const char *installation, *chain;
	struct grammar_verb row;
	struct command call;
	int r;

	call = audit_ledger_call(command, AUDIT_INTERFACE "Head", &row);
	r = request_fetch(ctl, &call, &head);
	if (r != STATUS_OK)
		return r;
	installation = output_member(head, "installation", "");
	chain = output_member(head, "chain", "");
	if (strlen(installation) != sizeof(anchor.installation) - 1 ||
	    strlen(chain) != sizeof(anchor.chain) - 1)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"the daemon's answer lacks something; is it "
				"of another version?");
	anchor.sequence = number_of(head, "sequence");
	anchor.at_us = number_of(head, "at");
	memcpy(anchor.installation, installation, sizeof(anchor.installation));
	memcpy(anchor.chain, chain, sizeof(anchor.chain));
	if (ret_head)
		*ret_head = scope_take_ptr(head);
	*ret_anchor = anchor;
	return STATUS_OK;
}

int audit_run_anchor(struct ctl *ctl, const struct command *command)
{
	struct audit_anchor anchor;
	char line[256];
	struct text text;
	int r;

	r = fetch_head(ctl, command, NULL, &anchor);
	if (r != STATUS_OK)
		return r;
	text_init(&text, line, sizeof(line));
	audit_anchor_write(&anchor, &text);
	output_foreign(ctl->output, line);
	fputc('\n', ctl->output->stream);
	return STATUS_OK;
}

/* The chain. */

static int take_proof(json_t *reply, void *userdata)
{
	struct verification *verification = userdata;
	int64_t total = number_of(reply, "total");

	if (json_is_string(json_object_get(reply, "verdict"))) {
		json_decref(verification->proof);
		verification->proof = json_incref(reply);
	} else if (total > 0) {
		progress_show(&verification->progress, "Proving",
			      number_of(reply, "checked") * 100 / total, "%");
	}
	return 0;
}

/* Of what the daemon's word for a fault stands for. */
static const struct {
	const char *fault;
	const char *sentence; /* behind "record 7 " */
} fault_sentences[] = {
	{ "missing", "is missing" },
	{ "changed", "was changed" },
	{ "out-of-order", "is out of order" },
	{ "foreign", "is none of the daemon's" },
	{ "cut-off", "is where the ledger begins, and what was removed before "
		     "it was not removed by the daemon" },
	{ "anchor", "is not the one of the anchor: the ledger is another, or "
		    "an older one" },
};

static int add_proof_fault(struct verification *verification)
{
	const char *fault = output_member(verification->proof, "fault", "?");
	char sentence[240];
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	text_add_format(&text, "record %" PRId64 " ",
			number_of(verification->proof, "broken"));
	for (size_t i = 0; i < ARRAY_SIZE(fault_sentences); i++)
		if (strcmp(fault_sentences[i].fault, fault) == 0) {
			text_add(&text, fault_sentences[i].sentence);
			return add_fault(verification, sentence);
		}
	text_add(&text, "is at fault: ");
	text_add_escaped(&text, fault, strnlen(fault, 64));
	return add_fault(verification, sentence);
}

static bool is_proved(const struct verification *verification)
{
	return strcmp(output_member(verification->proof, "verdict", ""),
		      "proved") == 0;
}

static int prove(struct verification *verification)
{
	const struct audit_anchors *anchors = &verification->anchors;
	struct grammar_verb row;
	struct command call;
	json_t *parameters = NULL;
	int r;

	if (anchors->n > 0) {
		const struct audit_anchor *newest =
			&anchors->anchors[anchors->n - 1];

		parameters = json_pack("{s:I, s:s}", "sequence",
				       (json_int_t)newest->sequence, "chain",
				       newest->chain);
	}
	call = audit_ledger_call(verification->command,
				 AUDIT_INTERFACE "Verify", &row);
	r = request_stream(verification->ctl, &call, parameters, take_proof,
			   verification);
	progress_end(&verification->progress);
	if (r != STATUS_OK)
		return r;
	if (!verification->proof)
		return ctl_fail(verification->ctl, verification->command,
				STATUS_FAILURE,
				"the daemon's answer has no verdict");
	return is_proved(verification) || add_proof_fault(verification) == 0
		       ? STATUS_OK
		       : ctl_fail_errno(verification->ctl,
					verification->command, "proving",
					-ENOMEM);
}

/* Anchors. */

static int add_anchor_fault(struct verification *verification,
			    const struct audit_anchor *anchor, const char *what)
{
	char sentence[200];
	struct text text;

	if (json_array_size(verification->faults) >= FAULTS_MAX)
		return 0;
	text_init(&text, sentence, sizeof(sentence));
	text_add(&text, "the anchor ");
	if (anchor->line > 0)
		text_add_format(&text, "of line %" PRId64 " ", anchor->line);
	text_add_format(&text, "of record %" PRId64 " %s", anchor->sequence,
			what);
	return add_fault(verification, sentence);
}

/* Anchors of others prove nothing here, and are taken out. */
static int drop_foreign(struct verification *verification,
			const char *installation)
{
	struct audit_anchors *anchors = &verification->anchors;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < anchors->n && r == 0; i++) {
		if (strcmp(anchors->anchors[i].installation, installation) == 0)
			anchors->anchors[n++] = anchors->anchors[i];
		else
			r = add_anchor_fault(verification, &anchors->anchors[i],
					     "is of another installation");
	}
	anchors->n = n;
	return r;
}

static int judge(struct verification *verification,
		 const struct audit_anchor *anchor, const json_t *entry)
{
	if (strcmp(output_member(entry, "chain", ""), anchor->chain) == 0) {
		verification->n_held++;
		return 0;
	}
	return add_anchor_fault(verification, anchor,
				"is not of this ledger: it is another, or an "
				"older one");
}

/* Anchors and entries, both in order of sequence numbers. */
static int take_anchored(json_t *entry, void *userdata)
{
	struct verification *verification = userdata;
	const struct audit_anchors *anchors = &verification->anchors;
	int64_t sequence = number_of(entry, "sequence");
	int r = 0;

	while (verification->at < anchors->n && r == 0) {
		const struct audit_anchor *anchor =
			&anchors->anchors[verification->at];

		if (anchor->sequence > sequence)
			return 0;
		r = anchor->sequence == sequence
			    ? judge(verification, anchor, entry)
			    : add_anchor_fault(verification, anchor,
					       "has lost its record");
		verification->at++;
	}
	return r != 0 ? r : AUDIT_ENOUGH;
}

static int look_up(struct verification *verification, int64_t first,
		   int64_t last)
{
	struct audit_query query = { .first = first, .last = last };

	return audit_ledger_read(verification->ctl, verification->command,
				 &query, take_anchored, verification);
}

/* The anchors from verification->at on, all of which the ledger should have. */
static int look_up_all(struct verification *verification)
{
	const struct audit_anchors *anchors = &verification->anchors;
	size_t n = anchors->n - verification->at;
	int r = STATUS_OK;

	if (n > ANCHORS_ONE_BY_ONE)
		r = look_up(verification,
			    anchors->anchors[verification->at].sequence,
			    anchors->anchors[anchors->n - 1].sequence);
	while (n <= ANCHORS_ONE_BY_ONE && verification->at < anchors->n &&
	       r == STATUS_OK) {
		size_t before = verification->at;
		int64_t sequence = anchors->anchors[before].sequence;

		r = look_up(verification, sequence, sequence);
		if (verification->at == before)
			break;
	}
	for (; verification->at < anchors->n && r == STATUS_OK;
	     verification->at++)
		if (add_anchor_fault(verification,
				     &anchors->anchors[verification->at],
				     "has lost its record") < 0)
			return ctl_fail_errno(verification->ctl,
					      verification->command, "proving",
					      -ENOMEM);
	return r;
}

/* Each is a record of the chain that was proved just now. */
static int check_anchors(struct verification *verification)
{
	const struct audit_anchors *anchors = &verification->anchors;
	int64_t first = number_of(verification->proof, "first");

	while (verification->at < anchors->n &&
	       anchors->anchors[verification->at].sequence < first) {
		verification->at++;
		verification->n_purged++;
	}
	return look_up_all(verification);
}

/* Answers. */

static void add_moment(struct text *text, int64_t at_us)
{
	text_add(text, " (");
	output_add_time(text, at_us / SECOND_US);
	text_add(text, ")");
}

static void show_chain(const struct verification *verification)
{
	const json_t *proof = verification->proof;
	struct output *output = verification->ctl->output;
	int64_t first = number_of(proof, "first"),
		last = number_of(proof, "last"), n = last - first + 1;
	char line[200];
	struct text text;

	if (!is_proved(verification))
		return;
	text_init(&text, line, sizeof(line));
	text_add_format(&text,
			"Proved: %" PRId64 " record%s, from %" PRId64
			" to %" PRId64,
			last > 0 ? n : 0, text_plural(n), first, last);
	if (number_of(verification->head, "sequence") == last)
		add_moment(&text, number_of(verification->head, "at"));
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
	int64_t purged = number_of(proof, "purged"),
		replaced = number_of(proof, "replaced");
	char line[200];
	struct text text;

	text_init(&text, line, sizeof(line));
	if (purged > 0) {
		text_add_format(&text,
				"%" PRId64 " record%s, removed when their time "
				"was over",
				purged, text_plural(purged));
		if (number_of(proof, "cut_at") > 0)
			add_moment(&text, number_of(proof, "cut_at"));
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
			"; %" PRId64 " older than the ledger's first",
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

static int show(const struct verification *verification)
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
static int tell_faults(const struct verification *verification)
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

/* Order. */

static int read_anchors(struct verification *verification)
{
	const struct command *command = verification->command;
	const char *word = command->values[OPTION_ANCHOR];
	char sentence[FAILURE_LINE_MAX];
	struct text text;
	int r;

	if (!command_has(command, OPTION_ANCHOR))
		return STATUS_OK;
	text_init(&text, sentence, sizeof(sentence));
	text_add(&text, "--anchor: ");
	r = audit_anchors_read(word, &text, &verification->anchors);
	if (r < 0)
		return ctl_fail_errno(verification->ctl, command, word, r);
	return r == 0 ? STATUS_OK
		      : ctl_fail(verification->ctl, command, STATUS_USAGE,
				 sentence);
}

static int compare(struct verification *verification)
{
	const json_t *proof = verification->proof;
	const struct audit_query place = { 0 };
	int r;

	if (!command_has(verification->command, OPTION_JOURNAL))
		return STATUS_OK;
	verification->compares = true;
	r = audit_compare(verification->ctl, verification->command, &place,
			  number_of(proof, "first"), number_of(proof, "last"),
			  &verification->comparison);
	if (r == STATUS_OK &&
	    json_array_extend(verification->faults,
			      verification->comparison.faults) < 0)
		return ctl_fail_errno(verification->ctl, verification->command,
				      "comparing", -ENOMEM);
	return r;
}

static int verify(struct verification *verification)
{
	struct audit_anchor head;
	int r;

	r = read_anchors(verification);
	if (r == STATUS_OK)
		r = fetch_head(verification->ctl, verification->command,
			       &verification->head, &head);
	if (r == STATUS_OK && drop_foreign(verification, head.installation) < 0)
		r = ctl_fail_errno(verification->ctl, verification->command,
				   "proving", -ENOMEM);
	if (r == STATUS_OK)
		r = prove(verification);
	/* What is not proved is nothing to compare with. */
	if (r == STATUS_OK && is_proved(verification))
		r = check_anchors(verification);
	if (r == STATUS_OK && is_proved(verification))
		r = compare(verification);
	return r;
}

int audit_run_verify(struct ctl *ctl, const struct command *command)
{
	scope(verification_deinit) struct verification verification = {
		.ctl = ctl,
		.command = command,
		.progress = progress_begin(ctl),
		.faults = json_array(),
	};
	int r;

	if (!verification.faults)
		return ctl_fail_errno(ctl, command, "proving", -ENOMEM);
	r = verify(&verification);
	if (r != STATUS_OK)
		return r;
	r = show(&verification);
	if (r == 0)
		r = output_finish(ctl->output);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	return tell_faults(&verification);
}
