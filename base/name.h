/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Name: what may be the name of a user, a service or a project, and which
 * numeric ids may ever be ours. The one place for both, so that the daemon, the
 * modules and the tools cannot differ. No case is folded and nothing is
 * normalised: a name that is not spelt exactly so is another name, or none.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Debian's rule for user names (adduser's NAME_REGEX), and LOGIN_NAME_MAX of
 * utmp. */
#define NAME_USER_MAX 32
#define NAME_SERVICE_MAX 64
#define NAME_PROJECT_MAX 64

/* Hard bounds of our ids (systemd's UIDS-GIDS: above its dynamic users, below
 * its containers' end). */
#define NAME_UID_MIN UINT32_C(65536)
#define NAME_UID_MAX UINT32_C(2147352575)

/* [a-z_][a-z0-9_-]*, at most NAME_USER_MAX bytes */
bool name_is_user(const char *name, size_t n);
/*
 * The name of root or of a group that opens doors (sudoers and polkit go by
 * names). Never the name of one of ours, nor of his private group.
 */
bool name_is_reserved(const char *name, size_t n);
/* [A-Za-z0-9][A-Za-z0-9._-]*, at most NAME_SERVICE_MAX bytes: PAM services are
 * file names */
bool name_is_service(const char *name, size_t n);
/* As a service's, at most NAME_PROJECT_MAX bytes, and not the word that stands
 * for every project: "every-project" */
bool name_is_project(const char *name, size_t n);
/* An absolute path of printable ASCII without ':' (passwd(5)), 1 to 255 bytes,
 * no "..". */
bool name_is_path(const char *path, size_t n);

static inline bool name_is_our_uid(uint32_t uid)
{
	return uid >= NAME_UID_MIN && uid <= NAME_UID_MAX;
}

/*
 * The first place in text, which was escaped (base/text.h), where name stands
 * as a word: what of a name can stand before or behind it is part of another
 * one. NULL: nowhere.
 */
const char *name_find_word(const char *text, const char *name);
