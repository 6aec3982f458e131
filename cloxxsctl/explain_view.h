/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Explain view: one decision for eyes: what was asked, every rule in order,
 * the one that decided, and what would allow it. It repeats the daemon's
 * chain and never decides anew.
 */

#include <jansson.h>

#include "cloxxsctl/output.h"

/* The reply of Explain as a page. */
must_check int explain_view(struct output *output, const char *reference,
			    const json_t *reply);
/* The reply of ExplainLogin to command as a page. */
must_check int explain_view_login(struct output *output,
				  const struct command *command,
				  const json_t *reply);
/* The reply of Access.Explain to command as a page. */
must_check int explain_view_right(struct output *output,
				  const struct command *command,
				  const json_t *reply);
/* The end of a test, with the steps on the way in "steps". */
must_check int explain_view_test(struct output *output, const json_t *reply);
/* Whether a Decision lets in; what is not known does not. */
bool explain_is_allowed(const json_t *decision);
