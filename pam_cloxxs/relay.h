/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Relay: the conversation between cloxxsd, which asks, and the user, who
 * answers. It shows each step's text as it came, inside the prompt (sshd
 * before 10.3 holds information back until the end), and holds no policy.
 * A password goes without echo, a code or notice with: under sshd's
 * PasswordAuthentication every prompt without echo gets the password, and one
 * with echo fails, so that a code is never burnt by a client that cannot
 * give one.
 */

#include "libcloxxs/login.h"
#include "pam_cloxxs/status.h"
#include "pam_cloxxs/transaction.h"

/*
 * Runs an attempt to its end. OUTCOME_ALLOW only for a managed user whom
 * cloxxsd let in; then the pass stands in the PAM environment and the password
 * in PAM_AUTHTOK (in a change: the new one, and the old in PAM_OLDAUTHTOK).
 */
enum outcome relay_run(struct transaction *transaction,
		       enum login_intent intent);
