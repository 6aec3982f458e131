/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Code check: whether the code that was typed is right, and what that does: to
 * the count of wrong answers, which passwords and codes share, and to the
 * login.
 */

#include "cloxxsd/attempt/attempt.h"

/* Judges attempt->code.typed in the user's turn, and answers the attempt's
 * call, at once or later. -errno: nothing was begun. */
must_check int code_check(struct attempt *attempt);

/*
 * Where the service has code and password in one string, and the user has an
 * app: takes the code from the end of attempt->current. -errno, or 0.
 */
must_check int code_split(struct attempt *attempt);
/*
 * For a code that came in one string with its password: whether it is right,
 * and the change that uses it up, into set. 0, CODE_CHECK_E_WRONG or -errno.
 */
enum code_check_error {
	_CODE_CHECK_E_OK,
	CODE_CHECK_E_WRONG,
};
must_check int code_check_typed(struct attempt *attempt,
				struct change_set *set);
