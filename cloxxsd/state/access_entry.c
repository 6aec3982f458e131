/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/access_entry.h"

#include <string.h>

/* An account for emergencies is valid while it is open. */
static void limit_to_opening(const struct user *user, struct access_user *entry)
{
	int64_t last = user->open_until - 1;

	if (entry->not_before < user->opened_at)
		entry->not_before = user->opened_at;
	if (entry->not_after == 0 || entry->not_after > last)
		entry->not_after = last;
}

bool access_entry_user(const struct user *user, const char *service,
		       struct access_user *ret_entry)
{
	struct access_user entry = {
		.uid = user->uid,
		.name = user->name,
		.n_name = strlen(user->name),
		.not_before = user->not_before,
		.not_after = user->not_after,
	};

	if (!user->enabled || !user_may_use(user, service))
		return false;
	if (user->break_glass && user->open_until == 0)
		return false;
	if (user->break_glass)
		limit_to_opening(user, &entry);
	*ret_entry = entry;
	return true;
}

struct access_project access_entry_project(const struct project *project)
{
	return (struct access_project){
		.id = project->id,
		.name = project->name,
		.n_name = strlen(project->name),
		.archived = project->archived_at != 0,
	};
}

struct access_grant access_entry_grant(const struct grant *grant)
{
	return (struct access_grant){
		.holder = grant->holder,
		.project = grant->project,
		.rights = grant->rights,
		.until = grant->until,
	};
}
