/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Holder: who can hold a grant, as administrators write it and as the store
 * keeps it: "anna" is a user, "@finance" a group of users, "@everyone" every
 * user of the service. Every project of a service is written "every-project".
 */

#include "cloxxsd/state/grant.h"
#include "cloxxsd/state/project.h"
#include "cloxxsd/state/user_group.h"

#define HOLDER_EVERYONE "@everyone"
#define HOLDER_EVERY_PROJECT "every-project"
/* '@', a name, NUL */
#define HOLDER_TEXT_MAX (NAME_USER_MAX + 2)

enum holder_error {
	_HOLDER_E_OK,
	HOLDER_E_UNKNOWN, /* no such user, group or project */
	HOLDER_E_DAMAGED, /* its row cannot be true */
};

must_check int holder_find(struct store *store, const char *written,
			   uint32_t *ret_holder);
/* Whether what is no holder as it was written is a group but for its '@'. */
bool holder_is_bare_group(struct store *store, const char *written);
/* HOLDER_E_UNKNOWN where a row names somebody who has gone. */
must_check int holder_write(struct store *store, uint32_t holder,
			    char ret_written[HOLDER_TEXT_MAX]);
/* The same of a project. */
must_check int holder_write_project(struct store *store, uint32_t project,
				    char ret_written[NAME_PROJECT_MAX + 1]);
