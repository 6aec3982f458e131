/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password view: a temporary password in a frame, once. It keeps no copy of
 * it: from the reply's memory, which is wiped, into the stream's buffer,
 * which main() wipes.
 */

#include <jansson.h>

#include "cloxxsctl/output.h"

/* The password of a break-glass account, for its envelope. */
must_check int password_view_envelope(struct output *output, const char *name,
				      const json_t *reply);
/* What the rules say of a password, one line each. */
must_check int password_view_check(struct output *output, const json_t *reply);
/* A password alone, on a line. */
must_check int password_view_one(struct output *output, const json_t *reply);
/* Shows the temporary password of reply, if there is one, for user name. */
must_check int password_view(struct output *output, const char *name,
			     const json_t *reply);
