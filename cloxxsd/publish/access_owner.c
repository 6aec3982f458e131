/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/publish/access_owner.h"

#include <string.h>

void access_owner_read(struct access_owner *owner,
		       const struct access_user_record *user)
{
	*owner = (struct access_owner){
		.user = { .uid = user->uid,
			  .name = user->name,
			  .n_name = user->n_name,
			  .not_before = user->not_before,
			  .not_after = user->not_after,
			  .groups = access_part(user, access_groups_at(user)),
			  .n_groups = user->n_groups },
		.flags = user->flags,
		.n_grants = user->n_grants,
	};
	memcpy(owner->words, access_part(user, access_words_at(user)),
	       user->n_grants * sizeof(uint64_t));
	memcpy(owner->projects, access_part(user, access_projects_at(user)),
	       user->n_grants * sizeof(uint32_t));
}

size_t access_owner_size(const struct access_owner *owner)
{
	const struct access_user_record sizes = {
		.n_name = (uint8_t)owner->user.n_name,
		.n_grants = (uint8_t)owner->n_grants,
		.n_groups = (uint16_t)owner->user.n_groups,
	};

	return access_user_size(&sizes);
}

uint32_t access_owner_find(const struct access_owner *owner, uint32_t project)
{
	uint32_t i = 0;

	while (i < owner->n_grants && owner->projects[i] != project)
		i++;
	return i;
}

void access_owner_set(struct access_owner *owner,
		      const struct access_grant *grant)
{
	uint32_t i = access_owner_find(owner, grant->project);

	if (i == owner->n_grants)
		owner->n_grants++;
	owner->words[i] = access_word(grant);
	owner->projects[i] = grant->project;
}

void access_owner_drop(struct access_owner *owner, uint32_t i)
{
	owner->n_grants--;
	owner->words[i] = owner->words[owner->n_grants];
	owner->projects[i] = owner->projects[owner->n_grants];
}

static void *part(struct access_user_record *user, size_t at)
{
	return (char *)user + at;
}

void access_owner_fill(const struct access_owner *owner,
		       struct map_record *record)
{
	struct access_user_record *to = (void *)record;

	to->uid = owner->user.uid;
	to->not_before = owner->user.not_before;
	to->not_after = owner->user.not_after;
	to->n_groups = (uint16_t)owner->user.n_groups;
	to->n_name = (uint8_t)owner->user.n_name;
	to->n_grants = (uint8_t)owner->n_grants;
	to->flags = owner->flags;
	memcpy(to->name, owner->user.name, to->n_name);
	memcpy(part(to, access_words_at(to)), owner->words,
	       to->n_grants * sizeof(uint64_t));
	memcpy(part(to, access_projects_at(to)), owner->projects,
	       to->n_grants * sizeof(uint32_t));
	if (to->n_groups > 0)
		memcpy(part(to, access_groups_at(to)), owner->user.groups,
		       to->n_groups * sizeof(uint32_t));
	to->check = access_user_check(to, map_hash_bytes(to->name, to->n_name));
}
