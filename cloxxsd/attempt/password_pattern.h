/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password pattern: what libpwquality finds: a palindrome, the present password
 * turned, in other case or hardly changed, and, where the policy asks for them,
 * classes of characters and runs. It reads no file, looks no name up, and
 * counts no length: password_rules.h does that.
 */

#include "base/secret.h"
#include "cloxxsd/attempt/password_fault.h"
#include "policy/password.h"

/*
 * user may be "", current NULL. PASSWORD_E_* with its numbers in ret_fault, or
 * -errno. classes: those as well, else what is left of the policy alone.
 */
must_check int password_pattern_check(const struct password_policy *policy,
				      bool classes, const char *user,
				      const struct secret *current,
				      const struct secret *wanted,
				      struct password_fault *ret_fault);
