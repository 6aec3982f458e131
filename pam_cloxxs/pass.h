/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Pass: what a finished login leaves for the phases behind it, carried in the
 * PAM environment because that is all that sshd brings over from the process
 * that authenticates to the one that opens the session. It is a secret until
 * the session opens, and must not be left in what the user gets.
 */

#include <security/pam_modules.h>

#include "base/scope.h"
#include "base/secret.h"

#define PASS_VARIABLE "CLOXXS_PASS"

/* 0, or -ENOMEM. An empty pass removes the variable. */
must_check int pass_store(pam_handle_t *pamh, const struct secret *pass);
/* Empty where there is none, or none that can be one. */
void pass_read(pam_handle_t *pamh, struct secret *ret_pass);
void pass_remove(pam_handle_t *pamh);
