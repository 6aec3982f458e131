/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Erasure: the name of a person who is no user any more gives way to a
 * pseudonym in all records, which stay provable (state/ledger_chain.h). With
 * the name goes from where and at which terminal he came. It asks not whether
 * that may be done; records on hold (state/hold.h), and those that are not as
 * they were written, stay as they are and are counted.
 *
 * The pseudonym is a keyed hash of the name: the same for all records of an
 * installation, and nobody without the key finds the name by trying. Of a hold
 * the name of whom it is about stays, for else it would hold nothing.
 */

#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/state/hold.h"
#include "cloxxsd/state/state.h"

#define ERASURE_PSEUDONYM_MAX 24

struct erasure {
	const char *name; /* lives as long as the erasure */
	char pseudonym[ERASURE_PSEUDONYM_MAX];
	struct erasure_counts {
		int64_t seq; /* the last record that was looked at */
		int64_t n_changed, n_held, n_broken;
	} counts;
	struct holds holds;
};

#define ERASURE_MORE 1
#define ERASURE_E_UNKNOWN 2

/* ERASURE_E_UNKNOWN: nobody of that name was a user, and is none any more. */
must_check int erasure_begin(struct state *state, const char *name,
			     struct erasure *ret_erasure);
/* Looks at n records more, as one transaction. ERASURE_MORE: step again. 0: all
 * are through. A step that fails changed nothing; all of it may be done again.
 */
must_check int erasure_step(struct state *state, struct erasure *erasure,
			    int64_t n);
/* Behind the last step: the other places where the name stands, the ids that
 * are never used again among them, and the record of it all. */
must_check int erasure_finish(struct state *state,
			      const struct erasure *erasure,
			      const struct record *record);
