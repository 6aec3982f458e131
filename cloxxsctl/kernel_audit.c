/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cloxxsctl/kernel_audit.h"

#ifdef HAVE_AUDIT

#include <libaudit.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"

#define ADMIN "nl.cloxxs.Admin."

static const struct {
	const char *method;
	int type;
	const char *op;
} rows[] = {
	{ ADMIN "AddUser", AUDIT_ADD_USER, "add-user" },
	{ ADMIN "PrepareBreakGlass", AUDIT_ADD_USER, "add-user" },
	{ ADMIN "DeleteUser", AUDIT_DEL_USER, "delete-user" },
	{ ADMIN "SetUser", AUDIT_USER_MGMT, "change-user" },
	{ ADMIN "AddSshKey", AUDIT_USER_MGMT, "add-ssh-key" },
	{ ADMIN "RemoveSshKey", AUDIT_USER_MGMT, "remove-ssh-key" },
	{ ADMIN "LockUser", AUDIT_ACCT_LOCK, "lock-account" },
	{ ADMIN "DisableUser", AUDIT_ACCT_LOCK, "disable-account" },
	{ ADMIN "UnlockUser", AUDIT_ACCT_UNLOCK, "unlock-account" },
	{ ADMIN "EnableUser", AUDIT_ACCT_UNLOCK, "enable-account" },
	{ ADMIN "ResetPassword", AUDIT_USER_CHAUTHTOK, "reset-password" },
};

#define NO_ID ((unsigned int)-1)
#define SUCCESS 1

/* By name, which a user who has gone has too. */
static void tell(int type, const char *op, const char *user)
{
	int fd = audit_open();

	if (fd < 0)
		return;
	(void)!audit_log_acct_message(fd, type, NULL, op, user, NO_ID, NULL,
				      NULL, NULL, SUCCESS);
	audit_close(fd);
}

void kernel_audit_tell(const char *method, const char *user)
{
	if (geteuid() != 0 || !user)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].method, method) == 0)
			tell(rows[i].type, rows[i].op, user);
}

#else

void kernel_audit_tell(const char *method, const char *user)
{
	(void)method;
	(void)user;
}

#endif
