/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pam_cloxxs/status.h"

#include <security/pam_modules.h>

/* clang-format off */
/*
 * A denial in the session phases is PAM_SESSION_ERR; a session ends well even
 * where nobody could be told. setcred has no state and only ever says who is
 * ours. A conversation that failed reads as a wrong answer: sudo and login
 * know how to go on from that, and it tells nothing.
 */
static const int codes[_N_OUTCOMES][_N_PHASES] = {
	/*			  authenticate, setcred, account, chauthtok, open_session, close_session */
	[OUTCOME_ERROR]		= { PAM_SYSTEM_ERR, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR, PAM_SYSTEM_ERR },
	[OUTCOME_DENY]		= { PAM_AUTH_ERR, PAM_CRED_ERR, PAM_PERM_DENIED, PAM_AUTHTOK_ERR, PAM_SESSION_ERR, PAM_SESSION_ERR },
	[OUTCOME_ALLOW]		= { PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS },
	[OUTCOME_CHANGE]	= { PAM_AUTH_ERR, PAM_CRED_ERR, PAM_NEW_AUTHTOK_REQD, PAM_AUTHTOK_ERR, PAM_SESSION_ERR, PAM_SESSION_ERR },
	[OUTCOME_UNAVAILABLE]	= { PAM_AUTHINFO_UNAVAIL, PAM_CRED_UNAVAIL, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, PAM_SESSION_ERR, PAM_SUCCESS },
	[OUTCOME_NOT_OURS]	= { PAM_USER_UNKNOWN, PAM_IGNORE, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN },
	[OUTCOME_IGNORED]	= { PAM_IGNORE, PAM_IGNORE, PAM_IGNORE, PAM_IGNORE, PAM_IGNORE, PAM_IGNORE },
	[OUTCOME_NOBODY]	= { PAM_AUTH_ERR, PAM_IGNORE, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN },
	[OUTCOME_CONVERSATION]	= { PAM_AUTH_ERR, PAM_CRED_ERR, PAM_PERM_DENIED, PAM_AUTHTOK_ERR, PAM_SESSION_ERR, PAM_SESSION_ERR },
	[OUTCOME_NO_TOKEN]	= { PAM_AUTH_ERR, PAM_CRED_ERR, PAM_PERM_DENIED, PAM_AUTHTOK_RECOVERY_ERR, PAM_SESSION_ERR, PAM_SESSION_ERR },
	[OUTCOME_OPTIONS]	= { PAM_SERVICE_ERR, PAM_SERVICE_ERR, PAM_SERVICE_ERR, PAM_SERVICE_ERR, PAM_SERVICE_ERR, PAM_SERVICE_ERR },
	[OUTCOME_USER_CHANGED]	= { PAM_ABORT, PAM_ABORT, PAM_ABORT, PAM_ABORT, PAM_ABORT, PAM_ABORT },
};
/* clang-format on */

int status_code(enum outcome outcome, enum phase phase)
{
	if ((unsigned int)outcome >= _N_OUTCOMES ||
	    (unsigned int)phase >= _N_PHASES)
		return PAM_SYSTEM_ERR;
	return codes[outcome][phase];
}
