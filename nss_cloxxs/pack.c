/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nss_cloxxs/pack.h"

#include <stdint.h>
#include <string.h>

#include "base/name.h"

static bool name_is_fit(const char *name, size_t n)
{
	return name_is_user(name, n) && !name_is_reserved(name, n);
}

bool pack_user_is_fit(const struct identity_user *user)
{
	/* The ids were checked by the reader, and are again: this is the last
	 * gate before a setuid(). */
	return name_is_our_uid(user->uid) && name_is_our_uid(user->gid) &&
	       name_is_fit(user->name, user->n_name) &&
	       (user->n_home == 0 || name_is_path(user->home, user->n_home)) &&
	       (user->n_shell == 0 || name_is_path(user->shell, user->n_shell));
}

static char *put(char **at, const char *string, size_t n)
{
	char *to = *at;

	memcpy(to, string, n);
	to[n] = '\0';
	*at += n + 1;
	return to;
}

int pack_user(const struct identity_user *user, struct passwd *pw, char *buffer,
	      size_t n)
{
	const char *home = user->home, *shell = user->shell;
	size_t n_home = user->n_home, n_shell = user->n_shell;

	if (!pack_user_is_fit(user))
		return PACK_E_REFUSED;
	if (n_home == 0) {
		home = "/nonexistent";
		n_home = strlen(home);
	}
	if (n_shell == 0) {
		shell = "/usr/sbin/nologin";
		n_shell = strlen(shell);
	}
	/* The name; "x" and the empty gecos; home; shell. */
	if (user->n_name + 1 + 2 + 1 + n_home + 1 + n_shell + 1 > n)
		return PACK_E_SHORT;
	pw->pw_name = put(&buffer, user->name, user->n_name);
	/*
	 * "x", and no shadow entry: whatever stack pam_unix meets the name in,
	 * it has nothing to verify and refuses the account too. With "*" it
	 * takes the account for one without shadow and lets a key login in.
	 */
	pw->pw_passwd = put(&buffer, "x", 1);
	pw->pw_gecos = put(&buffer, "", 0);
	pw->pw_dir = put(&buffer, home, n_home);
	pw->pw_shell = put(&buffer, shell, n_shell);
	pw->pw_uid = user->uid;
	pw->pw_gid = user->gid;
	return 0;
}

/* Whether the members are n_members names, one behind the other, to the end. */
static bool members_are_fit(const struct identity_group *group)
{
	const char *member = group->members;
	size_t left = group->n_members_bytes;

	for (uint32_t i = 0; i < group->n_members; i++) {
		size_t n = strnlen(member, left);

		if (n == left || !name_is_fit(member, n))
			return false;
		member += n + 1;
		left -= n + 1;
	}
	return left == 0;
}

int pack_group(const struct identity_group *group, struct group *gr,
	       char *buffer, size_t n)
{
	size_t padding = -(uintptr_t)buffer % sizeof(char *);
	size_t need, pointers;
	char **members;

	if (!name_is_our_uid(group->gid) ||
	    !name_is_fit(group->name, group->n_name) || !members_are_fit(group))
		return PACK_E_REFUSED;
	if (__builtin_mul_overflow((size_t)group->n_members + 1, sizeof(char *),
				   &pointers) ||
	    __builtin_add_overflow(pointers, padding + group->n_name + 1 + 2,
				   &need) ||
	    __builtin_add_overflow(need, group->n_members_bytes, &need) ||
	    need > n)
		return PACK_E_SHORT;
	members = (char **)(void *)(buffer + padding);
	buffer += padding + pointers;
	gr->gr_mem = members;
	gr->gr_gid = group->gid;
	gr->gr_name = put(&buffer, group->name, group->n_name);
	gr->gr_passwd = put(&buffer, "*", 1);
	if (group->n_members_bytes > 0)
		memcpy(buffer, group->members, group->n_members_bytes);
	for (uint32_t i = 0; i < group->n_members; i++) {
		members[i] = buffer;
		buffer += strlen(buffer) + 1;
	}
	members[group->n_members] = NULL;
	return 0;
}
