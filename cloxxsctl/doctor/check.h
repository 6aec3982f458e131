/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Check: everything that the doctor looks at, one row each: its name, why it
 * matters, and what mends it. Scripts go by the names: they never change. The
 * manual's test reads the same rows.
 */

#include "base/scope.h"

enum check {
	/* the daemon */
	CHECK_SOCKET,
	CHECK_DAEMON,
	CHECK_VERSION,
	CHECK_CONFIGURATION,
	CHECK_LEDGER,
	CHECK_NOTICE,
	CHECK_ALARMS,
	CHECK_CODES,
	CHECK_COURIER,
	CHECK_UNIT,
	CHECK_UNIT_SOCKET,
	CHECK_UNIT_DROPIN,
	CHECK_AUDIT_CONFIRM,
	/* what it keeps */
	CHECK_STATE,
	CHECK_STORE,
	CHECK_MAP,
	CHECK_KEY,
	CHECK_KEY_COPY,
	CHECK_RECOVERY_KEY,
	CHECK_BACKUP,
	CHECK_COUNTRIES,
	CHECK_BREACHED,
	/* PAM */
	CHECK_PAM_MODULE,
	CHECK_PAM_PROFILE,
	CHECK_PAM_FILE,
	CHECK_PAM_STACK,
	CHECK_PAM_LEFTOVER,
	/* names and ids */
	CHECK_NSS_MODULE,
	CHECK_NSS_LINES,
	CHECK_NSS_ANSWER,
	CHECK_NSS_OTHERS,
	/* sshd */
	CHECK_SSHD,
	CHECK_SSHD_PAM,
	CHECK_SSHD_KEYBOARD,
	CHECK_SSHD_PASSWORD,
	CHECK_SSHD_GRACE,
	CHECK_SSHD_DNS,
	CHECK_SSHD_ROOT,
	CHECK_SSHD_METHODS,
	CHECK_SSHD_PENALTIES,
	CHECK_SSHD_KEYS,
	/* accounts */
	CHECK_COLLISION,
	CHECK_UID_RANGE,
	CHECK_HOMES,
	CHECK_SHELLS,
	CHECK_SERVICES,
	CHECK_APPLICATIONS,
	CHECK_ADMINISTRATOR,
	CHECK_ROOT,
	CHECK_ADMINISTRATOR_NETWORKS,
	/* the host */
	CHECK_CLOCK,
	CHECK_CLOCK_BEHIND,
	CHECK_SPACE,
	CHECK_JOURNAL,
	CHECK_PACKAGES,
	_N_CHECKS,
};

struct check_row {
	const char *name;
	const char *why;
	const char *mend; /* a command where there is one; "" where nothing is
			     general */
};

/* In the order of enum check. */
extern const struct check_row check_rows[_N_CHECKS];
