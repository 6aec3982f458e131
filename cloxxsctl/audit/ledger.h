/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Ledger: what the daemon is asked about its audit: its records, and that it
 * records that somebody reads them elsewhere.
 */

#include <jansson.h>

#include "cloxxsctl/audit/query.h"
#include "cloxxsctl/ctl.h"

#define AUDIT_INTERFACE "nl.cloxxs.Audit."

/* The command as a call of method, for request_stream() and its like: none of
 * its options is a parameter. row is where its row is kept. */
struct command audit_ledger_call(const struct command *command,
				 const char *method, struct grammar_verb *row);

/* As audit_source_run(), from the ledger alone. */
int audit_ledger_read(struct ctl *ctl, const struct command *command,
		      const struct audit_query *query,
		      int (*each)(json_t *entry, void *userdata),
		      void *userdata);
/*
 * Has the daemon record that source is read for what query asks. Where it does
 * not: root is told so and may go on (STATUS_OK), for others it is a failure,
 * which has been printed.
 */
int audit_ledger_tell_reading(struct ctl *ctl, const struct command *command,
			      const char *source,
			      const struct audit_query *query);
