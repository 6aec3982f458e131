/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/source.h"

#include <inttypes.h>

#include "cloxxsctl/audit/journal.h"
#include "cloxxsctl/audit/ledger.h"

/* What keeps a sentence of a fault. */
struct fault {
	char bytes[512];
	struct text text;
};

static int open_failed(const struct ctl *ctl, const struct command *command,
		       const struct fault *fault, int error)
{
	if (error < 0)
		return ctl_fail_errno(ctl, command, "the journal", error);
	return ctl_fail(ctl, command,
			error == AUDIT_JOURNAL_E_MISSING    ? STATUS_NOT_FOUND
			: error == AUDIT_JOURNAL_E_WHOSE    ? STATUS_FAILURE
			: error == AUDIT_JOURNAL_E_MACHINES ? STATUS_USAGE
							    : STATUS_DENIED,
			fault->bytes);
}

int audit_source_open(struct ctl *ctl, const struct command *command,
		      const struct audit_query *query, bool has_other,
		      struct audit_journal **ret_journal)
{
	scope(audit_journal_freep) struct audit_journal *journal = NULL;
	struct fault fault;
	int r;

	text_init(&fault.text, fault.bytes, sizeof(fault.bytes));
	r = audit_journal_new(query, &fault.text, &journal);
	if (r == AUDIT_JOURNAL_E_UNREADABLE && has_other)
		return STATUS_OK;
	if (r != 0)
		return open_failed(ctl, command, &fault, r);
	if (audit_journal_is_ours(journal)) {
		r = audit_ledger_tell_reading(ctl, command, "journal", query);
		if (r != STATUS_OK)
			return r;
	}
	*ret_journal = scope_take_ptr(journal);
	return STATUS_OK;
}

static int read_journal(struct ctl *ctl, const struct command *command,
			struct audit_journal *journal,
			const struct audit_query *query,
			int (*each)(json_t *entry, void *userdata),
			void *userdata, struct audit_gaps *gaps)
{
	int r = audit_journal_read(journal, query, each, userdata, gaps);

	return r < 0 ? ctl_fail_errno(ctl, command, "reading the journal", r)
		     : STATUS_OK;
}

int audit_source_run(struct ctl *ctl, const struct command *command,
		     const struct audit_query *query,
		     int (*each)(json_t *entry, void *userdata), void *userdata,
		     struct audit_gaps *ret_gaps)
{
	scope(audit_journal_freep) struct audit_journal *journal = NULL;
	scope(audit_gaps_deinit) struct audit_gaps gaps = { 0 };
	int r;

	if (!query->ledger) {
		r = audit_source_open(ctl, command, query, true, &journal);
		if (r != STATUS_OK)
			return r;
	}
	if (journal) {
		r = read_journal(ctl, command, journal, query, each, userdata,
				 &gaps);
		if (ret_gaps) {
			*ret_gaps = gaps;
			gaps = (struct audit_gaps){ 0 };
		}
		return r;
	}
	if (!query->ledger)
		failure_print(ctl->errors, command,
			      "the journal cannot be read; asking the daemon");
	return audit_ledger_read(ctl, command, query, each, userdata);
}

static void tell_twice(const struct ctl *ctl, const struct command *command,
		       const struct audit_gaps *gaps)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	for (size_t i = 0; i < gaps->n_twice; i++) {
		text_init(&text, sentence, sizeof(sentence));
		text_add_format(&text,
				"there are different records %" PRId64
				": see \"cloxxsctl audit verify --journal\"",
				gaps->twice[i]);
		failure_print(ctl->errors, command, sentence);
	}
}

static void tell_begin(const struct ctl *ctl, const struct command *command,
		       const struct audit_gaps *gaps)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	if (gaps->begin == 0)
		return;
	text_init(&text, sentence, sizeof(sentence));
	text_add_format(&text,
			"this journal begins with record %" PRId64 ", of ",
			gaps->begin);
	output_add_time(&text, gaps->begin_us / 1000000);
	text_add(&text, "; older records: --ledger");
	failure_print(ctl->errors, command, sentence);
}

bool audit_source_tell_gaps(const struct ctl *ctl,
			    const struct command *command,
			    const struct audit_gaps *gaps)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	tell_begin(ctl, command, gaps);
	tell_twice(ctl, command, gaps);
	if (gaps->missing.n > 0) {
		text_init(&text, sentence, sizeof(sentence));
		audit_gaps_write_missing(gaps, &text);
		failure_print(ctl->errors, command, sentence);
	}
	return gaps->missing.n > 0 || gaps->n_twice > 0;
}
