/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Verification: what the verb verify has found out so far. Its parts are
 * verify.c (the chain, and the order of all), verify_anchors.c and
 * verify_view.c; nobody else includes it.
 */

#include <string.h>

#include "cloxxsctl/audit/anchor.h"
#include "cloxxsctl/audit/compare.h"
#include "cloxxsctl/audit/query.h"
#include "cloxxsctl/ctl.h"
#include "cloxxsctl/progress.h"

struct verification {
	struct ctl *ctl;
	const struct command *command;
	struct progress progress;
	struct audit_query place; /* of the journal */
	struct audit_anchors anchors;
	json_t *head, *proof; /* of the daemon */
	json_t *faults;       /* sentences */
	size_t at;            /* the anchor that is looked for next */
	int64_t n_held, n_purged;
	bool compares;
	struct audit_comparison comparison;
};

/* Adds a sentence. -ENOMEM */
must_check int verification_add_fault(struct verification *verification,
				      const char *sentence);
/*
 * Anchors of other installations prove nothing here, and are taken out.
 * -ENOMEM
 */
must_check int verification_drop_foreign(struct verification *verification,
					 const char *installation);
/* Looks the anchors up in the ledger, which was proved just now. An exit
 * status. */
int verification_check_anchors(struct verification *verification);
/* Shows what was found. -errno */
must_check int verification_show(const struct verification *verification);
/* Tells the faults, one line each, where failures go: an exit status. */
int verification_tell_faults(const struct verification *verification);

/* A member of a reply; 0 where there is none. */
static inline int64_t verification_number(const json_t *object,
					  const char *member)
{
	int64_t number = 0;

	(void)output_member_int(object, member, &number);
	return number;
}

static inline bool verification_is_proved(
	const struct verification *verification)
{
	return strcmp(output_member(verification->proof, "verdict", ""),
		      "proved") == 0;
}
