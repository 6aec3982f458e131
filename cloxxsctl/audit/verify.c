/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verbs verify and anchor. The daemon proves its own chain, for only it has
 * the key; that it proves the same chain as before is told by anchors, and
 * that the journal says the same, by comparing.
 */
#include "cloxxsctl/audit/audit.h"

#include <inttypes.h>

#include "cloxxsctl/audit/ledger.h"
#include "cloxxsctl/audit/source.h"
#include "cloxxsctl/audit/verification.h"
#include "cloxxsctl/request.h"

static void verification_deinit(struct verification *verification)
{
	progress_end(&verification->progress);
	audit_anchors_deinit(&verification->anchors);
	audit_comparison_deinit(&verification->comparison);
	json_decref(verification->head);
	json_decref(verification->proof);
	json_decref(verification->faults);
}

int verification_add_fault(struct verification *verification,
			   const char *sentence)
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
	anchor.sequence = verification_number(head, "sequence");
	anchor.at = verification_number(head, "at");
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
	int64_t total = verification_number(reply, "total");

	if (json_is_string(json_object_get(reply, "verdict"))) {
		json_decref(verification->proof);
		verification->proof = json_incref(reply);
	} else if (total > 0) {
		progress_show(&verification->progress, "Proving",
			      verification_number(reply, "checked") * 100 /
				      total,
			      "%");
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
			verification_number(verification->proof, "broken"));
	for (size_t i = 0; i < ARRAY_SIZE(fault_sentences); i++)
		if (strcmp(fault_sentences[i].fault, fault) == 0) {
			text_add(&text, fault_sentences[i].sentence);
			return verification_add_fault(verification, sentence);
		}
	text_add(&text, "is at fault: ");
	text_add_escaped(&text, fault, strnlen(fault, 64));
	return verification_add_fault(verification, sentence);
}

/* Where the ledger begins: an anchor from before that proves nothing. */
static int take_first(json_t *entry, void *userdata)
{
	int64_t *first = userdata;

	*first = verification_number(entry, "sequence");
	return AUDIT_ENOUGH;
}

/* The newest anchor for the daemon, which records what came of it; none where
 * that was purged. An exit status. */
static int choose_anchor(struct verification *verification,
			 json_t **ret_parameters)
{
	const struct audit_anchors *anchors = &verification->anchors;
	const struct audit_query query = { .limit = 1 };
	const struct audit_anchor *newest;
	int64_t first = 1;
	int r;

	if (anchors->n == 0)
		return STATUS_OK;
	newest = &anchors->anchors[anchors->n - 1];
	r = audit_ledger_read(verification->ctl, verification->command, &query,
			      take_first, &first);
	if (r != STATUS_OK || newest->sequence < first - 1)
		return r;
	*ret_parameters =
		json_pack("{s:I, s:s}", "sequence",
			  (json_int_t)newest->sequence, "chain", newest->chain);
	/* Without it less would be proved than was asked. */
	return *ret_parameters ? STATUS_OK
			       : ctl_fail_errno(verification->ctl,
						verification->command, "memory",
						-ENOMEM);
}

static int prove(struct verification *verification)
{
	json_t *parameters = NULL;
	struct grammar_verb row;
	struct command call;
	int r;

	r = choose_anchor(verification, &parameters);
	if (r != STATUS_OK)
		return r;
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
	return verification_is_proved(verification) ||
			       add_proof_fault(verification) == 0
		       ? STATUS_OK
		       : ctl_fail_errno(verification->ctl,
					verification->command, "proving",
					-ENOMEM);
}

/* Order. */

#define PLACES                                                    \
	(OPTION_BIT(OPTION_FILE) | OPTION_BIT(OPTION_DIRECTORY) | \
	 OPTION_BIT(OPTION_NAMESPACE) | OPTION_BIT(OPTION_UID))

static int read_place(struct verification *verification)
{
	const struct command *command = verification->command;
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	if (!command_has(command, OPTION_JOURNAL) && (command->given & PLACES))
		text_add(&text, "where the journal is matters with --journal "
				"only");
	else if (audit_query_read(&verification->place, command, &text) == 0)
		return STATUS_OK;
	return ctl_fail(verification->ctl, command, STATUS_USAGE, sentence);
}

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
	int r;

	if (!command_has(verification->command, OPTION_JOURNAL))
		return STATUS_OK;
	verification->compares = true;
	r = audit_compare(
		verification->ctl, verification->command, &verification->place,
		verification_number(proof, "first"),
		verification_number(proof, "last"), &verification->comparison);
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

	r = read_place(verification);
	if (r == STATUS_OK)
		r = read_anchors(verification);
	if (r == STATUS_OK)
		r = fetch_head(verification->ctl, verification->command,
			       &verification->head, &head);
	if (r == STATUS_OK &&
	    verification_drop_foreign(verification, head.installation) < 0)
		r = ctl_fail_errno(verification->ctl, verification->command,
				   "proving", -ENOMEM);
	if (r == STATUS_OK)
		r = prove(verification);
	/* What is not proved is nothing to compare with. */
	if (r == STATUS_OK && verification_is_proved(verification))
		r = verification_check_anchors(verification);
	if (r == STATUS_OK && verification_is_proved(verification))
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
	r = verification_show(&verification);
	if (r == 0)
		r = output_finish(ctl->output);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	return verification_tell_faults(&verification);
}
