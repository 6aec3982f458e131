/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password context: words that whoever guesses tries first, because of who is
 * asked and where: parts of the user's name, of the host's, and the names of
 * services. Words of the settings stand beside it, not in it.
 */

#include "base/scope.h"
#include "base/text.h"

#define PASSWORD_CONTEXT_MAX 64

struct password_context {
	const char *name_parts[8 + 1]; /* each ended by NULL */
	const char *words[PASSWORD_CONTEXT_MAX + 1];
	struct text text; /* where they stand */
	char buffer[2048];
};

/*
 * services: a list by comma; more than fits is left out. host: as gethostname()
 * tells it. Each of them may be "".
 */
void password_context_init(struct password_context *context, const char *name,
			   const char *services, const char *host);
