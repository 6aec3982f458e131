/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PAM module that makes somebody else of the user, as its argument says. */
#include <security/pam_modules.h>

static int rename_user(pam_handle_t *pamh, int argc, const char **argv)
{
	if (argc != 1)
		return PAM_SERVICE_ERR;
	return pam_set_item(pamh, PAM_USER, argv[0]);
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc,
			const char **argv)
{
	(void)flags;
	return rename_user(pamh, argc, argv);
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return rename_user(pamh, argc, argv);
}
