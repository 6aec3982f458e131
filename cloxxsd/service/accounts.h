/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Accounts: which local account speaks for which service, by the uid that the
 * kernel names. The settings name the account, /etc/passwd, read as a file,
 * gives it a uid when the settings are loaded. Where it gives none that will
 * do, nobody speaks for that service. It knows no peers and no methods.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/config/settings.h"

#define ACCOUNTS_MAX                                            \
	64 /* as many as there are sections: SETTINGS_ITEMS_MAX \
	    */

enum account_state {
	ACCOUNT_UNREADABLE, /* nobody can say */
	ACCOUNT_MISSING,
	ACCOUNT_ROOT,     /* another name of uid 0 */
	ACCOUNT_OF_USERS, /* a uid that is or may be a user's of Cloxxs */
	ACCOUNT_DAEMON,   /* the daemon's own */
	ACCOUNT_SHARED,   /* the account of another service has the same uid */
	ACCOUNT_BOUND,
};

struct account {
	const struct settings_service *service;
	enum account_state state;
	uint32_t uid; /* where it was found */
};

/* All zero: no service has an account. */
struct accounts {
	struct account accounts[ACCOUNTS_MAX];
	size_t n;
};

/*
 * Looks the accounts of settings up in file, "/etc/passwd"; what was there
 * before is forgotten. The services are borrowed from settings.
 */
void accounts_bind(struct accounts *accounts, const struct settings *settings,
		   const char *file);
/* The service for which uid speaks, or NULL. */
const struct settings_service *accounts_service_of(
	const struct accounts *accounts, uid_t uid);
/* The uid that speaks for the service; false: none does. */
bool accounts_uid_of(const struct accounts *accounts, const char *service,
		     uid_t *ret_uid);
/* What is wrong with it, for "account NAME ...", and what mends it; NULL where
 * it is bound. */
const char *account_fault(const struct account *account);
