/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Greeting: what a user is shown where his session begins: the notice, until
 * he accepted it, and when he was last here. Only people who come in are
 * greeted, not what acts for them (sudo, su, cron, user@.service).
 */

#include "cloxxsd/attempt/attempt.h"
#include "cloxxsd/state/visit.h"

/* Bytes of a greeting, NUL included. */
#define GREETING_MAX (NOTICE_TEXT_MAX + 512)

/* Whether somebody comes in here: from elsewhere, or at a terminal. */
bool greeting_is_visit(const struct subject *subject);
/* Appends the greeting of user; what cannot be read is left out. */
void greeting_write(struct attempts *attempts, const struct subject *subject,
		    const struct user *user, struct text *text);

/* Appends the one line about the last visit, in the time zone of the host;
 * nothing where there was none. */
void greeting_visit_write(const struct visit *visit,
			  const struct hearer *hearer, struct text *text);
