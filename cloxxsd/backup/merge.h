/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Merge: what of the present stays when a backup is put back: a restore must
 * let nobody in who is kept out today, unless that was asked for by name. Users
 * who are locked, disabled, deleted or may do less stay so, counted wrong
 * answers and ids that are retired stay, a newer password stays, and the ledger
 * goes on where it is. It works on two states that nobody else has open, and
 * writes to the restored one only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/state/state.h"

/* What differs about a user, and how it is decided. */
enum merge_fact {
	MERGE_LOCK,     /* locked now, not in the backup */
	MERGE_FAILURES, /* more are counted now; never loosened */
	MERGE_DISABLED,
	MERGE_ROLE,     /* an administrator in the backup only */
	MERGE_SERVICES, /* more of them in the backup */
	MERGE_NETWORKS, /* he may come from fewer places now */
	MERGE_VALIDITY, /* longer, or at other hours, in the backup */
	MERGE_PASSWORD, /* a newer one now, or none */
	MERGE_RIGHTS,   /* grants, or what they hang on; never a user's alone */
	MERGE_SSH_KEYS, /* some of the backup's were removed since */
	MERGE_USER,     /* not there now; in the backup */
	MERGE_GOES,     /* there now, not in the backup */
	_MERGE_FACT_N,
};

/* "locks", "disabled", "roles", "services", "networks", "validity",
 * "passwords", "grants", "ssh-keys", "users"; NULL for what is never allowed.
 */
const char *merge_fact_group(enum merge_fact fact);
/* What becomes of it, for a page. */
const char *merge_fact_text(enum merge_fact fact, bool allowed);

/* Groups and names of users, as --allow has them. */
struct merge_allowed {
	const char *list; /* "locks,anna"; NULL: nothing */
};
/* Whether fact about user may become less strict. */
bool merge_is_allowed(const struct merge_allowed *allowed, enum merge_fact fact,
		      const char *user);

/* Whether a present store that cannot be compared may go: "damaged". */
bool merge_may_be_unseen(const struct merge_allowed *allowed);

struct merge_args {
	struct merge_allowed allowed;
	int64_t now;
	/* Each thing that differs, in no order; non-zero ends the merge. user
	 * is a project, or a group with '@', for MERGE_RIGHTS. */
	int (*each)(enum merge_fact fact, bool allowed, const char *user,
		    void *userdata);
	void *userdata;
};

struct merge_counts {
	uint32_t kept[_MERGE_FACT_N], loosened[_MERGE_FACT_N];
};

/*
 * One user as he is to be, from both: ret_facts are the bits (1 << fact) of
 * what differs, ret_loosened those of them that were allowed. Pure: of what
 * stands in his row alone.
 */
void merge_user(const struct user *present, const struct user *backup,
		const struct merge_allowed *allowed, struct user *ret_user,
		uint32_t *ret_facts, uint32_t *ret_loosened);

/* Users of both, in one transaction of restored. */
must_check int merge_users(struct state *restored, struct state *present,
			   const struct merge_args *args,
			   struct merge_counts *counts);

enum merge_ledger {
	MERGE_LEDGER_CUT,     /* the backup's stays; what came after is lost */
	MERGE_LEDGER_SAME,    /* it had all that there is */
	MERGE_LEDGER_GOES_ON, /* the present one, which the backup's begins */
};

/*
 * The rest: users of one side only, ids that were retired, sessions, backups
 * that were made, and the ledger where present_ledger_is_good. present_path is
 * the present store in one file, which nobody has open. restored must be opened
 * anew afterwards: its ledger may have another end.
 */
struct merge_rest_args {
	const struct merge_args *args;
	const char *present_path;
	bool present_ledger_is_good;
	bool present_keys; /* its data keys are all of the backup's, or more */
};
must_check int merge_rest(struct state *restored,
			  const struct merge_rest_args *rest,
			  struct merge_counts *counts,
			  enum merge_ledger *ret_ledger);
