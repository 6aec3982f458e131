/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Compare: the journal beside the ledger, record by record: which differ, which
 * stand in the journal alone, and which in the ledger alone. What the ledger
 * says is proved elsewhere (verify.c). Both may be long: neither is ever whole
 * in memory.
 */

#include <jansson.h>
#include <stdint.h>

#include "cloxxsctl/audit/gaps.h"
#include "cloxxsctl/audit/query.h"
#include "cloxxsctl/ctl.h"

struct audit_comparison {
	int64_t n_same;   /* records that are as in the ledger */
	int64_t n_older;  /* of the journal; the ledger has their texts no more
			   */
	int64_t begins;   /* the lowest of the journal; 0: none */
	json_t *faults;   /* sentences, the first of them */
	int64_t n_faults; /* all of them */
	struct audit_spans missing; /* in the journal, behind its begin */
};

void audit_comparison_deinit(struct audit_comparison *comparison);
/*
 * first and last: of the ledger, as it was proved. place: where the journal is.
 * An exit status; what is found is no failure. *comparison must be all zero.
 */
int audit_compare(struct ctl *ctl, const struct command *command,
		  const struct audit_query *place, int64_t first, int64_t last,
		  struct audit_comparison *comparison);
