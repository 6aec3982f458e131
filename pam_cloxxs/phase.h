/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Phase: what each of PAM's six calls does, for a module whose paths are given.
 * The entry points only call phase_run(). One function a phase, each returning
 * what it came to.
 */

#include <security/pam_modules.h>

#include "base/scope.h"
#include "pam_cloxxs/status.h"
#include "pam_cloxxs/transaction.h"

/* The PAM code of the phase, for a call as PAM makes it. */
int phase_run(const struct module *module, enum phase phase, pam_handle_t *pamh,
	      int flags, int argc, const char **argv);

enum outcome phase_authenticate(struct transaction *transaction);
enum outcome phase_account(struct transaction *transaction);
enum outcome phase_chauthtok(struct transaction *transaction);
/*
 * Asks for the new password of somebody who is not ours. pam-auth-update tells
 * every module but the first to use what an earlier one asked for
 * (use_authtok): with us first, pam_unix would ask nobody and change nothing.
 */
void phase_ask_for_others(const struct transaction *transaction);
enum outcome phase_open_session(struct transaction *transaction);
enum outcome phase_close_session(struct transaction *transaction);
