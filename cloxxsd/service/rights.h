/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Rights: what a user may do in a project as the store has it, with each grant
 * that counted. It decides by base/access.h, as readers of the maps do, and
 * shows a user as state/access_entry.h does: so it explains what they saw.
 */

#include "base/access.h"
#include "cloxxsd/service/service.h"
#include "cloxxsd/state/grant.h"
#include "cloxxsd/state/project.h"

struct rights_question {
	const char *service, *user, *project;
	uint32_t right;
	int64_t now;
	/* Each grant that applies; non-zero ends it. NULL: nobody asks. */
	int (*each)(const struct grant *grant, bool in_force, void *userdata);
	void *userdata;
};

struct rights {
	enum access_reason reason;
	uint32_t rights; /* had in all, of enum access_right */
	bool user_known, project_known;
	struct user user;       /* where user_known */
	struct project project; /* where project_known: of this service */
};

/* -errno, or what each returned. */
must_check int rights_find(struct store *store,
			   const struct rights_question *question,
			   struct rights *ret_rights);
