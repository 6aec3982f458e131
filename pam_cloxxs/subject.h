/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Subject: whose user a name is. Decided from identity.map and the system's
 * name service, never from an error of the daemon's, and without the daemon.
 * It builds no path from a name and changes nothing.
 */

#include <security/pam_modules.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

enum subject_kind {
	SUBJECT_UNDECIDED, /* perhaps ours, the map cannot be read: a denial */
	SUBJECT_FOREIGN,   /* known to the system and not ours; root always */
	SUBJECT_MANAGED,   /* ours */
	SUBJECT_COLLISION, /* ours by name, with another uid in the system */
	SUBJECT_NOBODY, /* known to neither: asked as if ours, never let in */
};

struct subject {
	enum subject_kind kind;
	bool has_system_uid;
	int64_t system_uid;
};

/* The name that the daemon is told for a name that cannot be sent: no rule of
 * names admits it. */
#define SUBJECT_UNSENDABLE "(invalid)"
#define SUBJECT_NAME_MAX 256

/*
 * before: what was found for this name a moment ago, or NULL. Who was managed
 * then, and has the same uid in the system now, still is: the map is not
 * opened again.
 */
void subject_find(pam_handle_t *pamh, const char *map_path, const char *name,
		  const struct subject *before, struct subject *ret_subject);
/* The name, or SUBJECT_UNSENDABLE where it is empty, too long or not UTF-8. */
const char *subject_sendable(const char *name);
