/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/rights.h"

#include <string.h>

#include "cloxxsd/state/access_entry.h"
#include "cloxxsd/state/user_group.h"

/* Adds the grant of holder for project, where there is one. */
static int add(struct store *store, const struct rights_question *question,
	       uint32_t holder, uint32_t project, struct access_sum *sum)
{
	struct access_grant entry;
	struct grant grant;
	int r = grant_find(store, question->service, project, holder, &grant);

	if (r == GRANT_E_UNKNOWN)
		return 0;
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	entry = access_entry_grant(&grant);
	access_sum_add(sum, &entry, question->now);
	return question->each
		       ? question->each(&grant,
					!grant_is_ended(&grant, question->now),
					question->userdata)
		       : 0;
}

static int add_all(struct store *store, const struct rights_question *question,
		   const struct rights *rights, struct access_sum *sum)
{
	uint32_t projects[] = { rights->project.id, ACCESS_EVERY_PROJECT };
	uint32_t holders[USER_GROUPS_MAX + 2], n;
	int r;

	r = user_group_of(store, rights->user.uid, holders, &n);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	for (uint32_t i = 0; i < n; i++)
		holders[i] |= ACCESS_GROUP_BIT;
	holders[n++] = rights->user.uid;
	holders[n++] = ACCESS_EVERYONE;
	for (uint32_t i = n; r == 0 && i > 0; i--)
		for (size_t j = 0; r == 0 && j < ARRAY_SIZE(projects); j++)
			r = add(store, question, holders[i - 1], projects[j],
				sum);
	return r;
}

int rights_find(struct store *store, const struct rights_question *question,
		struct rights *ret_rights)
{
	struct rights rights = { .reason = ACCESS_UNKNOWN_USER };
	struct access_sum sum = { 0 };
	struct access_project project;
	struct access_user entry;
	int r;

	r = user_find(store, question->user, &rights.user);
	if (r != 0 && r != USER_E_UNKNOWN)
		return r < 0 ? r : -EBADMSG;
	rights.user_known = r == 0;
	r = project_find(store, question->project, &rights.project);
	if (r != 0 && r != PROJECT_E_UNKNOWN)
		return r < 0 ? r : -EBADMSG;
	rights.project_known = r == 0 && strcmp(rights.project.service,
						question->service) == 0;
	*ret_rights = rights;
	if (!rights.user_known ||
	    !access_entry_user(&rights.user, question->service, &entry))
		return 0;
	ret_rights->reason = ACCESS_UNKNOWN_PROJECT;
	if (!rights.project_known)
		return 0;
	r = add_all(store, question, &rights, &sum);
	if (r != 0)
		return r;
	project = access_entry_project(&rights.project);
	ret_rights->reason = access_validity(&entry, question->now);
	if (ret_rights->reason == ACCESS_ALLOWED)
		ret_rights->reason = access_sum_conclude(
			&sum, &project, question->right, &ret_rights->rights);
	return 0;
}
