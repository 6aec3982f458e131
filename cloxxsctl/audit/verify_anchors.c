/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/verification.h"

#include <inttypes.h>

#include "cloxxsctl/audit/ledger.h"
#include "cloxxsctl/audit/source.h"

/* More anchors are looked up in one reading of the ledger. */
#define ANCHORS_ONE_BY_ONE 10
/* What is told of anchors. */
#define FAULTS_MAX 50

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
	return verification_add_fault(verification, sentence);
}

/* Anchors of others prove nothing here, and are taken out. */
int verification_drop_foreign(struct verification *verification,
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

/*
 * What the ledger told nothing of: a record of a ledger that was proved is
 * there, and has lost its texts when its time was over; one behind the head
 * was there once.
 */
static int judge_untold(struct verification *verification,
			const struct audit_anchor *anchor)
{
	int64_t last = verification_number(verification->proof, "last");

	if (anchor->sequence > last)
		return add_anchor_fault(verification, anchor,
					"has lost its record");
	verification->n_purged++;
	return 0;
}

/* Anchors and entries, both in order of sequence numbers. */
static int take_anchored(json_t *entry, void *userdata)
{
	struct verification *verification = userdata;
	const struct audit_anchors *anchors = &verification->anchors;
	int64_t sequence = verification_number(entry, "sequence");
	int r = 0;

	while (verification->at < anchors->n && r == 0) {
		const struct audit_anchor *anchor =
			&anchors->anchors[verification->at];

		if (anchor->sequence > sequence)
			return 0;
		r = anchor->sequence == sequence
			    ? judge(verification, anchor, entry)
			    : judge_untold(verification, anchor);
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

/* Up to and without the anchor end. */
static int judge_all_untold(struct verification *verification, size_t end)
{
	const struct audit_anchors *anchors = &verification->anchors;
	int r = 0;

	for (; verification->at < end && r == 0; verification->at++)
		r = judge_untold(verification,
				 &anchors->anchors[verification->at]);
	return r;
}

/* The anchors of one sequence number or more, up to and without end. */
static int look_up_until(struct verification *verification, size_t end)
{
	const struct audit_anchor *anchors = verification->anchors.anchors;
	int r;

	r = look_up(verification, anchors[verification->at].sequence,
		    anchors[end - 1].sequence);
	if (r == STATUS_OK && judge_all_untold(verification, end) < 0)
		r = ctl_fail_errno(verification->ctl, verification->command,
				   "proving", -ENOMEM);
	return r;
}

/* The anchors from verification->at on, all of which the ledger should have. */
static int look_up_all(struct verification *verification)
{
	size_t n = verification->anchors.n;
	bool at_once = n - verification->at > ANCHORS_ONE_BY_ONE;
	int r = STATUS_OK;

	while (verification->at < n && r == STATUS_OK)
		r = look_up_until(verification,
				  at_once ? n : verification->at + 1);
	return r;
}

/* Each is a record of the chain that was proved just now. */
int verification_check_anchors(struct verification *verification)
{
	const struct audit_anchors *anchors = &verification->anchors;
	int64_t first = verification_number(verification->proof, "first");

	while (verification->at < anchors->n &&
	       anchors->anchors[verification->at].sequence < first) {
		verification->at++;
		verification->n_purged++;
	}
	return look_up_all(verification);
}
