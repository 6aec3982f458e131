/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Typed: one line that somebody types, a secret as a rule: on the terminal
 * without echo, or from a pipe. Never from an argument.
 */

#include "base/secret.h"
#include "cloxxsctl/ctl.h"

enum typed_error {
	_TYPED_E_OK,
	TYPED_E_END,      /* nothing comes any more, or ^C was typed */
	TYPED_E_TOO_LONG, /* over SECRET_MAX bytes, or with a NUL */
};

/* Whether questions can be asked on a terminal. */
bool typed_has_terminal(const struct ctl *ctl);
/*
 * Reads the next line of ctl->questions, without its end, after the prompt
 * where that is a terminal; echo shows what is typed. TYPED_E_* or -errno.
 */
must_check int typed_read(const struct ctl *ctl, const char *prompt, bool echo,
			  struct secret *ret_line);
