/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A uid speaks for one service at most, and for none in doubt.
 *  2. Root, the daemon and users of Cloxxs are nobody's service account.
 *  3. No name is looked up through the name service.
 */
#include "cloxxsd/service/accounts.h"

#include <string.h>

#include "base/name.h"
#include "cloxxsd/service/local_accounts.h"

/* Whether the uid is that of the user as whom the daemon is installed: who
 * runs it as another (a developer, as himself) may be an application too. */
static bool is_daemon(const char *file, uint32_t uid)
{
	uint32_t daemon;

	return local_accounts_uid(file, CLOXXS_USER, &daemon) ==
		       LOCAL_ACCOUNTS_NAME &&
	       daemon == uid;
}

static enum account_state look(const char *file, const char *name,
			       uint32_t *ret_uid)
{
	int r = local_accounts_uid(file, name, ret_uid);

	if (r < 0)
		return ACCOUNT_UNREADABLE;
	if (r != LOCAL_ACCOUNTS_NAME)
		return ACCOUNT_MISSING;
	if (*ret_uid == 0)
		return ACCOUNT_ROOT;
	if (name_is_our_uid(*ret_uid))
		return ACCOUNT_OF_USERS;
	return is_daemon(file, *ret_uid) ? ACCOUNT_DAEMON : ACCOUNT_BOUND;
}

/* Two names of one uid: neither can be told from the other. */
static void find_shared(struct accounts *accounts)
{
	for (size_t i = 0; i < accounts->n; i++)
		for (size_t k = 0; k < i; k++) {
			struct account *a = &accounts->accounts[i];
			struct account *b = &accounts->accounts[k];

			if (a->uid != b->uid || a->state < ACCOUNT_SHARED ||
			    b->state < ACCOUNT_SHARED)
				continue;
			a->state = b->state = ACCOUNT_SHARED;
		}
}

void accounts_bind(struct accounts *accounts, const struct settings *settings,
		   const char *file)
{
	*accounts = (struct accounts){ 0 };
	for (size_t i = 0; i < settings->n_services; i++) {
		const struct settings_service *service = &settings->services[i];
		struct account account = { .service = service };

		if (!service->account || accounts->n == ACCOUNTS_MAX)
			continue;
		account.state = look(file, service->account, &account.uid);
		accounts->accounts[accounts->n++] = account;
	}
	find_shared(accounts);
}

const struct settings_service *accounts_service_of(
	const struct accounts *accounts, uid_t uid)
{
	for (size_t i = 0; i < accounts->n; i++) {
		const struct account *account = &accounts->accounts[i];

		if (account->state == ACCOUNT_BOUND && account->uid == uid)
			return account->service;
	}
	return NULL;
}

bool accounts_uid_of(const struct accounts *accounts, const char *service,
		     uid_t *ret_uid)
{
	for (size_t i = 0; i < accounts->n; i++) {
		const struct account *account = &accounts->accounts[i];

		if (account->state != ACCOUNT_BOUND ||
		    strcmp(account->service->name, service) != 0)
			continue;
		*ret_uid = account->uid;
		return true;
	}
	return false;
}

const char *account_fault(const struct account *account)
{
	switch (account->state) {
	case ACCOUNT_UNREADABLE:
		return "cannot be looked up: /etc/passwd cannot be read";
	case ACCOUNT_MISSING:
		return "does not stand in /etc/passwd; make it, and reload "
		       "cloxxsd";
	case ACCOUNT_ROOT:
		return "is root by another name; take one of the application's "
		       "own";
	case ACCOUNT_OF_USERS:
		return "has a uid of users of Cloxxs; take a system account";
	case ACCOUNT_DAEMON:
		return "is the daemon's own by another name; take one of the "
		       "application's own";
	case ACCOUNT_SHARED:
		return "has the uid of another service's account; give each "
		       "its own";
	case ACCOUNT_BOUND:
		break;
	}
	return NULL;
}
