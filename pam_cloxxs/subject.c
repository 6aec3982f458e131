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

/* What identity.map says of a name. */
enum entry {
	ENTRY_UNREADABLE, /* it is missing or damaged */
	ENTRY_NONE,
	ENTRY_OURS,
};

static enum entry look_up(const char *map_path, const char *name,
			  uint32_t *ret_uid)
{
	scope(map_freep) struct map *map = NULL;
	struct identity_user user;
	size_t n = strlen(name);

	if (identity_open(map_path, &map) != 0)
		return ENTRY_UNREADABLE;
	if (!name_is_user(name, n) || !identity_find_user(map, name, n, &user))
		return ENTRY_NONE;
	*ret_uid = user.uid;
	return ENTRY_OURS;
}

/* The system's uid must do. */
static enum subject_kind without_map(const struct subject *subject)
{
	if (!subject->has_system_uid ||
	    name_is_our_uid((uint32_t)subject->system_uid))
		return SUBJECT_UNDECIDED;
	return SUBJECT_FOREIGN;
}

static enum subject_kind decide(enum entry entry, uint32_t uid,
				const struct subject *subject)
{
	switch (entry) {
	case ENTRY_OURS:
		return subject->has_system_uid && subject->system_uid != uid
			       ? SUBJECT_COLLISION
			       : SUBJECT_MANAGED;
	case ENTRY_NONE:
		return subject->has_system_uid ? SUBJECT_FOREIGN
					       : SUBJECT_NOBODY;
	case ENTRY_UNREADABLE:
		break;
	}
	return without_map(subject);
}

static bool is_managed_still(const struct subject *subject,
			     const struct subject *before)
{
	return before->kind == SUBJECT_MANAGED &&
	       before->has_system_uid == subject->has_system_uid &&
	       before->system_uid == subject->system_uid;
}

void subject_find(pam_handle_t *pamh, const struct subject_args *args,
		  struct subject *ret_subject)
{
	struct subject subject = { SUBJECT_UNDECIDED, false, 0 };
	enum entry entry = ENTRY_NONE;
	uint32_t uid = 0;

	if (strcmp(args->name, "root") == 0) {
		*ret_subject = (struct subject){ SUBJECT_FOREIGN, false, 0 };
		return;
	}
	if (!args->before)
		entry = look_up(args->map_path, args->name, &uid);
	if (entry == ENTRY_OURS && args->ours)
		args->ours(args->userdata);
	if (!ask_system(pamh, args->name, &subject)) {
		subject.kind = SUBJECT_UNDECIDED;
	} else if (subject.has_system_uid && subject.system_uid == 0) {
		subject.kind = SUBJECT_FOREIGN;
	} else if (args->before && is_managed_still(&subject, args->before)) {
		subject.kind = SUBJECT_MANAGED;
	} else {
		if (args->before)
			entry = look_up(args->map_path, args->name, &uid);
		subject.kind = decide(entry, uid, &subject);
	}
	*ret_subject = subject;
}

const char *subject_sendable(const char *name)
{
	size_t n = strlen(name);

	if (n < 1 || n > SUBJECT_NAME_MAX || !utf8_is_text(name, n))
		return SUBJECT_UNSENDABLE;
	return name;
}
