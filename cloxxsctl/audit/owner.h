/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Owner: who wrote the records of the audit in a journal that was brought from
 * elsewhere, where the uid of cloxxsd may be another than here. Anybody there
 * could send what looks like ours: where records of more than one look so it
 * is for who reads to say whom he believes. Each machine has a ledger, and
 * numbers, of its own: several are never read as one.
 */

#include <sys/types.h>
#include <systemd/sd-journal.h>

#include "base/scope.h"
#include "base/text.h"

/* AUDIT_JOURNAL_E_WHOSE with a sentence in fault; -errno. Its matches are
 * gone. */
must_check int audit_owner_find(sd_journal *journal, struct text *fault,
				uid_t *ret_uid);
/* Whether all that looks like ours, of uid (NULL: of any), is of one machine:
 * AUDIT_JOURNAL_E_MACHINES with a sentence in fault; -errno. Its matches are
 * gone. */
must_check int audit_owner_prove_one_machine(sd_journal *journal,
					     const uid_t *uid,
					     struct text *fault);
