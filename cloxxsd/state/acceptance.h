/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Acceptance: one row for each version of the notice that a user accepted, and
 * when, where and in which language. Reading only: acceptances change through
 * state/change.h, and go with their user.
 */

#include <stdint.h>

#include "cloxxsd/state/user.h"

#define ACCEPTANCE_VERSION_MAX 33

struct acceptance {
	char user[NAME_USER_MAX + 1];
	char version[ACCEPTANCE_VERSION_MAX];
	char language[USER_LANGUAGE_MAX];
	int64_t at;
	char service[NAME_SERVICE_MAX + 1];
	char address[ADDRESS_TEXT_MAX]; /* "" where there is none */
};

/* USER_E_UNKNOWN where uid has not accepted version; all but user is set. */
must_check int acceptance_find(struct store *store, uint32_t uid,
			       const char *version,
			       struct acceptance *ret_acceptance);
/* The first behind that of after's user and version, in order of both;
 * USER_E_UNKNOWN at the end. */
must_check int acceptance_next(struct store *store,
			       const struct acceptance *after,
			       struct acceptance *ret_acceptance);
/* The first user behind name who has not accepted version. Accounts for
 * emergencies are not asked. */
must_check int acceptance_next_without(struct store *store, const char *name,
				       const char *version,
				       struct user *ret_user);

struct acceptance_counts {
	int64_t accepted; /* users who accepted the version */
	int64_t asked;    /* users who are to: all but those for emergencies */
};
must_check int acceptance_count(struct store *store, const char *version,
				struct acceptance_counts *ret_counts);
