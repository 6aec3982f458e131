/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Journal: the records of cloxxsd in a journal: of this host, or of a file, a
 * directory or a namespace. A record is taken for one of ours by _UID alone,
 * which journald writes and no sender can: everything else in it anybody can
 * send. Reading only; nothing is printed.
 */

#include <jansson.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsctl/audit/gaps.h"
#include "cloxxsctl/audit/query.h"

struct audit_journal;

enum audit_journal_error {
	_AUDIT_JOURNAL_E_OK,
	AUDIT_JOURNAL_E_UNREADABLE, /* the host's: not by us, or none is there
				     */
	AUDIT_JOURNAL_E_MISSING,    /* no journal there */
	AUDIT_JOURNAL_E_WHOSE,      /* nobody tells which records are ours */
	AUDIT_JOURNAL_E_MACHINES,   /* of several machines, which have numbers
				       of their own each */
};

/*
 * Opens what query names, and finds out who cloxxsd is. On AUDIT_JOURNAL_E_*
 * fault holds a sentence. -errno.
 */
must_check int audit_journal_new(const struct audit_query *query,
				 struct text *fault,
				 struct audit_journal **ret_journal);
struct audit_journal *audit_journal_free(struct audit_journal *journal);
static inline void audit_journal_freep(struct audit_journal **journal)
{
	*journal = audit_journal_free(*journal);
}

/*
 * each for every entry that query wants, each record once; what it returns
 * other than 0 ends the reading and is handed up. Without filters it is found
 * out which records are missing within what was read; those that journald took
 * late, because they were sent again, are read last. -errno.
 */
must_check int audit_journal_read(struct audit_journal *journal,
				  const struct audit_query *query,
				  int (*each)(json_t *entry, void *userdata),
				  void *userdata, struct audit_gaps *gaps);
/*
 * The same for what comes from now on, or from query's since; until
 * interrupted: a descriptor that can be read then.
 */
must_check int audit_journal_follow(struct audit_journal *journal,
				    const struct audit_query *query,
				    int interrupted,
				    int (*each)(json_t *entry, void *userdata),
				    void *userdata, struct audit_gaps *gaps);
/*
 * One by one: from the first record on, each as often as it stands there, in
 * the order of the journal. 1 with an entry, 0 at the end; -errno.
 */
must_check int audit_journal_rewind(struct audit_journal *journal);
must_check int audit_journal_next(struct audit_journal *journal,
				  json_t **ret_entry);
/* Waits until record sequence is there, but no longer than that: what was
 * recorded just now takes a moment. -errno. The place is lost. */
must_check int audit_journal_await(struct audit_journal *journal,
				   int64_t sequence, int timeout_ms);
/* Whether the journal is of this host, so that who reads it is recorded. */
bool audit_journal_is_ours(const struct audit_journal *journal);
