/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ledger comes in its order, and the journal nearly so: it is read as far
 * as the record that the ledger has just told. What it holds of later ones
 * waits (ahead); what it holds of earlier ones was sent again, or by somebody
 * else, and is compared when the ledger is asked a second time (late).
 */
#include "cloxxsctl/audit/compare.h"

#include <inttypes.h>
#include <string.h>

#include "cloxxsctl/audit/entry.h"
#include "cloxxsctl/audit/journal.h"
#include "cloxxsctl/audit/ledger.h"
#include "cloxxsctl/audit/source.h"
#include "cloxxsctl/progress.h"

/* Records of the journal that wait for the ledger. */
#define AHEAD_MAX 4096
/* Faults that are told one by one. */
#define FAULTS_MAX 50
/* How long the newest record may be on its way. */
#define AWAIT_MS 2000
#define PROGRESS_EVERY 10000

struct comparing {
	struct audit_comparison *found;
	struct audit_journal *journal;
	struct progress progress;
	int64_t first, last;  /* of the ledger, as far as it was told */
	json_t *ahead, *late; /* by sequence number: arrays of entries */
	bool has_ended;       /* the journal */
	int64_t n;
};

void audit_comparison_deinit(struct audit_comparison *comparison)
{
	json_decref(comparison->faults);
	audit_spans_deinit(&comparison->missing);
}

static void comparing_deinit(struct comparing *comparing)
{
	json_decref(comparing->ahead);
	json_decref(comparing->late);
}

static int64_t sequence_of(const json_t *entry)
{
	int64_t sequence = 0;

	(void)output_member_int(entry, "sequence", &sequence);
	return sequence;
}

struct key {
	char bytes[24];
};

static struct key key_of(int64_t sequence)
{
	struct key key;
	struct text text;

	text_init(&text, key.bytes, sizeof(key.bytes));
	text_add_format(&text, "%" PRId64, sequence);
	return key;
}

static int add_fault(struct comparing *comparing, const char *sentence)
{
	struct audit_comparison *found = comparing->found;

	found->n_faults++;
	if (json_array_size(found->faults) >= FAULTS_MAX)
		return 0;
	return json_array_append_new(found->faults, json_string(sentence)) < 0
		       ? -ENOMEM
		       : 0;
}

/* The member by which two records of one number differ, or NULL. */
static const char *difference(const json_t *journal, const json_t *ledger)
{
	bool is_replaced = json_is_true(json_object_get(ledger, "replaced"));
	int64_t a = 0, b = 0;

	for (size_t i = 0; i < ENTRY_MESSAGE_ID; i++) {
		const char *name = audit_members[i].name;
		const char *here = output_member(journal, name, "");
		const char *there = output_member(ledger, name, "");

		/* Records of before had no chain in the journal. */
		if (i == ENTRY_CHAIN ? !*here : is_replaced)
			continue;
		if (strcmp(here, there) != 0)
			return name;
	}
	(void)output_member_int(journal, "at", &a);
	(void)output_member_int(ledger, "at", &b);
	return a == b ? NULL : "at";
}

static int compare_one(struct comparing *comparing, const json_t *journal,
		       const json_t *ledger)
{
	struct audit_comparison *found = comparing->found;
	const char *name = difference(journal, ledger);
	int64_t sequence = sequence_of(ledger);
	char sentence[160];
	struct text text;

	if (found->begins == 0 || sequence < found->begins)
		found->begins = sequence;
	if (!name) {
		found->n_same++;
		return 0;
	}
	text_init(&text, sentence, sizeof(sentence));
	text_add_format(&text,
			"record %" PRId64 " of the journal is not as in the "
			"ledger: another %s",
			sequence, name);
	return add_fault(comparing, sentence);
}

/* All of the journal's that have this number; *ret_any: there are some. */
static int compare_all(struct comparing *comparing, json_t *waiting,
		       const json_t *ledger, bool *ret_any)
{
	struct key key = key_of(sequence_of(ledger));
	json_t *entries = json_object_get(waiting, key.bytes);
	const json_t *entry;
	size_t i;
	int r = 0;

	json_array_foreach(entries, i, entry)
	{
		if (r == 0)
			r = compare_one(comparing, entry, ledger);
	}
	*ret_any = entries != NULL;
	(void)json_object_del(waiting, key.bytes);
	return r;
}

/* Takes the reference to entry. */
static int keep(json_t *waiting, json_t *entry)
{
	struct key key = key_of(sequence_of(entry));
	json_t *entries = json_object_get(waiting, key.bytes);

	if (!entries) {
		entries = json_array();
		if (json_object_set_new(waiting, key.bytes, entries) < 0) {
			json_decref(entry);
			return -ENOMEM;
		}
	}
	return json_array_append_new(entries, entry) < 0 ? -ENOMEM : 0;
}

/* The next record of the journal, to where it belongs while the ledger is at
 * sequence. */
static int pull(struct comparing *comparing, int64_t sequence)
{
	struct audit_comparison *found = comparing->found;
	json_t *entry = NULL;
	int64_t number;
	int r;

	r = audit_journal_next(comparing->journal, &entry);
	if (r < 0)
		return r;
	comparing->has_ended = r == 0;
	if (r == 0)
		return 0;
	number = sequence_of(entry);
	if (number < comparing->first) {
		found->n_older++;
		json_decref(entry);
		return 0;
	}
	return keep(number < sequence ? comparing->late : comparing->ahead,
		    entry);
}

static void note_told(struct comparing *comparing, int64_t sequence)
{
	if (sequence > comparing->last)
		comparing->last = sequence;
	if (++comparing->n % PROGRESS_EVERY == 0)
		progress_show(&comparing->progress, "Comparing", comparing->n,
			      "records");
}

/* An entry of the ledger, the first time. */
static int take(json_t *entry, void *userdata)
{
	struct comparing *comparing = userdata;
	int64_t sequence = sequence_of(entry);
	struct key key = key_of(sequence);
	bool any;
	int r = 0;

	note_told(comparing, sequence);
	while (r == 0 && !comparing->has_ended &&
	       !json_object_get(comparing->ahead, key.bytes) &&
	       json_object_size(comparing->ahead) < AHEAD_MAX)
		r = pull(comparing, sequence);
	if (r == 0)
		r = compare_all(comparing, comparing->ahead, entry, &any);
	if (r == 0 && !any)
		r = audit_spans_add(&comparing->found->missing, sequence);
	return r;
}

/* The second time, for those that came late. */
static int take_late(json_t *entry, void *userdata)
{
	struct comparing *comparing = userdata;
	bool any;
	int r;

	note_told(comparing, sequence_of(entry));
	r = compare_all(comparing, comparing->late, entry, &any);
	if (r == 0 && any)
		r = audit_spans_remove(&comparing->found->missing,
				       sequence_of(entry));
	return r != 0                              ? r
	       : json_object_size(comparing->late) ? 0
						   : AUDIT_ENOUGH;
}

static int read_ledger(struct ctl *ctl, const struct command *command,
		       struct comparing *comparing, int64_t first, int64_t last,
		       int (*each)(json_t *entry, void *userdata))
{
	struct audit_query query = { .first = first, .last = last };

	return audit_ledger_read(ctl, command, &query, each, comparing);
}

/* What is left of the journal, and what waited for nothing. */
static int drain(struct comparing *comparing)
{
	const char *key;
	json_t *entries, *entry;
	size_t i;
	int r = 0;

	while (r == 0 && !comparing->has_ended)
		r = pull(comparing, INT64_MAX);
	json_object_foreach(comparing->ahead, key, entries)
	{
		json_array_foreach(entries, i, entry)
		{
			if (r == 0)
				r = keep(comparing->late, json_incref(entry));
		}
	}
	return r;
}

static int64_t lowest_late(const struct comparing *comparing)
{
	int64_t lowest = INT64_MAX;
	const char *key;
	json_t *entries;

	json_object_foreach(comparing->late, key, entries)
	{
		int64_t sequence = sequence_of(json_array_get(entries, 0));

		lowest = sequence < lowest ? sequence : lowest;
	}
	return lowest;
}

/*
 * What the ledger told nothing of: its own records have lost their texts, up to
 * its head, when their time was over.
 */
static int judge_untold(struct comparing *comparing)
{
	char sentence[160];
	struct text text;
	const char *key;
	json_t *entries;
	int r = 0;

	json_object_foreach(comparing->late, key, entries)
	{
		if (sequence_of(json_array_get(entries, 0)) <=
		    comparing->last) {
			comparing->found->n_older +=
				(int64_t)json_array_size(entries);
			continue;
		}
		text_init(&text, sentence, sizeof(sentence));
		text_add_format(&text,
				"record %s of the journal is not in the "
				"ledger: the daemon has not recorded it",
				key);
		if (r == 0)
			r = add_fault(comparing, sentence);
	}
	return r;
}

/* A journal may keep less than the ledger: what is before its begin is not
 * missing. */
static void forget_older(struct audit_comparison *found)
{
	struct audit_spans *missing = &found->missing;
	size_t n = 0;

	while (n < missing->n && missing->spans[n].last < found->begins)
		n++;
	if (n > 0)
		memmove(missing->spans, missing->spans + n,
			(missing->n - n) * sizeof(missing->spans[0]));
	missing->n -= n;
}

static int find_missing(struct comparing *comparing)
{
	struct audit_comparison *found = comparing->found;
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	forget_older(found);
	if (found->missing.n == 0)
		return 0;
	if (found->begins == 0)
		return add_fault(comparing,
				 "no record of the ledger is in the journal");
	text_init(&text, sentence, sizeof(sentence));
	audit_spans_write(&found->missing, &text);
	text_add_format(&text, " %s in the ledger, and not in the journal",
			audit_spans_is_one(&found->missing) ? "is" : "are");
	return add_fault(comparing, sentence);
}

static int compare(struct ctl *ctl, const struct command *command,
		   struct comparing *comparing, int64_t last)
{
	int r = audit_journal_await(comparing->journal, last, AWAIT_MS);

	if (r == 0)
		r = audit_journal_rewind(comparing->journal);
	if (r == 0)
		r = read_ledger(ctl, command, comparing, comparing->first, last,
				take);
	if (r == 0)
		r = drain(comparing);
	if (r == 0 && json_object_size(comparing->late) > 0)
		r = read_ledger(ctl, command, comparing, lowest_late(comparing),
				0, take_late);
	if (r == 0)
		r = judge_untold(comparing);
	return r == 0 ? find_missing(comparing) : r;
}

int audit_compare(struct ctl *ctl, const struct command *command,
		  const struct audit_query *place, int64_t first, int64_t last,
		  struct audit_comparison *comparison)
{
	scope(audit_journal_freep) struct audit_journal *journal = NULL;
	scope(comparing_deinit) struct comparing comparing = {
		.found = comparison,
		.progress = progress_begin(ctl),
		.first = first,
		.last = last,
		.ahead = json_object(),
		.late = json_object(),
	};
	int r;

	comparison->faults = json_array();
	if (!comparing.ahead || !comparing.late || !comparison->faults)
		return ctl_fail_errno(ctl, command, "comparing", -ENOMEM);
	r = audit_source_open(ctl, command, place, false, &journal);
	if (r != STATUS_OK)
		return r;
	comparing.journal = journal;
	r = compare(ctl, command, &comparing, last);
	progress_end(&comparing.progress);
	return r < 0 ? ctl_fail_errno(ctl, command, "comparing", r) : r;
}
