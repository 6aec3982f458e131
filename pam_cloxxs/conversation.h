/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Conversation: one prompt, one answer, by the application's PAM conversation
 * function. The application is not trusted to be right: it may have no such
 * function, fail, or answer nothing or too much. Its answer is wiped and freed
 * here and lives on in a struct secret only.
 */

#include <security/pam_modules.h>
#include <stdbool.h>

#include "base/scope.h"
#include "base/secret.h"

enum conversation_error {
	_CONVERSATION_E_OK,
	CONVERSATION_E_FAILED, /* no function, an error, or no answer */
	CONVERSATION_E_UNFIT,  /* an answer over SECRET_MAX bytes */
};

/* CONVERSATION_E_*; on failure *ret_answer is empty. */
must_check int conversation_ask(pam_handle_t *pamh, const char *prompt,
				bool echo, struct secret *ret_answer);
/* Shows text, as an error or as information; that it cannot is no error. */
void conversation_show(pam_handle_t *pamh, const char *text, bool is_error);
