/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pam_cloxxs/pass.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "libcloxxs/login.h"

int pass_store(pam_handle_t *pamh, const struct secret *pass)
{
	char variable[sizeof(PASS_VARIABLE "=") + LOGIN_PASS_MAX];
	struct text text;
	int r;

	if (secret_is_empty(pass)) {
		pass_remove(pamh);
		return 0;
	}
	text_init(&text, variable, sizeof(variable));
	text_add(&text, PASS_VARIABLE "=");
	text_add_bytes(&text, pass->bytes, pass->n);
	r = text_is_cut(&text) ? PAM_BUF_ERR : pam_putenv(pamh, variable);
	explicit_bzero(variable, sizeof(variable));
	return r == PAM_SUCCESS ? 0 : -ENOMEM;
}

void pass_read(pam_handle_t *pamh, struct secret *ret_pass)
{
	const char *value = pam_getenv(pamh, PASS_VARIABLE);
	size_t n = value ? strlen(value) : 0;

	secret_deinit(ret_pass);
	if (n > LOGIN_PASS_MAX)
		return;
	for (size_t i = 0; i < n; i++)
		if (value[i] <= ' ' || value[i] > '~')
			return;
	if (n > 0 && secret_set(ret_pass, value, n) != 0)
		secret_deinit(ret_pass);
}

void pass_remove(pam_handle_t *pamh)
{
	if (pam_getenv(pamh, PASS_VARIABLE))
		(void)pam_putenv(pamh, PASS_VARIABLE);
}
