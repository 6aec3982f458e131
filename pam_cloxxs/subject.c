/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. root, by name or by uid 0, is never ours, whatever any file says.
 *  2. An error never makes a user foreign whom the map would have named ours.
 *  3. Nothing is kept open.
 */
#include "pam_cloxxs/subject.h"

#include <errno.h>
#include <pwd.h>
#include <security/pam_modutil.h>
#include <string.h>

#include "base/identity.h"
#include "base/name.h"
#include "base/utf8.h"

/*
 * The uid that the system gives for name. False where the system cannot say:
 * the name service tells "unknown" and "broken" apart by errno only.
 */
static bool ask_system(pam_handle_t *pamh, const char *name,
		       struct subject *subject)
{
	const struct passwd *entry;

	if (strlen(name) > SUBJECT_NAME_MAX)
		return true;
	errno = 0;
	entry = pam_modutil_getpwnam(pamh, name);
	if (!entry)
		return errno != ENOMEM && errno != EMFILE && errno != ENFILE &&
		       errno != EIO;
	subject->has_system_uid = true;
	subject->system_uid = entry->pw_uid;
	return true;
}

/* The map is missing or damaged: the system's uid must do. */
static enum subject_kind without_map(const struct subject *subject)
{
	if (!subject->has_system_uid ||
	    name_is_our_uid((uint32_t)subject->system_uid))
		return SUBJECT_UNDECIDED;
	return SUBJECT_FOREIGN;
}

static enum subject_kind with_map(const struct map *map, const char *name,
				  const struct subject *subject)
{
	struct identity_user user;
	size_t n = strlen(name);

	if (!name_is_user(name, n) || !identity_find_user(map, name, n, &user))
		return subject->has_system_uid ? SUBJECT_FOREIGN
					       : SUBJECT_NOBODY;
	if (subject->has_system_uid && subject->system_uid != user.uid)
		return SUBJECT_COLLISION;
	return SUBJECT_MANAGED;
}

static bool is_managed_still(const struct subject *subject,
			     const struct subject *before)
{
	return before && before->kind == SUBJECT_MANAGED &&
	       before->has_system_uid == subject->has_system_uid &&
	       before->system_uid == subject->system_uid;
}

void subject_find(pam_handle_t *pamh, const char *map_path, const char *name,
		  const struct subject *before, struct subject *ret_subject)
{
	scope(map_freep) struct map *map = NULL;
	struct subject subject = { SUBJECT_UNDECIDED, false, 0 };

	if (strcmp(name, "root") == 0)
		subject.kind = SUBJECT_FOREIGN;
	else if (!ask_system(pamh, name, &subject))
		subject.kind = SUBJECT_UNDECIDED;
	else if (subject.has_system_uid && subject.system_uid == 0)
		subject.kind = SUBJECT_FOREIGN;
	else if (is_managed_still(&subject, before))
		subject.kind = SUBJECT_MANAGED;
	else if (identity_open(map_path, &map) != 0)
		subject.kind = without_map(&subject);
	else
		subject.kind = with_map(map, name, &subject);
	*ret_subject = subject;
}

const char *subject_sendable(const char *name)
{
	size_t n = strlen(name);

	if (n < 1 || n > SUBJECT_NAME_MAX || !utf8_is_text(name, n))
		return SUBJECT_UNSENDABLE;
	return name;
}
