/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Source: the records of the audit, from where they can be read: the journal
 * of this host or of files, or the daemon's ledger. An entry is the same
 * object whichever it was:
 *
 *     { sequence, at (microseconds since 1970, UTC), event, result, reason,
 *       user, actor, service, address, terminal, reference, rules, details,
 *       project, action, object, chain, replaced }
 *
 * what is not known is absent or null. Of a journal only records are taken
 * that cloxxsd wrote, as journald says by _UID; each once.
 */

#include <jansson.h>

#include "cloxxsctl/audit/gaps.h"
#include "cloxxsctl/audit/query.h"
#include "cloxxsctl/ctl.h"

/* What each of audit_source_run() returns to end the reading well. */
#define AUDIT_ENOUGH 1

/*
 * Reads what query asks for: each for every entry (which stays ours), in the
 * order of the journal, or of the ledger; 0 goes on, AUDIT_ENOUGH ends it, and
 * -errno fails it. An exit status; what went wrong has been printed. That it is
 * read is recorded first, by the daemon; where that cannot be, root reads on
 * and is told so. *ret_gaps (may be NULL) must be all zero, holds what is
 * missing or two-fold of a journal, also on failure, and is the caller's to
 * audit_gaps_deinit(). Blocks.
 */
int audit_source_run(struct ctl *ctl, const struct command *command,
		     const struct audit_query *query,
		     int (*each)(json_t *entry, void *userdata), void *userdata,
		     struct audit_gaps *ret_gaps);

struct audit_journal;

/*
 * Opens the journal that query names, for who reads it in a way of his own,
 * and has the daemon record that it is read. An exit status; has_other: where
 * the journal of this host cannot be read it is STATUS_OK and nothing is
 * returned.
 */
int audit_source_open(struct ctl *ctl, const struct command *command,
		      const struct audit_query *query, bool has_other,
		      struct audit_journal **ret_journal);

/* Says on ctl->errors what is missing or two-fold (true: something is), and
 * where the journal begins, if that is later than what was asked for. */
bool audit_source_tell_gaps(const struct ctl *ctl,
			    const struct command *command,
			    const struct audit_gaps *gaps);
