/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The entry points of pam_cloxxs(8), and the paths that the build fixes. */
#include <security/pam_modules.h>

#include "base/login_number.h"
#include "libcloxxs/login.h"
#include "pam_cloxxs/phase.h"

#define entry_point __attribute__((visibility("default")))

static const struct module module = {
	.socket = CLOXXS_RUNDIR "/cloxxsd.sock",
	.map = CLOXXS_STATEDIR "/identity.map",
	.silence_ms = LOGIN_SILENCE_MS,
	.login_number = LOGIN_NUMBER_FILE,
};

entry_point int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc,
				    const char **argv)
{
	return phase_run(&module, PHASE_AUTHENTICATE, pamh, flags, argc, argv);
}

entry_point int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc,
			       const char **argv)
{
	return phase_run(&module, PHASE_SETCRED, pamh, flags, argc, argv);
}

entry_point int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc,
				 const char **argv)
{
	return phase_run(&module, PHASE_ACCOUNT, pamh, flags, argc, argv);
}

entry_point int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc,
				 const char **argv)
{
	return phase_run(&module, PHASE_CHAUTHTOK, pamh, flags, argc, argv);
}

entry_point int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc,
				    const char **argv)
{
	return phase_run(&module, PHASE_OPEN_SESSION, pamh, flags, argc, argv);
}

entry_point int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc,
				     const char **argv)
{
	return phase_run(&module, PHASE_CLOSE_SESSION, pamh, flags, argc, argv);
}
