/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/holder.h"

#include <stdio.h>
#include <string.h>

#include "cloxxsd/state/user.h"

static int find_group(struct store *store, const char *name,
		      uint32_t *ret_holder)
{
	struct user_group group;
	int r = user_group_find(store, name, &group);

	if (r == USER_GROUP_E_UNKNOWN)
		return HOLDER_E_UNKNOWN;
	if (r != 0)
		return r < 0 ? r : HOLDER_E_DAMAGED;
	*ret_holder = group.id | ACCESS_GROUP_BIT;
	return 0;
}

int holder_find(struct store *store, const char *written, uint32_t *ret_holder)
{
	struct user user;
	int r;

	if (strcmp(written, HOLDER_EVERYONE) == 0) {
		*ret_holder = ACCESS_EVERYONE;
		return 0;
	}
	if (*written == '@')
		return find_group(store, written + 1, ret_holder);
	r = user_find(store, written, &user);
	if (r == USER_E_UNKNOWN)
		return HOLDER_E_UNKNOWN;
	if (r != 0)
		return r < 0 ? r : HOLDER_E_DAMAGED;
	*ret_holder = user.uid;
	return 0;
}

bool holder_is_bare_group(struct store *store, const char *written)
{
	struct user_group group;

	return *written != '@' && user_group_find(store, written, &group) == 0;
}

int holder_write(struct store *store, uint32_t holder,
		 char ret_written[HOLDER_TEXT_MAX])
{
	struct user_group group;
	struct user user;
	int r;

	if (holder == ACCESS_EVERYONE) {
		(void)snprintf(ret_written, HOLDER_TEXT_MAX, "%s",
			       HOLDER_EVERYONE);
		return 0;
	}
	if (holder & ACCESS_GROUP_BIT) {
		r = user_group_find_id(store, holder & ~ACCESS_GROUP_BIT,
				       &group);
		if (r == 0)
			(void)snprintf(ret_written, HOLDER_TEXT_MAX, "@%s",
				       group.name);
		return r == USER_GROUP_E_UNKNOWN ? HOLDER_E_UNKNOWN
		       : r > 0                   ? HOLDER_E_DAMAGED
						 : r;
	}
	r = user_find_uid(store, holder, &user);
	if (r == 0)
		memcpy(ret_written, user.name, sizeof(user.name));
	return r == USER_E_UNKNOWN ? HOLDER_E_UNKNOWN
	       : r > 0             ? HOLDER_E_DAMAGED
				   : r;
}

int holder_write_project(struct store *store, uint32_t id,
			 char ret_written[NAME_PROJECT_MAX + 1])
{
	struct project project;
	int r;

	if (id == ACCESS_EVERY_PROJECT) {
		(void)snprintf(ret_written, NAME_PROJECT_MAX + 1, "%s",
			       HOLDER_EVERY_PROJECT);
		return 0;
	}
	r = project_find_id(store, id, &project);
	if (r == 0)
		memcpy(ret_written, project.name, sizeof(project.name));
	return r == PROJECT_E_UNKNOWN ? HOLDER_E_UNKNOWN
	       : r > 0                ? HOLDER_E_DAMAGED
				      : r;
}
