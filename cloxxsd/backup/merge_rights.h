/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Merge rights: projects, groups and grants of a restored store and of the
 * present one, which is attached to it as "present". What is in force now stays
 * as it is, for a right that was taken away must not come back with a backup;
 * or, where that was allowed by name, all of it is what it was then. Ids are
 * given to nobody else in either case.
 */

#include "base/scope.h"
#include "cloxxsd/state/store.h"

/* Each project, and each group with an '@' before it, about which the two
 * differ; what it returns other than 0 ends it. */
must_check int merge_rights_for_each(struct store *store,
				     int (*each)(const char *name,
						 void *userdata),
				     void *userdata);
/* Within the caller's transaction, when users are merged. then: those of the
 * backup; else those of now. */
must_check int merge_rights(struct store *store, bool then);
