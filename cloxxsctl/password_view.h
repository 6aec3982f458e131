/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password view: a temporary password in a frame, once. It keeps no copy of
 * it: from the reply's memory, which is wiped, into the stream's buffer,
 * which main() wipes.
 */

#include <jansson.h>

#include "cloxxsctl/output.h"

/* Shows the temporary password of reply, if there is one, for user name. */
/* The password of a break-glass account, for its envelope. */
must_check int password_view_envelope(struct output *output, const char *name,
				      const json_t *reply);
must_check int password_view(struct output *output, const char *name,
			     const json_t *reply);
